"""What changed between two versions of a policy, in words a policy owner reads."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.policy.forms import Document, stored_form

# Field names as people say them; a field that is not here is shown by its own name.
_SPOKEN: Mapping[str, tuple[str, str]] = {
    "row": ("policy rows", "政策行"),
    "title": ("title", "名称"),
    "source": ("source", "来源"),
    "says": ("what the source says", "来源内容"),
    "clause": ("clause", "条款"),
    "owner": ("owner", "责任角色"),
    "valid": ("validity", "有效期"),
    "scope": ("scope", "适用范围"),
    "require": ("requirement", "要求"),
    "requires": ("gates", "前提条件"),
    "otherwise": ("if it fails", "不满足时"),
    "then": ("if it holds", "满足时"),
    "measure": ("measure", "计量"),
    "table": ("table", "档位表"),
    "rows": ("row", "档"),
    "criteria": ("criterion", "标准"),
    "grades": ("grades", "等级"),
    "weight": ("weight", "权重"),
    "from": ("from", "起"),
    "to": ("to", "止"),
    "until": ("until (exclusive)", "止（不含）"),
    "rate": ("rate", "比率"),
    "amount": ("amount", "金额"),
    "each": ("each", "每增加一单位"),
    "score": ("score", "得分"),
    "grade": ("grade", "等级"),
    "ask": ("ask", "申请审批"),
    "nothing": ("nothing", "无"),
    "mode": ("mode", "计算方式"),
    "bounds": ("bounds", "边界归属"),
    "outcome": ("outcome", "结果"),
    "rounding": ("rounding", "舍入"),
    "currency": ("currency", "币种"),
    "timing": ("timing", "时间安排"),
    "stacking": ("stacking group", "叠加分组"),
    "clawback": ("clawback", "追回"),
    "budget": ("budget", "预算"),
    "steps": ("step", "步骤"),
    "role": ("role", "角色"),
    "evidence": ("evidence", "凭据"),
    "when": ("only when", "仅当"),
    "initiators": ("initiators", "发起人"),
    "reopens": ("reopened by", "重新审批条件"),
    "terms": ("terms of the approval", "审批条款"),
    "limits": ("limit of the terms", "条款限制"),
    "term": ("term", "条款"),
    "lasts": ("lasts", "有效时长"),
    "sla": ("clock", "时限"),
    "more_than": ("more than", "大于"),
    "at_least": ("at least", "不少于"),
    "less_than": ("less than", "小于"),
    "at_most": ("at most", "不超过"),
    "is": ("is", "为"),
    "en": ("English", "英文"),
    "zh": ("Chinese", "中文"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One place that differs; `before` or `after` is None where the place is new or gone."""

    path: str
    before: Any
    after: Any

    @property
    def en(self) -> str:
        place = _place(self.path, 0)
        if self.before is None:
            return f"{place}: new, {_shown(self.after)}."
        if self.after is None:
            return f"{place}: gone, it was {_shown(self.before)}."
        return f"{place}: {_shown(self.before)} becomes {_shown(self.after)}."

    @property
    def zh(self) -> str:
        place = _place(self.path, 1)
        if self.before is None:
            return f"{place}：新增{_shown(self.after)}。"
        if self.after is None:
            return f"{place}：删除，原为{_shown(self.before)}。"
        return f"{place}：由{_shown(self.before)}改为{_shown(self.after)}。"


def changes(before: Document, after: Document) -> tuple[Change, ...]:
    """Every place that differs, in the order of the newer document."""
    return tuple(_changes(stored_form(before), stored_form(after), ""))


def _changes(before: Any, after: Any, path: str) -> Iterator[Change]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys((*after, *before)):
            yield from _changes(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif _is_rows(before) and _is_rows(after):
        for index in range(max(len(before), len(after))):
            old = before[index] if index < len(before) else None
            new = after[index] if index < len(after) else None
            yield from _changes(old, new, f"{path}[{index}]")
    elif before != after:
        yield Change(path, before, after)


def _is_rows(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str) and any(isinstance(one, Mapping) for one in value)


def _place(path: str, language: int) -> str:
    words: list[str] = []
    for name, index in re.findall(r"([^.\[\]]+)|\[(\d+)\]", path):
        if index:
            number = int(index) + 1
            words[-1:] = [f"{words[-1]} {number}"] if language == 0 else [f"{words[-1]}第{number}项"]
        else:
            words.append(_SPOKEN.get(name, (name, name))[language])
    return ", ".join(words) if language == 0 else " ".join(words)


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_shown(one)}" for name, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return " / ".join(_shown(one) for one in value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
