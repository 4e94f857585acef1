"""Events as other services would tell them, with only what a test cares about said."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from uuid import UUID

from services.rewards.accrual.books import Told
from shared.events.accounts import AccountFrozen, AccountOpened, AccountUnfrozen, ElectionMade, KeyAccountListAgreed
from shared.events.approvals import ApprovalGranted
from shared.events.catalogue import BothLanguages, ExchangeRatePublished, ProductChanged
from shared.events.contracts import ContractLine, ContractSigned
from shared.events.envelope import Event
from shared.events.orders import (
    LineQuantity,
    OrderAmended,
    OrderCancelled,
    OrderDelivered,
    OrderLine,
    OrderPaid,
    OrderPlaced,
    OrderReturned,
    ReturnedLine,
)
from shared.events.sales import Salesperson, UsedRate

ACCOUNT = "acc-1"
REP = "rep-1"


def at(text: str) -> datetime:
    """ "2021-03-10" or "2021-03-10T09:30", in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def day(text: str) -> date:
    return date.fromisoformat(text)


def told(event: Event, position: int) -> Told:
    return Told(event, UUID(int=position), position)


def opened(branch: str = "kinshasa", *, account: str = ACCOUNT) -> AccountOpened:
    return AccountOpened(
        occurred_at=at("2020-12-01"),
        account_id=account,
        number=account,
        legal_name="Congo Mobile",
        branch=branch,
        channel="dealer",
        sales_class="wholesale",
        industrial=False,
    )


def listed(since: str = "2021-01-01", until: str = "2021-07-01", *, account: str = ACCOUNT) -> KeyAccountListAgreed:
    return KeyAccountListAgreed(
        occurred_at=at("2020-12-20"),
        account_id=account,
        list_id=f"list-{since}",
        listed=True,
        valid_from=day(since),
        valid_until=day(until),
    )


def elected(
    choice: str = "subsidy", since: str = "2021-01-01", until: str = "2022-01-01", *, account: str = ACCOUNT
) -> ElectionMade:
    return ElectionMade(
        occurred_at=at("2020-12-21"),
        account_id=account,
        election_id=f"election-{choice}-{since}",
        programme="p4",
        choice=choice,
        valid_from=day(since),
        valid_until=day(until),
        elected_by="Ms Chen, purchasing director",
    )


def frozen(on: str, *, account: str = ACCOUNT) -> AccountFrozen:
    return AccountFrozen(occurred_at=at(on), account_id=account, reason="overdue", on=day(on))


def unfrozen(on: str, *, account: str = ACCOUNT) -> AccountUnfrozen:
    return AccountUnfrozen(occurred_at=at(on), account_id=account, reason="paid", on=day(on))


def line(number: int = 1, *, quantity: int, net: int, **more: object) -> OrderLine:
    return OrderLine.model_validate(
        {"line": number, "sku": "H1", "quantity": quantity, "list_minor": net, "net_minor": net} | more
    )


def placed(
    order: str,
    when: str,
    lines: Sequence[OrderLine],
    *,
    account: str = ACCOUNT,
    currency: str = "CNY",
    contract: str | None = None,
) -> OrderPlaced:
    return OrderPlaced(
        occurred_at=at(when),
        order_id=order,
        account_id=account,
        number=order,
        branch="kinshasa",
        currency=currency,
        placed_at=at(when),
        priced_at=at(when),
        contract_id=contract,
        lines=tuple(lines),
    )


def delivered(
    order: str, when: str, lines: Sequence[tuple[int, int]], *, account: str = ACCOUNT, delivery: str = "d1"
) -> OrderDelivered:
    return OrderDelivered(
        occurred_at=at(when),
        order_id=order,
        account_id=account,
        delivery_id=f"{order}-{delivery}",
        delivered_at=at(when),
        lines=tuple(LineQuantity(line=number, quantity=quantity) for number, quantity in lines),
    )


def paid(
    order: str, when: str, amount: int, *, account: str = ACCOUNT, currency: str = "CNY", payment: str = "p1"
) -> OrderPaid:
    return OrderPaid(
        occurred_at=at(when),
        order_id=order,
        account_id=account,
        payment_id=f"{order}-{payment}",
        paid_at=at(when),
        amount_minor=amount,
        currency=currency,
    )


