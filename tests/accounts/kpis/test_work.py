"""What the account work tells the board (KPI): by branch and by person, inside the period, as known on a day."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest_asyncio
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.cases.models import DevelopmentCase
from services.accounts.complaints.models import Complaint, Feedback
from services.accounts.dossiers.models import Account
from services.accounts.kpis.adherence import form_check
from services.accounts.kpis.customers import Customers, Whose
from services.accounts.kpis.material import AccountLife, Asked, Due, SoldOn, Work
from services.accounts.kpis.vantage import Day
from services.accounts.kpis.work import visits_due, work_of
from services.accounts.merges.domain import Heirs
from services.accounts.return_visits.models import ReturnVisit, SpotCheck, SpotCheckSample
from services.accounts.surveys.models import Survey
from services.accounts.targets.domain import Scope, ScopeKind
from services.accounts.visits.models import Visit
from shared.calendar import period
from shared.money import Money
from tests.accounts.conftest import Accounts
from tests.accounts.kpis.test_facts import PLANS

ZONE, Q1 = "Africa/Kinshasa", period("2021-Q1")
KINSHASA, REP = Scope(ScopeKind.branch, "kinshasa"), Scope(ScopeKind.rep, "u1")
LISTED = AccountLife("a1", True, ((date(2021, 1, 1), date(2021, 7, 1)),))


def at(month: int, day: int, hour: int = 9) -> datetime:
    return datetime(2021, month, day, hour, tzinfo=UTC)


def an_account(name: str, branch: str) -> Account:
    return Account(
        id=name, number=name, filed_on=date(2021, 1, 1), legal_name=name, branch=branch, channel="dealer",
        sales_class="retail", industrial=False, opened_at=at(1, 1),
    )  # fmt: skip


def a_complaint(name: str, account: str, opened: date, resolved: datetime | None, *, ours: bool) -> Complaint:
    return Complaint(
        id=name, account_id=account, about="late", state="resolved" if resolved else "open", owner="u1",
        opened_at=at(opened.month, opened.day), opened_on=opened, opened_by="u1", acknowledge_by=at(6, 1),
        resolve_by=at(6, 1), resolved_at=resolved, caused_by_us=ours if resolved else None,
    )  # fmt: skip


def some_feedback(name: str, kind: str, received: date, by: datetime, answered: datetime | None) -> Feedback:
    return Feedback(
        id=name, account_id="a1", kind=kind, text="?", received_at=at(received.month, received.day),
        received_on=received, logged_by="u1", answer_by=by, answered_at=answered,
    )  # fmt: skip


def a_case(name: str, branch: str, picked_by: str, stage: str, closed: date | None) -> DevelopmentCase:
    return DevelopmentCase(
        id=name, branch=branch, candidate=name, reason="strong", stage=stage, picked_by=picked_by,
        picked_on=date(2020, 10, 1), project_group=[], closed_on=closed,
    )  # fmt: skip


def a_visit(month: int, received: date) -> ReturnVisit:
    return ReturnVisit(
        id=f"v{month}", account_id="a1", branch="kinshasa", month=f"2021-{month:02}", visited_on=received,
        form_hash="h", scores={}, filed_by="u1", received_at=at(received.month, received.day), received_on=received,
        decision={},
    )  # fmt: skip


def a_reception(name: str, account: str, claimed: int, reimbursed: date) -> Visit:
    return Visit(
        id=name, kind="reception", account_id=account, state="reimbursed", revision=1, plan="dinner",
        planned_on=date(2021, 1, 5), planned_by="u1", planned_at=at(1, 2), currency="CNY", budget_minor=claimed,
        claimed_minor=claimed, receipts=[], reimbursed_on=reimbursed,
    )  # fmt: skip


@pytest_asyncio.fixture(loop_scope="session")
async def session(accounts: Accounts) -> AsyncIterator[AsyncSession]:
    """A quarter's work, never committed."""
    async with accounts.sessions() as session:
        session.add_all([an_account("a1", "kinshasa"), an_account("a2", "goma")])
        await session.flush()
        session.add_all(
            [
                a_complaint("c1", "a1", date(2021, 2, 1), at(2, 3), ours=True),
                a_complaint("c2", "a1", date(2021, 2, 1), at(4, 3), ours=True),
                a_complaint("c3", "a1", date(2021, 2, 2), at(2, 3), ours=False),
                a_complaint("c4", "a2", date(2021, 2, 2), at(2, 3), ours=True),
                a_complaint("c5", "a1", date(2020, 12, 31), at(2, 3), ours=True),
                some_feedback("f1", "feedback", date(2021, 1, 5), at(1, 6), at(1, 5, 12)),
                some_feedback("f2", "feedback", date(2021, 1, 6), at(1, 7), at(1, 8)),
                some_feedback("f3", "feedback", date(2021, 3, 30), at(4, 2), None),
                some_feedback("f4", "question", date(2021, 1, 6), at(1, 7), None),
                a_case("d1", "kinshasa", "u1", "won", date(2021, 3, 31)),
                a_case("d2", "kinshasa", "u2", "won", date(2021, 2, 1)),
                a_case("d3", "kinshasa", "u1", "lost", date(2021, 2, 1)),
                a_case("d4", "kinshasa", "u1", "won", date(2021, 4, 1)),
                a_visit(1, date(2021, 1, 20)),
                a_visit(2, date(2021, 2, 20)),
                a_reception("r1", "a1", 120_00, date(2021, 3, 31)),
                a_reception("r2", "a1", 999_00, date(2021, 4, 1)),
                a_reception("r3", "a2", 999_00, date(2021, 2, 1)),
                SpotCheckSample(
                    id="s", month="2021-02", seed="7", population=["v2"], drawn_by="u9", drawn_at=at(3, 1)
                ),
                Survey(
                    id="q1", account_id="a1", questions=[], lowest=1, highest=5, sent_at=at(1, 2), sent_by="u1",
                    expires_on=date(2021, 2, 1), answered_at=at(1, 9), answered_on=date(2021, 1, 9),
                    answers={"a": 5, "b": 4},
                ),
            ]
        )  # fmt: skip
        await session.flush()
        session.add(
            SpotCheck(
                id="sc", sample_id="s", return_visit_id="v2", branch="kinshasa", month="2021-02",
                finding="falsified", checked_by="u9", checked_at=at(3, 20),
            )
        )  # fmt: skip
        await session.flush()
        yield session
        await session.rollback()


