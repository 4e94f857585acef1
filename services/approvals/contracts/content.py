"""What a contract says; an approval is of the hash of exactly the parts its route is bound to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from shared.calendar import Duration
from shared.canonical import content_hash as hash_of
from shared.errors import FieldError, Problem, ValidationProblem, Words

LARGEST_MINOR = 10**15  # what money can be written in JSON, and added up a thousand times in 64 bits


class UnknownBinding(Problem):
    status = 409
    code = "unknown_binding"
    title: ClassVar[Words] = {
        "en": "The route is bound to a part contracts do not have",
        "zh": "流程绑定了合同没有的内容",
    }


@dataclass(frozen=True, slots=True)
class Share:
    """Part of a line's credit; the shares of a line sum to one."""

    user_id: str
    share: Decimal


@dataclass(frozen=True, slots=True)
class PriceException:
    """An approval below the floor: this unit price, these quantities, until (the first day no longer covered)."""

    subject_id: str
    price_minor: int
    quantity_from: int
    quantity_to: int
    valid_until: date


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_price` is a decimal in the contract's currency; `*_minor` amounts are of the whole line unless `unit`."""

    line: int
    sku: str
    quantity: int
    unit_price: Decimal
    net_minor: int
    floor_unit_minor: int | None = None
    cost_minor: int | None = None
    new_brand: bool = False
    salespeople: tuple[Share, ...] = ()
    exception: PriceException | None = None


@dataclass(frozen=True, slots=True)
class PaymentTerms:
    """`prepaid_share` of the total is due before delivery; `credit_days` count from delivery (P7)."""

    prepaid_share: Decimal = Decimal(0)
    credit_days: int = 0
    instalments: int = 1
    consignment: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A document of the account's dossier that stands with the contract, named by its type and number."""

    type: str
    number: str


@dataclass(frozen=True, slots=True)
class Content:
    """Everything the parties agree on; `term` is a whole number of months, none where it is open-ended."""

    currency: str
    lines: tuple[Line, ...]
    first_responsible: str
    valid_from: date
    valid_until: date | None
    payment_terms: PaymentTerms = PaymentTerms()
    documents: tuple[Paper, ...] = ()
    payee: Mapping[str, str] | None = None
    monthly_rent_minor: int = 0
    term: Duration | None = None
    plan: str = "none"
    quote_id: str | None = None
    backdating_reason: str = ""


def checked(content: Content) -> Content:
    """The content as it is; raises ValidationProblem with a pointer for whatever no contract may say."""
    errors = [FieldError(f"/lines/{i}/salespeople", "not_whole", SUM) for i in _unshared(content.lines)]
    if not content.lines and not content.monthly_rent_minor:
        errors.append(FieldError("/lines", "empty", {"en": "nothing is sold", "zh": "没有任何销售内容"}))
    if sum(line.net_minor for line in content.lines) > LARGEST_MINOR:
        errors.append(FieldError("/lines", "too_large", {"en": "more than any contract", "zh": "金额过大"}))
    if content.valid_until is not None and content.valid_until <= content.valid_from:
        errors.append(FieldError("/valid_until", "before_start", {"en": "after valid_from", "zh": "须晚于开始日"}))
    if content.term is not None and (content.term.days or not content.term.is_calendar or not content.term.in_months):
        errors.append(FieldError("/term", "not_months", {"en": "whole months, as P12M", "zh": "须为整月，如 P12M"}))
    if errors:
        raise ValidationProblem(errors=errors)
    return content


SUM: Words = {"en": "the shares of a line sum to one", "zh": "同一行的份额之和须为一"}


def _unshared(lines: Iterable[Line]) -> list[int]:
    shares = (sum((person.share for person in line.salespeople), Decimal(0)) for line in lines)
    return [i for i, whole in enumerate(shares) if whole not in (0, 1)]


def content_hash(content: Content, bound_to: Iterable[str]) -> str:
    """SHA-256 over the parts a route is bound to; raises UnknownBinding for a part contracts do not have."""
    parts = {
        "lines": [[line.line, line.sku, line.quantity] for line in content.lines],
        "prices": [
            content.currency,
            [[line.unit_price, line.net_minor] for line in content.lines],
            content.monthly_rent_minor,
        ],
        "terms": content.payment_terms,
        "documents": content.documents,
        "payee": content.payee,
        "term": [content.term, content.valid_from, content.valid_until, content.plan],
    }
    names = set(bound_to)
    strange = names - set(parts)
    if strange:
        raise UnknownBinding({"en": f"{', '.join(sorted(strange))}.", "zh": f"{', '.join(sorted(strange))}。"})
    return hash_of({name: _tuples(parts[name]) for name in names})


def _tuples(value: object) -> object:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value
