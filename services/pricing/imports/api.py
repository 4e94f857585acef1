"""Routes of order imports: a file of any length, written to disk as it comes and taken in batch by batch."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path as FilePath
from typing import Annotated, ClassVar
from uuid import UUID

import anyio
from fastapi import Path, Query, Request
from sqlalchemy import select

from services.pricing.imports import service
from services.pricing.imports.domain import Pricing
from services.pricing.imports.mapping import mapping_named
from services.pricing.imports.models import OrderImportRow, ParkedOrderRow, RejectRow
from services.pricing.imports.reading import Format, Window
from services.pricing.imports.schemas import (
    ImportAnswer,
    ParkedOrderAnswer,
    RejectAnswer,
    show_import,
    show_parked,
    show_reject,
)
from services.pricing.imports.service import FileToImport, Importer
from services.pricing.rules import price_books
from services.pricing.settings import PricingSettings
from shared.auth.principal import Principal
from shared.errors import NotFound, Problem, Words
from shared.http.dependencies import Now, Session, allowed
from shared.http.exchange import runtime_of
from shared.http.moments import Moment
from shared.http.pages import Page, PageQuery, newest_first, oldest_first, read_page
from shared.http.routes import Router, stream
from shared.policy.api import Policies

router = Router(tags=["order imports"])
ImportId = Annotated[UUID, Path(description="the import")]
Importing = Annotated[Principal, allowed("orders.import")]
Reader = Annotated[Principal, allowed("order_imports.read")]

FILE_BODY = {
    "requestBody": {
        "required": True,
        "description": "the file itself, in the format the query names",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class UnknownImport(NotFound):
    code = "unknown_import"
    title: ClassVar[Words] = {"en": "There is no such import", "zh": "没有该导入"}


class OrderFileTooLarge(Problem):
    status = 413
    code = "order_file_too_large"
    title: ClassVar[Words] = {"en": "The order file is too large; send it in parts", "zh": "订单文件过大，请分批发送"}

    def __init__(self, most_bytes: int) -> None:
        most = most_bytes // 1_000_000
        super().__init__({"en": f"at most {most} MB at a time", "zh": f"每次最多{most} MB"})


@router.post("/order-imports", openapi_extra=FILE_BODY)
@stream
async def import_orders(
    *,
    request: Request,
    session: Session,
    now: Now,
    policies: Policies,
    caller: Importing,
    file_format: Annotated[Format, Query(alias="format", description="how the body is written")],
    mapping: Annotated[str, Query(description="how the system writes its orders", examples=["online-retail"])],
    pricing: Annotated[
        Pricing, Query(description="as_invoiced: no rule is applied; apply_policies: those in force on its day")
    ] = "as_invoiced",
    import_id: Annotated[UUID | None, Query(description="the client's own, to ask how far it is")] = None,
    start: Annotated[Moment | None, Query(alias="from", description="only invoices from this instant on")] = None,
    until: Annotated[Moment | None, Query(description="only invoices before this instant")] = None,
) -> ImportAnswer:
    """Take orders and returns of another system in. Each line is taken once, however often it is sent.

    A file that breaks off half-way is simply sent again: what was taken is known and stays as it is.
    """
    runtime = runtime_of(request)
    settings = runtime.settings
    if not isinstance(settings, PricingSettings):
        raise TypeError("pricing runs with its own settings")
    source = mapping_named(mapping, settings.order_mappings)
    importer = Importer(runtime.sessions, runtime.clock, settings.zone, price_books(request).by_day(policies))
    opened = service.Opened(import_id, caller.user_id, now)
    await session.rollback()  # nothing is held while the file comes in: each batch is a transaction of its own
    async with spooled(request, most_bytes=settings.order_import_most_mb * 1_000_000) as path:
        file = FileToImport(
            import_id=await service.open_import(runtime.sessions, opened, source, pricing, Window(start, until)),
            path=path,
            format=file_format,
            mapping=source,
            pricing=pricing,
            window=Window(start, until),
        )
        await importer.take(file)
    row = await session.get_one(OrderImportRow, file.import_id)
    return show_import(row)


@asynccontextmanager
async def spooled(request: Request, *, most_bytes: int) -> AsyncIterator[FilePath]:
    """The body in a file of its own, gone afterwards. Nothing is begun before all of it is there: an upload that
    breaks off leaves nothing behind. Raises OrderFileTooLarge."""
    with tempfile.TemporaryDirectory(prefix="mainstay-import-") as folder:
        path = FilePath(folder) / "orders"
        async with await anyio.open_file(path, "wb") as file:
            length = 0
            async for part in request.stream():
                length += len(part)
                if length > most_bytes:
                    raise OrderFileTooLarge(most_bytes)
                await file.write(part)
        yield path


@router.get("/order-imports")
async def list_order_imports(*, session: Session, asked: PageQuery, caller: Reader) -> Page[ImportAnswer]:
    """Imports, newest first."""
    by = newest_first(OrderImportRow.id)
    return await read_page(session, select(OrderImportRow), asked=asked, by=by, show=show_import)


@router.get("/order-imports/{import_id}")
async def get_order_import(*, import_id: ImportId, session: Session, caller: Reader) -> ImportAnswer:
    """How far an import is, or how it ended."""
    row = await session.get(OrderImportRow, import_id)
    if row is None:
        raise UnknownImport
    return show_import(row)


@router.get("/order-imports/{import_id}/rejects")
async def list_rejects(
    *,
    import_id: ImportId,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    reason: Annotated[str | None, Query(description="only these")] = None,
) -> Page[RejectAnswer]:
    """The rows that were not taken, in the order of the file."""
    query = select(RejectRow).where(RejectRow.import_id == import_id)
    query = query if reason is None else query.where(RejectRow.reason == reason)
    return await read_page(session, query, asked=asked, by=oldest_first(RejectRow.row), show=show_reject)


@router.get("/parked-orders")
async def list_parked_orders(
    *,
    session: Session,
    asked: PageQuery,
    caller: Reader,
    system: Annotated[str | None, Query(description="only this system's")] = None,
) -> Page[ParkedOrderAnswer]:
    """Orders of other systems that wait for an account or a product; they flow when it appears (P8)."""
    query = select(ParkedOrderRow) if system is None else select(ParkedOrderRow).where(ParkedOrderRow.system == system)
    by = oldest_first(ParkedOrderRow.system, ParkedOrderRow.reference)
    return await read_page(session, query, asked=asked, by=by, show=show_parked)
