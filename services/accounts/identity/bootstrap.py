"""The first user of an empty system: an administrator who can make everybody else, and decides no business."""

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.identity import repository, service
from services.accounts.identity.domain import NewHolding, NewUser
from services.accounts.identity.passwords import hash_password
from services.accounts.identity.service import Act
from shared.errors import Conflict, Words

BOOTSTRAP = "system:bootstrap"


class AlreadyBootstrapped(Conflict):
    code = "already_bootstrapped"
    title: ClassVar[Words] = {"en": "There are users already", "zh": "系统已有用户"}


async def create_first_administrator(session: AsyncSession, *, login: str, password: str, now: datetime) -> str:
    """Returns the administrator's id; raises AlreadyBootstrapped as soon as any user exists."""
    password_hash = await hash_password(password)  # before the first query: no connection is held meanwhile
    if await repository.any_user_exists(session):
        raise AlreadyBootstrapped
    act = Act(BOOTSTRAP, now)
    administrator = NewUser(name="Administrator", kind="person", login=login, password_hash=password_hash)
    user_id = await service.create_user(session, wanted=administrator, act=act)
    # Far enough back for every story's clock.
    role = NewHolding("admin", None, None, valid_from=date(2000, 1, 1), valid_until=None)
    await service.assign_role(session, user_id=user_id, wanted=role, branches=(), act=act)
    return user_id
