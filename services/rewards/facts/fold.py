"""How each consumed event changes what is known: one pure function per event class, the same live and in a replay."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from services.rewards.facts import accounts, orders
from services.rewards.facts.accounts import Account, Election, Freeze, Listing
from services.rewards.facts.contracts import Contract, ContractLine
from services.rewards.facts.orders import Delivery, Line, Order, Payment, Return
from shared.events.accounts import (
    AccountChanged,
    AccountFrozen,
    AccountOpened,
    AccountUnfrozen,
    ElectionMade,
    KeyAccountListAgreed,
    TeamChanged,
)
from shared.events.contracts import ContractSigned
from shared.events.envelope import Event
from shared.events.orders import (
    OrderAmended,
    OrderCancelled,
    OrderDelivered,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderReturned,
)
from shared.events.sales import Salesperson


class UnknownOrder(LookupError):
    """Something happened to an order that was never placed."""


def placed(event: OrderPlaced) -> Order:
    """The order as it was placed."""
    lines = tuple(map(_line, event.lines))
    return Order(event.order_id, event.account_id, event.currency, event.placed_at, lines, event.contract_id)


def _line(line: OrderLine) -> Line:
    return Line(
        line.line,
        line.quantity,
        line.net_minor,
        line.list_minor,
        line.cost_minor,
        line.new_brand,
        line.gift,
        line.p4_discount,
        _shares(line.salespeople) if line.salespeople else (),
    )


def order_after(order: Order | None, event: Event) -> Order:
    """The order with one more event of its own; raises UnknownOrder for one before it was placed."""
    if isinstance(event, OrderPlaced):
        return order or placed(event)
    if order is None:
        raise UnknownOrder(f"{type(event).__name__} of an order that was never placed")
    change = ORDER_CHANGES.get(type(event))
    return change(order, event) if change else order


def account_after(account: Account, event: Event) -> Account:
    change = ACCOUNT_CHANGES.get(type(event))
    return change(account, event) if change else account


def signed(event: ContractSigned) -> Contract:
    """The contract as it was signed; a line without a salesperson is the initiator's."""
    lines = tuple(
        ContractLine(
            line.line,
            line.sku,
            line.quantity,
            line.net_minor,
            line.cost_minor,
            line.new_brand,
            _shares(line.salespeople) or ((event.initiator, "1"),),
        )
        for line in event.lines
    )
    rates = tuple((used.base, used.quote, used.rate, used.date) for used in event.rates)
    on = event.signed_on or event.occurred_at.date()
    return Contract(event.contract_id, event.account_id, event.currency, on, event.occurred_at, lines, rates)


def _shares(salespeople: tuple[Salesperson, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((one.user_id, one.share) for one in salespeople)


def _delivered(order: Order, event: OrderDelivered) -> Order:
    lines = tuple((line.line, line.quantity) for line in event.lines)
    return orders.with_delivery(order, Delivery(event.delivery_id, event.delivered_at, lines))


def _paid(order: Order, event: OrderPaid) -> Order:
    return orders.with_payment(order, Payment(event.payment_id, event.paid_at, event.amount_minor), event.currency)


def _returned(order: Order, event: OrderReturned) -> Order:
    lines = tuple((line.line, line.quantity, line.net_minor) for line in event.lines)
    return orders.with_return(order, Return(event.return_id, event.returned_at, lines))


def _amended(order: Order, event: OrderAmended) -> Order:
    return orders.amended(order, {line.line for line in event.reversed}, map(_line, event.applied))


def _elected(account: Account, event: ElectionMade) -> Account:
    election = Election(
        event.election_id,
        event.programme,
        event.choice,
        event.valid_from,
        event.valid_until,
        event.occurred_at.isoformat(),
        event.replaces,
    )
    return accounts.with_election(account, election)


def _listed(account: Account, event: KeyAccountListAgreed) -> Account:
    listing = Listing(event.list_id, event.listed, event.valid_from, event.valid_until, event.occurred_at.isoformat())
    return accounts.with_listing(account, listing)


def _frozen(account: Account, event: AccountFrozen | AccountUnfrozen) -> Account:
    freeze = Freeze(event.on, isinstance(event, AccountFrozen), event.occurred_at.isoformat())
    return accounts.with_freeze(account, freeze)


def _dossier(account: Account, event: AccountOpened | AccountChanged) -> Account:
    return account._replace(branch=event.branch)


def _team(account: Account, event: TeamChanged) -> Account:
    representatives = [member.user_id for member in event.members if member.duty == "account_rep"]
    return account._replace(representative=representatives[-1] if representatives else None)


ORDER_CHANGES: Final[Mapping[type[Event], Callable[[Order, Any], Order]]] = {
    OrderDelivered: _delivered,
    OrderPaid: _paid,
    OrderReturned: _returned,
    OrderAmended: _amended,
    OrderCancelled: lambda order, event: orders.cancelled(order, event.cancelled_at),
}
ACCOUNT_CHANGES: Final[Mapping[type[Event], Callable[[Account, Any], Account]]] = {
    AccountOpened: _dossier,
    AccountChanged: _dossier,
    TeamChanged: _team,
    ElectionMade: _elected,
    KeyAccountListAgreed: _listed,
    AccountFrozen: _frozen,
    AccountUnfrozen: _frozen,
}
