"""Accounts brought in by the thousand over HTTP (A1)."""

import csv
import io
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import orjson
from fastapi import Path, Request

from services.accounts.edge import Here
from services.accounts.imports import repository, service
from services.accounts.imports.models import AccountImport
from services.accounts.imports.rows import from_csv, parted, read_rows
from services.accounts.imports.schemas import AccountImportOut, RejectedRow
from shared.auth.principal import Principal
from shared.errors import MalformedRequest, Words
from shared.http.dependencies import Session, allowed
from shared.http.problems import UnsupportedMediaType
from shared.http.routes import Router, upload
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["imports"])
NDJSON = ("application/x-ndjson", "application/jsonl")
CSV = ("text/csv",)


class UnreadableFile(MalformedRequest):
    code = "unreadable_file"
    title: ClassVar[Words] = {"en": "The file cannot be read", "zh": "文件无法读取"}


@router.post("/account-imports", status_code=201)
@upload
async def import_accounts(
    request: Request,
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("accounts.import")],
) -> AccountImportOut:
    """Accounts with their key-account lists and elections, as NDJSON or CSV of up to 20 MB.

    A row is taken whole or refused whole, with its place, field and reason; a known number keeps its dossier. The same
    file sent again changes nothing.
    """
    rows = list(read_rows(rows_of(request.headers.get("content-type", ""), await request.body())))
    who = here.by(caller, "accounts.import")
    readable, rejected = parted(rows)
    imported = await service.import_accounts(
        session, readable=readable, rejected=rejected, rules=Rulebook(policies.in_force(who.today)), who=who
    )
    return shown_import(imported)


@router.get("/account-imports/{import_id}")
async def read_import(
    import_id: Annotated[str, Path(description="the import's id")],
    session: Session,
    caller: Annotated[Principal, allowed("accounts.import")],
) -> AccountImportOut:
    """What came of an import."""
    return shown_import(await repository.found_import(session, import_id=import_id))


def rows_of(content_type: str, body: bytes) -> Iterator[dict[str, Any]]:
    """The file's rows; raises UnreadableFile with the line that is no row, UnsupportedMediaType for another format."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind in NDJSON:
        return ndjson_rows(body)
    if kind in CSV:
        return csv_rows(body)
    raise UnsupportedMediaType(
        {"en": "Send application/x-ndjson or text/csv.", "zh": "请发送 application/x-ndjson 或 text/csv。"}
    )


def ndjson_rows(body: bytes) -> Iterator[dict[str, Any]]:
    for place, line in enumerate(body.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise UnreadableFile(
                {"en": f"Line {place} is no JSON: {error}.", "zh": f"第{place}行不是有效的JSON：{error}。"}
            ) from error
        if not isinstance(row, dict):
            raise UnreadableFile({"en": f"Line {place} is no JSON object.", "zh": f"第{place}行不是JSON对象。"})
        yield row


def csv_rows(body: bytes) -> Iterator[dict[str, Any]]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile({"en": "The file is not UTF-8.", "zh": "文件不是UTF-8编码。"}) from error
    for row in csv.DictReader(io.StringIO(text)):
        if None in row or None in row.values():
            raise UnreadableFile(
                {"en": "A row has more or fewer cells than the header.", "zh": "某行的单元格数与表头不一致。"}
            )
        yield from_csv(row)


def shown_import(row: AccountImport) -> AccountImportOut:
    return AccountImportOut(
        import_id=row.id,
        imported_at=row.imported_at,
        rows=row.rows,
        accepted=row.accepted,
        unchanged=row.unchanged,
        rejected=[RejectedRow(**one) for one in row.rejected],
    )
