"""Uploaded files are kept once, under the hash of their content, and given back exactly so."""

import hashlib
import os
from collections.abc import AsyncIterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import NamedTemporaryFile
from typing import ClassVar
from zipfile import BadZipFile, ZipFile

import anyio
from anyio import to_thread

from shared.errors import MalformedRequest, NotFound, Words
from shared.http.problems import UnsupportedMediaType

ARCHIVE = b"PK\x03\x04"
LARGEST_UNPACKED = 200 * 1024 * 1024
MOST_PARTS = 10_000
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Kind:
    """A type that is taken: its ending, and how its content begins (nothing: text, which holds no zero byte)."""

    ending: str
    begins: bytes


KINDS: Mapping[str, Kind] = {
    "application/pdf": Kind("pdf", b"%PDF-"),
    "image/png": Kind("png", b"\x89PNG\r\n\x1a\n"),
    "image/jpeg": Kind("jpg", b"\xff\xd8\xff"),
    DOCX: Kind("docx", ARCHIVE),
    XLSX: Kind("xlsx", ARCHIVE),
    "message/rfc822": Kind("eml", b""),
    "text/plain": Kind("txt", b""),
}
TYPE_OF_ENDING = {kind.ending: name for name, kind in KINDS.items()}


class EmptyFile(MalformedRequest):
    code = "empty_file"
    title: ClassVar[Words] = {"en": "The file is empty", "zh": "文件为空"}


class FileNotFound(NotFound):
    code = "file_not_found"


class NotWhatItSays(UnsupportedMediaType):
    code = "file_type_mismatch"
    title: ClassVar[Words] = {"en": "The content is not of the type it says", "zh": "文件内容与声明的类型不符"}


class UnpacksTooLarge(UnsupportedMediaType):
    code = "unpacks_too_large"
    title: ClassVar[Words] = {"en": "The file grows too large when it is unpacked", "zh": "文件解压后过大"}


@dataclass(frozen=True, slots=True)
class Kept:
    file_hash: str
    size: int
    path: Path


class FileStore:
    """A folder of files named by hash and ending; several processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def keep(self, content: AsyncIterable[bytes], *, content_type: str) -> Kept:
        """Write the stream and name it by its SHA-256; raises UnsupportedMediaType, NotWhatItSays, EmptyFile."""
        kind = KINDS.get(content_type)
        if kind is None:
            taken = ", ".join(sorted(KINDS))
            raise UnsupportedMediaType({"en": f"Taken are {taken}.", "zh": f"可接受的类型：{taken}。"})
        self._folder.mkdir(parents=True, exist_ok=True)
        draft = Path(NamedTemporaryFile(dir=self._folder, prefix="arriving-", delete=False).name)  # noqa: SIM115
        try:
            file_hash, size = await _write(content, draft, kind)
            path = self._folder / file_hash[:2] / f"{file_hash}.{kind.ending}"
            await to_thread.run_sync(_put_in_place, draft, path)
        finally:
            await to_thread.run_sync(lambda: draft.unlink(missing_ok=True))
        return Kept(file_hash, size, path)

    def find(self, file_hash: str) -> Path:
        """Where the file lies; raises FileNotFound."""
        found = sorted((self._folder / file_hash[:2]).glob(f"{file_hash}.*"))
        if not found:
            raise FileNotFound
        return found[0]


async def _write(content: AsyncIterable[bytes], draft: Path, kind: Kind) -> tuple[str, int]:
    digest, size, head = hashlib.sha256(), 0, b""
    async with await anyio.open_file(draft, "wb") as file:
        async for piece in content:
            head = (head + piece)[:16] if len(head) < 16 else head
            if not kind.begins and b"\0" in piece:
                raise NotWhatItSays
            digest.update(piece)
            size += len(piece)
            await file.write(piece)
    if not size:
        raise EmptyFile
    if not head.startswith(kind.begins):
        raise NotWhatItSays
    if kind.begins == ARCHIVE:
        await to_thread.run_sync(_check_archive, draft)
    return digest.hexdigest(), size


def _check_archive(draft: Path) -> None:
    """Only its table of contents is read: nothing is unpacked. Raises NotWhatItSays, UnpacksTooLarge."""
    try:
        with ZipFile(draft) as archive:
            parts = archive.infolist()
    except (BadZipFile, NotImplementedError, ValueError, OSError) as broken:
        raise NotWhatItSays from broken
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise UnpacksTooLarge
    if any(".." in PurePosixPath(part.filename).parts or part.filename.startswith(("/", "\\")) for part in parts):
        raise NotWhatItSays


def _put_in_place(draft: Path, path: Path) -> None:
    """On the disk before anybody is told; under its final name only when whole."""
    path.parent.mkdir(exist_ok=True)
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)
