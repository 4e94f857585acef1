"""A condition is a fact compared, another document's answer, or all / any / at least n of several."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, get_args

from pydantic import Discriminator, Field, PositiveInt, Tag, model_validator

from shared.policy.measure import Measure
from shared.policy.notation import Part, Scalar, Several, Slug, Value, Words

Word = Literal["is", "is_not", "in", "not_in", "less_than", "at_most", "more_than", "at_least", "exists"]
WORDS: tuple[Word, ...] = get_args(Word)
ORDERED: frozenset[Word] = frozenset(("less_than", "at_most", "more_than", "at_least"))
_FIELDS: dict[str, str] = {"is": "is_", "in": "in_"}


class Comparison(NamedTuple):
    """One word of comparison as written, with what it compares to (a tuple for `in` and `not_in`)."""

    word: Word
    value: Scalar | tuple[Scalar, ...]


class Named(Part):
    """What every node may carry: a name for answers and traces, and when it applies."""

    id: Slug | None = None
    title: Words | None = None
    when: "Condition | None" = None


class FactTest(Named, Measure):
    """A measure that must compare as said; several comparisons make a range."""

    is_: Value | None = Field(None, alias="is")
    is_not: Value | None = None
    in_: Several[Value] | None = Field(None, alias="in")
    not_in: Several[Value] | None = None
    less_than: Value | None = None
    at_most: Value | None = None
    more_than: Value | None = None
    at_least: Value | None = None
    exists: bool | None = None

    @property
    def comparisons(self) -> tuple[Comparison, ...]:
        said: tuple[tuple[Word, Any], ...] = tuple((word, getattr(self, _FIELDS.get(word, word))) for word in WORDS)
        return tuple(Comparison(word, value) for word, value in said if value is not None)

    @property
    def measure(self) -> Measure:
        return Measure(
            fact=self.fact,
            basis=self.basis,
            per=self.per,
            window=self.window,
            currency=self.currency,
            without=self.without,
        )

    @model_validator(mode="after")
    def _compares(self) -> "FactTest":
        if not self.comparisons:
            raise ValueError("a fact needs a comparison")
        return self


class PolicyTest(Named):
    """Another document must answer as said: `holds`, or a grade."""

    policy: str
    is_: str = Field(alias="is")


class AllOf(Named):
    all: "Several[Condition]" = Field(min_length=1)


class AnyOf(Named):
    any: "Several[Condition]" = Field(min_length=1)


class AtLeastOf(Named):
    at_least: PositiveInt
    of: "Several[Condition]" = Field(min_length=1)


def _shape(node: Any) -> str | None:
    if not isinstance(node, Mapping):
        return type(node).__name__ if isinstance(node, Named) else None
    found = [name for name in _SHAPES if name in node]
    return _SHAPES[found[0]] if len(found) == 1 else None


_SHAPES = {"fact": "FactTest", "policy": "PolicyTest", "all": "AllOf", "any": "AnyOf", "of": "AtLeastOf"}

Condition = Annotated[
    Annotated[FactTest, Tag("FactTest")]
    | Annotated[PolicyTest, Tag("PolicyTest")]
    | Annotated[AllOf, Tag("AllOf")]
    | Annotated[AnyOf, Tag("AnyOf")]
    | Annotated[AtLeastOf, Tag("AtLeastOf")],
    Discriminator(
        _shape,
        custom_error_type="condition_shape",
        custom_error_message="exactly one of fact, policy, all, any, at_least with of",
    ),
]

for _model in (Named, FactTest, PolicyTest, AllOf, AnyOf, AtLeastOf):
    _model.model_rebuild()


def parts(node: Condition) -> tuple[Condition, ...]:
    """The conditions a node combines; a fact and a policy have none."""
    match node:
        case AllOf():
            return node.all
        case AnyOf():
            return node.any
        case AtLeastOf():
            return node.of
        case _:
            return ()


def walk(node: Condition | None) -> Iterator[Condition]:
    """The node, all inside it and what it depends on, in the order written."""
    if node is None:
        return
    yield node
    for part in parts(node):
        yield from walk(part)
    yield from walk(node.when)


def walk_paths(node: Condition | None, path: str) -> Iterator[tuple[str, Condition]]:
    """Like `walk`, each node with its path in the document: `require.all[1].when`."""
    if node is None:
        return
    yield path, node
    word = _COMBINING.get(type(node), "")
    for index, part in enumerate(parts(node)):
        yield from walk_paths(part, f"{path}.{word}[{index}]")
    yield from walk_paths(node.when, f"{path}.when")


_COMBINING: dict[type[Named], str] = {AllOf: "all", AnyOf: "any", AtLeastOf: "of"}
