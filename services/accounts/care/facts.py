"""What care asks of a contact and of an account (A14), as pure functions."""

from dataclasses import dataclass
from datetime import date

from services.accounts.asked_facts import FactFunction
from services.accounts.care.domain import next_birthday
from services.accounts.support.domain import IN_PROGRAMME, answered
from shared.calendar import Period
from shared.policy.measure import Measure
from shared.policy.registry import FactFunctions, load_registry
from shared.trace import Evidence, NoEvidence


@dataclass(frozen=True, slots=True)
class CaredFor:
    """An account, or its main contact with the day he was born; `in_programme` is None where nobody evaluated it."""

    is_key_account: bool
    born_on: date | None = None
    in_programme: bool | None = None


CONTACT_FUNCTIONS: FactFunctions[FactFunction[CaredFor]] = FactFunctions(load_registry(), "accounts")
ACCOUNT_FUNCTIONS: FactFunctions[FactFunction[CaredFor]] = FactFunctions(load_registry(), "accounts")


@CONTACT_FUNCTIONS.computes("account.is_key_account")
@ACCOUNT_FUNCTIONS.computes("account.is_key_account")
def is_key_account(cared: CaredFor, measure: Measure, window: Period | None, as_of: date) -> Evidence:
    return Evidence(cared.is_key_account)


@ACCOUNT_FUNCTIONS.computes(IN_PROGRAMME)
def in_support_programme(
    cared: CaredFor, measure: Measure, window: Period | None, as_of: date
) -> Evidence | NoEvidence:
    """A member whose last evaluation holds (A11)."""
    return answered(cared.in_programme)


@CONTACT_FUNCTIONS.computes("contact.days_to_birthday")
def days_to_birthday(cared: CaredFor, measure: Measure, window: Period | None, as_of: date) -> Evidence | NoEvidence:
    """Local days from the day to the next birthday."""
    if cared.born_on is None:
        return NoEvidence("the date of birth")
    return Evidence((next_birthday(cared.born_on, as_of) - as_of).days, "days")
