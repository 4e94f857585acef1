"""What a refusal says to a person is in his language: titles of states and moves, sentences of validators."""

import ast
import re
from enum import EnumMeta
from pathlib import Path

import orjson
import pytest
from pydantic import TypeAdapter, ValidationError

from services.accounts.cases.domain import CaseMove, Stage
from services.accounts.growth.schemas import NewObjective, NewPlan
from services.accounts.identity.schemas import TokenAsked, UserCreated
from services.accounts.kpis.schemas import NewAppraisal
from services.accounts.moves import MoveNotAllowed
from services.accounts.programmes.domain import ListMove, ListState, WrongListMove, moved
from services.accounts.programmes.schemas import NominationReason
from services.approvals.contracts import domain as contracts
from services.approvals.requests import states
from services.pricing.orders import domain as orders
from services.pricing.quotes import domain as quotes
from shared.http.field_errors import words_of
from shared.titled import Titled

PROJECT = Path(__file__).resolve().parents[2]
CHINESE = re.compile(r"[\u4e00-\u9fff]")
LATIN = re.compile(r"[A-Za-z]")


def test_a_titled_word_is_its_value_wherever_machines_look() -> None:
    assert (Stage.manager_review, str(Stage.manager_review)) == ("manager_review", "manager_review")
    assert orjson.dumps([Stage.won]) == b'["won"]'
    assert TypeAdapter(Stage).validate_python("lost") is Stage.lost
    assert TypeAdapter(Stage).json_schema()["enum"] == [stage.value for stage in Stage]


def machines(parent: type[Titled]) -> list[EnumMeta]:
    return [*parent.__subclasses__()]


@pytest.mark.parametrize("machine", machines(Titled), ids=lambda one: f"{one.__module__}.{one.__name__}")
def test_every_state_and_move_has_a_title_in_both_languages(machine: type[Titled]) -> None:
    for word in machine:
        assert "_" not in word.en
        assert CHINESE.search(word.zh), word
        assert not LATIN.search(word.zh), word


def test_a_wrong_move_is_told_in_titles_and_named_in_data() -> None:
    refused = MoveNotAllowed(Stage.manager_review, (CaseMove.lose,))
    assert refused.detail == {
        "en": "It is manager's review; what may follow: lose.",
        "zh": "当前为“经理审核中”，可进行的操作：失败结案。",
    }
    assert refused.more == {"state": "manager_review", "allowed": ["lose"]}


def test_a_wrong_move_of_a_list_is_told_in_titles_a4() -> None:
    with pytest.raises(WrongListMove) as refused:
        moved(ListState.published, ListMove.propose)
    assert refused.value.detail == {
        "en": "The list is published; what may follow: nothing.",
        "zh": "名单当前为“已公布”，可进行的操作：无。",
    }


def test_the_machines_of_the_other_services_speak_so_too() -> None:
    assert {states.State, contracts.State, orders.OrderState, quotes.QuoteState} <= set(machines(Titled))


TOLD = [
    pytest.param(TokenAsked, {"grant_type": "password"}, id="a token half asked for"),
    pytest.param(UserCreated, {"name": "A", "login": "a.b"}, id="a login without its password"),
    pytest.param(UserCreated, {"name": "A", "user_id": "system"}, id="the system's own id"),
    pytest.param(NewObjective, {"title": "t", "starts_on": "2021-02-01", "due_on": "2021-01-01"}, id="due too soon"),
    pytest.param(
        NewPlan,
        {"account_id": "a", "title": "t", "valid_from": "2021-02-01", "valid_until": "2021-02-01"},
        id="a plan of no day",
    ),
    pytest.param(
        NewAppraisal, {"scope": "employee", "scope_id": "a", "period": "2021-Q1"}, id="no answers for a clerk"
    ),
    pytest.param(NominationReason, {"fact": "no.fact", "value": True, "evidence": "e"}, id="no fact to nominate by"),
    pytest.param(
        NominationReason, {"fact": "account.develops_market", "value": "P2Y", "evidence": "e"}, id="a length of a yes"
    ),
    pytest.param(
        NominationReason,
        {"fact": "account.continuous_contracts", "value": True, "evidence": "e"},
        id="a yes of a length",
    ),
    pytest.param(
        NominationReason, {"fact": "account.continuous_contracts", "value": "long", "evidence": "e"}, id="no length"
    ),
]


@pytest.mark.parametrize(("schema", "sent"), TOLD)
def test_what_a_validator_refuses_is_said_in_both_languages(schema: type, sent: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(schema).validate_python(sent)
    [error] = refused.value.errors()
    words = words_of(error)
    assert CHINESE.search(words["zh"]), words
    assert words["zh"] != "值无效"
    assert not CHINESE.search(words["en"])


def test_no_shape_of_a_request_refuses_in_one_language_alone() -> None:
    raised = [
        f"{path.relative_to(PROJECT)}:{node.lineno}"
        for path in sorted(PROJECT.glob("services/**/schemas.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and "ValueError" in ast.dump(node)
    ]
    assert raised == []
