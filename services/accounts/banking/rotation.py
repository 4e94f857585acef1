"""Everything sealed comes under the key that seals now, in short transactions beside the running service."""

from services.accounts.banking.sealing import keyring_of
from services.accounts.banking.service import seal_anew
from services.accounts.settings import AccountsSettings
from shared.db.engine import make_engine
from shared.db.session import commit, make_sessions


async def seal_everything_anew(settings: AccountsSettings) -> int:
    """How many rows were under another key; none of them is afterwards. Raises KeyMissing."""
    engine, keys, total = make_engine(settings), keyring_of(settings), 0
    sessions = make_sessions(engine, service=settings.service)
    try:
        while True:
            async with sessions() as session:
                sealed = await seal_anew(session, keys=keys)
                await commit(session)
            if not sealed:
                return total
            total += sealed
    finally:
        await engine.dispose()