def returned(
    order: str, when: str, lines: Sequence[tuple[int, int, int]], *, account: str = ACCOUNT, back: str = "r1"
) -> OrderReturned:
    return OrderReturned(
        occurred_at=at(when),
        order_id=order,
        account_id=account,
        return_id=f"{order}-{back}",
        returned_at=at(when),
        lines=tuple(ReturnedLine(line=number, quantity=quantity, net_minor=net) for number, quantity, net in lines),
    )


def amended(
    order: str, when: str, reversed_lines: Sequence[OrderLine], applied: Sequence[OrderLine], *, account: str = ACCOUNT
) -> OrderAmended:
    return OrderAmended(
        occurred_at=at(when),
        order_id=order,
        account_id=account,
        amendment_id=f"{order}-{when}",
        amended_at=at(when),
        reason="fewer wanted",
        reversed=tuple(reversed_lines),
        applied=tuple(applied),
    )


def cancelled(order: str, when: str, *, account: str = ACCOUNT) -> OrderCancelled:
    return OrderCancelled(
        occurred_at=at(when), order_id=order, account_id=account, cancelled_at=at(when), reason="changed his mind"
    )


def bought(
    order: str, when: str, quantity: int, net: int, *, account: str = ACCOUNT, **more: object
) -> tuple[OrderPlaced, OrderDelivered, OrderPaid]:
    """One line ordered, delivered and paid at one time."""
    currency = str(more.pop("currency", "CNY"))
    contract = str(more.pop("contract", "")) or None
    ordered = line(quantity=quantity, net=net, **more)
    return (
        placed(order, when, [ordered], account=account, currency=currency, contract=contract),
        delivered(order, when, [(1, quantity)], account=account),
        paid(order, when, net, account=account, currency=currency),
    )


def rate(since: str, value: str = "6.50", *, base: str = "USD", quote: str = "CNY") -> ExchangeRatePublished:
    return ExchangeRatePublished(
        occurred_at=at(since), base=base, quote=quote, rate=value, date=day(since), source="rates"
    )


def product(sku: str = "H1", *, brand: str = "Nova") -> ProductChanged:
    return ProductChanged(
        occurred_at=at("2020-12-01"),
        sku=sku,
        title=BothLanguages(en="Handset", zh="手机"),
        kind="handset",
        product_line="phones",
        brand=brand,
        new_brand_from=day("2020-12-01"),
        new_brand_until=day("2021-12-01"),
    )


def signed(
    contract: str = "con-1",
    *,
    on: str = "2021-03-08",
    quantity: int = 600,
    net: int = 52_800_000,
    cost: int | None = 42_000_000,
    sku: str = "H1",
    sold_by: Sequence[tuple[str, str]] = ((REP, "1"),),
    account: str = ACCOUNT,
) -> ContractSigned:
    sold = tuple(Salesperson(user_id=user, share=share) for user, share in sold_by)
    ordered = ContractLine(
        line=1, sku=sku, quantity=quantity, net_minor=net, cost_minor=cost, new_brand=True, salespeople=sold
    )
    return ContractSigned(
        occurred_at=at(on),
        contract_id=contract,
        account_id=account,
        number=contract,
        revision=1,
        branch="kinshasa",
        currency="CNY",
        amount_minor=net,
        lines=(ordered,),
        first_responsible=REP,
        initiator=REP,
        submitted_at=at(on),
        rates=(UsedRate(base="USD", quote="CNY", rate="6.50", date=day("2020-01-01")),),
        signed_on=day(on),
    )


def granted(
    subject_type: str, subject_id: str, when: str, *, revision: int = 1, account: str = ACCOUNT, **terms: object
) -> ApprovalGranted:
    return ApprovalGranted(
        occurred_at=at(when),
        request_id=f"request-{revision}",
        subject_type=subject_type,
        subject_id=subject_id,
        revision=revision,
        account_id=account,
        content_hash="",
        terms={name.rstrip("_"): value for name, value in terms.items()},
        granted_at=at(when),
    )
