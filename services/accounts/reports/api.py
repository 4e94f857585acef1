"""Reports over HTTP (A4)."""

from decimal import Decimal
from typing import Annotated

from fastapi import Query

from services.accounts.edge import Here
from services.accounts.reports import service
from services.accounts.reports.schemas import ParetoOut, ParetoRowOut
from shared.auth.principal import Principal
from shared.calendar import Period, period
from shared.errors import FieldError, ValidationProblem, Words
from shared.http.dependencies import Session, allowed
from shared.http.routes import Router
from shared.money import Money
from shared.policy.api import Policies
from shared.policy.rulebook import Rulebook

router = Router(tags=["reports"])
SHOWN = 50


@router.get("/reports/pareto")
async def read_pareto(
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("reports.read")],
    period_key: Annotated[
        str, Query(alias="period", description="month, quarter, half year or year", examples=["2010"])
    ],
    currency: Annotated[
        str, Query(pattern=r"^[A-Z]{3}$", description="amounts are converted to it by their day")
    ] = "CNY",
) -> ParetoOut:
    """Which accounts make 80 % of revenue (the share is the table `pareto`), the largest fifty shown (A4)."""
    who = here.by(caller, "reports.read")
    rows = Rulebook(policies.in_force(who.today)).table("pareto")
    share = next(Decimal(str(row["share"])) for row in rows if row["of"] == "revenue")
    found, numbers = await service.revenue_pareto(
        session, span=named_period(period_key), currency=currency, share=share, reach=who.reach
    )
    return ParetoOut(
        of="revenue",
        period=period_key,
        currency=currency,
        share=str(share),
        total=str(Money(found.total_minor, currency)),
        accounts=found.needed,
        out_of=len(found.rows),
        rows=[
            ParetoRowOut(
                account_id=row.account_id,
                number=numbers[row.account_id],
                amount=str(Money(row.amount_minor, currency)),
                cumulative=str(row.cumulative.quantize(Decimal("0.0001"))),
            )
            for row in found.rows[:SHOWN]
        ],
    )


def named_period(key: str) -> Period:
    try:
        return period(key)
    except ValueError as error:
        unknown: Words = {"en": str(error), "zh": f"{key!r}不是有效期间。"}
        raise ValidationProblem(errors=[FieldError("/period", "unknown_period", unknown, where="query")]) from error
