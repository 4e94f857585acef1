"""Contracts of the story: 600 handsets at 880.00, floor 900.00, at USD/CNY 6.50."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from services.approvals.contracts.content import Content, Line, Paper, PriceException, Share
from services.approvals.contracts.domain import Approval, Contract, State, Submission
from services.approvals.contracts.facts import Known
from services.approvals.facts.domain import Account, Licence, Spell
from shared.calendar import Duration
from shared.money import ExchangeRate, Money

SUBMITTED = datetime(2021, 3, 3, 9, 0, tzinfo=UTC)
TODAY = date(2021, 3, 3)
USD_CNY = ExchangeRate("USD", "CNY", Decimal("6.50"), date(2021, 1, 1), "illustrative")
EXCEPTION = PriceException("line-1", 880_00, 1, 600, date(2021, 4, 1))
HANDSETS = Line(
    line=1,
    sku="HANDSET-N1",
    quantity=600,
    unit_price=Decimal("880.00"),
    net_minor=528_000_00,
    floor_unit_minor=900_00,
    cost_minor=420_000_00,
    new_brand=True,
    salespeople=(Share("rep", Decimal(1)),),
    exception=EXCEPTION,
)
CONTENT = Content(
    currency="CNY",
    lines=(HANDSETS,),
    first_responsible="kam",
    valid_from=date(2021, 3, 8),
    valid_until=date(2022, 3, 8),
    documents=(Paper("business_licence", "CD-1"),),
    payee={"bank": "Rawbank", "account": "001"},
    quote_id="q-1",
)
ACCOUNT = Account(
    id="a-1",
    number="K-001",
    legal_name="Congo Mobile",
    branch="kinshasa",
    industrial=False,
    frozen=False,
    licence=Licence("CD-1", date(2021, 12, 31), "f" * 64),
    classes=(Spell("A", date(2021, 1, 1), None),),
    listings=(Spell("2021-H1", date(2021, 1, 1), date(2021, 7, 1)),),
    reps=(Spell("rep", date(2020, 12, 1), None),),
)


def one_line(amount_minor: int, currency: str = "USD", **more: object) -> Content:
    line = Line(1, "SKU", 1, Decimal(amount_minor) / 100, amount_minor)
    return replace(CONTENT, currency=currency, lines=(line,), **more)


def contract(content: Content = CONTENT, state: State = State.DRAFT, **more: object) -> Contract:
    made = Contract("c-1", "C-2021-0001", "a-1", "kinshasa", "rep", state, 1, content)
    return replace(made, **more)


def submission(content_hash: str = "hash") -> Submission:
    amount = Money(528_000_00, "CNY")
    return Submission("r-1", "contract-route@1", content_hash, amount, Money(81_230_77, "USD"), (USD_CNY,), SUBMITTED)


def approval(content_hash: str = "hash", until: datetime | None = None) -> Approval:
    return Approval(content_hash, SUBMITTED, until)


def known(of: Contract | None = None, **more: object) -> Known:
    made = Known(
        contract=of or contract(),
        account=ACCOUNT,
        beside=(),
        rates=(USD_CNY,),
        open_ended=Duration(months=12),
        orders_before=1,
        zone="Africa/Kinshasa",
    )
    return replace(made, **more)
