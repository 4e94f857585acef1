"""Folded facts as compact bytes and back: defaults take no room, figures stay exact."""

from datetime import date, datetime
from typing import Any

import orjson

from services.rewards.facts.accounts import Account, Election, Freeze, Listing
from services.rewards.facts.contracts import Contract, ContractLine
from services.rewards.facts.orders import Delivery, Line, Order, Payment, Return

_NEW_BRAND, _GIFT, _P4_DISCOUNT = 1, 2, 4


def order_bytes(order: Order) -> bytes:
    return orjson.dumps(
        [
            order.currency,
            order.placed_at,
            [_line(line) for line in order.lines],
            order.contract_id,
            order.cancelled_at,
            [list(delivery) for delivery in order.deliveries],
            [list(payment) for payment in order.payments],
            [list(returned) for returned in order.returns],
        ]
    )


def read_order(order_id: str, account_id: str, state: bytes) -> Order:
    currency, placed_at, lines, contract_id, cancelled_at, deliveries, payments, returns = orjson.loads(state)
    return Order(
        order_id,
        account_id,
        currency,
        datetime.fromisoformat(placed_at),
        tuple([_read_line(line) for line in lines]),
        contract_id,
        datetime.fromisoformat(cancelled_at) if cancelled_at else None,
        tuple(Delivery(name, datetime.fromisoformat(at), _pairs(parts)) for name, at, parts in deliveries),
        tuple(Payment(name, datetime.fromisoformat(at), amount) for name, at, amount in payments),
        tuple(Return(name, datetime.fromisoformat(at), _triples(parts)) for name, at, parts in returns),
    )


def account_bytes(account: Account) -> bytes:
    said = account._asdict() | {
        "elections": [list(one) for one in account.elections],
        "listings": [list(one) for one in account.listings],
        "freezes": [list(one) for one in account.freezes],
    }
    return orjson.dumps({name: value for name, value in said.items() if value and name != "account_id"})


def read_account(account_id: str, state: bytes) -> Account:
    said = orjson.loads(state)
    return Account(
        account_id,
        said.get("branch"),
        said.get("representative"),
        tuple(_election(one) for one in said.get("elections", ())),
        tuple(Listing(name, listed, _day(a), _day(b), told) for name, listed, a, b, told in said.get("listings", ())),
        tuple(Freeze(_day(on), is_frozen, told) for on, is_frozen, told in said.get("freezes", ())),
    )


def contract_bytes(contract: Contract) -> bytes:
    lines = [list(line) for line in contract.lines]
    rates = [list(row) for row in contract.rates]
    return orjson.dumps([contract.currency, contract.signed_on, contract.signed_at, lines, rates])


def read_contract(contract_id: str, account_id: str, state: bytes) -> Contract:
    currency, signed_on, signed_at, lines, rates = orjson.loads(state)
    return Contract(
        contract_id,
        account_id,
        currency,
        _day(signed_on),
        datetime.fromisoformat(signed_at),
        tuple(_contract_line(line) for line in lines),
        tuple((base, quote, rate, _day(on)) for base, quote, rate, on in rates),
    )


def _line(line: Line) -> list[Any]:
    """The figures most lines have first; what follows is left away from the end as far as it is nothing."""
    flags = _NEW_BRAND * line.new_brand + _GIFT * line.gift + _P4_DISCOUNT * line.p4_discount
    off_list = line.list_minor - line.net_minor
    if not (off_list or flags or line.cost_minor is not None or line.salespeople):
        return [line.line, line.quantity, line.net_minor]
    return [line.line, line.quantity, line.net_minor, off_list, flags, line.cost_minor, line.salespeople]


def _read_line(said: list[Any]) -> Line:
    if len(said) == 3:
        return Line(said[0], said[1], said[2], said[2])
    line, quantity, net_minor, off_list, flags, cost_minor, salespeople = said
    return Line(
        line,
        quantity,
        net_minor,
        net_minor + off_list,
        cost_minor,
        bool(flags & _NEW_BRAND),
        bool(flags & _GIFT),
        bool(flags & _P4_DISCOUNT),
        _pairs(salespeople),
    )


def _election(said: list[Any]) -> Election:
    name, programme, choice, since, until, told, replaces = said
    return Election(name, programme, choice, _day(since), _day(until), told, replaces)


def _contract_line(said: list[Any]) -> ContractLine:
    line, sku, quantity, net_minor, cost_minor, new_brand, salespeople = said
    return ContractLine(line, sku, quantity, net_minor, cost_minor, new_brand, _pairs(salespeople))


def _pairs(parts: list[list[Any]] | None) -> Any:
    return None if parts is None else tuple((first, second) for first, second in parts)


def _triples(parts: list[list[int]]) -> tuple[tuple[int, int, int], ...]:
    return tuple((line, quantity, net_minor) for line, quantity, net_minor in parts)


def _day(text: str) -> date:
    return date.fromisoformat(text)
