"""The moment of a deed, the zone its day is counted in, and the documents in force then."""

from dataclasses import dataclass
from datetime import datetime

from shared.policy.rulebook import Rulebook


@dataclass(frozen=True, slots=True)
class When:
    now: datetime
    zone: str
    rules: Rulebook
