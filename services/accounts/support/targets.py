"""What a member is to buy in each year of his membership, and what he has bought (A11)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from services.accounts.ratings.facts import Span
from services.accounts.support.domain import ProgrammeYear, TargetRow, years_of
from services.accounts.support.facts import SupportedAccount, purchases
from shared.money import Money
from shared.policy.measure import Measure
from shared.policy.rulebook import Rulebook
from shared.trace import Evidence


@dataclass(frozen=True, slots=True)
class Attained:
    """A year's purchases against its target, in minor units of the target's currency."""

    year: ProgrammeYear
    purchases_minor: int

    @property
    def share(self) -> Decimal:
        return Decimal(self.purchases_minor) / self.year.target.target_minor

    @property
    def short_by_minor(self) -> int:
        return max(0, self.year.target.target_minor - self.purchases_minor)


def target_rows(rules: Rulebook, programme: str) -> list[TargetRow]:
    rows = rules.table(f"{programme}-targets")
    return [
        TargetRow(
            year_from=int(str(row["year_from"])),
            target_minor=Money.parse(str(row["target"]), str(row["currency"])).amount_minor,
            currency=str(row["currency"]),
        )
        for row in rows
    ]


def attained(account: SupportedAccount, rows: list[TargetRow], *, as_of: date) -> list[Attained]:
    """Each year that has begun, with what was delivered in it up to the day."""
    return [Attained(year, bought_in(account, year, as_of)) for year in years_of(account.starts_on, as_of, rows)]


def spans_of_years(starts_on: date, as_of: date, rows: list[TargetRow]) -> list[Span]:
    """The spans whose purchases the targets are measured by."""
    years = years_of(starts_on, as_of, rows)
    return [Span(year.span.first, year.span.until, year.target.currency) for year in years]


def bought_in(account: SupportedAccount, year: ProgrammeYear, as_of: date) -> int:
    measure = Measure(fact="purchases", basis="delivered", window="year", currency=year.target.currency)
    found = purchases(account, measure, year.span, as_of)
    return found.value.amount_minor if isinstance(found, Evidence) and isinstance(found.value, Money) else 0
