"""Each line of the story says its own sum, and the sum comes out at the line's amount."""

import pytest

from services.rewards.accrual.books import Booked
from services.rewards.accrual.working import told
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import books, take_all

FIRST = said.bought("o1", "2021-03-10", 400, 35_200_000, contract="con-1", new_brand=True, cost_minor=28_000_000)
SECOND = said.bought("o2", "2021-03-25", 200, 17_600_000, contract="con-1", new_brand=True, cost_minor=14_000_000)
BACK = said.returned("o2", "2021-04-12", [(1, 50, 4_400_000)])


@pytest.fixture(scope="module")
def booked() -> list[Booked]:
    """88,000.00, then 52,800.00 and 17,600.00, then −13,200.00, −24,200.00 and the bonus that stays."""
    kept = books()
    take_all(kept, [said.listed(), said.elected(), said.product(), said.signed(), *FIRST, *SECOND, BACK])
    return kept.booked


def lines(booked: list[Booked], policy: str) -> list[Booked]:
    return [one for one in booked if one.posting.policy_id == policy]


@pytest.mark.parametrize(
    ("place", "sums"),
    [
        pytest.param(
            0, ["88,000.00 CNY now − 0.00 CNY posted before = 88,000.00 CNY."], id="the first order earns all"
        ),
        pytest.param(
            1,
            [
                "Its part of the new total: 158,400.00 CNY × 176,000.00 CNY ÷ 528,000.00 CNY = 52,800.00 CNY.",
            ],
            id="S-A5 the second order earns its part of the new total",
        ),
        pytest.param(
            2,
            ["The rest: 158,400.00 CNY now − 88,000.00 CNY posted before − 52,800.00 CNY beside = 17,600.00 CNY."],
            id="S-A5 the rest trues up the first",
        ),
        pytest.param(
            3,
            [
                "The line's share: 158,400.00 CNY × 176,000.00 CNY ÷ 528,000.00 CNY = 52,800.00 CNY.",
                "52,800.00 CNY held × 50 ÷ 200 pieces = 13,200.00 CNY taken back.",
            ],
            id="R14 the returned pieces lose what they held",
        ),
        pytest.param(
            4,
            ["The rest: 121,000.00 CNY now − 158,400.00 CNY posted before + 13,200.00 CNY beside = -24,200.00 CNY."],
            id="R14 the rest is what the month fell by",
        ),
    ],
)
def test_a_line_of_the_subsidy_says_its_sum(booked: list[Booked], place: int, sums: list[str]) -> None:
    one = lines(booked, "volume-subsidy")[place]
    assert one.working is not None
    assert list(told(one.posting, one.working, "CNY", "en")) == sums


def test_s_f3_a_bonus_that_stays_says_so_in_both_languages(booked: list[Booked]) -> None:
    one = lines(booked, "new-product-bonus")[-1]
    assert one.working is not None
    assert list(told(one.posting, one.working, "USD", "en")) == ["800.00 CNY now and posted before: it stays."]
    assert list(told(one.posting, one.working, "USD", "zh")) == ["现值与此前已计均为800.00 CNY：维持不变。"]


def test_the_same_sum_reads_in_chinese(booked: list[Booked]) -> None:
    one = lines(booked, "volume-subsidy")[3]
    assert one.working is not None
    assert list(told(one.posting, one.working, "CNY", "zh"))[-1] == (
        "所持52,800.00 CNY × 退回50 ÷ 原有200件 = 收回13,200.00 CNY。"
    )
