"""The documents in force, as the routes and the imports of pricing ask for them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from services.pricing.quotes.pricebook import Bookshelf, PriceBook
from services.pricing.when import When
from shared.http.dependencies import Now
from shared.http.exchange import runtime_of
from shared.policy.api import Policies, compiled_policies
from shared.policy.compiled import CompiledPolicies, PolicySet
from shared.policy.plan import Plans
from shared.policy.rulebook import Rulebook

MOST_BOOKS = 64


class PriceBooks:
    """Price books by the compiled set they are made of; a set never changes, so a book is right for ever."""

    def __init__(self) -> None:
        self._books: dict[int, tuple[Plans, PriceBook]] = {}
        self.last_used: PriceBook | None = None

    def of(self, plans: Plans) -> PriceBook:
        """Raises NotGoverned where the matrix of price rules is not in force."""
        known = self._books.get(id(plans))
        if known is None:
            if len(self._books) >= MOST_BOOKS:
                self._books.clear()
            known = self._books[id(plans)] = plans, PriceBook.of(Rulebook(plans))
        self.last_used = known[1]
        return known[1]

    def by_day(self, policies: PolicySet) -> Callable[[date], PriceBook]:
        return lambda day: self.of(policies.in_force(day))


def price_books(request: Request) -> PriceBooks:
    shelf = runtime_of(request).shelf
    if "price_books" not in shelf:
        shelf["price_books"] = PriceBooks()
    books: PriceBooks = shelf["price_books"]
    return books


@dataclass(frozen=True, slots=True)
class _Shelf:
    policies: CompiledPolicies
    books: PriceBooks

    @property
    def last_used(self) -> PriceBook | None:
        return self.books.last_used

    async def book(self, session: AsyncSession, epoch: int | None, day: date) -> PriceBook:
        return self.books.of((await self.policies.current(session, epoch=epoch)).in_force(day))


def shelf_of(request: Request) -> Bookshelf:
    return _Shelf(compiled_policies(request), price_books(request))


async def read_rules(request: Request, policies: Policies, now: Now) -> Rulebook:
    return Rulebook(policies.in_force(runtime_of(request).today(now)))


async def read_book(request: Request, policies: Policies, now: Now) -> PriceBook:
    """Raises NotGoverned where the matrix of price rules is not in force."""
    return price_books(request).of(policies.in_force(runtime_of(request).today(now)))


Rules = Annotated[Rulebook, Depends(read_rules)]


async def read_when(request: Request, rules: Rules, now: Now) -> When:
    return When(now, runtime_of(request).settings.zone, rules)


Today = Annotated[When, Depends(read_when)]
Book = Annotated[PriceBook, Depends(read_book)]
