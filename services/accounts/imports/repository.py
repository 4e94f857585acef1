"""Queries over imports that were made."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.imports.models import AccountImport
from shared.errors import NotFound


async def found_import(session: AsyncSession, *, import_id: str) -> AccountImport:
    found = await session.get(AccountImport, import_id)
    if found is None:
        raise NotFound({"en": f"There is no import {import_id}.", "zh": f"没有导入{import_id}。"})
    return found
