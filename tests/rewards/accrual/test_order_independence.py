"""Events shuffled across keys and told twice give the same balances; running sums equal counting from scratch."""

from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from services.rewards.accrual.books import Books
from services.rewards.accrual.counting import NOTHING, scratch
from services.rewards.ledger.domain import balances, digest_of
from shared.events.envelope import Event
from tests.rewards import facts_told as said
from tests.rewards.accounts_kept import books, take_all

WHEN = st.sampled_from(["2021-02-27", "2021-02-28T23:30", "2021-03-01", "2021-03-15", "2021-03-31", "2021-04-02"])
NET = st.integers(100, 60_000_000)


@st.composite
def lives_of_orders(draw: st.DrawFn) -> list[list[Event]]:
    """Each order's events in their own sequence."""
    lives: list[list[Event]] = []
    for number in range(draw(st.integers(1, 4))):
        name, net, pieces = f"o{number}", draw(NET), draw(st.integers(1, 5))
        currency = draw(st.sampled_from(["CNY", "GBP"]))
        life: list[Event] = list(said.bought(name, draw(WHEN), pieces, net, currency=currency))
        back = draw(st.integers(0, pieces))
        if back:
            worth = net if back == pieces else net * back // pieces
            life.append(said.returned(name, "2021-04-12", [(1, back, worth)]))
        lives.append(life)
    return lives


@st.composite
def merged(draw: st.DrawFn, lives: Sequence[Sequence[Event]]) -> list[Event]:
    """One order of all events that keeps each life's own, with some of them told twice."""
    left, found = [list(life) for life in lives], []
    while any(left):
        life = draw(st.sampled_from([one for one in left if one]))
        found.append(life.pop(0))
        if draw(st.booleans()):
            found.append(found[-1])
    return found


AROUND: list[list[Event]] = [
    [said.listed()],
    [said.elected(since="2021-02-28")],
    [said.rate("2009-01-01", "10.00", base="GBP"), said.rate("2021-03-20", "9.91", base="GBP")],
    [said.frozen("2021-03-02"), said.unfrozen("2021-03-05")],
]


def told_in(events: Sequence[Event]) -> Books:
    kept = books()
    take_all(kept, events)
    return kept


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_balances_are_the_same_in_any_order_and_with_duplicates(data: st.DataObject) -> None:
    lives = [*AROUND, *data.draw(lives_of_orders())]
    in_order = told_in([event for life in lives for event in life])
    shuffled = told_in(data.draw(merged(lives)))
    wanted = digest_of(balances(one.posting for one in in_order.booked))
    assert digest_of(balances(one.posting for one in shuffled.booked)) == wanted


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_running_sum_equals_counting_the_window_from_scratch(data: st.DataObject) -> None:
    kept = told_in(data.draw(merged([*AROUND, *data.draw(lives_of_orders())])))
    (plan,) = kept.plans.counted
    total = scratch(plan, kept.orders_of(said.ACCOUNT), kept.sight(said.ACCOUNT))
    for key, window in kept.windows.items():
        assert window.tally == total.get(key.window, NOTHING)
        assert window.posted.total == sum(
            one.posting.amount_minor
            for one in kept.booked
            if one.posting.window == key.window and one.posting.source is None
        )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_posting_says_what_its_balance_is_after_it(data: st.DataObject) -> None:
    kept = told_in(data.draw(merged([*AROUND, *data.draw(lives_of_orders())])))
    running: dict[tuple[str, str], int] = {}
    for posting, source_after, target_after, _ in kept.booked:
        target = (posting.window, posting.target.value)
        running[target] = running.get(target, 0) + posting.amount_minor
        assert running[target] == target_after
        if posting.source is not None:
            source = (posting.window, posting.source.value)
            running[source] = running.get(source, 0) - posting.amount_minor
            assert running[source] == source_after
