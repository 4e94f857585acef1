"""A policy's life: two persons, one transaction, a number that never comes back (C10, C11, S-D7)."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from shared import outbox
from shared.policy import service, store
from shared.policy.forms import content_hash, stored_form
from shared.policy.lifecycle import (
    DraftOutdated,
    DraftState,
    EndorsedAlready,
    MakerCannotPublish,
    NothingChanged,
    NotTheMaker,
    NotThePublisher,
    PolicyNotClean,
    PolicyOfAnotherService,
    RetroactiveWithoutReason,
    UnknownDraft,
    UnknownPolicy,
    WrongDraftState,
)
from shared.policy.loader import read_json
from shared.policy.seed import pack_of, seed_pack
from tests.shared.policy.house import CHECKER, MAKER, NOW, PACK, act, bonus, pack, published, rows, somebody


async def drafted(session: AsyncSession, **changes: Any) -> dict[str, Any]:
    draft = await service.draft_policy(session, document=bonus(**changes), act=act())
    return {"policy_id": draft.policy_id, "draft_id": draft.draft_id}


async def proposed(session: AsyncSession, **changes: Any) -> dict[str, Any]:
    of = await drafted(session, **changes)
    await service.propose(session, act=act(), **of)
    return of


async def test_the_pack_becomes_version_one_of_each_policy_once(session: AsyncSession) -> None:
    documents = pack_of(PACK, "rewards")
    assert await seed_pack(session, service="rewards", documents=documents, now=NOW) == len(documents)
    assert await seed_pack(session, service="rewards", documents=documents, now=NOW) == 0
    versions = await store.read_versions(session)
    assert {(one.version, one.maker, one.checker) for one in versions} == {(1, "system:seed", "system:bootstrap")}
    assert await store.read_epoch(session) == 1
    await outbox.flush(session)
    events = await rows(session, "SELECT aggregateid, aggregate_seq FROM outbox WHERE type = 'PolicyPublished'")
    assert sorted(events) == sorted((document.id, 1) for document in documents)


async def test_a_new_policy_is_drafted_proposed_and_published_by_two_persons(house: AsyncSession) -> None:
    before = await store.read_epoch(house)
    of = await proposed(house)
    draft = await service.publish(house, act=act(CHECKER), **of)
    assert (draft.state, draft.maker, draft.checker) == (DraftState.PUBLISHED, "mkt", "findir")
    (version,) = await store.read_versions(house, policy_id="spring-bonus")
    assert (version.policy, version.document, version.content_hash) == (
        "spring-bonus@1",
        bonus(),
        content_hash(bonus()),
    )
    assert await store.read_epoch(house) == before + 1


async def test_publication_tells_every_service_the_whole_document_in_the_same_transaction(house: AsyncSession) -> None:
    await published(house, bonus())
    await outbox.flush(house)
    ((payload,),) = await rows(house, "SELECT payload FROM outbox WHERE aggregateid = 'spring-bonus'")
    event = orjson.loads(payload)
    assert event["document"] == stored_form(bonus())
    assert (event["service"], event["version"], event["maker"], event["checker"]) == ("rewards", 1, "mkt", "findir")
    acts = await rows(house, "SELECT actor, action FROM audit_entry WHERE subject = 'policy/spring-bonus' ORDER BY pos")
    assert acts == [("mkt", "policy.proposed"), ("findir", "policy.published")]


async def test_a_change_is_the_next_version_and_leaves_the_first_as_it_was(house: AsyncSession) -> None:
    await published(house, bonus())
    await published(house, bonus(title={"en": "Spring bonus again", "zh": "春季奖（续）"}))
    first, second = await store.read_versions(house, policy_id="spring-bonus")
    assert (first.version, second.version) == (1, 2)
    assert first.document == bonus()
    assert first.content_hash != second.content_hash


@pytest.mark.parametrize("table", ["policy_version", "policy_withdrawal"])
async def test_what_is_published_cannot_be_changed_in_the_database(house: AsyncSession, table: str) -> None:
    await published(house, bonus())
    for statement in (f"UPDATE {table} SET maker = 'me'", f"DELETE FROM {table}", f"TRUNCATE {table}"):
        if table == "policy_withdrawal" and not statement.startswith("TRUNCATE"):
            continue
        with pytest.raises(DBAPIError, match="append-only"):
            async with house.begin_nested():
                await house.execute(text(statement))


async def test_the_maker_cannot_publish_whatever_his_roles(house: AsyncSession) -> None:
    """C11"""
    of = await proposed(house)
    with pytest.raises(MakerCannotPublish):
        await service.publish(house, act=act(somebody("mkt", "finance_director")), **of)


async def test_the_database_refuses_one_person_too(house: AsyncSession) -> None:
    (version,) = await store.read_versions(house, policy_id="pareto")
    with pytest.raises(IntegrityError, match="two_persons"):
        async with house.begin_nested():
            await store.add_version(house, replace(version, version=2, maker="one", checker="one"))


async def test_only_its_maker_proposes_a_draft(house: AsyncSession) -> None:
    of = await drafted(house)
    with pytest.raises(NotTheMaker):
        await service.propose(house, act=act(CHECKER), **of)


async def test_the_owner_role_publishes_where_the_publication_route_says_so(house: AsyncSession) -> None:
    """C10: policy-publication names the owner of the document."""
    of = await proposed(house)
    with pytest.raises(NotThePublisher, match="finance_director"):
        await service.publish(house, act=act(somebody("legal", "legal")), **of)


async def test_a_longer_publication_route_adds_its_steps_and_needs_as_many_persons(house: AsyncSession) -> None:
    """C10, C11: legal reviews, then the owner approves; a change of the route itself follows the one before."""
    route = stored_form(pack()["policy-publication"])
    route["steps"] = [{"id": "legal", "role": "legal", "kind": "review"}, *route["steps"]]
    here, general_manager = act(mounted_in="approvals"), somebody("gm", "general_manager")
    change = await service.draft_policy(house, document=read_json(route), act=here)
    of: dict[str, Any] = {"policy_id": change.policy_id, "draft_id": change.draft_id}
    await service.propose(house, act=here, retroactive_reason="a test", **of)
    done = await service.publish(house, act=act(general_manager, mounted_in="approvals"), **of)
    assert (done.state, [one["route"] for one in done.endorsements]) == (
        DraftState.PUBLISHED,
        ["policy-publication@1"],
    )
    of = await proposed(house)
    both = somebody("both", "legal", "finance_director")
    with pytest.raises(NotThePublisher, match="legal"):
        await service.publish(house, act=act(CHECKER), **of)
    epoch = await store.read_epoch(house)
    first = await service.publish(house, act=act(both), **of)
    assert (first.state, [one["step"] for one in first.endorsements]) == (DraftState.PROPOSED, ["legal"])
    assert await store.read_epoch(house) == epoch
    with pytest.raises(EndorsedAlready):
        await service.publish(house, act=act(both), **of)
    last = await service.publish(house, act=act(CHECKER), **of)
    assert (last.state, last.checker) == (DraftState.PUBLISHED, "findir")
    assert await store.read_epoch(house) == epoch + 1


async def test_without_a_publication_route_any_second_person_publishes(session: AsyncSession) -> None:
    needed = ("roles", "stacking-groups", "stacking-pairs")
    for name in needed:
        await seed_pack(session, service="accounts", documents=[pack()[name]], now=NOW)
    of = await proposed(session)
    draft = await service.publish(session, act=act(somebody("legal", "legal")), **of)
    assert draft.state is DraftState.PUBLISHED


@pytest.mark.parametrize(
    ("acts", "refused"),
    [
        pytest.param(["publish"], "publish", id="a draft nobody proposed is published"),
        pytest.param(["propose", "propose"], "propose", id="proposed twice"),
        pytest.param(["propose", "publish", "publish"], "publish", id="published twice"),
        pytest.param(["propose", "publish", "propose"], "propose", id="proposed after publication"),
    ],
)
async def test_a_draft_moves_only_forward(house: AsyncSession, acts: list[str], refused: str) -> None:
    of = await drafted(house)

    async def move(name: str) -> None:
        if name == "propose":
            await service.propose(house, act=act(), **of)
        else:
            await service.publish(house, act=act(CHECKER), **of)

    for name in acts[:-1]:
        await move(name)
    with pytest.raises(WrongDraftState):
        await move(refused)


async def test_lint_keeps_a_wrong_draft_from_being_proposed_and_points_at_the_place(house: AsyncSession) -> None:
    table = {**bonus_table(), "rows": [{"from": 0, "to": 40000, "nothing": True}, {"from": 50000, "amount": "500.00"}]}
    of = await drafted(house, table=table)
    with pytest.raises(PolicyNotClean) as refused:
        await service.propose(house, act=act(), **of)
    assert [(one.pointer, one.code) for one in refused.value.errors] == [("/table/rows/1/from", "table_gap")]


async def test_a_policy_is_linted_again_when_it_is_published(house: AsyncSession) -> None:
    """Between proposal and publication another bonus took the place where only one may be in force."""
    of = await proposed(house)
    await published(house, bonus(id="rival-bonus"))
    with pytest.raises(PolicyNotClean) as refused:
        await service.publish(house, act=act(CHECKER), **of)
    assert [one.code for one in refused.value.findings] == ["stacking_one_in_force"]


async def test_findings_that_stood_before_do_not_block_another_document(house: AsyncSession) -> None:
    await house.execute(text("DELETE FROM role_holding WHERE role = 'legal'"))
    assert (await published(house, bonus())).state is DraftState.PUBLISHED


async def test_a_route_whose_role_nobody_holds_cannot_be_proposed(house: AsyncSession) -> None:
    await house.execute(text("DELETE FROM role_holding WHERE role = 'hr'"))
    route = stored_form(pack()["receivable-write-off"])
    route["steps"].append({"id": "hr", "role": "hr", "kind": "review"})
    here = act(mounted_in="approvals")
    draft = await service.draft_policy(house, document=read_json(route), act=here)
    with pytest.raises(PolicyNotClean) as refused:
        await service.propose(
            house, policy_id=draft.policy_id, draft_id=draft.draft_id, act=here, retroactive_reason="a test"
        )
    assert [(one.code, one.path) for one in refused.value.findings] == [("role_without_holder", "steps[2].role")]


async def test_a_draft_made_on_an_older_version_is_outdated(house: AsyncSession) -> None:
    of = await proposed(house)
    await published(house, bonus(title={"en": "Faster", "zh": "更快"}))
    with pytest.raises(DraftOutdated):
        await service.publish(house, act=act(CHECKER), **of)


async def test_a_start_in_the_past_needs_a_reason_that_stays_with_the_version(house: AsyncSession) -> None:
    of = await drafted(house, valid={"from": "2020-10-01"})
    with pytest.raises(RetroactiveWithoutReason):
        await service.propose(house, act=act(), **of)
    await service.propose(house, act=act(), retroactive_reason="Signed late.", **of)
    await service.publish(house, act=act(CHECKER), **of)
    (version,) = await store.read_versions(house, policy_id="spring-bonus")
    assert version.retroactive_reason == "Signed late."


async def test_a_start_that_passed_while_the_proposal_waited_needs_a_new_one(house: AsyncSession) -> None:
    of = await proposed(house)
    late = datetime(2021, 2, 1, tzinfo=UTC)
    with pytest.raises(RetroactiveWithoutReason):
        await service.publish(house, act=act(CHECKER, now=late), **of)


@pytest.mark.parametrize(
    ("document", "mounted_in"),
    [
        pytest.param(bonus(), "pricing", id="a reward in pricing"),
        pytest.param(pack()["pareto"], "rewards", id="a table that accounts publishes"),
        pytest.param(pack()["floor-price"], "rewards", id="conditions about a line"),
    ],
)
async def test_a_service_publishes_only_its_own_policies(house: AsyncSession, document: Any, mounted_in: str) -> None:
    with pytest.raises(PolicyOfAnotherService):
        await service.draft_policy(house, document=document, act=act(mounted_in=mounted_in))


async def test_the_published_document_is_not_drafted_again(house: AsyncSession) -> None:
    with pytest.raises(NothingChanged, match="set-off@1"):
        await service.draft_policy(house, document=pack()["set-off"], act=act())


async def test_a_version_is_taken_back_by_two_persons_and_its_number_never_used_again(house: AsyncSession) -> None:
    await published(house, bonus())
    withdrawal = await service.draft_withdrawal(
        house, policy_id="spring-bonus", version=1, reason="Wrong figures.", act=act()
    )
    of: dict[str, Any] = {"policy_id": "spring-bonus", "draft_id": withdrawal.draft_id}
    await service.propose(house, act=act(), **of)
    with pytest.raises(MakerCannotPublish):
        await service.publish(house, act=act(MAKER), **of)
    await service.publish(house, act=act(CHECKER), **of)
    (version,) = await store.read_versions(house, policy_id="spring-bonus")
    assert version.withdrawn
    await outbox.flush(house)
    types = await rows(house, "SELECT type FROM outbox WHERE aggregateid = 'spring-bonus' ORDER BY pos")
    assert types == [("PolicyPublished",), ("PolicyWithdrawn",)]
    await published(house, bonus())
    assert [one.version for one in await store.read_versions(house, policy_id="spring-bonus")] == [1, 2]


async def test_what_is_not_there_is_named(house: AsyncSession) -> None:
    of = await drafted(house)
    with pytest.raises(UnknownDraft):
        await service.propose(house, act=act(), policy_id="set-off", draft_id=of["draft_id"])
    with pytest.raises(UnknownPolicy):
        await service.draft_withdrawal(house, policy_id="set-off", version=9, reason="?", act=act())


def bonus_table() -> dict[str, Any]:
    return dict(stored_form(bonus())["table"])