async def work_on(session: AsyncSession, day: date, scope: Scope = KINSHASA) -> Work:
    accounts = select(Account.id).where(Account.id == "a1")
    whose = Whose(scope, (scope.id,), Customers(accounts, Heirs({}), at(12, 31)), (LISTED,))
    return await work_of(session, whose=whose, span=Q1, day=Day(day, PLANS, ZONE))


async def test_kpi_complaints_count_when_they_are_resolved_as_ours_by_that_day(session: AsyncSession) -> None:
    known = await work_on(session, date(2021, 3, 31))
    later = await work_on(session, date(2021, 4, 3))
    assert known.complaints_caused == (date(2021, 2, 1),)
    assert later.complaints_caused == (date(2021, 2, 1), date(2021, 2, 1))


async def test_kpi_feedback_is_judged_once_answered_or_once_its_time_has_passed(session: AsyncSession) -> None:
    known = await work_on(session, date(2021, 3, 31))
    assert known.feedback == (
        Asked(date(2021, 1, 5), True),
        Asked(date(2021, 1, 6), False),
        Asked(date(2021, 3, 30), None),
    )
    assert known.questions == (Asked(date(2021, 1, 6), False),)
    later = await work_on(session, date(2021, 4, 2))
    assert later.feedback is not None
    assert later.feedback[-1] == Asked(date(2021, 3, 30), False)


async def test_kpi_cases_won_are_the_branchs_or_those_a_rep_picked(session: AsyncSession) -> None:
    branch, rep = [await work_on(session, date(2021, 4, 5), scope) for scope in (KINSHASA, REP)]
    assert branch.cases_won == (date(2021, 2, 1), date(2021, 3, 31))
    assert rep.cases_won == (date(2021, 3, 31),)


async def test_kpi_a_return_visit_found_false_was_not_done_from_that_day_on(session: AsyncSession) -> None:
    before = await work_on(session, date(2021, 3, 1))
    after = await work_on(session, date(2021, 3, 31))
    assert before.return_visits is not None
    assert after.return_visits is not None
    assert [one.done for one in before.return_visits] == [True, True, False]
    assert [one.done for one in after.return_visits] == [True, False, False]


async def test_kpi_service_standard_weighs_whatever_was_timed_or_scored_by_then(session: AsyncSession) -> None:
    """Two complaints resolved in time, of three answers one in time, an honest form; the other was found false."""
    known = await work_on(session, date(2021, 3, 31))
    before = await work_on(session, date(2021, 3, 19))
    assert known.services_checked is not None
    assert before.services_checked is not None
    assert [one.done for one in known.services_checked] == [True, True, True, False, False, True, False]
    assert [one.done for one in before.services_checked] == [True, True, True, False, False, True, True]
    assert known.services_checked[-1].on == date(2021, 2, 20)


async def test_kpi_a_branch_answers_for_the_forms_it_sent_in_people_for_their_accounts(session: AsyncSession) -> None:
    goma = await work_on(session, date(2021, 3, 31), Scope(ScopeKind.branch, "goma"))
    rep = await work_on(session, date(2021, 3, 31), REP)
    assert goma.services_checked is not None
    assert rep.services_checked is not None
    assert len(goma.services_checked) + 2 == len(rep.services_checked) == 7


async def test_kpi_a_form_the_customer_scores_poorly_is_service_below_the_standard() -> None:
    form = a_visit(3, date(2021, 4, 2))
    assert form_check(form, set()) == Due(date(2021, 3, 31), True)
    form.decision = {"outcome": {"form": "rating", "warnings": ["return_visit_poor"]}}
    assert form_check(form, set()) == Due(date(2021, 3, 31), False)


async def test_kpi_satisfaction_is_the_documents_score_of_each_account_that_answered(session: AsyncSession) -> None:
    known = await work_on(session, date(2021, 3, 31))
    # marks of 4.5 give 100 at 70, one complaint of ours gives 50 at 30
    assert known.satisfaction == (Decimal(85),)


async def test_kpi_service_cost_is_what_was_reimbursed_in_the_period(session: AsyncSession) -> None:
    known = await work_on(session, date(2021, 4, 5))
    assert known.spent == (SoldOn(date(2021, 3, 31), Money(120_00, "CNY")),)


def test_kpi_a_visit_is_planned_for_each_month_an_account_is_listed_at_its_end() -> None:
    joined = AccountLife("a2", True, ((date(2021, 3, 1), date(2021, 7, 1)),))
    due: tuple[Any, ...] = visits_due((LISTED, joined), {("a1", "2021-01")}, Q1)
    assert due == (
        Due(date(2021, 1, 31), True),
        Due(date(2021, 2, 28), False),
        Due(date(2021, 3, 31), False),
        Due(date(2021, 3, 31), False),
    )
