"""Whatever terms approvals accepts can be stored here and by rewards: nothing granted is ever parked as poison."""

from contextlib import suppress
from datetime import date
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from services.approvals.requests.limits import AskedAbout
from services.approvals.requests.terms import TermsNotRight, checked_terms
from services.pricing.quotes.models import NegotiatedTermsRow, PriceGrantRow
from services.rewards.accrual.judging import granted
from shared.events.approvals import ApprovalGranted
from tests.pricing.conftest import START, Pricing, good
from tests.pricing.quotes.test_api import asked, below

COUNTS = st.one_of(st.integers(0, 2_000_000), st.integers(2**31 - 2, 2**31 + 1), st.integers(0, 10**30))
AMOUNTS = st.one_of(
    st.integers(0, 10**20).map(str),
    st.decimals(0, 10**16, places=2, allow_nan=False).map(lambda amount: f"{amount:f}"),
    st.sampled_from(["1E3", "1e-400000", "NaN", "9999999999.99", "10000000000.00", "-0.00"]),
)
RATES = st.one_of(
    st.decimals(0, 1, places=6).map(lambda rate: f"{rate:f}"),
    st.sampled_from(["1E-3000", "1e-400000", "0", "1", "1.000000", "1.0000000", "0.1234567", "٠.٥", "sNaN"]),
)
DAYS = st.one_of(
    st.dates().map(date.isoformat), st.sampled_from(["20210401", "2200-12-31", "9999-12-31", "0001-01-01"])
)
PRICE_TERMS = st.fixed_dictionaries(
    {"price": AMOUNTS, "quantity_from": COUNTS, "quantity_to": COUNTS, "valid_until": DAYS}
)
DISCOUNT = {"rate": RATES, "from": DAYS, "until": DAYS, "applies_to": st.sampled_from(["discount", "subsidy"])}


def accepted(strategy: st.SearchStrategy[dict[str, Any]], about: AskedAbout, *, examples: int) -> list[dict[str, Any]]:
    """The drawn terms that the last approver would be let give, in the form that is published."""
    found: list[dict[str, Any]] = []

    @settings(max_examples=examples, database=None, derandomize=True, deadline=None)
    @given(strategy)
    def draw(terms: dict[str, Any]) -> None:
        with suppress(TermsNotRight):
            found.append(checked_terms(list(terms), terms, limits=(), about=about))

    draw()
    assert found
    return found


def a_grant(kind: str, subject_id: str, account_id: str, terms: dict[str, Any]) -> ApprovalGranted:
    return ApprovalGranted(
        occurred_at=START,
        request_id=str(uuid4()),
        subject_type=kind,
        subject_id=subject_id,
        revision=1,
        account_id=account_id,
        content_hash="0" * 64,
        terms=terms,
        granted_at=START,
    )


async def stored(pricing: Pricing, row: type) -> int:
    async with pricing.sessions() as session:
        return await session.scalar(select(func.count()).select_from(row)) or 0


async def test_c5_every_price_term_that_approvals_accepts_is_stored_as_a_grant(pricing: Pricing) -> None:
    account, sku = await pricing.new_account(elects="subsidy"), await pricing.new_product(floor="900.00")
    quote = await good(pricing.caller("rep").post("/v1/quotes", asked(account, below(sku))))
    about = AskedAbout(START.date(), str(account), {"currency": "CNY"})
    edge = {"price": "9999999999.99", "quantity_from": 1_000_000, "quantity_to": 1_000_000, "valid_until": "2200-12-31"}
    terms = [checked_terms(list(edge), edge, limits=(), about=about), *accepted(PRICE_TERMS, about, examples=150)]
    before = await stored(pricing, PriceGrantRow)
    await pricing.hear(*[a_grant("quote_line", f"{quote['id']}:1", str(account), each) for each in terms])
    assert await stored(pricing, PriceGrantRow) - before == len(terms)


async def test_c6_every_negotiated_term_that_approvals_accepts_is_stored_and_read(pricing: Pricing) -> None:
    account = await pricing.new_account()
    about = AskedAbout(START.date(), str(account), {})
    terms = accepted(st.fixed_dictionaries({"account": st.just(str(account)), **DISCOUNT}), about, examples=150)
    before = await stored(pricing, NegotiatedTermsRow)
    await pricing.hear(
        *[a_grant("benefit", f"volume-subsidy/account:{account}/2021-02", str(account), t) for t in terms]
    )
    of_discount = [each for each in terms if each["applies_to"] == "discount"]
    assert await stored(pricing, NegotiatedTermsRow) - before == len(of_discount)
    for each in terms:
        assert granted("negotiated-benefit", "r-1", str(account), each).terms["applies_to"] == each["applies_to"]
        assert len(str(each["rate"])) <= len("0.123456")
