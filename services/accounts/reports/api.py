"""Reports over HTTP (A4)."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated

from fastapi import Depends, Query
from fastapi.responses import Response

from services.accounts.edge import Edge, Here
from services.accounts.reports import service
from services.accounts.reports.chart import Drawing, pareto_chart
from services.accounts.reports.domain import Pareto, ParetoOf
from services.accounts.reports.schemas import ParetoOut, ParetoRowOut
from services.accounts.shown import share_reached
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
PICTURE = "image/svg+xml"


class Picture(Response):
    media_type = PICTURE


@dataclass(frozen=True, slots=True)
class Asked:
    """Of what, of when and in which currency a report is wanted."""

    of: ParetoOf
    period: Period
    currency: str


async def report_asked(
    period_key: Annotated[
        str, Query(alias="period", description="month, quarter, half year or year", examples=["2010"])
    ],
    of: Annotated[ParetoOf, Query(description="what the accounts are ranked by")] = ParetoOf.revenue,
    currency: Annotated[
        str, Query(pattern=r"^[A-Z]{3}$", description="amounts are converted to it by their day", examples=["CNY"])
    ] = "CNY",
) -> Asked:
    return Asked(of, named_period(period_key), currency)


Report = Annotated[Asked, Depends(report_asked)]


@router.get("/reports/pareto")
async def read_pareto(
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("reports.read")],
    asked: Report,
) -> ParetoOut:
    """Which accounts make 80 % of revenue or margin (the table `pareto` names the shares), the largest fifty (A4)."""
    found, numbers = await pareto_of(session, asked=asked, here=here, rules=policies, caller=caller)
    return ParetoOut(
        of=asked.of,
        period=asked.period.key,
        currency=asked.currency,
        share=str(found.share),
        total=str(Money(found.total_minor, asked.currency)),
        accounts=found.needed,
        out_of=len(found.rows),
        no_evidence=len(found.unknown),
        rows=[
            ParetoRowOut(
                account_id=row.account_id,
                number=numbers[row.account_id],
                amount=str(Money(row.amount_minor, asked.currency)),
                cumulative=share_reached(row.cumulative),
            )
            for row in found.rows[:SHOWN]
        ],
    )


@router.get(
    "/reports/pareto/chart",
    response_class=Picture,
    responses={200: {"content": {PICTURE: {"schema": {"type": "string"}}}, "description": "The picture"}},
)
async def draw_pareto(
    session: Session,
    here: Here,
    policies: Policies,
    caller: Annotated[Principal, allowed("reports.read")],
    asked: Report,
) -> Picture:
    """The same report as a Pareto chart, SVG in the reader's language (A4)."""
    found, numbers = await pareto_of(session, asked=asked, here=here, rules=policies, caller=caller)
    return Picture(pareto_chart(found, numbers, Drawing(asked.of, asked.period.key, asked.currency, here.language)))


async def pareto_of(
    session: Session, *, asked: Asked, here: Edge, rules: Policies, caller: Principal
) -> tuple[Pareto, dict[str, str]]:
    who = here.by(caller, "reports.read")
    rows = Rulebook(rules.in_force(who.today)).table("pareto")
    share = next(Decimal(str(row["share"])) for row in rows if row["of"] == asked.of)
    return await service.account_pareto(
        session, of=asked.of, span=asked.period, currency=asked.currency, share=share, who=who
    )


def named_period(key: str) -> Period:
    try:
        return period(key)
    except ValueError as error:
        unknown: Words = {"en": str(error), "zh": f"{key!r}不是有效期间。"}
        raise ValidationProblem(errors=[FieldError("/period", "unknown_period", unknown, where="query")]) from error
