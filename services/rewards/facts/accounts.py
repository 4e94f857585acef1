"""What an account chose, which lists named it, when it was frozen: for any day, in whatever order it was said."""

from datetime import date
from typing import NamedTuple


class Election(NamedTuple):
    """One choice of a programme for local days `[valid_from, valid_until)`; `said` orders what was said twice."""

    election_id: str
    programme: str
    choice: str
    valid_from: date
    valid_until: date
    said: str
    replaces: str | None = None


class Listing(NamedTuple):
    """A key-account list that names the account, or drops it, for local days `[valid_from, valid_until)`."""

    list_id: str
    listed: bool
    valid_from: date
    valid_until: date
    said: str


class Freeze(NamedTuple):
    """Frozen, or free again, from a local day on."""

    on: date
    frozen: bool
    said: str


class Account(NamedTuple):
    """Facts only; an account nobody told us about has none."""

    account_id: str
    branch: str | None = None
    representative: str | None = None
    elections: tuple[Election, ...] = ()
    listings: tuple[Listing, ...] = ()
    freezes: tuple[Freeze, ...] = ()


class Span(NamedTuple):
    """Local days `[first, until)`; `until` is None where there is no end."""

    first: date
    until: date | None = None

    def meets(self, first: date, until: date) -> bool:
        return self.first < until and (self.until is None or first < self.until)


ALWAYS = Span(date.min)


def with_election(account: Account, election: Election) -> Account:
    """The account with one more election; the one it replaces ends where the new one begins."""
    if election in account.elections:
        return account
    return account._replace(elections=tuple(sorted((*account.elections, election), key=lambda one: one.said)))


def with_listing(account: Account, listing: Listing) -> Account:
    if listing in account.listings:
        return account
    return account._replace(listings=tuple(sorted((*account.listings, listing), key=lambda one: one.said)))


def with_freeze(account: Account, freeze: Freeze) -> Account:
    if freeze in account.freezes:
        return account
    return account._replace(freezes=tuple(sorted((*account.freezes, freeze), key=lambda one: (one.on, one.said))))


def choice_on(account: Account, programme: str, day: date) -> str:
    """The choice that covers a local day, "none" without one; of two, the one said last."""
    ended = {election.replaces: election.valid_from for election in account.elections if election.replaces}
    covering = [
        election.choice
        for election in account.elections
        if election.programme == programme
        and election.valid_from <= day < min(election.valid_until, ended.get(election.election_id, date.max))
    ]
    return covering[-1] if covering else "none"


def is_key_account_on(account: Account, day: date) -> bool:
    """Whether a list agreed for that day names the account; of two, the one said last."""
    covering = [listing.listed for listing in account.listings if listing.valid_from <= day < listing.valid_until]
    return bool(covering) and covering[-1]


def is_frozen(account: Account) -> bool:
    """As last said: a freeze holds payments of everything not settled, whenever it was earned (S-I3)."""
    return bool(account.freezes) and account.freezes[-1].frozen
