"""Nominating, agreeing on a half year's list, publishing it; what a document decides is asked by its moment (A4)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.dossiers.models import Account
from services.accounts.dossiers.service import Whereabouts
from services.accounts.programmes import repository
from services.accounts.programmes.domain import (
    AlreadyNominated,
    Asked,
    ListChange,
    ListIsFixed,
    ListMove,
    ListState,
    NothingNominated,
    NotYourDepartment,
    UnknownDepartment,
    compared,
    departments_asked,
    half_year,
    moved,
)
from services.accounts.programmes.facts import NominatedAccount, NominationFacts, Said
from services.accounts.programmes.models import KeyAccountList, Nomination
from services.accounts.programmes.schemas import NewNomination
from shared.asking import sought
from shared.auth.principal import Principal, Reach
from shared.calendar import Period
from shared.errors import NotFound
from shared.events.accounts import KeyAccountListAgreed
from shared.ids import new_id
from shared.outbox import record, record_many
from shared.policy.evaluation import Case
from shared.policy.forms import leaves
from shared.policy.rulebook import Rulebook
from shared.trace import Subject

NOMINATING = "list.nominating"
AGREED = "agreed"
DEPARTMENTS, DUTIES = "nominating-departments", "duties"


async def nominate(
    session: AsyncSession,
    *,
    account: Account,
    request: NewNomination,
    caller: Principal,
    rules: Rulebook,
    who: Whereabouts,
) -> Nomination:
    """A4: a department's head names an account and shows which qualifying criteria it meets.

    What other departments said of it for the same list counts too. Raises UnknownDepartment, NotYourDepartment,
    ListIsFixed, AlreadyNominated, PolicyRefuses.
    """
    await check_may_nominate(session, account=account, request=request, caller=caller, rules=rules)
    nomination_id = str(new_id())
    said = await repository.said_of(session, half_year=request.half_year, account_id=account.id)
    own = tuple(Said(reason.fact, reason.value, nomination_id) for reason in request.reasons)
    contracts = await repository.contracts_of(session, account_id=account.id)
    facts = NominationFacts(NominatedAccount(who.zone, (*said, *own), contracts))
    decisions = rules.ask(NOMINATING, Case(facts, Subject("account", account.id), who.now), subject="account")
    nomination = Nomination(
        id=nomination_id,
        half_year=request.half_year,
        account_id=account.id,
        department=request.department,
        reasons=[reason.model_dump(mode="json") for reason in request.reasons],
        nominated_by=who.user_id,
        nominated_at=who.now,
        decision={"decisions": [decision.to_plain() for decision in decisions]},
    )
    session.add(nomination)
    await session.flush()
    return nomination


async def check_may_nominate(
    session: AsyncSession, *, account: Account, request: NewNomination, caller: Principal, rules: Rulebook
) -> None:
    """The department nominates, its own head speaks for it, once, and the list is still open."""
    if request.department not in nominating_departments(rules):
        raise UnknownDepartment(request.department)
    heads = {holding.department for holding in caller.holdings if holding.role == "department_head"}
    if request.department not in heads:
        raise NotYourDepartment(
            {"en": f"You do not head {request.department}.", "zh": f"您不是{request.department}部门的负责人。"}
        )
    current = await repository.locked_list(session, half_year=request.half_year)
    if current is not None and current.state != ListState.draft:
        raise ListIsFixed
    if await repository.is_nominated(
        session, half_year=request.half_year, account_id=account.id, department=request.department
    ):
        raise AlreadyNominated


def nominating_departments(rules: Rulebook) -> list[str]:
    return [str(row["department"]) for row in rules.table(DEPARTMENTS)]


async def propose_list(
    session: AsyncSession, *, key: str, caller: Principal, rules: Rulebook, who: Whereabouts
) -> KeyAccountList:
    """A4: ask the departments to agree on what was nominated.

    Raises NothingNominated, WrongListMove, and DepartmentNotAsked where the route leaves one out (§6.21).
    """
    half_year(key)
    nominated = await repository.nominated_accounts(session, half_year=key)
    if not nominated:
        raise NothingNominated
    route = rules.route_for("key_account_list")
    await repository.begin_list(session, half_year=key)
    current = await repository.locked_list(session, half_year=key)
    assert current is not None
    current.state = moved(ListState(current.state), ListMove.propose)
    current.revision += 1
    current.proposed = nominated
    current.asked = [asdict(one) for one in departments_on(rules, route)]
    record(
        session,
        sought(
            occurred_at=who.now,
            subject=("key_account_list", key),
            revision=current.revision,
            content={"half_year": key, "accounts": current.proposed},
            route=route,
            requester=caller.user_id,
            title=(f"Key-account list {key}", f"{key} 大客户名单"),
        ),
    )
    await session.flush()
    return current


def departments_on(rules: Rulebook, route: str) -> tuple[Asked, ...]:
    """Every nominating department with the route's step whose duty its head fills."""
    duties = {str(row["duty"]): str(row["department"]) for row in rules.table(DUTIES) if row.get("department")}
    steps = leaves(rules.route(route).document.steps)
    asked = {step.id: duties[step.role] for step in steps if step.role in duties}
    return departments_asked(nominating_departments(rules), asked)


