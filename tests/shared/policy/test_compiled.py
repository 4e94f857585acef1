"""Which versions hold on a day, and that a process reads them again only when the epoch moved."""

import asyncio
from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from shared.db.session import commit, make_sessions
from shared.events.policies import PolicyPublished, PolicyWithdrawn
from shared.policy import service, store
from shared.policy.compiled import CompiledPolicies
from shared.policy.consumer import receive_policy, receive_withdrawal
from shared.policy.forms import content_hash, stored_form
from shared.policy.lifecycle import Published, UnknownPolicy, WrongDraftState, in_force
from shared.policy.loader import UnreadablePolicy
from tests.shared.policy.house import CHECKER, NOW, act, bonus, published, rows, seed_house


def version(number: int, valid_from: str, until: str | None = None, *, withdrawn: bool = False) -> Published:
    valid = {"from": valid_from} | ({"until": until} if until else {})
    document = bonus(valid=valid, title={"en": f"{number}", "zh": f"第{number}版"})
    return Published(document, number, "rewards", content_hash(document), "a", "b", NOW, withdrawn=withdrawn)


V1, V2 = version(1, "2021-01-01"), version(2, "2021-07-01")
HISTORIES = [
    pytest.param([V1], date(2020, 12, 31), None, id="nothing before the first day"),
    pytest.param([V1], date(2021, 1, 1), 1, id="the first day itself"),
    pytest.param([V1, V2], date(2021, 6, 30), 1, id="the old version until the new one begins"),
    pytest.param([V1, V2], date(2021, 7, 1), 2, id="the new version from its first day"),
    pytest.param([version(1, "2021-01-01", "2022-01-01")], date(2022, 1, 1), None, id="until is no longer covered"),
    pytest.param(
        [V1, version(2, "2021-07-01", "2021-08-01")], date(2021, 8, 1), None, id="what was superseded does not return"
    ),
    pytest.param([V1, version(2, "2020-01-01")], date(2020, 6, 1), 2, id="a retroactive version begins earlier"),
    pytest.param([V1, version(2, "2021-07-01", withdrawn=True)], date(2021, 8, 1), 1, id="a version was taken back"),
]


@pytest.mark.parametrize(("versions", "on", "expected"), HISTORIES)
def test_one_version_of_a_policy_holds_on_a_day(versions: list[Published], on: date, expected: int | None) -> None:
    found = in_force(versions, on).get("spring-bonus")
    assert (found and found.version) == expected


@pytest.mark.parametrize(("versions", "on", "expected"), HISTORIES)
async def test_the_list_of_a_day_says_the_same(
    session: AsyncSession, versions: list[Published], on: date, expected: int | None
) -> None:
    for one in versions:
        await store.add_version(session, one)
        if one.withdrawn:
            values = {"policy_id": one.id, "version": one.version, "reason": "?", "maker": "a", "checker": "b"}
            await store.add_withdrawal(session, {**values, "withdrawn_at": NOW})
    listed = [row.version for row in await session.execute(store.listed(on=on))]
    assert listed == ([] if expected is None else [expected])


async def test_plans_are_kept_while_nothing_is_published_and_made_again_when_something_is(house: AsyncSession) -> None:
    policies = CompiledPolicies()
    first = await policies.current(house)
    march = first.in_force(date(2021, 3, 1))
    assert await policies.current(house) is first
    assert first.in_force(date(2021, 3, 2)) is march, "the same versions are compiled once"
    await published(house, bonus())
    second = await policies.current(house)
    assert second is not first
    assert "spring-bonus" in {plan.document.id for plan in second.in_force(date(2021, 3, 1))}
    assert second.in_force(date(2020, 12, 1)) is first.in_force(date(2020, 12, 1)), "an old day keeps its plans"


