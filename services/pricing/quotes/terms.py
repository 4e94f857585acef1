"""How a sale is to be paid, as agreed on its quote."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """`prepaid_share` of the total is due before delivery; `credit_days` count from delivery (P7)."""

    prepaid_share: Decimal = Decimal(0)
    credit_days: int = 0
    instalments: int = 1
    consignment: bool = False


AT_ONCE = PaymentTerms()
