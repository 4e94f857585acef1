"""Books over the product's own policies, for tests that need no database."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from services.rewards.accrual.books import Books
from services.rewards.accrual.engine import take
from services.rewards.accrual.judging import Judge
from services.rewards.accrual.plans import Plan
from services.rewards.facts.contracts import Rates
from services.rewards.ledger.domain import Posting
from shared.events.envelope import Event
from shared.policy.benefit import BenefitPlan
from shared.policy.forms import Benefit
from shared.policy.loader import read_yaml
from shared.policy.plan import Numbered, compile_plan
from shared.policy.registry import load_registry
from tests.rewards.facts_told import told

PACK = Path(__file__).parents[2] / "deploy" / "policies" / "rewards"
ZONE = "Africa/Kinshasa"


def benefit(name: str) -> Benefit:
    (document,) = read_yaml((PACK / f"{name}.yaml").read_text(encoding="utf-8"), name=name)
    assert isinstance(document, Benefit)
    return document


def judge(document: Benefit, version: int = 1) -> Judge:
    program = compile_plan(Numbered(document, version), load_registry())
    assert isinstance(program, BenefitPlan)
    return Judge(Plan(document, version), program)


def judges(*documents: tuple[Benefit, int]) -> dict[str, Judge]:
    return {f"{document.id}@{version}": judge(document, version) for document, version in documents}


def books(*more: tuple[Benefit, int]) -> Books:
    """Empty books under the subsidy of 2021 and the new-product bonus."""
    found = judges((benefit("volume-subsidy"), 1), (benefit("new-product-bonus"), 1), *more)
    return Books(judges=found, rates=Rates([]))


def take_all(kept: Books, events: Iterable[Event], *, after: int = 0) -> list[Posting]:
    """The postings these events add."""
    already = len(kept.booked)
    for position, event in enumerate(events, start=after + 1):
        take(kept, told(event, position))
    return [booked.posting for booked in kept.booked[already:]]


def amounts(postings: Sequence[Posting]) -> list[tuple[str, int]]:
    return [(posting.kind.value, posting.amount_minor) for posting in postings]
