"""A survey is answered once, through a link nobody can make up, with marks inside the scale (A10)."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import ClassVar

from shared.errors import FieldError, NotFound, Problem, ValidationProblem, Words


class NoSuchLink(NotFound):
    """A link that was not made here, or not for this: it says no more than that."""

    code = "survey_link_not_found"


class SurveyAnswered(Problem):
    status = 409
    code = "survey_answered"
    title: ClassVar[Words] = {"en": "This survey was answered already", "zh": "该调查已作答"}


class SurveyClosed(Problem):
    status = 409
    code = "survey_closed"
    title: ClassVar[Words] = {"en": "The time to answer this survey is over", "zh": "该调查已过作答期限"}


class NoAddress(ValidationProblem):
    """Nothing could be mailed: the one it goes to has no address on file, or has left."""

    def __init__(self, pointer: str) -> None:
        missing: Words = {
            "en": "no e-mail address on file: add one, or ask for the link by hand",
            "zh": "未登记邮箱：请补登，或选择自行转交链接",
        }
        super().__init__(errors=[FieldError(pointer, "no_address", missing)])


@dataclass(frozen=True, slots=True)
class Terms:
    """The scale of every mark, both ends included."""

    lowest: int
    highest: int


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one answered survey, given on a local day."""

    survey_id: str
    on: date
    marks: tuple[int, ...]


def link_of(survey_id: str, expires_on: date, *, secret: str) -> str:
    """What a customer needs to answer without a login: the survey's id, sealed with its last day."""
    return f"{survey_id}.{_seal(survey_id, expires_on, secret)}"


def survey_named(link: str) -> str:
    """The survey a link claims to be for; whether that is true says `check_link`."""
    return link.partition(".")[0]


def check_link(link: str, survey_id: str, expires_on: date, *, secret: str) -> None:
    """Raises NoSuchLink for a link that was not made for this survey and day."""
    if not hmac.compare_digest(link.encode(), link_of(survey_id, expires_on, secret=secret).encode()):
        raise NoSuchLink


def _seal(survey_id: str, expires_on: date, secret: str) -> str:
    # A key of its own: what seals survey links must not be usable for anything else sealed with the same secret.
    key = hashlib.sha256(b"survey link\n" + secret.encode()).digest()
    return hmac.new(key, f"{survey_id}\n{expires_on.isoformat()}".encode(), hashlib.sha256).hexdigest()


def check_answers(asked: Sequence[str], given: Mapping[str, int], terms: Terms) -> None:
    """Every question answered, no other, each within the scale; raises ValidationProblem that points at each."""
    unanswered: Words = {"en": "not answered", "zh": "未作答"}
    unknown: Words = {"en": "not asked in this survey", "zh": "本调查无此问题"}
    outside: Words = {
        "en": f"a mark lies between {terms.lowest} and {terms.highest}",
        "zh": f"评分应在{terms.lowest}至{terms.highest}之间",
    }
    wrong = [FieldError(f"/answers/{name}", "missing", unanswered) for name in asked if name not in given]
    wrong += [FieldError(f"/answers/{name}", "unknown_question", unknown) for name in given if name not in asked]
    wrong += [
        FieldError(f"/answers/{name}", "out_of_range", outside)
        for name, mark in given.items()
        if name in asked and not terms.lowest <= mark <= terms.highest
    ]
    if wrong:
        raise ValidationProblem(errors=wrong)


def average(marks: Sequence[int]) -> Decimal:
    """The mean of at least one mark, unrounded."""
    return Decimal(sum(marks)) / len(marks)
