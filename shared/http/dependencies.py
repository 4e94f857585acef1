"""What a route asks for by type: the transaction, the moment, the caller."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth.people import find_principal
from shared.auth.permissions import permission_table
from shared.auth.principal import Principal
from shared.db.session import commit
from shared.errors import Forbidden, Unauthenticated, Words
from shared.http.exchange import exchange_of, runtime_of


async def open_session(request: Request) -> AsyncIterator[AsyncSession]:
    """One transaction a request: committed when the route returned, before its answer is sent; else rolled back."""
    exchange = exchange_of(request)
    async with runtime_of(request).sessions() as session:
        exchange.session = session
        yield session
        await commit(session)


# scope="function" is the promise above: a commit that fails turns the answer into a 500, nobody is told 201.
Session = Annotated[AsyncSession, Depends(open_session, scope="function")]


async def read_clock(request: Request) -> datetime:
    return runtime_of(request).clock.now()


Now = Annotated[datetime, Depends(read_clock)]


async def read_today(request: Request, now: Now) -> date:
    return runtime_of(request).today(now)


Today = Annotated[date, Depends(read_today)]


NEVER_REFUSING = frozenset((open_session, read_clock, read_today))


class UnknownHere(Forbidden):
    code = "user_not_known_here"
    title: ClassVar[Words] = {
        "en": "This user is not active, or not known here yet",
        "zh": "用户未启用，或本服务尚未收到其信息",
    }


async def read_caller(request: Request, session: Session) -> Principal:
    """Raises Unauthenticated, or UnknownHere for a subject this service has no active person for.

    Asked once a request. What it needs it fetches itself: every dependency costs each request about ten microseconds.
    """
    exchange, runtime = exchange_of(request), runtime_of(request)
    if exchange.caller is not None:
        return exchange.caller
    identity = exchange.identity
    if identity is None:
        raise Unauthenticated
    today = runtime.today(runtime.clock.now())
    caller = await find_principal(session, user_id=identity.user_id, on=today, scopes=identity.scopes)
    if caller is None:
        raise UnknownHere
    exchange.caller = caller
    return caller


class NotAllowed(Forbidden):
    code = "not_allowed"


class Allowed:
    """A route's permission, as a dependency that answers with the caller."""

    def __init__(self, permission: str) -> None:
        self.permission = permission

    async def __call__(self, request: Request, session: Session) -> Principal:
        caller = await read_caller(request, session)
        if not caller.may(self.permission):
            title = permission_table()[self.permission].title
            raise NotAllowed({"en": f"{title['en']}: {self.permission}", "zh": f"{title['zh']}：{self.permission}"})
        return caller


class Public:
    """Marks the few routes that nobody has to prove himself for."""

    def __call__(self) -> None:
        return None


@cache
def allowed(permission: str) -> Any:
    """`caller: Annotated[Principal, allowed("orders.write")]`, or in `dependencies=[…]`: 401, 403 or the caller."""
    return Depends(Allowed(permission))


public: Any = Depends(Public())
