"""Passwords that are set by a request are hashed before its transaction begins, and only for who may set them."""

from fastapi import Request
from pydantic import ValidationError

from services.accounts.identity.passwords import hash_password
from services.accounts.identity.schemas import UserChanged, UserCreated
from shared.http.dependencies import Allowed
from shared.http.exchange import runtime_of

MAY_SET = Allowed("users.write")


async def hash_for_new_user(request: Request) -> str | None:
    return await _hash(request, UserCreated)


async def hash_for_changed_user(request: Request) -> str | None:
    return await _hash(request, UserChanged)


async def _hash(request: Request, shape: type[UserCreated] | type[UserChanged]) -> str | None:
    """None where no password is sent, or a body of which the route will say what is wrong; raises NotAllowed.

    Hashing is slow on purpose: no connection is held meanwhile.
    """
    try:
        wanted = shape.model_validate_json(await request.body())
    except ValidationError:
        return None
    if wanted.password is None:
        return None
    async with runtime_of(request).sessions() as session:
        await MAY_SET(request, session)
    return await hash_password(wanted.password.get_secret_value())
