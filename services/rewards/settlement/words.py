"""What each kind of statement line is called, in both languages."""

from typing import Final

from services.rewards.ledger.domain import Kind
from shared.errors import Words

KINDS: Final[dict[Kind, Words]] = {
    Kind.ACCRUAL: {"en": "Earned", "zh": "计提"},
    Kind.RE_EVALUATION: {
        "en": "Re-evaluated: the rest, at the row now reached",
        "zh": "按新达档位重新评定其余部分",
    },
    Kind.CLAWBACK: {"en": "Taken back: what the returned pieces had earned", "zh": "退货收回原计提"},
    Kind.REVERSAL: {"en": "Reversed: the row reached is negotiated", "zh": "达到另议档位，冲回已计提"},
    Kind.HOLD: {"en": "Held", "zh": "暂缓"},
    Kind.RELEASE: {"en": "Released", "zh": "解除暂缓"},
    Kind.CONFIRMATION: {"en": "Confirmed", "zh": "已确认"},
    Kind.SETTLEMENT: {"en": "Settled", "zh": "结算"},
}
