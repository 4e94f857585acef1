"""A mapping says how a system writes its orders; it is a small YAML file beside the data."""

from pathlib import Path
from typing import ClassVar

from pydantic import TypeAdapter, ValidationError
from ruamel.yaml import YAML

from services.pricing.imports.domain import SourceMapping
from shared.errors import FieldError, ValidationProblem, Words

OURS = Path(__file__).parent


class UnknownMapping(ValidationProblem):
    code = "unknown_mapping"
    title: ClassVar[Words] = {"en": "There is no such mapping of an order file", "zh": "没有该订单文件映射"}


def mapping_named(name: str, folder: Path) -> SourceMapping:
    """The mapping `<name>.yaml` of the operator's folder, else one of the product's own; else `UnknownMapping`."""
    for place in (folder, OURS):
        path = place / f"{name}.yaml"
        if path.name == f"{name}.yaml" and path.is_file():
            return read_mapping(path)
    unknown: Words = {"en": f"no mapping is called {name!r}", "zh": f"没有名为{name!r}的映射"}
    raise UnknownMapping(errors=[FieldError("/mapping", "unknown_mapping", unknown, where="query")])


def read_mapping(path: Path) -> SourceMapping:
    """`ValueError` when the file is no mapping."""
    raw = YAML(typ="safe", pure=True).load(path)
    try:
        return TypeAdapter(SourceMapping).validate_python(raw)
    except ValidationError as wrong:
        raise ValueError(f"{path.name} is no mapping: {wrong}") from wrong
