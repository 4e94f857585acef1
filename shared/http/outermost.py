"""Around everything else: each request has a trace, a time and a count, and always a decent answer."""

import time
from collections.abc import Iterator, Sequence

import structlog
from opentelemetry import trace
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Problem
from shared.http.problems import answer_problem, problem_response
from shared.http.rates import RateLimiter
from shared.telemetry import DURATION, REQUESTS, traced

SECURITY_HEADERS = {
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"strict-transport-security": b"max-age=31536000; includeSubDomains",
    b"cache-control": b"no-store",
}
OF_AN_API = {**SECURITY_HEADERS, b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'"}

RawHeader = tuple[bytes, bytes]

log = structlog.get_logger()


class Outermost:
    """Trace, metrics, security headers, the limit of unproved callers, and a 500 for what nobody caught."""

    def __init__(self, app: ASGIApp, *, anonymous: RateLimiter) -> None:
        self._app, self._anonymous = app, anonymous

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with traced(Headers(scope=scope).get("traceparent")):
            await self._answer(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, began = 0, time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_missing(message["headers"], scope["path"])]
            await send(message)

        request = Request(scope)
        try:
            self._take_share(request)
            await self._app(scope, receive, send_with_headers)
        except Problem as refused:
            await problem_response(refused, request)(scope, receive, send_with_headers)
        except Exception as error:
            if status:
                raise
            await (await answer_problem(request, error))(scope, receive, send_with_headers)
        finally:
            route = _route_of(scope)
            REQUESTS.labels(scope["method"], route, status).inc()
            DURATION.labels(scope["method"], route).observe(time.perf_counter() - began)

    def _take_share(self, request: Request) -> None:
        if "authorization" not in request.headers and request.url.path.startswith("/v1/"):
            self._anonymous.take(request.client.host if request.client else "unknown")


def _route_of(scope: Scope) -> str:
    """The address with the names of its parameters, so that metrics stay few; "none" where no route answered."""
    if "route" not in scope:
        return "none"
    named = {str(value): f"{{{name}}}" for name, value in scope.get("path_params", {}).items()}
    return "/".join(named.get(part, part) for part in scope["path"].split("/"))


def _missing(headers: Sequence[RawHeader], path: str) -> Iterator[RawHeader]:
    """The security headers that the answer has not set itself, and the trace under which it is logged."""
    there = {name for name, _ in headers}
    wanted = SECURITY_HEADERS if path == "/docs" else OF_AN_API
    yield from ((name, value) for name, value in wanted.items() if name not in there)
    if span := trace.get_current_span().get_span_context().trace_id:
        yield b"mainstay-trace", b"%032x" % span