async def test_the_day_chooses_the_year_of_p4(house: AsyncSession) -> None:
    """P4: the source's 2021, nothing between, and the same terms again from 2026."""
    policies = await CompiledPolicies().current(house)
    p4 = {"volume-subsidy", "volume-subsidy-2026", "volume-discount", "volume-discount-2026"}
    on = {
        year: {plan.document.id for plan in policies.in_force(date(year, 6, 1))} & p4
        for year in (2020, 2021, 2024, 2026)
    }
    assert on == {
        2020: set(),
        2021: {"volume-subsidy", "volume-discount"},
        2024: set(),
        2026: {"volume-subsidy-2026", "volume-discount-2026"},
    }


async def test_a_closed_window_keeps_the_version_of_its_first_evaluation(house: AsyncSession) -> None:
    """S-D7"""
    await published(house, bonus())
    await published(house, bonus(title={"en": "Second", "zh": "第二版"}))
    policies = await CompiledPolicies().current(house)
    assert policies.plan("spring-bonus@1", on=date(2021, 3, 1)).document == bonus()
    with pytest.raises(UnknownPolicy):
        policies.plan("spring-bonus@3", on=date(2021, 3, 1))


def told(one: Published) -> PolicyPublished:
    return PolicyPublished(
        occurred_at=NOW,
        policy_id=one.id,
        version=one.version,
        form="benefit",
        service="pricing",
        rows=("R7",),
        document=stored_form(one.document),
        content_hash=one.content_hash,
        valid_from=one.document.valid.from_,
        maker="a",
        checker="b",
    )


async def test_a_policy_of_another_service_is_kept_once_however_often_it_comes(session: AsyncSession) -> None:
    for _ in range(2):
        await receive_policy(session, told(V1), None)  # type: ignore[arg-type]
    (kept,) = await store.read_versions(session)
    assert (kept.policy, kept.service, kept.document) == ("spring-bonus@1", "pricing", V1.document)
    assert await store.read_epoch(session) == 1


async def test_a_withdrawal_of_another_service_ends_the_version_here_too(session: AsyncSession) -> None:
    await receive_policy(session, told(V1), None)  # type: ignore[arg-type]
    gone = PolicyWithdrawn(
        occurred_at=NOW, policy_id="spring-bonus", version=1, reason="Wrong.", maker="a", checker="b"
    )
    for _ in range(2):
        await receive_withdrawal(session, gone, None)  # type: ignore[arg-type]
    assert [one.withdrawn for one in await store.read_versions(session)] == [True]
    assert await store.read_epoch(session) == 2


async def test_a_policy_this_service_cannot_read_is_refused_and_not_kept(session: AsyncSession) -> None:
    event = told(V1).model_copy(update={"document": {**stored_form(V1.document), "formula": "a * b"}})
    with pytest.raises(UnreadablePolicy):
        await receive_policy(session, event, None)  # type: ignore[arg-type]
    assert await store.read_versions(session) == []


async def test_two_publishers_at_once_make_one_version(engine: AsyncEngine) -> None:
    sessions = make_sessions(engine, service="rewards")
    async with sessions() as session:
        await seed_house(session)
        draft = await service.draft_policy(session, document=bonus(), act=act())
        of = {"policy_id": draft.policy_id, "draft_id": draft.draft_id}
        await service.propose(session, act=act(), **of)  # type: ignore[arg-type]
        await commit(session)

    async def publish(user_id: str) -> None:
        async with sessions() as session:
            await service.publish(session, act=act(replace(CHECKER, user_id=user_id)), **of)  # type: ignore[arg-type]
            await commit(session)

    answers = await asyncio.gather(publish("one"), publish("other"), return_exceptions=True)
    assert sorted(type(answer) for answer in answers if answer) == [WrongDraftState]
    async with sessions() as session:
        assert len(await store.read_versions(session, policy_id="spring-bonus")) == 1
        sent = await rows(session, "SELECT 1 FROM outbox WHERE aggregateid = 'spring-bonus'")
        assert len(sent) == 1
