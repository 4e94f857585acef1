"""`/v1/files`: upload a document once, name it by its hash wherever it is evidence."""

from typing import Annotated

from fastapi import Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import FileResponse

from shared.files import KINDS, TYPE_OF_ENDING, FileStore
from shared.http.dependencies import allowed
from shared.http.exchange import runtime_of
from shared.http.routes import Router, upload

EXAMPLE = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class FileKept(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"file_hash": EXAMPLE, "size": 48213, "content_type": "application/pdf"}]},
    )

    file_hash: str = Field(description="SHA-256 of the content, hexadecimal: name it where a document is asked for")
    size: int = Field(description="bytes")
    content_type: str


async def store_of(request: Request) -> FileStore:
    return FileStore(runtime_of(request).settings.files_path)


Files = Annotated[FileStore, Depends(store_of)]
FileHash = Annotated[
    str,
    Path(
        pattern="^[0-9a-f]{64}$",
        description="SHA-256 of the content, hexadecimal",
        examples=[EXAMPLE],
    ),
]

router = Router(tags=["files"])
BINARY = {"schema": {"type": "string", "format": "binary"}}


@router.post(
    "/files",
    status_code=201,
    dependencies=[allowed("files.write")],
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(KINDS, BINARY)}},
)
@upload
async def keep_file(request: Request, response: Response, files: Files) -> FileKept:
    """Upload a file as the body, up to 20 MB; the same content again is the same file."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    kept = await files.keep(request.stream(), content_type=content_type)
    response.headers["Location"] = f"/v1/files/{kept.file_hash}"
    return FileKept(file_hash=kept.file_hash, size=kept.size, content_type=content_type)


@router.get(
    "/files/{file_hash}",
    dependencies=[allowed("files.read")],
    response_class=FileResponse,
    responses={200: {"content": dict.fromkeys(KINDS, BINARY), "description": "The content, exactly"}},
)
async def read_file(file_hash: FileHash, files: Files) -> FileResponse:
    """Download a file by the hash of its content."""
    path = files.find(file_hash)
    content_type = TYPE_OF_ENDING[path.suffix[1:]]
    headers = {"ETag": f'"{file_hash}"', "Content-Disposition": f'attachment; filename="{path.name}"'}
    return FileResponse(path, media_type=content_type, headers=headers)
