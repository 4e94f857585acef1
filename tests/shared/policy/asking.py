"""Builders for evaluation tests: a draft's plan, an instant, a subject, facts written down by name."""

from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from shared.calendar import Period
from shared.money import Money
from shared.policy.evaluation import Case, Facts, GivenFacts, Grant
from shared.policy.forms import Document
from shared.policy.loader import read_json
from shared.policy.measure import Measure
from shared.policy.plan import Numbered, Plan, Plans, compile_plan, compile_plans
from shared.policy.registry import load_registry
from shared.trace import Evidence, NoEvidence, Subject, Value
from tests.shared.policy.drafts import changed, drafts

ACCOUNT = Subject("account", "A-1")
ORDER = Subject("order", "O-1", Subject("sale", "S-1", ACCOUNT))
LINE = Subject("line", "O-1/1", ORDER)
NOON = datetime(2021, 3, 10, 11, tzinfo=UTC)
KEY_ACCOUNT = {"account.is_key_account": True}
SUBSIDY = KEY_ACCOUNT | {"election.p4": "subsidy"}
DISCOUNT = KEY_ACCOUNT | {"election.p4": "discount"}


def cny(text: str) -> Money:
    return Money.parse(text, "CNY")


def usd(text: str) -> Money:
    return Money.parse(text, "USD")


@cache
def plans() -> Plans:
    """The whole draft pack, compiled."""
    return compile_plans([Numbered(document) for document in drafts().values()], load_registry())


def plan(policy: str) -> Any:
    return plans()[policy]


def changed_plan(policy: str, **change: Any) -> Any:
    """A draft with one thing changed, among the other drafts."""
    return compiled(changed(policy, **change))


def compiled(document: Document) -> Plan:
    return compile_plan(Numbered(document, 2), load_registry(), plans().by_id)


def written(form: str, **fields: Any) -> Any:
    """A made-up document of a form."""
    head = {
        "id": "made-up",
        "form": form,
        "row": ["P4"],
        "title": {"en": "Made up", "zh": "虚拟"},
        "source": {"document": "policies.md", "clause": "none", "says": {"en": "Nothing", "zh": "无"}},
        "owner": "admin",
        "zone": "Africa/Kinshasa",
        "valid": {"from": "2000-01-01"},
    }
    return compiled(read_json(head | fields))


def case(
    given: dict[str, Value | Evidence] | Facts | None = None,
    *,
    subject: Subject = ACCOUNT,
    as_of: datetime = NOON,
    grants: tuple[Grant, ...] = (),
) -> Case:
    facts = GivenFacts(given or {}) if given is None or isinstance(given, dict) else given
    return Case(facts, subject, as_of, grants)


def on(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, tzinfo=UTC)


class Recorded:
    """Amounts with their subject, day and the instant they were recorded, added up as a measure asks."""

    def __init__(self, *rows: tuple[str, str, str], known: dict[str, Value] | None = None) -> None:
        self.rows = [(subject, date.fromisoformat(day), cny(amount)) for subject, day, amount in rows]
        self.known = known or {}
        self.asked: list[tuple[str | None, str]] = []

    def value(
        self, measure: Measure, subject: Subject, window: Period | None, as_of: datetime
    ) -> Evidence | NoEvidence:
        self.asked.append((measure.per, "" if window is None else window.key))
        if measure.fact in self.known:
            return Evidence(self.known[measure.fact])
        keys = {one.id for one in subject.chain() if measure.per in (None, one.kind)}
        found = [
            amount.amount_minor
            for key, day, amount in self.rows
            if keys & set(key.split()) and (window is None or window.holds(day)) and day <= as_of.date()
        ]
        return Evidence(Money(sum(found), "CNY"), "CNY") if found else NoEvidence()


def rate(text: str) -> Decimal:
    return Decimal(text)