async def note_department(
    session: AsyncSession, *, key: str, revision: int, step: str, decision: str, decided_by: str
) -> None:
    """What one department's head said of the list as proposed; of an older revision nothing is kept."""
    current = await repository.locked_list(session, half_year=key)
    if current is None or current.revision != revision:
        return
    said = {"decision": decision, "decided_by": decided_by}
    current.asked = [one | said if one["step"] == step else one for one in current.asked]


async def answer_list(session: AsyncSession, *, key: str, revision: int, granted: bool, answered_at: datetime) -> None:
    """What the departments said of the list as proposed; an answer to an older revision changes nothing."""
    current = await repository.locked_list(session, half_year=key)
    if current is None or current.revision != revision or current.state != ListState.proposed:
        return
    current.state = moved(ListState.proposed, ListMove.agree if granted else ListMove.refuse)
    if granted:
        current.agreed_at = answered_at
        await name_on_lists(
            session,
            named=[(key, account_id) for account_id in current.proposed],
            reason=AGREED,
            now=answered_at,
        )


async def publish_list(session: AsyncSession, *, key: str, who: Whereabouts) -> KeyAccountList:
    """A4: the agreed list is announced, and from now on it is what it is; raises NotFound, WrongListMove."""
    half_year(key)
    current = await repository.locked_list(session, half_year=key)
    if current is None:
        raise NotFound({"en": f"Nobody proposed a list {key}.", "zh": f"尚未提交{key}的名单。"})
    current.state = moved(ListState(current.state), ListMove.publish)
    current.published_at, current.published_by = who.now, who.user_id
    await session.flush()
    return current


async def change_since_last(session: AsyncSession, *, key: str, reach: Reach) -> tuple[str | None, ListChange]:
    """A4: the list before this one, and who joined, stayed and left, as far as the caller sees."""
    half_year(key)
    before = await repository.list_before(session, half_year=key)
    earlier = await repository.members(session, half_year=before, reach=reach) if before else ()
    now = await repository.members(session, half_year=key, reach=reach)
    return before, compared((one.account_id for one in earlier), (one.account_id for one in now))


async def name_on_lists(session: AsyncSession, *, named: Sequence[tuple[str, str]], reason: str, now: datetime) -> int:
    """Put `(half_year, account_id)` on their lists and tell of each that is new; returns how many were."""
    spans = {key: half_year(key) for key in {key for key, _ in named}}
    rows = [
        {
            "half_year": key,
            "account_id": account_id,
            "valid_from": spans[key].first,
            "valid_until": spans[key].until,
            "reason": reason,
        }
        for key, account_id in named
    ]
    fresh = await repository.put_members(session, rows=rows, recorded_at=now)
    record_many(session, (listed(key, account_id, spans[key], now) for key, account_id in sorted(fresh)))
    return len(fresh)


def listed(key: str, account_id: str, span: Period, now: datetime) -> KeyAccountListAgreed:
    return KeyAccountListAgreed(
        occurred_at=now,
        account_id=account_id,
        list_id=key,
        listed=True,
        valid_from=span.first,
        valid_until=span.until,
    )
