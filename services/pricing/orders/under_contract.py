"""Orders under a contract: in its currency, on its days, of its SKUs, never more pieces or money than it has."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import ClassVar, NamedTuple

from services.pricing.accounts.domain import Contract, ContractTerms
from services.pricing.orders.domain import OrderLine
from services.pricing.orders.placing import OnTheOrderDay, over_drawn
from shared.errors import Conflict, FieldError, ValidationProblem, Words
from shared.money import Money

FIELD = "/contract_id"


class UnknownContract(ValidationProblem):
    code = "unknown_contract"
    title: ClassVar[Words] = {
        "en": "There is no such contract, or it was never submitted",
        "zh": "没有该合同或尚未提交",
    }

    def __init__(self) -> None:
        super().__init__(errors=[FieldError(FIELD, self.code, self.title)])


class ContractOfAnother(Conflict):
    code = "contract_of_another_account"
    title: ClassVar[Words] = {"en": "The contract is another account's", "zh": "合同属于其他客户"}

    def __init__(self) -> None:
        super().__init__(self.title, errors=[FieldError(FIELD, self.code, self.title)])


class ContractTermsUnknown(Conflict):
    """Told before its lines were kept here: not known is not a pass."""

    code = "contract_terms_unknown"
    title: ClassVar[Words] = {"en": "What the contract limits is not known here yet", "zh": "尚不知合同的限额内容"}

    def __init__(self) -> None:
        super().__init__(self.title, errors=[FieldError(FIELD, self.code, self.title)])


class ContractInAnotherCurrency(Conflict):
    code = "contract_in_another_currency"
    title: ClassVar[Words] = {"en": "The contract is in another currency", "zh": "与合同币种不符"}

    def __init__(self, contract: str, order: str) -> None:
        why: Words = {
            "en": f"The contract is in {contract}, the order in {order}.",
            "zh": f"合同币种为 {contract}，订单币种为 {order}。",
        }
        super().__init__(why, errors=[FieldError(FIELD, self.code, why)])


class ContractNotInForce(Conflict):
    code = "contract_not_in_force"
    title: ClassVar[Words] = {"en": "The contract is not in force on this day", "zh": "合同当日不在有效期内"}

    def __init__(self, terms: ContractTerms, day: date) -> None:
        first, until = terms.valid_from or "…", terms.valid_until or "…"
        why: Words = {
            "en": f"It is in force from {first} until before {until}; the order is of {day}.",
            "zh": f"有效期自 {first} 起，至 {until} 前一日止；订单日期为 {day}。",
        }
        super().__init__(why, errors=[FieldError(FIELD, self.code, why)])


class NotInContract(Conflict):
    code = "not_in_contract"
    title: ClassVar[Words] = {"en": "The contract does not name this product", "zh": "合同不含该产品"}


class OverDrawOfContract(Conflict):
    code = "over_draw_of_contract"
    title: ClassVar[Words] = {"en": "More than is left of the contract", "zh": "超过合同剩余数量"}


class OverAmountOfContract(Conflict):
    code = "over_amount_of_contract"
    title: ClassVar[Words] = {"en": "More money than is left of the contract", "zh": "超过合同剩余金额"}


class DrawnUnder(NamedTuple):
    """What the orders that stand under a contract took of one SKU, the money net of everything."""

    quantity: int = 0
    net_minor: int = 0


Drawn = Mapping[str, DrawnUnder]


def hold_to(contract: Contract, lines: Sequence[OrderLine], drawn: Drawn, today: OnTheOrderDay) -> None:
    """`drawn` is by SKU.

    Raises ContractTermsUnknown, ContractInAnotherCurrency, ContractNotInForce, NotInContract, OverDrawOfContract or
    OverAmountOfContract.
    """
    terms = contract.terms
    if terms is None:
        raise ContractTermsUnknown
    if terms.currency != today.currency:
        raise ContractInAnotherCurrency(terms.currency, today.currency)
    if not terms.in_force(today.day):
        raise ContractNotInForce(terms, today.day)
    if strange := [_strange(line) for line in lines if line.sku not in terms.quantities]:
        raise NotInContract(strange[0].detail, errors=strange)
    if short := list(_short(terms.quantities, lines, drawn)):
        raise OverDrawOfContract(short[0].detail, errors=short)
    if dear := list(_dear(terms, lines, drawn)):
        raise OverAmountOfContract(dear[0].detail, errors=dear)


def _strange(line: OrderLine) -> FieldError:
    words: Words = {"en": f"the contract has no line of {line.sku}", "zh": f"合同没有 {line.sku} 的行"}
    return FieldError(f"/lines/{line.line - 1}/quote_line", NotInContract.code, words)


def _short(quantities: Mapping[str, int], lines: Sequence[OrderLine], drawn: Drawn) -> Iterator[FieldError]:
    """Lines of one SKU draw on the same quantity, one after the other."""
    left = {sku: quantity - drawn.get(sku, DrawnUnder()).quantity for sku, quantity in quantities.items()}
    for line in lines:
        if line.quantity > left[line.sku]:
            of = quantities[line.sku]
            yield over_drawn(line.line, OverDrawOfContract.code, left=left[line.sku], of=of, sku=line.sku)
        else:
            left[line.sku] -= line.quantity


def _dear(terms: ContractTerms, lines: Sequence[OrderLine], drawn: Drawn) -> Iterator[FieldError]:
    """A dearer quote draws the same pieces: what was approved is their money too."""
    left = {sku: amount - drawn.get(sku, DrawnUnder()).net_minor for sku, amount in terms.amounts.items()}
    for line in lines:
        if line.net_minor > left[line.sku]:
            yield _too_dear(line, left_minor=max(0, left[line.sku]), of=Money(terms.amounts[line.sku], terms.currency))
        else:
            left[line.sku] -= line.net_minor


def _too_dear(line: OrderLine, *, left_minor: int, of: Money) -> FieldError:
    left, asked = Money(left_minor, of.currency), Money(line.net_minor, of.currency)
    words: Words = {
        "en": f"{left} of {of} {of.currency} are left for {line.sku}, and this is {asked}",
        "zh": f"{line.sku}合同金额共{of} {of.currency}，剩余{left}，本行为{asked}",
    }
    return FieldError(f"/lines/{line.line - 1}/quantity", OverAmountOfContract.code, words)
