"""Accounts judged by a run's scorecards, over plain facts and down to plain text; pure, in whatever process."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from services.accounts.ratings.facts import RatedAccount, RatingFacts
from shared.policy.evaluation import Case
from shared.policy.rulebook import NotGoverned, Rulebook
from shared.policy.scorecard import Rating, ScorecardPlan
from shared.trace import Decision, Subject
from shared.trace_writing import write

RATING_ROW = "A2"
SEGMENT_ROW = "A3"


@dataclass(frozen=True, slots=True)
class Cards:
    """What a run judges by: A2, and A3 in the same run where a scorecard says how."""

    rating: ScorecardPlan
    segments: ScorecardPlan | None

    @property
    def all(self) -> tuple[ScorecardPlan, ...]:
        return (self.rating,) if self.segments is None else (self.rating, self.segments)

    @property
    def policies(self) -> list[str]:
        return [card.heading.policy for card in self.all]


class Appraised(NamedTuple):
    """One account by one scorecard: `points` by criterion, none where nothing is known.

    `digest` is that of the whole decision's canonical JSON, `kept` the decision as it is kept; both empty in a preview.
    """

    account_id: str
    grade: str
    score: Decimal | None
    points: Mapping[str, str | None]
    digest: str = ""
    kept: str = ""


class Appraisals(NamedTuple):
    """A portion of accounts, one after the other; no segments where no scorecard finds them."""

    ratings: Sequence[Appraised]
    segments: Sequence[Appraised]
    wordings: Mapping[str, bytes]


def cards_of(rules: Rulebook) -> Cards:
    """Raises NotGoverned where no scorecard rates accounts."""
    return Cards(rules.scorecard(row=RATING_ROW, subject="account"), _segment_card(rules))


def _segment_card(rules: Rulebook) -> ScorecardPlan | None:
    try:
        return rules.scorecard(row=SEGMENT_ROW, subject="account")
    except NotGoverned:
        return None


def appraise(known: Sequence[RatedAccount], *, cards: Cards, moment: datetime, written: bool = True) -> Appraisals:
    """Each account as of the last moment of a day; nothing is written of a preview, which judges by A2 alone."""
    cases = [Case(RatingFacts(account), Subject("account", account.account_id), moment) for account in known]
    if not written:
        return Appraisals([_appraised(cards.rating.decide(case)) for case in cases], (), {})
    wordings: dict[str, bytes] = {}
    ratings = [_kept(cards.rating.decide(case), wordings) for case in cases]
    segments = [] if cards.segments is None else [_kept(cards.segments.decide(case), wordings) for case in cases]
    return Appraisals(ratings, segments, wordings)


def _appraised(decision: Decision[Rating]) -> Appraised:
    outcome = decision.outcome
    return Appraised(decision.subject.id, outcome.grade, outcome.score, _points(decision))


def _kept(decision: Decision[Rating], wordings: dict[str, bytes]) -> Appraised:
    """Turned into text once: its digest is of the whole of it."""
    whole, kept, said = write(decision)
    wordings.update(said)
    return _appraised(decision)._replace(digest=hashlib.sha256(whole).hexdigest(), kept=kept)


def _points(decision: Decision[Any]) -> dict[str, str | None]:
    return {
        node.rule.written["id"]: None if node.result is None else f"{node.result}"
        for node in decision.trace.inside
        if node.rule.what == "criterion" and node.rule.written
    }
