"""Decisions as people read them: every trace that was kept, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from services.accounts.edge import Edge
from shared.policy.explain import explain
from shared.trace import Decision


class Explained(BaseModel):
    """Decisions with their traces, and their rendering in the language asked for."""

    language: str
    lines: list[str]
    decisions: list[dict[str, Any]]


def explained(kept: Mapping[str, Any], here: Edge) -> Explained:
    """Every decision under `decisions`, one after the other."""
    decisions = [Decision.read_plain(plain) for plain in kept["decisions"]]
    lines = [line for decision in decisions for line in explain(decision, here.language)]
    return Explained(language=here.language, lines=lines, decisions=kept["decisions"])
