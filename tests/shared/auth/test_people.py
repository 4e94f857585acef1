"""What every service knows of people, by their events."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import Column, MetaData, Table, Text, insert, select
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from shared.auth.people import PEOPLE_HANDLERS, find_principal
from shared.auth.principal import Holding, Principal, Reach
from shared.auth.scope import within
from shared.db.mechanisms import person
from shared.db.session import make_sessions
from shared.events import people
from shared.events.people import EmploymentChanged, Leave, PeopleEvent, RoleAssigned, RoleEnded, UserChanged

AT = datetime(2021, 1, 1, tzinfo=UTC)
DAY = date(2021, 6, 1)


@pytest_asyncio.fixture(loop_scope="session")
async def session(service_database: Callable[[str], Awaitable[str]]) -> AsyncIterator[AsyncSession]:
    engine = create_async_engine(await service_database("rewards"))
    async with make_sessions(engine)() as opened:
        yield opened
    await engine.dispose()


@pytest.fixture
def user_id() -> str:
    return str(uuid4())


async def apply(session: AsyncSession, *events: PeopleEvent) -> None:
    for event in events:
        await PEOPLE_HANDLERS[type(event)](session, event)


def user(user_id: str, **fields: Any) -> UserChanged:
    return UserChanged.model_validate(
        {"occurred_at": AT, "user_id": user_id, "name": "Grace", "kind": "person", "active": True, **fields}
    )


def role(user_id: str, **fields: Any) -> RoleAssigned:
    known = {"holding_id": f"h-{user_id}", "role": "account_rep", "branch": "goma", "valid_from": date(2021, 1, 1)}
    return RoleAssigned.model_validate({"occurred_at": AT, "user_id": user_id, **known, **fields})


def ended(user_id: str, until: date) -> RoleEnded:
    return RoleEnded(occurred_at=AT, user_id=user_id, holding_id=f"h-{user_id}", valid_until=until)


async def on(session: AsyncSession, user_id: str, day: date = DAY) -> Principal | None:
    return await find_principal(session, user_id=user_id, on=day)


def test_every_event_about_people_is_applied() -> None:
    assert set(PEOPLE_HANDLERS) == set(people.EVENTS)


async def test_a_user_with_a_role_is_known_with_it(session: AsyncSession, user_id: str) -> None:
    await apply(session, user(user_id), role(user_id))
    assert await on(session, user_id) == Principal(
        user_id, "Grace", "person", frozenset({Holding("account_rep", "goma")})
    )


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        pytest.param(date(2020, 12, 31), False, id="the day before it begins"),
        pytest.param(date(2021, 1, 1), True, id="its first day"),
        pytest.param(date(2021, 6, 30), True, id="its last day"),
        pytest.param(date(2021, 7, 1), False, id="the day it ends"),
    ],
)
async def test_a_role_is_held_on(session: AsyncSession, user_id: str, day: date, holds: bool) -> None:
    await apply(session, user(user_id), role(user_id), ended(user_id, date(2021, 7, 1)))
    principal = await on(session, user_id, day)
    assert principal is not None
    assert bool(principal.holdings) is holds


async def test_a_role_taken_back_before_it_began_was_never_held(session: AsyncSession, user_id: str) -> None:
    await apply(session, user(user_id), role(user_id, valid_from=date(2021, 5, 1)), ended(user_id, date(2021, 1, 1)))
    principal = await on(session, user_id)
    assert principal is not None
    assert principal.holdings == frozenset()


@pytest.mark.parametrize("active", [pytest.param(False, id="deactivated"), pytest.param(None, id="gone")])
async def test_nobody_is_found_who_is(session: AsyncSession, user_id: str, active: bool | None) -> None:
    await apply(session, user(user_id), role(user_id))
    if active is None:
        await apply(session, EmploymentChanged(occurred_at=AT, user_id=user_id, left_on=DAY))
    else:
        await apply(session, user(user_id, active=active))
    assert await on(session, user_id) is None


async def test_who_leaves_later_is_still_there(session: AsyncSession, user_id: str) -> None:
    await apply(session, user(user_id), EmploymentChanged(occurred_at=AT, user_id=user_id, left_on=date(2021, 6, 2)))
    assert await on(session, user_id) is not None


async def test_employment_and_the_user_do_not_overwrite_each_other(session: AsyncSession, user_id: str) -> None:
    leave = Leave(since=date(2021, 7, 1), until=date(2021, 7, 15))
    employed = EmploymentChanged(
        occurred_at=AT, user_id=user_id, joined_on=date(2019, 5, 1), manager_id="m1", leaves=(leave,)
    )
    await apply(session, user(user_id), employed, user(user_id, name="Grace I."))
    row = (await session.execute(select(person).where(person.c.user_id == user_id))).one()
    assert (row.name, row.joined_on, row.manager_id) == ("Grace I.", date(2019, 5, 1), "m1")
    assert row.leaves == [{"since": "2021-07-01", "until": "2021-07-15"}]


async def test_an_event_applied_twice_changes_nothing(session: AsyncSession, user_id: str) -> None:
    events = (user(user_id), role(user_id))
    await apply(session, *events, *events)
    principal = await on(session, user_id)
    assert principal is not None
    assert len(principal.holdings) == 1


sale = Table("sale", MetaData(), *(Column(name, Text) for name in ("branch", "account_id", "user_id")))


@pytest.mark.parametrize(
    ("reach", "found"),
    [
        pytest.param(Reach(True, frozenset(), "u1", None), {"a1", "a2", "a3"}, id="everything"),
        pytest.param(Reach(False, frozenset({"goma"}), "u9", None), {"a1"}, id="one branch"),
        pytest.param(Reach(False, frozenset({"goma", "boma"}), "u9", None), {"a1", "a2"}, id="two branches"),
        pytest.param(Reach(False, frozenset(), "u9", "a3"), {"a3"}, id="the own account"),
        pytest.param(Reach(False, frozenset(), "u2", None), {"a2"}, id="what is the user's own"),
        pytest.param(Reach(False, frozenset(), "u9", None), set(), id="nothing"),
    ],
)
async def test_a_query_finds_what_is_within_reach_and_nothing_else(
    session: AsyncSession, reach: Reach, found: set[str]
) -> None:
    connection = await session.connection()
    await connection.run_sync(sale.metadata.create_all)
    rows = [("goma", "a1", "u1"), ("boma", "a2", "u2"), ("kinshasa", "a3", "u3")]
    await session.execute(
        insert(sale), [{"branch": branch, "account_id": account, "user_id": user} for branch, account, user in rows]
    )
    condition = within(reach, branch=sale.c.branch, account=sale.c.account_id, user=sale.c.user_id)
    assert set(await session.scalars(select(sale.c.account_id).where(condition))) == found
    covered = {
        account for branch, account, user in rows if reach.covers(branch=branch, account_id=account, user_id=user)
    }
    assert covered == found
