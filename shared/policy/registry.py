"""The facts a policy may name: typed, explained in both languages, with the services that compute each of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field
from ruamel.yaml import YAML

from shared.policy.forms import Benefit, Conditions, Document, Route, Scorecard
from shared.policy.measure import Basis
from shared.policy.notation import Part, Several, Words

FactType = Literal["money", "rate", "count", "date", "duration", "choice", "code", "yes_no", "text"]
Service = Literal["accounts", "pricing", "approvals", "rewards"]
F = TypeVar("F", bound=Callable[..., Any])

FACTS = Path(__file__).with_name("facts.yaml")


class UnknownFact(LookupError):
    """The registry has no fact of that name, or the service is not one that computes it."""


class Fact(Part):
    """One pure question: `(facts, subject, window, as_of) -> value | NoEvidence`, with the events it used.

    A `code` is the name of something that only its owner can list: a SKU, the number of an account.
    """

    name: str
    services: Several[Service]
    subject: Several[str]
    type: FactType
    choices: Several[str] = ()
    unit: str
    min: int | None = 0
    windows: Several[str] = ()
    bases: Several[Basis] = ()
    reads: Several[str] = ()
    en: str
    zh: str
    how: str

    @property
    def meaning(self) -> Words:
        return Words(en=self.en, zh=self.zh)

    @property
    def smallest(self) -> Decimal | None:
        """Where a table over the fact starts; none where the fact may be negative."""
        return None if self.min is None else Decimal(self.min)


class Subject(Part):
    """Something a fact belongs to; `of` is what it is a part of, whose facts it reaches too."""

    name: str
    service: Service
    of: str | None = None


class Moment(Part):
    """Where code asks the conditions documents of a subject."""

    name: str
    services: Several[Service]


class _File(Part):
    subjects: Several[Subject]
    moments: Several[Moment]
    facts: Several[Fact] = Field(min_length=1)


@dataclass(frozen=True)
class Registry:
    """Facts, subjects and moments by name."""

    facts: Mapping[str, Fact]
    subjects: Mapping[str, Subject]
    moments: Mapping[str, Moment]

    def fact(self, name: str) -> Fact:
        try:
            return self.facts[name]
        except KeyError:
            raise UnknownFact(f"no fact is called {name}") from None

    def reach(self, subject: str) -> frozenset[str]:
        """The subject and all it is part of: a line reaches the facts of its order, its sale and its account."""
        found: set[str] = set()
        at: str | None = subject
        while at is not None and at in self.subjects:
            found.add(at)
            at = self.subjects[at].of
        return frozenset(found)

    def computed_by(self, service: Service) -> tuple[Fact, ...]:
        return tuple(fact for fact in self.facts.values() if service in fact.services)

    def asked_in(self, document: Conditions) -> frozenset[Service]:
        """The services whose code asks a conditions document; a moment shared by many is asked by the subject's own."""
        asked = {service for moment in document.at if moment in self.moments for service in self._askers(moment)}
        own = self.subjects[document.subject].service
        return frozenset({own} if {"period.closing", "day.starting"} & set(document.at) else asked)

    def _askers(self, moment: str) -> tuple[Service, ...]:
        return self.moments[moment].services


class FactFunctions(Generic[F]):
    """The functions with which one service computes its facts; one it has not got answers no evidence."""

    def __init__(self, registry: Registry, service: Service) -> None:
        self._registry, self._service = registry, service
        self._functions: dict[str, F] = {}

    def computes(self, name: str) -> Callable[[F], F]:
        """Marks the pure function of a fact; `UnknownFact` where the registry does not give it to this service."""
        if self._service not in self._registry.fact(name).services:
            raise UnknownFact(f"{name} is not computed by {self._service}")

        def keep(function: F) -> F:
            self._functions[name] = function
            return function

        return keep

    def get(self, name: str) -> F | None:
        return self._functions.get(name)

    def missing(self) -> tuple[Fact, ...]:
        """Facts the registry expects of this service and that answer no evidence so far."""
        expected = self._registry.computed_by(self._service)
        return tuple(fact for fact in expected if fact.name not in self._functions)


@cache
def load_registry(path: Path = FACTS) -> Registry:
    """The registry from its data file; the same object each time."""
    raw = _File.model_validate(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    return Registry(
        facts={fact.name: fact for fact in raw.facts},
        subjects={subject.name: subject for subject in raw.subjects},
        moments={moment.name: moment for moment in raw.moments},
    )


def mounting_service(document: Document, registry: Registry, families: Mapping[str, str]) -> Service | None:
    """The one service that publishes a document; a plain table goes where it is posted, so the answer is none.

    `families` tells of each stacking group whether it is a `price`, a `reward` or pays a `person`.
    """
    match document:
        case Benefit():
            return "pricing" if families.get(document.stacking) == "price" else "rewards"
        case Route():
            return "approvals"
        case Conditions():
            return _service_of(document.subject, registry)
        case Scorecard():
            return _service_of(document.subjects[0], registry)
        case _:
            return None


def _service_of(subject: str, registry: Registry) -> Service | None:
    found = registry.subjects.get(subject)
    return found.service if found else None
