"""Documents are immutable, equal however they were written, and come back whole from their stored form."""

import json

import pytest
from pydantic import ValidationError
from ruamel.yaml import YAML

from shared.policy.condition import AllOf, FactTest, walk, walk_paths
from shared.policy.forms import (
    Benefit,
    Document,
    Route,
    TableDocument,
    canonical_json,
    content_hash,
    leaves,
    read_document,
    stored_form,
)
from tests.shared.policy.drafts import changed, drafts, raw_drafts


@pytest.mark.parametrize("document", [pytest.param(document, id=name) for name, document in drafts().items()])
def test_the_stored_form_reads_back_as_the_same_document(document: Document) -> None:
    stored = json.loads(canonical_json(document))
    again = read_document(stored)
    assert again == document
    assert hash(again) == hash(document)
    assert content_hash(again) == content_hash(document)
    assert stored == stored_form(document)


def test_the_hash_knows_the_content_and_not_the_writing() -> None:
    document = drafts()["volume-subsidy"]
    reordered = dict(reversed(raw_drafts()["volume-subsidy"].items()))
    assert content_hash(read_document({**reordered, "sample": False})) == content_hash(document)
    assert content_hash(changed("volume-subsidy", {"table.rows[0].rate": "0.21"})) != content_hash(document)


def test_anchors_are_expanded_in_the_stored_form() -> None:
    stored = stored_form(drafts()["kpi-quarter"])
    assert stored["criteria"][0]["table"] == stored["criteria"][2]["table"]


def test_nothing_in_a_document_can_be_changed() -> None:
    table = drafts()["rates"]
    assert isinstance(table, TableDocument)
    with pytest.raises(ValidationError):
        table.owner = "nobody"
    with pytest.raises(TypeError):
        table.rows[0]["rate"] = 7  # type: ignore[index]


def test_figures_are_exact_and_days_are_days() -> None:
    subsidy, rates = drafts()["volume-subsidy"], drafts()["rates"]
    assert isinstance(subsidy, Benefit)
    assert isinstance(rates, TableDocument)
    assert str(subsidy.table.rows[1].rate) == "0.25"
    assert str(rates.rows[0]["rate"]) == "6.50"
    assert str(rates.rows[0]["date"]) == "2021-01-01"


def test_a_condition_is_walked_in_the_order_written_with_its_paths() -> None:
    document = drafts()["election-p4"]
    nodes = [(path, type(node).__name__) for path, node in walk_paths(document.require, "require")]  # type: ignore[union-attr]
    assert nodes[0] == ("require", "AllOf")
    assert ("require.all[3].when", "FactTest") in nodes
    assert len(nodes) == len(list(walk(document.require)))  # type: ignore[union-attr]


def test_a_range_is_two_comparisons() -> None:
    test = FactTest.model_validate({"fact": "line.quantity", "at_least": 5, "at_most": 500})
    assert [(said.word, int(str(said.value))) for said in test.comparisons] == [("at_most", 500), ("at_least", 5)]


@pytest.mark.parametrize(
    "node",
    [
        pytest.param({"fact": "a", "is": 1, "all": []}, id="two shapes at once"),
        pytest.param({"id": "x"}, id="no shape"),
        pytest.param({"fact": "a"}, id="a fact without a comparison"),
        pytest.param({"all": []}, id="all of nothing"),
        pytest.param({"at_least": 0, "of": [{"fact": "a", "exists": True}]}, id="at least none"),
        pytest.param({"fact": "a", "is": 0.5}, id="a float"),
        pytest.param({"policy": "p", "holds": True}, id="a word that is not in the language"),
    ],
)
def test_a_condition_has_exactly_one_shape(node: object) -> None:
    with pytest.raises(ValidationError):
        AllOf.model_validate({"all": [node]})


def test_parallel_steps_nest_and_give_their_turns_in_order() -> None:
    route = drafts()["key-account-list"]
    assert isinstance(route, Route)
    assert [step.id for step in leaves(route.steps)] == ["market", "production", "contracts", "treasury"]


def test_yaml_1_1_words_stay_words() -> None:
    """In YAML 1.1 `off` would be a boolean; the loader reads 1.2."""
    assert YAML(typ="safe", pure=True).load("answer: off") == {"answer": "off"}
