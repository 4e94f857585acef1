"""Rows inside a benefit or a scorecard: over a number by edges, over a choice by word; each gives one result."""

from typing import Literal

from pydantic import Field, PositiveInt

from shared.policy.notation import Number, Part, Several, Words

Mode = Literal["whole_volume", "marginal"]
Bounds = Literal["[lower, upper)", "(lower, upper]"]


class Goods(Part):
    sku: str
    quantity: PositiveInt


class Row(Part):
    """One row: its edges or its word, and what it gives. Lint sees to it that there is exactly one result."""

    from_: Number | None = Field(None, alias="from")
    to: Number | None = None
    is_: str | None = Field(None, alias="is")
    rate: Number | None = None
    amount: Number | None = None
    each: Number | None = None
    goods: Goods | None = None
    coupon: str | None = None
    service: str | None = None
    ask: str | None = None
    nothing: Literal[True] | None = None
    score: Number | None = None
    grade: str | None = None
    title: Words | None = None
    warn: str | None = None
    sample: bool = False


class Table(Part):
    """`mode` belongs to benefits over numbers, `bounds` to every table over numbers."""

    mode: Mode | None = None
    bounds: Bounds | None = None
    rows: Several[Row] = Field(min_length=1)
