"""Around everything else: each request has a trace, a time and a count, and always a decent answer."""

import time

import structlog
from opentelemetry import trace
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.errors import Problem
from shared.http.problems import answer_problem, problem_response
from shared.http.rates import RateLimiter
from shared.telemetry import DURATION, REQUESTS, traced

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cache-Control": "no-store",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"

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
                _add_headers(MutableHeaders(scope=message), scope["path"])
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


def _add_headers(headers: MutableHeaders, path: str) -> None:
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    if path not in {"/docs", "/redoc"}:
        headers.setdefault("Content-Security-Policy", API_POLICY)
    if span := trace.get_current_span().get_span_context().trace_id:
        headers["Mainstay-Trace"] = f"{span:032x}"
