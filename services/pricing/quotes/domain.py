"""A quote is priced once, may wait for an approval below the floor, and is accepted while it is alive."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple
from uuid import UUID

from services.pricing.lines import AppliedRule, Share
from services.pricing.quotes.terms import AT_ONCE, PaymentTerms
from shared.errors import Conflict, NotFound, Problem, ValidationProblem, Words
from shared.titled import Titled

UNIT_DIGITS = Decimal("0.000001")


class QuoteState(Titled):
    PRICED = "priced", "priced", "已报价"
    PENDING_EXCEPTION = "pending_exception", "waiting for a price exception", "待特价审批"
    REQUIRES_APPROVAL = "requires_approval", "waiting for negotiated terms", "须协商审批"
    ACCEPTED = "accepted", "accepted", "已接受"
    REJECTED = "rejected", "rejected", "已驳回"
    EXPIRED = "expired", "expired", "已过期"
    WITHDRAWN = "withdrawn", "withdrawn", "已撤回"


class QuoteMove(Titled):
    GRANT = "grant", "a grant", "批准特价"
    REJECT = "reject", "a rejection", "驳回"
    ACCEPT = "accept", "its acceptance", "接受"
    EXPIRE = "expire", "its expiry", "过期"
    WITHDRAW = "withdraw", "its withdrawal", "撤回"


MOVES: Mapping[QuoteState, Mapping[QuoteMove, QuoteState]] = {
    QuoteState.PRICED: {
        QuoteMove.ACCEPT: QuoteState.ACCEPTED,
        QuoteMove.EXPIRE: QuoteState.EXPIRED,
        QuoteMove.WITHDRAW: QuoteState.WITHDRAWN,
    },
    QuoteState.PENDING_EXCEPTION: {
        QuoteMove.GRANT: QuoteState.PRICED,
        QuoteMove.REJECT: QuoteState.REJECTED,
        QuoteMove.EXPIRE: QuoteState.EXPIRED,
        QuoteMove.WITHDRAW: QuoteState.WITHDRAWN,
    },
    QuoteState.REQUIRES_APPROVAL: {
        QuoteMove.EXPIRE: QuoteState.EXPIRED,
        QuoteMove.WITHDRAW: QuoteState.WITHDRAWN,
    },
    QuoteState.ACCEPTED: {},
    QuoteState.REJECTED: {},
    QuoteState.EXPIRED: {},
    QuoteState.WITHDRAWN: {},
}


class QuoteMoveNotAllowed(Conflict):
    code = "quote_move_not_allowed"
    title: ClassVar[Words] = {"en": "The quote is not in a state for this", "zh": "报价当前状态不允许此操作"}


class QuoteExpired(Conflict):
    code = "quote_expired"
    title: ClassVar[Words] = {"en": "The quote has expired; price again", "zh": "报价已过期，请重新报价"}


class BelowFloorPrice(Conflict):
    code = "below_floor_price"
    title: ClassVar[Words] = {"en": "Below the floor without an approval in force", "zh": "低于底价且无有效批准"}


class AccountIsFrozen(Conflict):
    code = "account_frozen"
    title: ClassVar[Words] = {"en": "The account is frozen", "zh": "客户已冻结"}


class AccountMerged(Conflict):
    """Another account goes on for it: what is sold from now on is sold to that one."""

    code = "account_merged"
    title: ClassVar[Words] = {"en": "The account was merged into another", "zh": "该客户已合并到另一客户"}

    def __init__(self, number: str, into_number: str, into: UUID) -> None:
        said: Words = {
            "en": f"Account {number} goes on as {into_number}: price and order for that one.",
            "zh": f"客户{number}已并入{into_number}，请以后者报价和下单。",
        }
        super().__init__(said, merged_into=str(into))


class ElectionChanged(Conflict):
    code = "election_changed"
    title: ClassVar[Words] = {
        "en": "The account has elected otherwise since; price again",
        "zh": "客户的选择已变更，请重新报价",
    }


class RevisedAlready(Conflict):
    code = "revised_already"
    title: ClassVar[Words] = {"en": "There is a later version of this quote", "zh": "该报价已有更新版本"}


class RevisionOfAnother(Conflict):
    code = "revision_of_another_account"
    title: ClassVar[Words] = {"en": "A revision is for the same account", "zh": "修订版须为同一客户"}


class UnknownQuote(NotFound):
    code = "unknown_quote"
    title: ClassVar[Words] = {"en": "There is no such quote", "zh": "没有该报价"}


class UnknownAccount(NotFound):
    code = "unknown_account"
    title: ClassVar[Words] = {"en": "There is no such account here", "zh": "没有该客户"}


class CannotBePriced(ValidationProblem):
    code = "cannot_be_priced"
    title: ClassVar[Words] = {"en": "Some lines have no price", "zh": "部分行无法定价"}


class ExchangeRateMissing(Problem):
    status = 409
    code = "exchange_rate_missing"
    title: ClassVar[Words] = {"en": "No exchange rate of that day is known", "zh": "缺少当日汇率"}


class SeveralRulesInForce(Conflict):
    """Two documents of a group that allows one: their owners have to say which of them counts."""

    code = "several_rules_in_force"
    title: ClassVar[Words] = {"en": "Two rules claim the same line", "zh": "两条规则适用于同一行"}


class ExceptionState(StrEnum):
    ASKED = "asked"
    COVERED = "covered"
    GRANTED = "granted"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class PriceGrant:
    """An approved price of one SKU for one account: these quantities, before that local day, nothing else (S-B6)."""

    request_id: str
    route: str
    subject_id: str
    account_id: UUID
    sku: str
    currency: str
    price_minor: int
    quantity_from: int
    quantity_to: int
    valid_until: date
    granted_at: datetime

    def covers(self, sku: str, currency: str, price: Decimal, quantity: int, day: date) -> bool:
        """`price` is the net unit price in minor units."""
        return (
            (self.sku, self.currency) == (sku, currency)
            and price >= self.price_minor
            and self.quantity_from <= quantity <= self.quantity_to
            and day < self.valid_until
        )


@dataclass(frozen=True, slots=True)
class FloorException:
    """What a line below its floor asked, and the grant that covers it."""

    route: str
    state: ExceptionState
    grant: PriceGrant | None = None


class QuoteLine(NamedTuple):
    """Amounts in minor units of the whole line; `*_unit_minor` of one piece, `before_p4` after every other rule.

    Of a plan a piece is a month of a group of so many seats.

    A tuple, since pricing makes several of each line and a frozen dataclass of sixteen fields costs six times as much.
    """

    line: int
    sku: str
    quantity: int
    list_unit_minor: int
    floor_unit_minor: int
    list_minor: int
    before_p4_minor: int
    net_minor: int
    requested_unit_minor: int | None = None
    reason: str | None = None
    cost_minor: int | None = None
    new_brand: bool = False
    salespeople: tuple[Share, ...] = ()
    election: str = "none"
    rules: tuple[AppliedRule, ...] = ()
    exception: FloorException | None = None
    plan: str | None = None
    seats: int | None = None

    @property
    def net_unit(self) -> Decimal:
        """Minor units of one piece, exact to a millionth."""
        return (Decimal(self.net_minor) / self.quantity).quantize(UNIT_DIGITS)

    @property
    def below_floor_by_minor(self) -> int:
        """P2: floor less net unit price after all allocations; the least fraction below counts as a minor unit."""
        short = self.floor_unit_minor * self.quantity - self.net_minor
        return max(0, -(-short // self.quantity))


class QuoteGift(NamedTuple):
    """What a rule adds for nothing, once, with the order that takes the last of what is paid for."""

    policy: str
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Quote:
    """`expires_on` is the first local day on which it is no longer alive; unpriced while terms are negotiated.

    A revision is another quote: it names the one it `revises`, and the `first_id` of them all.
    """

    id: UUID
    number: str
    account_id: UUID
    branch: str
    price_list: str
    currency: str
    state: QuoteState
    priced_at: datetime
    expires_on: date
    lines: tuple[QuoteLine, ...]
    requested_by: str
    terms: PaymentTerms = AT_ONCE
    accepted_by: str | None = None
    accepted_at: datetime | None = None
    version: int = 1
    gifts: tuple[QuoteGift, ...] = ()
    coupon: str | None = None
    alternatives: tuple[Mapping[str, Any], ...] = ()
    revision: int = 1
    revises: UUID | None = None
    first_id: UUID | None = None

    @property
    def total_minor(self) -> int | None:
        """The price of all lines; none while an approval must name the terms first."""
        if self.state is QuoteState.REQUIRES_APPROVAL:
            return None
        return sum(line.net_minor for line in self.lines)

    def state_on(self, day: date) -> QuoteState:
        """An accepted quote keeps its price until it expires (§6.2)."""
        alive = (QuoteState.PRICED, QuoteState.PENDING_EXCEPTION, QuoteState.REQUIRES_APPROVAL, QuoteState.ACCEPTED)
        return QuoteState.EXPIRED if self.state in alive and day >= self.expires_on else self.state


def moved(quote: Quote, move: QuoteMove) -> Quote:
    """Raises QuoteMoveNotAllowed."""
    allowed = MOVES[quote.state]
    if move not in allowed:
        raise QuoteMoveNotAllowed(
            {
                "en": f"a quote that is {quote.state.en} does not allow {move.en}",
                "zh": f"报价当前为“{quote.state.zh}”，不能{move.zh}",
            }
        )
    return replace(quote, state=allowed[move], version=quote.version + 1)


def next_version(of: Quote, priced: Quote) -> Quote:
    """The new quote under the name of the first: Q-2021-000017, Q-2021-000017-2, …"""
    name, revision = of.number, of.revision + 1
    first = name if of.revision == 1 else name.rpartition("-")[0]
    linked = {"revision": revision, "revises": of.id, "first_id": of.first_id or of.id}
    return replace(priced, number=f"{first}-{revision}", **linked)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class OnTheDay:
    """What acceptance asks again on its own local day."""

    day: date
    frozen: bool
    election: str


def accept(quote: Quote, *, accepted_by: str, at: datetime, now_known: OnTheDay) -> Quote:
    """Raises QuoteExpired, AccountIsFrozen, ElectionChanged, BelowFloorPrice, QuoteMoveNotAllowed."""
    accepted = moved(quote, QuoteMove.ACCEPT)
    if quote.state_on(now_known.day) is QuoteState.EXPIRED:
        raise QuoteExpired({"en": f"it was alive before {quote.expires_on}", "zh": f"报价有效至{quote.expires_on}之前"})
    if now_known.frozen:
        raise AccountIsFrozen
    if any(line.election != now_known.election for line in quote.lines):
        raise ElectionChanged(
            {"en": f"the account's election is now {now_known.election}", "zh": f"客户现在的选择为{now_known.election}"}
        )
    uncovered = [str(line.line) for line in quote.lines if not _stands(line, quote.currency, now_known.day)]
    if uncovered:
        named = ", ".join(uncovered)
        raise BelowFloorPrice({"en": f"lines {named}: the approval has ended", "zh": f"第{named}行：批准已失效"})
    return replace(accepted, accepted_by=accepted_by, accepted_at=at)


def _stands(line: QuoteLine, currency: str, day: date) -> bool:
    if line.below_floor_by_minor == 0:
        return True
    grant = line.exception.grant if line.exception else None
    return grant is not None and grant.covers(line.sku, currency, line.net_unit, line.quantity, day)


def answered(quote: Quote, line_number: int, grant: PriceGrant | None, day: date) -> Quote:
    """One line's exception granted, or rejected without a grant; a grant on other terms is no grant for this line.

    The quote is priced once every exception is granted, and rejected with the first that is not.
    """
    lines = tuple(
        _answered(line, grant, quote.currency, day) if line.line == line_number else line for line in quote.lines
    )
    states = {line.exception.state for line in lines if line.exception}
    after = replace(quote, lines=lines)
    if ExceptionState.REJECTED in states:
        return moved(after, QuoteMove.REJECT)
    if ExceptionState.ASKED in states:
        return replace(after, version=quote.version + 1)
    return moved(after, QuoteMove.GRANT)


def _answered(line: QuoteLine, grant: PriceGrant | None, currency: str, day: date) -> QuoteLine:
    route = line.exception.route if line.exception else ""
    if grant is None or not grant.covers(line.sku, currency, line.net_unit, line.quantity, day):
        return line._replace(exception=FloorException(route, ExceptionState.REJECTED, grant))
    return line._replace(exception=FloorException(route, ExceptionState.GRANTED, grant))
