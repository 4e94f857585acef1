"""A bank account is known by its ending; whatever else it says is somebody's private business (A1)."""

import re
from dataclasses import dataclass
from typing import ClassVar

from shared.errors import Conflict, FieldError, ValidationProblem, Words

MASK = "•••"
SHOWN = 4
LEAST_HIDDEN = 4
SEPARATORS = re.compile(r"[\s.-]+")
NUMBER = re.compile(r"[0-9A-Z]{6,34}")
NO_NUMBER: Words = {
    "en": "6 to 34 digits or letters; spaces, dots and dashes are left out",
    "zh": "应为6至34位数字或字母；空格、点和短横不计",
}


class NotABankAccount(ValidationProblem):
    """422 at `/number`."""

    def __init__(self) -> None:
        super().__init__(errors=[FieldError("/number", "not_a_bank_account", NO_NUMBER)])


class BankAccountEnded(Conflict):
    code = "bank_account_ended"
    title: ClassVar[Words] = {"en": "The bank account is no longer used", "zh": "该银行账户已停用"}


@dataclass(frozen=True, slots=True)
class BankDetails:
    """What is kept sealed: nothing of it leaves the service unasked."""

    number: str
    holder: str


def account_number(text: str) -> str:
    """The number without what people part it by; raises NotABankAccount."""
    number = SEPARATORS.sub("", text).upper()
    if not NUMBER.fullmatch(number):
        raise NotABankAccount
    return number


def masked(number: str) -> str:
    """The last four characters, where at least as many stay hidden."""
    return f"{MASK} {number[-SHOWN:]}" if len(number) >= SHOWN + LEAST_HIDDEN else MASK
