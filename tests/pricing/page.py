"""Pages of requests and answers: read from Markdown, played against the service, compared value by value."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

EXCHANGE = re.compile(r"```http\n(?P<head>.*?)\n```\n+```json (?P<status>\d{3})\n(?P<answer>.*?)\n```", re.S)
NAMED = re.compile(r"\{\{([a-z_]+)\}\}")
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a page with the answer it promises."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str
    status: int
    answer: Any

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def exchanges(page: str) -> Iterator[Exchange]:
    for found in EXCHANGE.finditer(page):
        head, _, body = found["head"].partition("\n\n")
        first, *rest = head.splitlines()
        method, path = first.split(" ")
        headers = dict(line.split(": ", 1) for line in rest)
        yield Exchange(method, path, headers, body, int(found["status"]), json.loads(found["answer"]))


@dataclass
class Names:
    """What `{{name}}` stands for: given before the page is played, or found in an answer."""

    known: dict[str, str] = field(default_factory=dict)

    def filled(self, text: str) -> str:
        return NAMED.sub(lambda found: self.known[found[1]], text)

    def differences(self, said: Any, came: Any, at: str = "") -> Iterator[str]:
        """Where an answer is not what the page says; fields the page leaves out may be anything."""
        if said == ANYTHING:
            return
        if isinstance(said, dict) and isinstance(came, dict):
            for name, value in said.items():
                if name not in came:
                    yield f"{at}/{name} is missing"
                else:
                    yield from self.differences(value, came[name], f"{at}/{name}")
        elif isinstance(said, list) and isinstance(came, list):
            if len(said) != len(came):
                yield f"{at} has {len(came)} items instead of {len(said)}"
            for place, (one, other) in enumerate(zip(said, came, strict=False)):
                yield from self.differences(one, other, f"{at}/{place}")
        elif isinstance(said, str) and (named := NAMED.fullmatch(said)) and isinstance(came, str):
            if self.known.setdefault(named[1], came) != came:
                yield f"{at} is not {said}"
        elif (self.filled(said) if isinstance(said, str) else said) != came:
            yield f"{at} is {came!r} instead of {said!r}"
