"""What is looked up once for all lines is what each of them would be told: the same price for the same reasons."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from services.pricing.accounts.domain import Account, Election, Grade, Listing
from services.pricing.quotes.facts import SAME_FOR_EVERY_LINE, LineAt, Purchase, SaleFacts
from services.pricing.quotes.pricebook import PriceBook
from shared.calendar import period_of
from shared.money import ExchangeRate, Money
from shared.policy.forms import Benefit
from shared.policy.loader import load_pack, read_json
from shared.policy.measure import Measure
from shared.policy.order import OrderLine, ToPrice
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook
from shared.trace import Evidence, Subject, digest

NOON = datetime(2021, 3, 10, 11, tzinfo=UTC)
DAY = NOON.date()
ACCOUNT = Subject("account", str(UUID(int=1)))
SALE = Subject("sale", "S-1", ACCOUNT)
YEAR = (date(2021, 1, 1), date(2022, 1, 1))
ANY_LINE = {"all": [{"fact": "account.class", "is": "A"}, {"fact": "line.new_brand", "is": True}]}


@cache
def book() -> PriceBook:
    """The pack's price rules, and beside them one that looks at the account and one that looks at each line."""
    documents = [placed.document for placed in load_pack(Path("deploy/policies"))]
    [given_one] = [one for one in documents if isinstance(one, Benefit) and one.id == "volume-discount"]
    plain: dict[str, Any] = given_one.model_dump(mode="json", by_alias=True, exclude_unset=True)
    rows = [{"from": 0, "to": 50_000, "rate": "0.01"}, {"from": 50_000, "rate": "0.02"}]
    made = [
        {"id": "by-account", "stacking": "loyalty-discount", "scope": {"fact": "account.class", "is": "A"}},
        {"id": "by-line", "stacking": "member-discount", "scope": ANY_LINE},
    ]
    table = plain["table"] | {"rows": rows}
    more = [read_json(plain | {"row": ["P6"], "table": table} | change) for change in made]
    return PriceBook.of(Rulebook(compile_plans([Numbered(one) for one in (*documents, *more)], load_registry())))


lines = st.lists(
    st.tuples(st.integers(1, 400), st.integers(1, 90_000), st.booleans(), st.integers(0, 100_000)),
    min_size=1,
    max_size=6,
)
accounts = st.builds(
    lambda choice, grade, listed, industrial: Account(
        UUID(int=1),
        "A-1",
        "kinshasa",
        industrial=industrial,
        elections=(Election("e", "p4", choice, *YEAR),) if choice else (),
        classes=(Grade("p", grade, *YEAR),) if grade else (),
        listings=(Listing("l", listed, *YEAR),),
    ),
    st.sampled_from(["discount", "discount", "subsidy", None]),
    st.sampled_from(["A", "B", None]),
    st.sampled_from([True, True, False]),
    st.booleans(),
)


@settings(deadline=None, max_examples=150)
@given(account=accounts, lines=lines, before=st.integers(0, 90_000_000))
def test_an_order_is_priced_alike_whether_its_lines_are_asked_one_by_one_or_together(
    account: Account, lines: list[tuple[int, int, bool, int]], before: int
) -> None:
    subjects = [Subject("line", f"S-1:{number}", SALE) for number in range(1, len(lines) + 1)]
    listed = tuple(
        OrderLine(subject, quantity, Money(unit, "CNY"), NOON)
        for subject, (quantity, unit, _, _) in zip(subjects, lines, strict=True)
    )
    facts = SaleFacts(
        account=account,
        zone="Africa/Kinshasa",
        currency="CNY",
        lines={
            subject.id: LineAt(quantity, new_brand, floor, Money(unit * quantity, "CNY"))
            for subject, (quantity, unit, new_brand, floor) in zip(subjects, lines, strict=True)
        },
        purchases=(Purchase("USD", date(2021, 3, 2), before // 7), Purchase("CNY", DAY, before)),
        rates=lambda: (ExchangeRate("USD", "CNY", Decimal(7), date(2021, 3, 1), "bank"),),
    )
    told = [
        book().price(ToPrice(SALE, listed, replace(facts, alike=alike, known={}), NOON))
        for alike in (frozenset[str](), SAME_FOR_EVERY_LINE)
    ]
    assert told[0].outcome == told[1].outcome
    assert digest(told[0]) == digest(told[1])


def test_another_question_about_the_same_fact_is_another_answer() -> None:
    account = Account(UUID(int=1), "A-1", "kinshasa", classes=(Grade("p", "A", *YEAR),))
    bought = (Purchase("CNY", date(2021, 1, 5), 100, 10), Purchase("CNY", DAY, 1_000))
    facts = SaleFacts(account, "UTC", "CNY", {}, purchases=bought, alike=frozenset(("purchases_before_p4",)))
    month, year = period_of("month", DAY), period_of("year", DAY)
    whole = Measure(fact="purchases_before_p4", currency="CNY", window="month")
    net = whole.model_copy(update={"without": ("returns",)})
    asked = [(whole, month, 1_000), (whole, year, 1_100), (net, year, 1_090), (whole, month, 1_000)]
    for measure, window, minor in asked:
        assert facts.value(measure, ACCOUNT, window, NOON) == Evidence(Money(minor, "CNY"), "CNY")


def test_nothing_that_belongs_to_a_line_is_looked_up_once_for_all() -> None:
    registry = load_registry()
    of_lines = {name for name in SAME_FOR_EVERY_LINE if registry.fact(name).subject != ("account",)}
    assert of_lines == {"election.p4"}
    assert {"account.is_key_account", "account.class", "account.industrial", "account.frozen"} <= SAME_FOR_EVERY_LINE
