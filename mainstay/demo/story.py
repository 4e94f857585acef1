"""One key account from dossier to statement: what its steps, played over HTTP, have made for a person to look at."""

from dataclasses import dataclass, field
from typing import Any

from mainstay.demo.cast import Cast

LICENCE = {"type": "business_licence", "number": "CD/KIN/RCCM/12-B-0417"}


@dataclass(slots=True)
class Story:
    """What the story has made so far; each step fills in its part."""

    cast: Cast
    account: dict[str, Any] = field(default_factory=dict)
    completeness: list[dict[str, Any]] = field(default_factory=list)
    key_list: dict[str, Any] = field(default_factory=dict)
    rating: dict[str, Any] = field(default_factory=dict)
    rating_explained: dict[str, Any] = field(default_factory=dict)
    klass: dict[str, Any] = field(default_factory=dict)
    election: dict[str, Any] = field(default_factory=dict)
    quote: dict[str, Any] = field(default_factory=dict)
    exception: dict[str, Any] = field(default_factory=dict)
    preview: dict[str, Any] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)
    chain: dict[str, Any] = field(default_factory=dict)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    repeated: list[str] = field(default_factory=list)
    """Who sent his approval twice with one key, and was answered the same."""
    orders: list[dict[str, Any]] = field(default_factory=list)
    accruals: list[dict[str, Any]] = field(default_factory=list)
    march_accruals: list[dict[str, Any]] = field(default_factory=list)
    bonus: dict[str, Any] = field(default_factory=dict)
    closed: dict[str, Any] = field(default_factory=dict)
    statements: dict[str, dict[str, Any]] = field(default_factory=dict)
    explanations: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    printed: dict[str, bytes] = field(default_factory=dict)
