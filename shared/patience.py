"""How often an event that meets a time limit of the database is tried before it is parked, so that others go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from shared.faults import is_lock_timeout

TRIES_TOGETHER = 3
TRIES_ALONE = 3
# A lock is of somebody else's making (a period that is being closed), whoever else got on in the meantime: only the
# clock counts. A slow statement may be of a database that is loaded, unless others ran beside it.
LOCK_PATIENCE_S, STATEMENT_PATIENCE_S = 900.0, 120.0
MOST_IN_ONE_PASS = 3


class Slow(NamedTuple):
    event_id: UUID
    key: str
    is_lock: bool
    error: str


@dataclass
class Pass:
    """Events applied one by one in a transaction: which met a time limit, and whether others did not."""

    slow: list[Slow] = field(default_factory=list)
    others: int = 0

    def note(self, event_id: UUID, key: str, error: DBAPIError) -> None:
        said = f"{type(error.orig).__name__}: {error.orig}"
        self.slow.append(Slow(event_id, key, is_lock_timeout(error), said))

    def waits(self, key: str) -> bool:
        """Whether an event must not be tried: an earlier one of its key was not applied, or too many were not."""
        return len(self.slow) >= MOST_IN_ONE_PASS or any(one.key == key for one in self.slow)


class TookTooLong(Exception):
    """Events met a time limit though each was applied alone; nothing of the transaction is kept."""

    def __init__(self, found: Pass) -> None:
        super().__init__(f"{len(found.slow)} events met a time limit: {found.slow[0].error}")
        self.slow: Sequence[Slow] = found.slow
        self.others_went_on = found.others > 0


class Patience:
    """What a reader remembers of events that took too long, until their batch is taken."""

    def __init__(self) -> None:
        self._tries: Counter[UUID] = Counter()
        self._blamed: Counter[UUID] = Counter()
        self._since: dict[UUID, float] = {}
        self._given_up: dict[UUID, str] = {}

    @property
    def given_up(self) -> Mapping[UUID, str]:
        """By event, why it is to be parked."""
        return self._given_up

    def lose(self, refused: TookTooLong, *, at_s: float) -> None:
        """Count one more try of each, and give up those that were tried enough; `at_s` is of a clock that only runs."""
        for one in refused.slow:
            self._tries[one.event_id] += 1
            # Once is no proof: the database may have been loaded for the first half of the pass.
            self._blamed[one.event_id] += refused.others_went_on and not one.is_lock
            waited_s = at_s - self._since.setdefault(one.event_id, at_s)
            patience_s = LOCK_PATIENCE_S if one.is_lock else STATEMENT_PATIENCE_S
            tries = self._tries[one.event_id]
            if self._blamed[one.event_id] >= TRIES_ALONE or (tries >= TRIES_ALONE and waited_s >= patience_s):
                self._given_up[one.event_id] = f"TookTooLong: tried {tries} times alone, at last {one.error}"

    def forget(self) -> None:
        """The batch is taken."""
        self._tries.clear()
        self._blamed.clear()
        self._since.clear()
        self._given_up.clear()
