"""The issuer's own service reads the keys where it keeps them, so that it starts by itself."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from services.accounts.identity import issuer
from services.accounts.settings import AccountsSettings
from shared.auth.tokens import LoadKeys
from shared.clock import system_now
from shared.db.session import commit
from shared.http.exchange import Runtime


def own_keys(runtime: Runtime) -> LoadKeys:
    """Read the published keys, making the first one."""
    settings = runtime.settings
    assert isinstance(settings, AccountsSettings)

    async def load() -> Mapping[str, Any]:
        now = system_now()
        try:
            async with runtime.sessions() as session:
                await issuer.current_key(session, settings=settings, now=now)
                await commit(session)
                return await issuer.key_set(session, now=now)
        except SQLAlchemyError as unreachable:
            raise OSError("the issuer's keys cannot be read") from unreachable

    return load
