"""Asks of other services: twice, out of order, withdrawn before they came, from people who may not, and poisonous."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

import pytest
import pytest_asyncio
from sqlalchemy import select

from services.approvals.consumers import make_consumers
from services.approvals.requests.models import RequestRow
from services.approvals.settings import ApprovalsSettings
from shared import inbox
from shared.asking import sought
from shared.db.mechanisms import dead_letter, outbox
from shared.db.session import commit
from shared.events.accounts import AccountOpened, TeamChanged, TeamMember
from shared.events.asks import ApprovalAskWithdrawn
from shared.events.people import RoleAssigned, UserChanged
from shared.ids import new_id
from shared.policy.loader import load_pack
from shared.policy.route import RoutePlan
from shared.policy.seed import seed_pack
from tests.approvals.conftest import PACK
from tests.shared.pipe.build import message_of_event

NOW = datetime(2021, 3, 3, 9, tzinfo=UTC)
CONSUMER = make_consumers(ApprovalsSettings())[0]


@dataclass
class House:
    """The consumer on a database that knows the policies, a rep and a key-account manager."""

    sessions: object

    async def take(self, *messages, isolated=False):
        async with self.sessions() as session:
            tally = await inbox.take(session, CONSUMER, messages, now=NOW, isolated=isolated)
            await commit(session)
        return tally

    async def request(self, subject_id, revision=1):
        async with self.sessions() as session:
            query = select(RequestRow).where(RequestRow.subject_id == subject_id, RequestRow.revision == revision)
            return (await session.scalars(query)).one_or_none()

    async def told(self, request):
        async with self.sessions() as session:
            query = select(outbox.c.type).where(outbox.c.aggregateid == request.id)
            return list(await session.scalars(query.order_by(outbox.c.aggregate_seq)))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(sessions):
    opened = House(sessions)
    async with sessions() as session:
        documents = [placed.document for placed in load_pack(PACK)]
        await seed_pack(session, service="approvals", documents=documents, now=NOW)
        await commit(session)
    people = {"rep": "account_rep", "kam": "key_account_manager"}
    for user_id, role in people.items():
        known = UserChanged(occurred_at=NOW, user_id=user_id, name=user_id, kind="person", active=True)
        holds = RoleAssigned(
            occurred_at=NOW, user_id=user_id, holding_id=str(new_id()), role=role, valid_from=date(2020, 1, 1)
        )
        await opened.take(message_of_event(known, sequence=1), message_of_event(holds, sequence=2))
    return opened


def ask(subject_id=None, *, requester="rep", revision=1, route="price-exception", content=None, **more):
    return sought(
        occurred_at=NOW,
        subject=("quote_line", subject_id or str(new_id())),
        content=content or {"sku": "HANDSET-N1", "price": "880.00"},
        route=route,
        requester=requester,
        title=("Price below the floor", "低于底价"),
        revision=revision,
        branch="kinshasa",
        **more,
    )


def taken_back(asked):
    return ApprovalAskWithdrawn(
        occurred_at=NOW,
        subject_type=asked.subject_type,
        subject_id=asked.subject_id,
        revision=asked.revision,
        reason="the price changed",
    )


async def test_an_ask_opens_a_request_with_its_first_step(house):
    asked = ask()
    await house.take(message_of_event(asked, sequence=1))
    request = await house.request(asked.subject_id)
    assert (request.state, request.content_hash) == ("pending", asked.content_hash)
    assert [(step.step, step.state) for step in request.steps] == [("marketing", "active")]
    assert request.title == {"en": "Price below the floor", "zh": "低于底价"}
    assert await house.told(request) == ["ApprovalRequested"]


async def test_s_e1_an_ask_handed_over_twice_is_one_request(house):
    asked = ask()
    message = message_of_event(asked, sequence=1)
    await house.take(message, message)
    tally = await house.take(message)
    assert tally["duplicate"] == 1
    assert await house.told(await house.request(asked.subject_id)) == ["ApprovalRequested"]


async def test_s_e1_the_same_ask_under_a_new_event_id_is_the_same_request(house):
    asked = ask()
    await house.take(message_of_event(asked, sequence=1), message_of_event(asked, sequence=2))
    assert await house.told(await house.request(asked.subject_id)) == ["ApprovalRequested"]


async def test_an_ask_taken_back_is_withdrawn(house):
    asked = ask()
    await house.take(message_of_event(asked, sequence=1), message_of_event(taken_back(asked), sequence=2))
    request = await house.request(asked.subject_id)
    assert (request.state, request.closed_because["en"]) == ("withdrawn", "the price changed")
    assert await house.told(request) == ["ApprovalRequested", "ApprovalWithdrawn"]


async def test_out_of_order_the_withdrawal_waits_for_its_ask(house):
    asked = ask()
    await house.take(message_of_event(taken_back(asked), sequence=2))
    assert await house.request(asked.subject_id) is None
    await house.take(message_of_event(asked, sequence=1))
    assert (await house.request(asked.subject_id)).state == "withdrawn"


async def test_s_e3_taken_back_before_it_was_sought_leaves_a_tombstone(house):
    asked = ask()
    await house.take(message_of_event(taken_back(asked), sequence=1), message_of_event(asked, sequence=2))
    request = await house.request(asked.subject_id)
    assert request.state == "withdrawn"
    assert {step.state for step in request.steps} == {"unneeded"}
    assert await house.told(request) == ["ApprovalWithdrawn"]


async def test_s_g1_a_newer_revision_ends_the_older_in_either_order(house):
    first = ask()
    second = ask(first.subject_id, revision=2, content={"price": "870.00"})
    await house.take(message_of_event(first, sequence=1), message_of_event(second, sequence=2))
    assert (await house.request(first.subject_id, 1)).state == "withdrawn"
    assert (await house.request(first.subject_id, 2)).state == "pending"
    late = ask()
    await house.take(message_of_event(ask(late.subject_id, revision=2), sequence=1), message_of_event(late, sequence=2))
    assert (await house.request(late.subject_id, 1)).state == "withdrawn"
    assert (await house.request(late.subject_id, 2)).state == "pending"


async def test_c4_an_ask_of_somebody_who_may_not_is_answered_with_a_rejection(house):
    asked = ask(requester="kam")
    await house.take(message_of_event(asked, sequence=1))
    request = await house.request(asked.subject_id)
    assert request.state == "rejected"
    assert "C4" in request.closed_because["zh"]
    assert await house.told(request) == ["ApprovalRejected"]


async def test_c4_the_system_is_always_admitted_and_the_rep_answers_for_it(house):
    account = str(new_id())
    opened = AccountOpened(
        occurred_at=NOW,
        account_id=account,
        number="K-1",
        legal_name="Congo Mobile",
        branch="lubumbashi",
        channel="dealer",
        sales_class="wholesale",
        industry="telecom",
        industrial=False,
    )
    member = TeamMember(user_id="rep-of-account", duty="account_rep", valid_from=date(2020, 1, 1))
    team = TeamChanged(occurred_at=NOW, account_id=account, members=(member,))
    asked = sought(
        occurred_at=NOW,
        subject=("rating", str(new_id())),
        content={"grade": "A"},
        route="class-change",
        requester="system",
        title=("Class A", "A类"),
        account_id=account,
    )
    events = [(opened, 1), (team, 2), (asked, 1)]
    await house.take(*(message_of_event(event, sequence=sequence) for event, sequence in events))
    request = await house.request(asked.subject_id)
    assert (request.initiator, request.requester, request.branch) == ("system", "rep-of-account", "lubumbashi")


@pytest.mark.parametrize(
    ("more", "error"),
    [
        pytest.param({"route": "no-such-route"}, "UnknownRoute", id="a route nobody published"),
        pytest.param({"inputs": {"purchases": 1.5}}, "ValidationProblem", id="a float for money"),
        pytest.param({"route": "contract-route"}, "RouteNotDecidable", id="a condition nobody knows"),
    ],
)
async def test_s_e5_an_ask_that_cannot_be_routed_waits_for_a_person(house, more, error):
    asked = ask(**more)
    await house.take(message_of_event(asked, sequence=1), isolated=True)
    async with house.sessions() as session:
        letter = (await session.execute(select(dead_letter).order_by(dead_letter.c.parked_at.desc()))).first()
    assert letter.partition_key == asked.subject_id
    assert letter.error.startswith(error)


async def test_s_e2_a_revision_asked_again_with_another_content_waits_for_a_person(house):
    asked = ask()
    other = ask(asked.subject_id, content={"price": "1.00"})
    await house.take(message_of_event(asked, sequence=1))
    tally = await house.take(message_of_event(other, sequence=2), isolated=True)
    assert tally["poison"] == 1
    assert (await house.request(asked.subject_id)).content_hash == asked.content_hash


def test_every_unconditional_route_of_the_house_can_be_asked(plans, at):
    from services.approvals.routing.service import freeze_route
    from shared.policy.evaluation import NothingKnown
    from shared.trace import Subject

    routes = [plan.document for plan in plans if isinstance(plan, RoutePlan)]
    asked = [
        route.id
        for route in routes
        if all(getattr(step, "when", None) is None for step in route.steps)
        and freeze_route(route.id, subject=Subject(route.subject, "x"), facts=NothingKnown(), branch=None, at=at())
    ]
    assert {"price-exception", "class-change", "key-account-list", "negotiated-benefit"} <= set(asked)
    assert {"new-product-confirmation", "policy-publication"} <= set(asked)
