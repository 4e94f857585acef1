"""What somebody is told about a request, each at most once for one opening of a step or one decision."""

from dataclasses import dataclass
from datetime import datetime

from shared.titled import Titled


class Kind(Titled):
    OPENED = "opened", "a step waits for you", "待您处理"
    REMINDED = "reminded", "a step still waits for you", "催办提醒"
    ESCALATED = "escalated", "a step is late", "步骤逾期"
    UNATTENDED = "unattended", "nobody may take a step", "步骤无人可处理"
    COPIED = "copied", "a request you are copied on was decided", "抄送：审批已有结果"
    DECIDED = "decided", "your request was decided", "您的申请已有结果"


@dataclass(frozen=True, slots=True)
class Matter:
    """What a notice is about: a step since it opened, or (no step) a whole request since it was decided."""

    request_id: str
    step: str
    since: datetime
    kind: Kind
