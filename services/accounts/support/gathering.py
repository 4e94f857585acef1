"""Everything a programme asks about some accounts, with a handful of statements however many they are."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import chain

from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.merges.repository import families_of
from services.accounts.ratings.adding_up import purchases_of
from services.accounts.ratings.facts import Bought, RatedAccount, Span, together
from services.accounts.ratings.repository import exchange_rates
from services.accounts.support import repository
from services.accounts.support.domain import UnknownProgramme
from services.accounts.support.facts import EquipmentRow, SupportedAccount
from shared.calendar import Period, day_start
from shared.money import ExchangeRate
from shared.policy.conditions import ConditionsPlan
from shared.policy.evaluation import PROGRAMME_START, Case
from shared.policy.measure import Measure
from shared.policy.plan import TablePlan
from shared.policy.rulebook import Rulebook
from shared.trace import Evidence, NoEvidence, Subject

JOINING = "programme.joining"
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Asking:
    """A programme's documents of one day, asked as of its end."""

    programme: str
    rules: Rulebook
    as_of: date
    zone: str

    @property
    def moment(self) -> datetime:
        return day_start(self.as_of + ONE_DAY, self.zone) - timedelta(microseconds=1)

    @property
    def plan(self) -> ConditionsPlan:
        """The document that is asked when an account joins; raises UnknownProgramme."""
        for plan in self.rules.plans.asked_at(JOINING):
            if plan.document.id == f"{self.programme}-programme":
                return plan
        raise UnknownProgramme(self.programme)

    @property
    def is_governed(self) -> bool:
        return any(plan.document.id == f"{self.programme}-programme" for plan in self.rules.plans.asked_at(JOINING))

    @property
    def checklist(self) -> tuple[EquipmentRow, ...]:
        """The programme's equipment by `place/item`; an alternative stands in for an item of its own place."""
        table = self.rules.plans.by_id.get(f"{self.programme}-equipment")
        rows = table.rows if isinstance(table, TablePlan) else ()
        return tuple(
            EquipmentRow(
                f"{row['place']}/{row['item']}",
                int(str(row["at_least"])),
                f"{row['place']}/{row['alternative_of']}" if row.get("alternative_of") else "",
            )
            for row in rows
        )

    def spans_asked(self, starts_on: date) -> frozenset[Span]:
        """The spans whose purchases the document asks of a member since that day."""
        noting = Noting(starts_on)
        self.plan.decide(Case(noting, Subject("programme", ""), self.moment))
        return frozenset(noting.spans)


@dataclass(frozen=True, slots=True)
class Noting:
    """Knows nothing but the first day, and notes which spans of purchases it is asked for."""

    starts_on: date
    spans: set[Span] = field(default_factory=set)

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        if measure.fact == PROGRAMME_START:
            return Evidence(self.starts_on, "day")
        if measure.fact == "purchases" and window and measure.currency:
            self.spans.add(Span(window.first, window.until, measure.currency))
        return NoEvidence()


async def known_accounts(
    session: AsyncSession, *, asking: Asking, starts: Mapping[str, date], spans_of: Callable[[date], Iterable[Span]]
) -> dict[str, SupportedAccount]:
    """What is known of each account, by id; `starts` is the first day its years count from."""
    rates = await exchange_rates(session)
    shown = await repository.shown_of(session, programme=asking.programme, account_ids=list(starts))
    checklist = asking.checklist
    bought: dict[str, dict[Span, Bought]] = {account_id: {} for account_id in starts}
    for first in sorted(set(starts.values())):
        ids = [account_id for account_id, since in starts.items() if since == first]
        for account_id, span, sum_ in await bought_since(
            session, ids=ids, first=first, spans=spans_of(first), as_of=asking.as_of, rates=rates
        ):
            bought[account_id][span] = sum_
    return {
        account_id: SupportedAccount(
            starts_on=first,
            bought=RatedAccount(account_id, asking.zone, "", bought[account_id]),
            shown=tuple(shown.get(account_id, ())),
            checklist=checklist,
            rates=rates,
        )
        for account_id, first in starts.items()
    }


async def bought_since(
    session: AsyncSession,
    *,
    ids: list[str],
    first: date,
    spans: Iterable[Span],
    as_of: date,
    rates: tuple[ExchangeRate, ...],
) -> list[tuple[str, Span, Bought]]:
    """Purchases of each span up to the day, of those it goes on for too (S-I2); those before as on its eve (S-A8)."""
    before = [span for span in spans if span.until <= first]
    since = [span for span in spans if span.until > first]
    families = await families_of(session, account_ids=ids)
    members = set(chain.from_iterable(families.values()))
    found = await purchases_of(session, account_ids=members, spans=since, as_of=as_of, rates=rates)
    eve = min(as_of, first - ONE_DAY)
    found += await purchases_of(session, account_ids=members, spans=before, as_of=eve, rates=rates)
    bought = {(member, span): sum_ for member, span, sum_ in found}
    return [
        (heir, span, together(bought[member, span] for member in family if (member, span) in bought))
        for heir, family in families.items()
        for span in {*since, *before}
    ]
