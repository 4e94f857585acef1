"""Accounts brought in by the thousand over HTTP (A1)."""

import io
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import orjson
from anyio import to_thread
from fastapi import Path, Request

from services.accounts.banking.api import Keys
from services.accounts.edge import Here
from services.accounts.imports import repository, service
from services.accounts.imports.faults import Fault
from services.accounts.imports.models import AccountImport
from services.accounts.imports.rows import Sent, parted, read_rows, sheet_rows
from services.accounts.imports.schemas import AccountImportOut, BothTexts, RejectedRow, WrongValue
from shared.auth.principal import Principal
from shared.errors import Words
from shared.http.dependencies import Session, allowed
from shared.http.problems import UnsupportedMediaType
from shared.http.routes import Router, upload
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook
from shared.sheets.reading import MOST_LINES, XLSX, check_row, sheet_lines

router = Router(tags=["imports"])
ROW = {
    "number": "KA-000817",
    "legal_name": "Ngaliema SARL",
    "branch": "kinshasa",
    "channel": "dealer",
    "sales_class": "wholesale",
}
SHEET = f"{','.join(ROW)}\n{','.join(ROW.values())}\n"
FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "the file itself; docs/accounts/dossiers.md names every column",
        "content": {
            "text/csv": {"schema": {"type": "string"}, "example": SHEET},
            "application/x-ndjson": {"schema": {"type": "string"}, "example": f"{orjson.dumps(ROW).decode()}\n"},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
NDJSON = ("application/x-ndjson", "application/jsonl")


@router.post("/account-imports", status_code=201, openapi_extra=FILE_BODY)
@upload
async def import_accounts(
    request: Request,
    session: Session,
    here: Here,
    policies: Policies,
    keys: Keys,
    caller: Annotated[Principal, allowed("accounts.import")],
) -> AccountImportOut:
    """Dossiers with their people, licence, bank account, class held before, lists and elections, up to 20 MB.

    As NDJSON, as CSV (UTF-8, or GB18030 as Chinese spreadsheets write it) or as a workbook (xlsx) whose first row names
    the columns in English or Chinese. A row is taken whole or refused whole, with each cell and reason; a known number
    keeps its dossier. The same file sent again changes nothing.
    """
    who = here.by(caller, "accounts.import")
    body, kind = await request.body(), request.headers.get("content-type", "")
    rows = await to_thread.run_sync(lambda: list(read_rows(rows_of(kind, body), today=who.today)))
    readable, rejected = parted(rows)
    under = service.Under(Rulebook(policies.in_force(who.today)), keys, who, classes=caller.reach("classes.take_over"))
    imported = await service.import_accounts(session, readable=readable, rejected=rejected, under=under)
    return shown_import(imported)


@router.get("/account-imports/{import_id}")
async def read_import(
    import_id: Annotated[str, Path(description="the import's id")],
    session: Session,
    caller: Annotated[Principal, allowed("accounts.import")],
) -> AccountImportOut:
    """What came of an import."""
    return shown_import(await repository.found_import(session, import_id=import_id))


def rows_of(content_type: str, body: bytes) -> Iterator[Mapping[str, Any] | Sent]:
    """The file's rows. Raises UnreadableFile, WrongHeader, SheetTooLarge, UnsupportedMediaType for another format."""
    if content_type.partition(";")[0].strip().lower() in NDJSON:
        return ndjson_rows(body)
    lines = sheet_lines(body, content_type)
    if lines is not None:
        return sheet_rows(lines)
    formats = f"{NDJSON[0]}, text/csv, {XLSX}"
    raise UnsupportedMediaType({"en": f"Send one of {formats}.", "zh": f"请发送以下格式之一：{formats}。"})


def ndjson_rows(body: bytes, *, most_rows: int = MOST_LINES) -> Iterator[Mapping[str, Any] | Sent]:
    """Each line that is not blank; one that is no JSON object is a row that could not be read. Raises SheetTooLarge."""
    for place, line in enumerate(io.BytesIO(body), start=1):
        check_row(place, most_rows)
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            yield unread({"en": f"Line {place} is no JSON: {error}.", "zh": f"第{place}行不是有效的JSON：{error}。"})
            continue
        if isinstance(row, dict):
            yield row
        else:
            yield unread({"en": f"Line {place} is no JSON object.", "zh": f"第{place}行不是JSON对象。"})


def unread(why: Words) -> Sent:
    return Sent({}, unread=Fault("", "unreadable_row", why))


def shown_import(row: AccountImport) -> AccountImportOut:
    return AccountImportOut(
        import_id=row.id,
        imported_at=row.imported_at,
        rows=row.rows,
        accepted=row.accepted,
        unchanged=row.unchanged,
        refused=row.rows - row.accepted,
        rejected=[shown_rejection(one) for one in row.rejected],
    )


def shown_rejection(kept: Mapping[str, Any]) -> RejectedRow:
    """In both languages; imports of before kept one reason a row, in English."""
    faults = kept.get("faults") or [kept]
    errors = [
        WrongValue(
            cell=fault.get("cell"),
            column=fault.get("column"),
            pointer=fault["pointer"],
            code=fault["code"],
            detail=in_both(fault["detail"]),
        )
        for fault in faults
    ]
    return RejectedRow(row=kept["row"], errors=errors, **errors[0].model_dump())


def in_both(detail: str | Mapping[str, str]) -> BothTexts:
    return BothTexts(en=detail, zh=detail) if isinstance(detail, str) else BothTexts(**detail)
