"""Whatever somebody sends, it is a policy or a refusal with its place, never a crash and never a surprise."""

import copy
import json
import random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.policy.forms import canonical_json, content_hash
from shared.policy.lint import lint
from shared.policy.loader import UnreadablePolicy, read_json, read_json_text, read_yaml
from shared.policy.registry import load_registry
from tests.shared.policy.drafts import drafts, raw_drafts

ODD = [None, True, 0, -1, "", "9" * 50, 10**30, "{x}", [], {}, ["a"], {"en": "a"}, "P0D", "1.", {"all": []}, [[1]]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("form: table\nid: x\nrows: &x [*x]", "yaml_invalid", id="a list that holds itself"),
        pytest.param("form: table\nid: x\n? [1]\n: 2", "field_invalid", id="a list as a field's name"),
        pytest.param("form: table\nid: x\nrows: !!binary aGVsbG8=", "field_invalid", id="binary data"),
        pytest.param("form: table\nid: x\nrows: !!set {a, b}", "field_invalid", id="a set"),
        pytest.param("!!python/object:os.system {}", "yaml_invalid", id="a Python object"),
        pytest.param("form: table\nid: x\nrows: !!float 1", "float_number", id="a whole number called a float"),
        pytest.param("form: table\nid: x\nrows: .inf", "float_number", id="infinity"),
        pytest.param("form: {en: table}\nid: x", "form_unknown", id="a form that is a mapping"),
        pytest.param("- 1", "yaml_invalid", id="a list in place of a document"),
        pytest.param("just words", "yaml_invalid", id="just words"),
    ],
)
def test_yaml_that_is_no_policy_is_refused(text: str, code: str) -> None:
    with pytest.raises(UnreadablePolicy) as refused:
        read_yaml(text)
    assert refused.value.findings[0].code == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param('{"id": 1, "id": 2}', "duplicate_key", id="a key twice"),
        pytest.param('{"a": {"b": 1, "b": 2}}', "duplicate_key", id="a key twice inside"),
        pytest.param("[" * 100_000, "yaml_invalid", id="no floor"),
        pytest.param("1" * 5000, "yaml_invalid", id="a number of five thousand digits"),
        pytest.param("{", "yaml_invalid", id="half an object"),
    ],
)
def test_json_that_cannot_be_read_is_refused(text: str, code: str) -> None:
    with pytest.raises(UnreadablePolicy) as refused:
        read_json_text(text)
    assert refused.value.findings[0].code == code


def test_not_a_number_is_a_float_too() -> None:
    raw = {**raw_drafts()["set-off"], "optional": read_json_text("[NaN]")}
    with pytest.raises(UnreadablePolicy) as refused:
        read_json(raw)
    assert [(one.code, one.path) for one in refused.value.findings] == [("float_number", "optional[0]")]


def _distorted(raw: Any, chance: random.Random) -> Any:
    raw = copy.deepcopy(raw)
    for _ in range(chance.randint(1, 3)):
        node = raw
        while isinstance(node, dict | list) and node:
            place = chance.choice(list(node) if isinstance(node, dict) else range(len(node)))
            if isinstance(node[place], dict | list) and chance.random() < 0.8:
                node = node[place]
                continue
            if chance.random() < 0.2:
                del node[place]
            else:
                node[place] = copy.deepcopy(chance.choice(ODD))
            break
    return raw


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(raw_drafts())), st.randoms(use_true_random=False))
def test_a_distorted_draft_is_refused_or_linted_and_reads_back_the_same(policy: str, chance: random.Random) -> None:
    try:
        document = read_json(_distorted(raw_drafts()[policy], chance))
    except UnreadablePolicy:
        return
    again = read_json(json.loads(canonical_json(document)))
    assert again == document
    assert content_hash(again) == content_hash(document)
    assert all(str(found) for found in lint({**drafts(), document.id: document}.values(), load_registry()))
