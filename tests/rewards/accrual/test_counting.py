"""What one order puts into which windows, where its deliveries are counted apart."""

from services.rewards.accrual.counting import contribution
from services.rewards.accrual.windows import WindowKey
from shared.policy.forms import Benefit
from shared.policy.loader import read_yaml
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import PACK, books, take_all

SINGLE_PICKUP = (
    (PACK / "volume-subsidy.yaml")
    .read_text(encoding="utf-8")
    .replace("id: volume-subsidy", "id: single-pickup")
    .replace(
        "measure: {fact: purchases, basis: paid, per: account, window: month, currency: CNY, without: [returns, "
        "discounts, tax, freight]}",
        "measure: {fact: delivery.amount, per: delivery, currency: CNY, without: [returns, tax, freight]}",
    )
)
NOON = "2021-03-10T12:00"
TEN_PIECES = said.placed("o1", "2021-03-09", [said.line(quantity=10, net=10_000_000)])


def single_pickup() -> Benefit:
    (document,) = read_yaml(SINGLE_PICKUP)
    assert isinstance(document, Benefit)
    assert document.measure.per == "delivery"
    return document


def test_two_deliveries_at_one_instant_are_two_single_pickups() -> None:
    kept = books((single_pickup(), 1))
    first = said.delivered("o1", NOON, [(1, 6)], delivery="d1")
    second = said.delivered("o1", NOON, [(1, 4)], delivery="d2")
    take_all(kept, [said.listed(), said.elected(), TEN_PIECES, first, second])
    (plan,) = (plan for plan in kept.plans.counted if plan.policy_id == "single-pickup")
    (order,) = kept.orders_of(said.ACCOUNT)
    counted = contribution(plan, order, kept.sight(said.ACCOUNT))
    assert {window: tally.amount_minor for window, tally in counted.items()} == {
        "delivery:o1-d1": 6_000_000,
        "delivery:o1-d2": 4_000_000,
    }
    posted = {
        delivery: kept.windows[WindowKey("single-pickup", f"account:{said.ACCOUNT}", f"delivery:o1-{delivery}")].posted
        for delivery in ("d1", "d2")
    }
    assert {delivery: one.total for delivery, one in posted.items()} == {"d1": 1_200_000, "d2": 800_000}
