"""What is known of an account on a day: its class, its listing, its rep."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Spell:
    """Something that holds on half-open local days."""

    value: str
    valid_from: date
    valid_until: date | None

    def covers(self, day: date) -> bool:
        return self.valid_from <= day and (self.valid_until is None or day < self.valid_until)


@dataclass(frozen=True, slots=True)
class Licence:
    number: str
    expires_on: date
    file_hash: str


@dataclass(frozen=True, slots=True)
class Seller:
    """Somebody who is credited with a share of what the account buys while his spell lasts (S-I1)."""

    user_id: str
    share: Decimal
    spell: Spell


@dataclass(frozen=True, slots=True)
class Product:
    """A product on one day and in one currency: per piece in minor units, none where nobody told."""

    sku: str
    new_brand: bool = False
    floor_minor: int | None = None
    cost_minor: int | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as approvals sees it; classes, listings and reps are dated.

    `goes_on_as` is the number of the account that goes on for it since they were merged.
    """

    id: str
    number: str
    legal_name: str
    branch: str
    industrial: bool
    frozen: bool
    licence: Licence | None
    classes: tuple[Spell, ...] = ()
    listings: tuple[Spell, ...] = ()
    reps: tuple[Spell, ...] = ()
    sellers: tuple[Seller, ...] = ()
    goes_on_as: str | None = None

    def grade(self, day: date) -> str | None:
        """The approved class whose dates cover the day: one set by hand, which has an end, before the newest."""
        held = [spell for spell in self.classes if spell.covers(day)]
        return max(held, key=lambda spell: (spell.valid_until is not None, spell.valid_from)).value if held else None

    def is_key_account(self, day: date) -> bool:
        return any(spell.covers(day) for spell in self.listings)

    def rep(self, day: date) -> str | None:
        return next((spell.value for spell in self.reps if spell.covers(day)), None)

    def sold_by(self, day: date) -> tuple[Seller, ...]:
        """Who is credited with what is sold on the day; the shares sum to one (S-I1)."""
        return tuple(seller for seller in self.sellers if seller.spell.covers(day))


def sellers_of(team: tuple[Mapping[str, str | None], ...]) -> tuple[Seller, ...]:
    """Who sells to the account, as `TeamChanged` names its members."""
    reps = [member for member in team if member["duty"] == "account_rep"]
    return tuple(
        Seller(spell.value, Decimal(str(member.get("share") or 1)), spell)
        for member, spell in zip(reps, rep_spells(team), strict=True)
    )


def rep_spells(team: tuple[Mapping[str, str | None], ...]) -> tuple[Spell, ...]:
    """When each key-account rep of a team, as `TeamChanged` names its members, answers for the account."""
    return tuple(
        Spell(str(member["user_id"]), date.fromisoformat(str(member["valid_from"])), _day(member.get("valid_until")))
        for member in team
        if member["duty"] == "account_rep"
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
