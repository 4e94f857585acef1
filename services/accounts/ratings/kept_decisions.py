"""Decisions as ratings and segments keep them: the words that are alike in all of them are there once."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.database import one_of
from services.accounts.ratings.models import RuleSaid
from shared.trace_writing import rules_named, whole_again

_SAY = text("""
    INSERT INTO decision_rule (key, said)
    SELECT key, CAST(said AS json) FROM unnest(CAST(:keys AS text[]), CAST(:said AS text[])) AS rule (key, said)
    ORDER BY key ON CONFLICT DO NOTHING
""")


async def keep_rules(session: AsyncSession, *, wordings: Mapping[str, bytes]) -> None:
    """What rules say, by key; those that are there stay."""
    if wordings:
        said = [words.decode() for words in wordings.values()]
        await session.execute(_SAY, {"keys": list(wordings), "said": said})


async def whole_decisions(session: AsyncSession, *, kept: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each decision with its whole trace, with one statement however many they are."""
    keys = frozenset[str]().union(*(rules_named(one) for one in kept))
    rules = await session.scalars(select(RuleSaid).where(one_of(RuleSaid.key, keys)))
    said = {rule.key: rule.said for rule in rules}
    return [whole_again(one, said) for one in kept]
