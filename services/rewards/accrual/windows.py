"""A window of one policy and beneficiary: its running sum, what is posted of it, and the approval it may wait for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from services.rewards.accrual.counting import NOTHING, Tally
from services.rewards.accrual.domain import Posted
from shared.errors import Conflict, Words
from shared.titled import Titled


class AskState(Titled):
    """Where a window's approval stands."""

    NONE = "none", "not asked for", "未申请"
    OPEN = "open", "open", "审批中"
    GRANTED = "granted", "granted", "已批准"
    REJECTED = "rejected", "rejected", "已驳回"
    WITHDRAWN = "withdrawn", "withdrawn", "已撤回"


ASK_MOVES: Mapping[AskState, frozenset[AskState]] = {
    AskState.NONE: frozenset((AskState.OPEN,)),
    AskState.OPEN: frozenset((AskState.GRANTED, AskState.REJECTED, AskState.WITHDRAWN)),
    AskState.GRANTED: frozenset((AskState.OPEN,)),
    AskState.REJECTED: frozenset((AskState.OPEN, AskState.WITHDRAWN)),
    AskState.WITHDRAWN: frozenset((AskState.OPEN,)),
}


class AskCannotMove(Conflict):
    """An approval was answered that nobody waits for, or asked for twice."""

    code = "ask_cannot_move"
    title: ClassVar[Words] = {"en": "This approval is not open", "zh": "该审批不在进行中"}


class Ask(NamedTuple):
    """The approval of a window: which revision, of which route, and what was granted on which terms."""

    state: AskState = AskState.NONE
    revision: int = 0
    route: str = ""
    request: str = ""
    terms: Mapping[str, Any] = {}
    granted_at: datetime | None = None

    def moved(self, state: AskState) -> "Ask":
        """The ask in its next state; raises AskCannotMove."""
        if state not in ASK_MOVES[self.state]:
            raise AskCannotMove(
                {
                    "en": f"an approval that is {self.state.en} cannot be {state.en}",
                    "zh": f"审批当前为“{self.state.zh}”，不能变为“{state.zh}”",
                }
            )
        return self._replace(state=state)

    def opened(self, route: str) -> "Ask":
        """A new revision of it."""
        return Ask(AskState.OPEN, self.moved(AskState.OPEN).revision + 1, route)


class WindowKey(NamedTuple):
    policy_id: str
    beneficiary: str
    window: str

    @property
    def subject_id(self) -> str:
        """How an approval names it."""
        return "/".join(self)

    @classmethod
    def named(cls, subject_id: str) -> "WindowKey | None":
        parts = subject_id.split("/", 2)
        return cls(*parts) if len(parts) == 3 else None


@dataclass(slots=True)
class Window:
    """The state of one window; `version` is that of its first evaluation (S-D7), `period` the month it settles in."""

    key: WindowKey
    version: int
    account_id: str
    period: str
    currency: str
    journal_from: int
    tally: Tally = NOTHING
    row: int | None = None
    posted: Posted = field(default_factory=Posted)
    ask: Ask = field(default_factory=Ask)
    confirmation: Ask = field(default_factory=Ask)

    @property
    def confirmed(self) -> bool:
        return self.confirmation.state is AskState.GRANTED
