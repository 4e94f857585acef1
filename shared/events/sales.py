"""What the lines of quotes, orders and contracts share: who sold, which rule gave how much."""

from __future__ import annotations

import datetime as dt
from typing import Literal

from shared.events.envelope import Contents

Election = Literal["subsidy", "discount", "none"]


class Salesperson(Contents):
    """`share` is the decimal part of the line's credit, "1" for the whole."""

    user_id: str
    share: str = "1"


class AppliedRule(Contents):
    """`policy` is "id@version"; the amount is for the whole line, in the document's currency."""

    policy: str
    amount_minor: int


class UsedRate(Contents):
    """The exchange rate that a decision used."""

    base: str
    quote: str
    rate: str
    date: dt.date
