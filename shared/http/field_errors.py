"""Which field is wrong, as its sender wrote it, and what is wrong with it in English and Chinese."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import PydanticCustomError

from shared.errors import Problem, Words
from shared.http.patterns import NOT_SO_WRITTEN, WANTED

CHINESE: Mapping[str, str] = {
    "missing": "缺少此字段",
    "extra_forbidden": "不接受此字段",
    "json_invalid": "不是有效的 JSON",
    "string_type": "应为文本",
    "string_too_short": "文本过短（至少 {min_length} 个字符）",
    "string_too_long": "文本过长（最多 {max_length} 个字符）",
    "string_unicode": "文本含有无效字符",
    "string_sub_type": "应为文本",
    "bytes_type": "应为文本",
    "finite_number": "应为有限数值",
    "decimal_max_digits": "数字总位数不得超过 {max_digits} 位",
    "decimal_whole_digits": "整数位数不得超过 {whole_digits} 位",
    "int_parsing_size": "整数过大",
    "multiple_of": "应为 {multiple_of} 的倍数",
    "date_from_datetime_inexact": "应为日期（YYYY-MM-DD）",
    "datetime_object_invalid": "应为日期时间（RFC 3339）",
    "model_type": "应为对象",
    "mapping_type": "应为对象",
    "tuple_type": "应为列表",
    "set_type": "应为列表",
    "none_required": "应为空",
    "union_tag_invalid": "类型应为下列之一：{expected_tags}",
    "union_tag_not_found": "缺少类型字段 {discriminator}",
    "uuid_version": "应为 UUID",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "bool_type": "应为是或否",
    "bool_parsing": "应为是或否",
    "decimal_type": "应为十进制数",
    "decimal_parsing": "应为十进制数",
    "decimal_max_places": "小数位数不得超过 {decimal_places} 位",
    "greater_than": "应大于 {gt}",
    "greater_than_equal": "应不小于 {ge}",
    "less_than": "应小于 {lt}",
    "less_than_equal": "应不大于 {le}",
    "enum": "应为下列之一：{expected}",
    "literal_error": "应为下列之一：{expected}",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_attributes_type": "应为对象",
    "too_short": "项目过少（至少 {min_length} 项）",
    "too_long": "项目过多（最多 {max_length} 项）",
    "date_type": "应为日期",
    "date_parsing": "应为日期（YYYY-MM-DD）",
    "date_from_datetime_parsing": "应为日期（YYYY-MM-DD）",
    "datetime_type": "应为日期时间",
    "datetime_parsing": "应为日期时间（RFC 3339）",
    "datetime_from_date_parsing": "应为日期时间（RFC 3339）",
    "timezone_aware": "日期时间须带时区",
    "uuid_type": "应为 UUID",
    "uuid_parsing": "应为 UUID",
}

NAMES_A_FIELD = frozenset({"missing", "extra_forbidden"})


def pointer_to(error: Mapping[str, Any], *, path: Sequence[int | str], sent: Any) -> str:
    """The JSON pointer of what is wrong inside `sent`, which Pydantic reached by `path`.

    Pydantic's path also names the shapes and functions it tried; only steps that can be taken in what was sent count,
    and at the end the name of the field that is missing there.
    """
    if error["type"] == "json_invalid":
        return ""
    steps: list[int | str] = []
    last = len(path) - 1 if error["type"] in NAMES_A_FIELD else None
    for place, step in enumerate(path):
        if _is_in(sent, step):
            sent = sent[step]
        elif not (place == last and isinstance(sent, Mapping | list)):
            continue
        steps.append(step)
    return pointer(steps)


def _is_in(sent: Any, step: int | str) -> bool:
    if isinstance(sent, Mapping):
        return step in sent
    return isinstance(sent, list) and isinstance(step, int) and step < len(sent)


def pointer(steps: Sequence[int | str]) -> str:
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def words_of(error: Mapping[str, Any]) -> Words:
    """Pydantic's message, and ours in Chinese; a value we do not know how to blame is simply not valid."""
    context = error.get("ctx") or {}
    if isinstance(refused := context.get("error"), Problem):
        return refused.detail or refused.title
    if error["type"] == "string_pattern_mismatch":
        return WANTED.get(str(context.get("pattern")), NOT_SO_WRITTEN)
    if "zh" in context:
        return {"en": str(error["msg"]), "zh": str(context["zh"])}
    said = CHINESE.get(error["type"], "值无效")
    return {"en": str(error["msg"]).removeprefix("Value error, "), "zh": said.format_map(_Known(context))}


def not_valid(words: Words) -> PydanticCustomError:
    """What a validator raises: the sentence that a reader of either language is shown."""
    return PydanticCustomError("value_error", "{en}", {**words})


class _Known(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return "…"
