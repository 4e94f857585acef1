"""Passwords are kept as argon2 hashes; hashing never holds up the event loop."""

from anyio import to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified where there is no such login, so that a name that does not exist takes as long as one that does.
NOBODYS = HASHER.hash("nobody has this password")


async def hash_password(password: str) -> str:
    return await to_thread.run_sync(HASHER.hash, password)


async def password_fits(password: str, *, password_hash: str | None) -> bool:
    """Whether it is the password; None stands for a login that does not exist."""
    fits = await to_thread.run_sync(_verify, password_hash or NOBODYS, password)
    return fits and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
