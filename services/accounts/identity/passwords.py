"""Passwords are kept as argon2 hashes; hashing never holds up the event loop, nor takes more than its processors."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Verified where there is no such login, so that a name that does not exist takes as long as one that does.
NOBODYS = HASHER.hash("nobody has this password")
# Each hash fills a processor and 19 MiB: more at once would only make all of them late.
HASHING = ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="argon2")


async def hash_password(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(HASHING, HASHER.hash, password)


async def password_fits(password: str, *, password_hash: str | None) -> bool:
    """Whether it is the password; None stands for a login that does not exist."""
    known = password_hash or NOBODYS
    fits = await asyncio.get_running_loop().run_in_executor(HASHING, _verify, known, password)
    return fits and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
