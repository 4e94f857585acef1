"""Requests made of an OpenAPI document: some fit it, some almost, and most ids are ones that exist."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

ROOT = "http://service"


@dataclass
class Known:
    """Ids that answers showed, by the names of their fields: without them nearly every request ends with 404."""

    chance: random.Random
    _values: dict[str, list[Any]] = field(default_factory=lambda: defaultdict(list))

    def learn(self, answer: Any) -> None:
        for name, value in _fields(answer):
            if _is_reference(name) and value not in self._values[name]:
                self._values[name].append(value)

    def put_into(self, body: Any) -> Any:
        """The same body with references to what exists, each in about half of the cases."""
        match body:
            case dict():
                return {name: self._instead(name, self.put_into(value)) for name, value in body.items()}
            case list():
                return [self.put_into(item) for item in body]
        return body

    def _instead(self, name: str, value: Any) -> Any:
        return self.chance.choice([value, *self._values[name][-1:]]) if name in self._values else value


def _fields(answer: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(answer, list):
        for item in answer:
            yield from _fields(item)
    elif isinstance(answer, dict):
        for name, value in answer.items():
            yield name, value
            yield from _fields(value)


def _is_reference(name: str) -> bool:
    return name.endswith(("_id", "_hash")) or name in {"sku", "key", "name", "version", "period"}


@dataclass(frozen=True)
class Sent:
    """One request as it goes over the wire."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None

    def __str__(self) -> str:
        return f"{self.method} {self.url} {self.body!r:.600}"


def requests_of(document: dict[str, Any], known: Known, *, each: int, start: int | None) -> Iterator[Sent]:
    """`each` requests an operation, half of them against its schema; the same ones again for the same `start`."""
    schema = schemathesis.openapi.from_dict(document)
    for found in schema.get_all_operations():
        for case in _drawn(found.ok(), each=each, start=start):
            case.path_parameters = known.put_into(case.path_parameters)
            if isinstance(case.query, dict):
                case.query = known.put_into(case.query)
            case.body = known.put_into(case.body)
            yield _on_the_wire(case)


def _drawn(operation: Any, *, each: int, start: int | None) -> list[Any]:
    drawn: list[Any] = []

    @settings(
        max_examples=each,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(st.one_of(*(operation.as_strategy(mode) for mode in GenerationMode)))
    def draw(case: Any) -> None:
        drawn.append(case)

    (draw if start is None else seed(start)(draw))()
    return drawn


def _on_the_wire(case: Any) -> Sent:
    said = {name: value for name, value in case.as_transport_kwargs(base_url=ROOT).items() if name in _REQUEST_PARTS}
    ready = requests.Request(**said).prepare()
    body = ready.body.encode() if isinstance(ready.body, str) else ready.body
    return Sent(str(ready.method), str(ready.url), dict(ready.headers), body)


_REQUEST_PARTS = {"method", "url", "headers", "params", "json", "data", "files", "cookies"}
