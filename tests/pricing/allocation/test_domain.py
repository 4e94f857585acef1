"""The ranking of short stock, without any I/O."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.pricing.allocation.domain import EARLIEST, Criterion, Waiting, criteria, ranking

NOON = datetime(2021, 3, 2, 12, tzinfo=UTC)
DOCUMENT = criteria(
    [
        {"rank": 4, "fact": "line.ordered_at", "first": (EARLIEST,)},
        {"rank": 1, "fact": "line.delivery_promised", "first": (True, False)},
        {"rank": 2, "fact": "line.promised_on", "first": (EARLIEST,)},
        {"rank": 3, "fact": "account.class", "first": ("A", "B", "C")},
    ]
)


def waits(name: int, wanted: int = 10, grade: str | None = "B", hours: int = 0, promised: int | None = None) -> Waiting:
    """`promised` is a day of March."""
    day = None if promised is None else date(2021, 3, promised)
    return Waiting(UUID(int=name), 1, UUID(int=99), wanted, NOON + timedelta(hours=hours), day, grade)


@pytest.mark.parametrize(
    ("first", "second", "by"),
    [
        pytest.param(waits(1, grade="A", hours=5), waits(2), "account.class", id="class A before an earlier B"),
        pytest.param(waits(1, grade="B", hours=5), waits(2, grade="C"), "account.class", id="B before C"),
        pytest.param(waits(1, grade="C"), waits(2, grade=None), "account.class", id="C before one without a class"),
        pytest.param(waits(2), waits(1, hours=1), "line.ordered_at", id="the earlier order within a class"),
        pytest.param(
            waits(1, grade="C", hours=5, promised=20), waits(2, grade="A"), "line.delivery_promised",
            id="a promise before class A",
        ),
        pytest.param(
            waits(1, grade="C", promised=9), waits(2, grade="A", promised=10), "line.promised_on",
            id="the earlier promise before class",
        ),
        pytest.param(
            waits(1, grade="A", promised=9, hours=5), waits(2, grade="B", promised=9), "account.class",
            id="class within one promised day",
        ),
    ],
)  # fmt: skip
def test_p9_who_is_supplied_first_and_why(first: Waiting, second: Waiting, by: str) -> None:
    one, two = ranking([second, first], DOCUMENT, on_hand=15)
    assert (one.waiting, one.quantity, one.decided_by) == (first, 10, None)
    assert (two.waiting, two.quantity, two.decided_by) == (second, 5, by)


def test_p9_the_document_decides_and_not_the_code() -> None:
    by_time = (Criterion("line.ordered_at", (EARLIEST,)),)
    assert ranking([waits(1, grade="A", hours=1), waits(2, grade="C")], by_time, 10)[0].waiting.account_class == "C"


@given(
    lines=st.lists(
        st.builds(
            waits, st.integers(1, 50), st.integers(1, 30), st.sampled_from(["A", "B", "C", None]),
            st.integers(0, 3), st.none() | st.integers(1, 9),
        ),
        max_size=12, unique_by=lambda line: line.order_id,
    ),
    on_hand=st.integers(0, 120), data=st.data(),
)  # fmt: skip
def test_p9_never_more_than_is_on_hand_and_nobody_waits_while_a_later_one_gets(
    lines: list[Waiting], on_hand: int, data: st.DataObject
) -> None:
    ranked = ranking(lines, DOCUMENT, on_hand)
    assert sum(one.quantity for one in ranked) == min(on_hand, sum(line.wanted for line in lines))
    short = [one.rank for one in ranked if one.quantity < one.waiting.wanted]
    assert all(one.quantity == 0 for one in ranked if short and one.rank > short[0])
    assert ranking(data.draw(st.permutations(lines)), DOCUMENT, on_hand) == ranked
