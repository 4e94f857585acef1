"""What the last approver decides beyond yes: each term of a route by name, checked and kept as JSON values."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from services.approvals.requests.limits import AskedAbout, unhelpful
from services.approvals.requests.readings import Kind, NotATerm, name_in_chinese, reading_of
from services.approvals.routing.domain import Limit
from shared.errors import FieldError, Problem, Words

Terms = Mapping[str, object]


class TermsNotRight(Problem):
    status = 422
    code = "terms_not_right"
    title: ClassVar[Words] = {"en": "The terms of the approval are not right", "zh": "审批条款有误"}


class TermsNotAsked(Problem):
    status = 422
    code = "terms_not_asked"
    title: ClassVar[Words] = {"en": "This step gives no terms", "zh": "此步骤不填写条款"}


def checked_terms(
    names: Sequence[str], given: Terms, *, limits: Sequence[Limit], about: AskedAbout
) -> dict[str, object]:
    """Every named term in its canonical JSON form; an amount without its currency is of the one asked in.

    Raises TermsNotRight with a pointer for each wrong one, and for each that could not help whoever asked.
    """
    strange, missing = set(given) - set(names), set(names) - set(given)
    errors = [_wrong(name, "not_asked", "the route does not name it", "该流程无此条款") for name in sorted(strange)]
    errors += [_wrong(name, "missing", "the last approver gives it", "须由最后审批人填写") for name in sorted(missing)]
    read: dict[str, object] = {}
    for name in (name for name in names if name in given):
        try:
            read[name] = reading_of(name).read(_with_currency(name, given[name], about))
        except NotATerm as wrong:
            errors.append(FieldError(f"/terms/{name}", "not_right", wrong.wanted))
    errors += _across(read, about.account_id)
    errors += unhelpful(read, limits, about=about)
    if errors:
        raise TermsNotRight(errors=errors)
    return read


def _with_currency(name: str, value: object, about: AskedAbout) -> object:
    if reading_of(name).kind is Kind.MONEY and isinstance(value, str) and about.currency is not None:
        return {"amount": value, "currency": about.currency}
    return value


def _wrong(name: str, code: str, en: str, zh: str) -> FieldError:
    return FieldError(f"/terms/{name}", code, {"en": en, "zh": zh})


def _across(read: Terms, account_id: str | None) -> list[FieldError]:
    """What no single term shows: ranges the right way round, and the account that was asked about."""
    errors = []
    for low, high, strict in (("quantity_from", "quantity_to", False), ("from", "until", True)):
        if low in read and high in read and not _ordered(read[low], read[high], strict=strict):
            errors.append(_wrong(high, "before_start", f"must come after {low}", f"须晚于{name_in_chinese(low)}"))
    if read.get("account", account_id) != account_id:
        errors.append(_wrong("account", "other_account", "not the account that was asked about", "与申请的客户不符"))
    return errors


def _ordered(low: object, high: object, *, strict: bool) -> bool:
    if isinstance(low, int) and isinstance(high, int):
        return low <= high
    return str(low) < str(high) if strict else str(low) <= str(high)
