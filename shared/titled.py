"""A word that machines compare and people read: its value is stable, its title stands in both languages."""

from enum import StrEnum
from typing import Self

from shared.errors import Words


class Titled(StrEnum):
    """A state or a move: `draft = "draft", "draft", "草稿"`; sentences say `title`, data say the value."""

    title_: Words

    def __new__(cls, value: str, en: str = "", zh: str = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.title_ = {"en": en or value, "zh": zh or value}
        return member

    @property
    def en(self) -> str:
        return self.title_["en"]

    @property
    def zh(self) -> str:
        return self.title_["zh"]
