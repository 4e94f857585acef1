"""What an account chose and which lists named it, on every day and in every order of saying so."""

from itertools import permutations

import pytest

from services.rewards.facts.accounts import Account, choice_on, is_frozen, is_key_account_on
from services.rewards.facts.encoding import account_bytes, read_account
from services.rewards.facts.fold import account_after
from tests.rewards import facts_told as said


def account(*events: object) -> Account:
    kept = Account("acc-1")
    for event in events:
        kept = account_after(kept, event)  # type: ignore[arg-type]
    return kept


@pytest.mark.parametrize(
    ("day", "choice"),
    [
        pytest.param("2020-12-31", "none", id="before its first day nothing is chosen"),
        pytest.param("2021-01-01", "subsidy", id="from its first day on"),
        pytest.param("2021-12-31", "subsidy", id="to its last day"),
        pytest.param("2022-01-01", "none", id="and no day longer"),
    ],
)
def test_an_election_covers_its_local_days(day: str, choice: str) -> None:
    assert choice_on(account(said.elected()), "p4", said.day(day)) == choice


def test_a_new_election_ends_the_one_it_replaces_in_whatever_order_they_are_told() -> None:
    first = said.elected()
    switch = said.elected("discount", "2021-06-01", "2021-07-01").model_copy(update={"replaces": first.election_id})
    for told in permutations((first, switch)):
        kept = account(*told)
        assert [choice_on(kept, "p4", said.day(day)) for day in ("2021-05-31", "2021-06-01", "2021-07-01")] == [
            "subsidy",
            "discount",
            "none",
        ]


def test_a_list_that_drops_the_account_later_counts() -> None:
    dropped = said.listed().model_copy(update={"listed": False, "occurred_at": said.at("2021-01-15")})
    assert is_key_account_on(account(said.listed()), said.day("2021-02-01"))
    assert not is_key_account_on(account(dropped, said.listed()), said.day("2021-02-01"))


def test_the_latest_word_says_whether_an_account_is_frozen() -> None:
    assert is_frozen(account(said.frozen("2021-03-01")))
    assert not is_frozen(account(said.unfrozen("2021-03-09"), said.frozen("2021-03-01")))


def test_an_account_survives_its_way_into_bytes_and_back() -> None:
    kept = account(said.opened(), said.listed(), said.elected(), said.frozen("2021-03-01"))
    assert read_account("acc-1", account_bytes(kept)) == kept
