"""Whose turn it is on the route of a publication (C10)."""

from typing import Any

import pytest

from shared.policy.forms import Route
from shared.policy.lifecycle import open_steps
from tests.shared.policy.drafts import changed


def step(name: str, kind: str = "review") -> dict[str, Any]:
    return {"id": name, "role": name, "kind": kind, "evidence": ["email"] if kind == "approve" else []}


TWO = [step("legal"), step("finance")]


@pytest.mark.parametrize(
    ("steps", "endorsed", "turn"),
    [
        pytest.param(TWO, [], ["legal"], id="the first one first"),
        pytest.param(TWO, ["legal"], ["finance"], id="then the second"),
        pytest.param(TWO, ["legal", "finance"], [], id="and then nobody"),
        pytest.param([step("hr", "copy"), *TWO], [], ["legal"], id="a copy decides nothing"),
        pytest.param([{"id": "both", "all": TWO}], ["finance"], ["legal"], id="all of two, one is left"),
        pytest.param([{"id": "one", "any": TWO}, step("gm")], [], ["legal", "finance"], id="any of two, both may"),
        pytest.param([{"id": "one", "any": TWO}, step("gm")], ["finance"], ["gm"], id="any of two, one is enough"),
        pytest.param(
            [{"id": "most", "at_least": 2, "of": [*TWO, step("hr")]}], ["hr"], ["legal", "finance"], id="two of three"
        ),
        pytest.param([{"id": "most", "at_least": 2, "of": [*TWO, step("hr")]}], ["hr", "legal"], [], id="two are two"),
    ],
)
def test_each_step_has_its_turn(steps: list[dict[str, Any]], endorsed: list[str], turn: list[str]) -> None:
    route = changed("policy-publication", {"steps": steps})
    assert isinstance(route, Route)
    assert [one.id for one in open_steps(route, frozenset(endorsed))] == turn
