"""A pointer names a field as its sender wrote it, whatever shapes the reader tried."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pytest
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    RootModel,
    StringConstraints,
    Tag,
    TypeAdapter,
    ValidationError,
    WrapValidator,
    model_validator,
)

from shared.http.field_errors import not_valid, words_of
from shared.http.moments import Day
from shared.http.problems import field_errors


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: Literal["exact"] = "exact"
    amount: str

    @model_validator(mode="after")
    def _never_thirteen(self) -> "Exact":
        if self.amount == "13":
            raise ValueError("not thirteen")
        return self


class Range(BaseModel):
    kind: Literal["range"] = "range"
    from_: int = Field(alias="from")


class Listed(RootModel[list[Exact | Range]]):
    pass


Key = Annotated[str, StringConstraints(pattern="^[a-z]+$")]
Wrapped = Annotated[int | Exact, WrapValidator(lambda value, check: check(value))]
ByHand = Annotated[
    Annotated[Exact, Tag("by-hand-exact")] | Annotated[Range, Tag("by-hand-range")],
    Discriminator(lambda value: "by-hand-range" if "from" in value else "by-hand-exact"),
]
SHAPES: Mapping[str, Any] = {
    "union": Exact | Range,
    "discriminated": Annotated[Exact | Range, Field(discriminator="kind")],
    "by_hand": ByHand,
    "plain": int | bool,
    "keyed": dict[Key, Exact | Range],
    "root": Listed,
    "before": Annotated[int | Exact, BeforeValidator(lambda value: value)],
    "after": Annotated[Exact | Range, AfterValidator(lambda value: value)],
    "wrapped": Wrapped,
    "pair": tuple[int, Exact | Range],
}


@pytest.mark.parametrize(
    ("shape", "value", "pointers"),
    [
        pytest.param("union", {"amount": 1}, {"/amount", "/from"}, id="a wrong field of either shape"),
        pytest.param("union", {"amount": "13"}, {"", "/from"}, id="a shape that is wrong as a whole"),
        pytest.param("union", "x", {""}, id="a text where a shape was wanted"),
        pytest.param("discriminated", {"kind": "exact", "amount": 1}, {"/amount"}, id="a shape chosen by its kind"),
        pytest.param("discriminated", {"kind": "none"}, {""}, id="a kind that does not exist"),
        pytest.param("by_hand", {"from": "x"}, {"/from"}, id="a shape chosen by a function"),
        pytest.param("plain", "x", {""}, id="neither number nor truth"),
        pytest.param("keyed", {"UP": {"amount": "1"}}, {"/UP"}, id="a wrong key"),
        pytest.param("keyed", {"a/b": {"amount": "1"}}, {"/a~1b"}, id="a wrong key with a slash"),
        pytest.param("root", [{"amount": "1"}, {"amount": "1", "odd": 1}], {"/1/odd", "/1/from"}, id="deep in a list"),
        pytest.param("before", {}, {"", "/amount"}, id="after a function that looked first"),
        pytest.param("after", {}, {"/amount", "/from"}, id="before a function that looks last"),
        pytest.param("wrapped", {"amount": []}, {"", "/amount"}, id="inside a function around it"),
        pytest.param("pair", [1], {"/1"}, id="an item too few"),
        pytest.param("pair", [1, {"odd": 1}], {"/1/odd", "/1/amount", "/1/from"}, id="inside a pair"),
    ],
)
@pytest.mark.parametrize("place", [pytest.param((), id="alone"), pytest.param(("lines", 0), id="in a line")])
def test_no_pointer_holds_the_name_of_a_shape_or_function(
    shape: str, value: Any, pointers: set[str], place: Sequence[str | int]
) -> None:
    wanted = dict[str, list[SHAPES[shape]]] if place else SHAPES[shape]  # type: ignore[misc]  # a type of this test
    sent = {"lines": [value]} if place else value
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(wanted).validate_python(sent)
    wrong = [{**error, "loc": ("body", *error["loc"])} for error in refused.value.errors()]
    prefix = "".join(f"/{step}" for step in place)
    assert {error.pointer for error in field_errors(wrong, sent=sent)} == {prefix + pointer for pointer in pointers}


def test_a_wrong_parameter_is_pointed_at_by_its_name_alone() -> None:
    wrong = {"loc": ("query", "limit", "int"), "type": "int_parsing", "msg": "x"}
    (error,) = field_errors([wrong], sent=None)
    assert (error.pointer, error.where) == ("/limit", "query")


def _no_thirteen(value: str) -> str:
    if value == "13":
        raise not_valid({"en": "never {thirteen}", "zh": "不得为十三"})
    return value


@pytest.mark.parametrize(
    ("wanted", "value", "en", "zh"),
    [
        pytest.param(
            Annotated[str, AfterValidator(_no_thirteen)], "13", "never {thirteen}", "不得为十三", id="of ours"
        ),
        pytest.param(Day, "0001-01-01", None, "须在1970年至2200年之间", id="a day of another age"),
        pytest.param(
            Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")],
            "x",
            "an ISO 4217 currency such as CNY",
            "应为ISO 4217 币种代码，如 CNY",
            id="a way of writing that we know",
        ),
        pytest.param(Key, "UP", "not written as it has to be", "书写格式不正确", id="a way nobody described"),
        pytest.param(
            Annotated[str, StringConstraints(pattern="^a$")], "\ud800", None, "文本含有无效字符", id="half a character"
        ),
    ],
)
def test_what_is_wrong_is_said_in_both_languages_and_never_as_an_expression(
    wanted: Any, value: str, en: str | None, zh: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(wanted).validate_python(value)
    [error] = refused.value.errors()
    said = words_of(error)
    assert said["zh"] == zh
    assert en is None or said["en"] == en
    assert "^" not in said["en"] + said["zh"]
