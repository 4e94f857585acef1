"""By what two dossiers are suspected to be one customer: name, licence number, telephone (A1)."""

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar

from shared.errors import Conflict, Words

# What a company is in law says nothing of who it is.
FORMS = frozenset(
    ("ag", "co", "company", "corp", "corporation", "gmbh", "inc", "limited", "llc", "ltd", "plc",
     "sa", "sarl", "sarlu", "sas", "sasu", "societe", "sprl", "the")
)  # fmt: skip
CHINESE_FORMS = ("股份有限公司", "有限责任公司", "集团有限公司", "有限公司", "公司", "集团")
PART = re.compile(r"[^\W_]+")
LEAST_LICENCE = 4
LEAST_PHONE, SHARED_PHONE = 7, 9


class Reason(StrEnum):
    name = "name"
    licence = "licence"
    phone = "phone"


class AlreadyDismissed(Conflict):
    code = "suspicion_dismissed"
    title: ClassVar[Words] = {"en": "The suspicion was dismissed before", "zh": "该疑似重复已排除"}


def name_key(name: str) -> str:
    """The name without accents, case, spaces, marks and legal form: `Société Ngaliema S.A.R.L.` is `ngaliema`."""
    parts = PART.findall(_bare(name).replace(".", ""))
    telling = [part for part in parts if part not in FORMS] or parts
    joined = "".join(telling)
    for form in CHINESE_FORMS:
        if joined.endswith(form) and joined != form:
            return joined.removesuffix(form)
    return joined


def licence_key(number: str) -> str | None:
    """Letters and digits of the number; one too short to tell apart is None."""
    key = "".join(PART.findall(_bare(number)))
    return key if len(key) >= LEAST_LICENCE else None


def phone_key(phone: str) -> str | None:
    """The last nine digits, so that +243 81 … and 081 … are one; an extension or a stub is None."""
    digits = "".join(letter for letter in unicodedata.normalize("NFKC", phone) if letter.isdecimal())
    return digits[-SHARED_PHONE:] if len(digits) >= LEAST_PHONE else None


def match_keys(*, legal_name: str, phone: str | None, licences: Iterable[str]) -> set[tuple[Reason, str]]:
    """Everything by which a dossier may be recognised."""
    found: set[tuple[Reason, str | None]] = {(Reason.name, name_key(legal_name) or None)}
    found |= {(Reason.licence, licence_key(number)) for number in licences}
    if phone:
        found.add((Reason.phone, phone_key(phone)))
    return {(reason, key) for reason, key in found if key}


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(letter for letter in apart if not unicodedata.combining(letter)))
