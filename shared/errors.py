"""Every situation the product refuses has a name, a stable code and words in English and Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, TypedDict

Language = Literal["en", "zh"]


class Words(TypedDict):
    """What a person reads, in both languages: neither can be left out."""

    en: str
    zh: str


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong field: a pointer into the body, or into the query, path, header or policy that `where` names."""

    pointer: str
    code: str
    detail: Words
    where: str = "body"


class Problem(Exception):
    """A refusal a client may meet; a subclass names the situation and fixes status, code and title."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "internal_error"
    title: ClassVar[Words] = {"en": "Something went wrong on our side", "zh": "系统内部错误"}

    def __init__(
        self,
        detail: Words | None = None,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **more: object,
    ) -> None:
        super().__init__(detail["en"] if detail else self.code)
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = more


def in_language(words: Words, language: Language) -> str:
    """The text as a reader of that language is told it."""
    return words[language]


class ValidationProblem(Problem):
    status = 422
    code = "invalid_request"
    title: ClassVar[Words] = {"en": "Some fields are not right", "zh": "部分字段有误"}


class NotFound(Problem):
    status = 404
    code = "not_found"
    title: ClassVar[Words] = {"en": "There is no such thing here", "zh": "未找到"}


class Forbidden(Problem):
    status = 403
    code = "forbidden"
    title: ClassVar[Words] = {"en": "Your role does not allow this", "zh": "您的角色无权执行此操作"}


class Unauthenticated(Problem):
    status = 401
    code = "unauthenticated"
    title: ClassVar[Words] = {"en": "Who you are is not proved", "zh": "身份未经验证"}

    def __init__(self, detail: Words | None = None, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer", **(headers or {})})


class Conflict(Problem):
    status = 409
    code = "conflict"
    title: ClassVar[Words] = {"en": "The present state does not allow this", "zh": "当前状态不允许此操作"}


class MalformedRequest(Problem):
    status = 400
    code = "malformed_request"
    title: ClassVar[Words] = {"en": "The request cannot be read", "zh": "请求无法解析"}


class TemporarilyUnavailable(Problem):
    status = 503
    code = "temporarily_unavailable"
    title: ClassVar[Words] = {"en": "Try again in a moment", "zh": "暂时不可用，请稍后重试"}

    def __init__(self, detail: Words | None = None, *, retry_after_s: int = 1) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after_s)})
