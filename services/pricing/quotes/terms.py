"""How a sale is to be paid, as agreed on its quote."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """`prepaid_share` of the total is due before delivery; `credit_days` count from delivery (P7)."""

    prepaid_share: Decimal = Decimal(0)
    credit_days: int = 0
    instalments: int = 1
    consignment: bool = False


AT_ONCE = PaymentTerms()


def terms_json(terms: PaymentTerms) -> dict[str, Any]:
    return {**asdict(terms), "prepaid_share": f"{terms.prepaid_share:f}"}


def terms_of(cells: Mapping[str, Any] | None) -> PaymentTerms:
    return PaymentTerms(**{**cells, "prepaid_share": Decimal(cells["prepaid_share"])}) if cells else AT_ONCE
