"""Whatever goes wrong is answered as an RFC 9457 problem, in the reader's language and without our insides."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, ClassVar

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from opentelemetry import trace
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from shared.errors import (
    FieldError,
    Language,
    MalformedRequest,
    Problem,
    TemporarilyUnavailable,
    ValidationProblem,
    Words,
    in_language,
)
from shared.http.exchange import runtime_of
from shared.http.field_errors import pointer, pointer_to, words_of
from shared.telemetry import safe_text

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:mainstay:problem:"
# Lock not available, deadlock, serialisation, cancelled by a timeout, too many connections, shutting down.
PASSING = frozenset({"55P03", "40P01", "40001", "57014", "53300", "57P01", "57P02", "57P03"})
UNSTORABLE = frozenset({"22021", "22P05"})  # a zero byte in a text, or escaped in JSON

ONE_ONLY = frozenset({"23505", "23P01"})  # unique, and days that exclude each other
NO_CONFLICTS: Mapping[str, type[Problem]] = {}

log = structlog.get_logger()


class MethodNotAllowed(Problem):
    status = 405
    code = "method_not_allowed"
    title: ClassVar[Words] = {"en": "This method is not allowed here", "zh": "不支持该请求方法"}


class BodyTooLarge(Problem):
    status = 413
    code = "body_too_large"
    title: ClassVar[Words] = {"en": "The body is too large", "zh": "请求内容过大"}


class UnsupportedMediaType(Problem):
    status = 415
    code = "unsupported_media_type"
    title: ClassVar[Words] = {"en": "This content type is not taken here", "zh": "不支持该内容类型"}


class PathNotFound(Problem):
    status = 404
    code = "path_not_found"
    title: ClassVar[Words] = {"en": "There is nothing at this address", "zh": "地址不存在"}


BY_STATUS = {problem.status: problem for problem in (MethodNotAllowed, PathNotFound, BodyTooLarge)}


def language_of(headers: Headers) -> Language:
    """ "zh" where Accept-Language prefers Chinese to English, else "en"."""
    weights = {"en": Decimal(0), "zh": Decimal(0)}
    for part in headers.get("accept-language", "").split(","):
        name, _, parameters = part.strip().lower().partition(";")
        if name[:2] in weights:
            weights[name[:2]] = max(weights[name[:2]], _weight(parameters))
    return "zh" if weights["zh"] > weights["en"] else "en"


def _weight(parameters: str) -> Decimal:
    quality = parameters.strip().removeprefix("q=")
    return Decimal(quality) if quality.replace(".", "", 1).isdecimal() else Decimal(1)


def problem_response(problem: Problem, request: Request) -> Response:
    """The problem as the client reads it."""
    language = language_of(request.headers)
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + problem.code.replace("_", "-"),
        "title": in_language(problem.title, language),
        "status": problem.status,
        "code": problem.code,
        "instance": request.url.path,
        **problem.more,
    }
    if problem.detail is not None:
        body["detail"] = in_language(problem.detail, language)
    if problem.errors:
        body["errors"] = [_field_error(error, language) for error in problem.errors]
    if trace_id := trace.get_current_span().get_span_context().trace_id:
        body["trace_id"] = f"{trace_id:032x}"
    headers = {**problem.headers, "Content-Language": language}
    return JSONResponse(body, problem.status, headers=headers, media_type=MEDIA_TYPE)


def _field_error(error: FieldError, language: Language) -> dict[str, str]:
    where = {} if error.where == "body" else {"in": error.where}
    return {"pointer": error.pointer, **where, "code": error.code, "detail": in_language(error.detail, language)}


def as_problem(error: Exception, conflicts: Mapping[str, type[Problem]] = NO_CONFLICTS) -> Problem:
    """The named situation behind any exception; what nobody expected is a bare 500, logged with its cause."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return ValidationProblem(errors=field_errors(error.errors(), sent=error.body))
        case HTTPException():
            return BY_STATUS.get(error.status_code, MalformedRequest)(headers=error.headers)
        case DBAPIError() | PoolTimeout() | ConnectionError():
            return _database_problem(error, conflicts)
    return Problem()


def _database_problem(
    error: DBAPIError | PoolTimeout | ConnectionError, conflicts: Mapping[str, type[Problem]]
) -> Problem:
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    if sqlstate in UNSTORABLE:
        return ValidationProblem({"en": "A text holds a zero byte.", "zh": "文本含有零字节。"})
    if sqlstate in ONE_ONLY:
        return conflicts.get(_constraint(error), Problem)()
    if not isinstance(error, DBAPIError) or error.connection_invalidated or sqlstate in PASSING:
        return TemporarilyUnavailable({"en": "The database is busy.", "zh": "数据库繁忙。"})
    return Problem()


def _constraint(error: BaseException) -> str:
    """The name of the constraint, which the driver's own error carries."""
    cause: BaseException | None = error
    while cause is not None:
        if name := getattr(cause, "constraint_name", None):
            return str(name)
        cause = cause.__cause__
    return ""


def field_errors(found: Iterable[Any], *, sent: Any) -> Sequence[FieldError]:
    """Pydantic's complaints as pointers into the body that was sent, or into query, path or header."""
    return [_as_field_error(error, sent) for error in found]


def _as_field_error(error: Mapping[str, Any], sent: Any) -> FieldError:
    where, *path = error["loc"] or ("body",)
    at = pointer_to(error, path=path, sent=sent) if where == "body" else pointer(path[:1])
    return FieldError(at, error["type"], words_of(error), where=where)


async def answer_problem(request: Request, error: Exception) -> Response:
    problem = as_problem(error, runtime_of(request).service.conflicts)
    if problem.status >= 500:
        log.error("request_failed", code=problem.code, path=request.url.path, error=safe_text(error), exc_info=error)
    return problem_response(problem, request)


def answer_with_problems(app: FastAPI) -> None:
    """Every refusal of `app` becomes a problem."""
    for error in (Problem, RequestValidationError, HTTPException, DBAPIError, PoolTimeout, ConnectionError):
        app.add_exception_handler(error, answer_problem)
