"""A stranger recomputes each amount of the story from what the services answered, with nothing of ours."""

from decimal import Decimal
from typing import Any

import pytest

from tests.e2e.played import Played
from tests.recompute import Differs, recompute
from tests.recompute_postings import line, window

pytestmark = [pytest.mark.e2e, pytest.mark.kafka]


def explained(played: Played, policy: str) -> list[dict[str, Any]]:
    """The explanations of a policy's lines in the story, in the order in which they were posted."""
    return [
        found
        for (_, language), found in played.explained.items()
        if language == "en" and found["accrual"]["policy"].startswith(f"{policy}@")
    ]


@pytest.mark.parametrize(
    ("place", "fen"),
    [
        pytest.param(0, 8_800_000, id="88,000.00 of the first order"),
        pytest.param(1, 5_280_000, id="52,800.00, the second order's part of the new total"),
        pytest.param(2, 1_760_000, id="17,600.00, the rest of the difference"),
        pytest.param(3, 15_840_000, id="158,400.00 become payable"),
        pytest.param(4, -1_320_000, id="-13,200.00, share held by pieces returned"),
        pytest.param(5, -2_420_000, id="-24,200.00, the total change less the first line"),
    ],
)
def test_a_line_of_the_subsidy_comes_out_at(played: Played, place: int, fen: int) -> None:
    assert line(explained(played, "volume-subsidy")[place]) == fen


@pytest.mark.parametrize(
    ("place", "fen"),
    [
        pytest.param(0, 80_000, id="800.00 earned"),
        pytest.param(1, 80_000, id="800.00 confirmed"),
        pytest.param(2, 0, id="nothing changed by the return"),
    ],
)
def test_a_line_of_the_bonus_comes_out_at(played: Played, place: int, fen: int) -> None:
    assert line(explained(played, "new-product-bonus")[place]) == fen


@pytest.mark.parametrize(
    ("policy", "fen"), [pytest.param("volume-subsidy", 12_100_000), pytest.param("new-product-bonus", 80_000)]
)
def test_the_lines_of_a_window_follow_on_each_other_up_to_its_worth(played: Played, policy: str, fen: int) -> None:
    assert window(explained(played, policy)) == fen


def test_the_score_comes_out_at_91_11(played: Played) -> None:
    found = recompute(played.story.rating_explained["trace"])
    assert (round(Decimal(found["score"]["decimal"]), 2), found["grade"]) == (Decimal("91.11"), "A")


def test_the_route_comes_out_at_its_five_steps(played: Played) -> None:
    steps = recompute(played.chain_explained["trace"])["steps"]
    assert [step["id"] for step in steps] == ["first", "legal", "marketing", "finance", "general"]


def test_every_decision_of_the_quote_is_what_its_trace_leads_to(played: Played) -> None:
    decisions = played.quote_explained["decisions"]
    assert "floor-price@1" in [one["policy"] for one in decisions]
    for one in decisions:
        recompute(one["decision"])


def test_the_price_is_the_agreed_one_for_each_of_600_pieces(played: Played) -> None:
    (shown,) = played.story.quote["lines"]
    agreed = shown["exception"]["granted"]
    assert agreed["quantity_from"] <= shown["quantity"] <= agreed["quantity_to"]
    total = Decimal(agreed["unit_price"]["amount"]) * shown["quantity"]
    assert f"{total}" == shown["net_amount"]["amount"] == played.story.quote["total"]["amount"] == "528000.00"


@pytest.mark.parametrize(
    ("place", "field", "told"),
    [
        pytest.param(
            1, "total", {"amount": "158400.01", "currency": "CNY"}, id="another total than the decision gives"
        ),
        pytest.param(2, "beside", {"amount": "52800.01", "currency": "CNY"}, id="another amount beside it"),
        pytest.param(4, "quantity_returned", 51, id="other pieces"),
        pytest.param(4, "share_held", {"amount": "52800.01", "currency": "CNY"}, id="another share"),
    ],
)
def test_the_stranger_notices(played: Played, place: int, field: str, told: Any) -> None:
    found = explained(played, "volume-subsidy")[place]
    with pytest.raises(Differs):
        line(found | {"posting": found["posting"] | {field: told}})
