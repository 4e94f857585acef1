"""Every route of every service passes the same edge: proof, rate, size, key, then the work, its events, its answer."""

import inspect
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, FastAPI, Header, Request, params
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Message, Receive

from shared import outbox
from shared.auth.permissions import permission_table
from shared.errors import FieldError, ValidationProblem, Words
from shared.http.dependencies import NEVER_REFUSING, Allowed, Public, Session, read_caller
from shared.http.exchange import Exchange, Runtime, exchange_of, runtime_of
from shared.http.field_errors import pointer
from shared.http.problems import BodyTooLarge, UnsupportedMediaType
from shared.http.seen import AFTER, SEEN, wait_until_known, written
from shared.idempotency import (
    MAX_KEY_LENGTH,
    Claim,
    IdempotencyKeyMissing,
    Replay,
    claim_key,
    keep_answer,
    request_hash,
)

NO_PARAMETER: Words = {"en": "no parameter of this route", "zh": "此接口没有该参数"}
MEGABYTE = 1_000_000
BODY_LIMIT = MEGABYTE
UPLOAD_LIMIT = 20 * MEGABYTE

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])


def without_idempotency_key(endpoint: Endpoint) -> Endpoint:
    """For a POST that stores nothing, or whose content is its own key."""
    endpoint.__dict__["needs_idempotency_key"] = False
    return endpoint


def upload(endpoint: Endpoint) -> Endpoint:
    """For a POST that reads its body as a stream of up to 20 MB; its content is its own key."""
    endpoint.__dict__["body_limit"] = UPLOAD_LIMIT
    return without_idempotency_key(endpoint)


def shown_once(*fields: str) -> Callable[[Endpoint], Endpoint]:
    """For an answer with secrets: those fields of its JSON are not stored, a replay has null in their place."""

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__dict__["shown_once"] = fields
        return endpoint

    return mark


async def _claim_idempotency_key(
    request: Request,
    session: Session,
    idempotency_key: Annotated[
        str | None,
        Header(
            description="makes sending the same request again harmless",
            max_length=MAX_KEY_LENGTH,
            examples=["7c0d6a0e-6b3c-4a4b-9d0c-3f1f7f7b9a11"],
        ),
    ] = None,
) -> None:
    if not idempotency_key or len(idempotency_key) > MAX_KEY_LENGTH:
        raise IdempotencyKeyMissing
    path = f"{request.url.path}?{request.url.query}"
    stands_for = request_hash(method=request.method, path=path, body=await request.body())
    caller = await read_caller(request, session)
    claim = Claim(caller.user_id, idempotency_key, stands_for)
    await claim_key(session, claim)
    exchange_of(request).claim = claim


def stream(endpoint: Endpoint) -> Endpoint:
    """For a POST whose body, of any length, the route itself writes to disk as it comes; its content is its own key."""
    endpoint.__dict__["body_limit"] = sys.maxsize
    return without_idempotency_key(endpoint)


class Route(APIRoute):
    """A route of a service; use `Router` and it is taken by itself."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        self.needs_idempotency_key = "POST" in (options.get("methods") or ()) and getattr(
            endpoint, "needs_idempotency_key", True
        )
        permissions, asked_first = _permissions_asked(endpoint)
        dependencies = list(options.pop("dependencies", None) or [])
        if self.needs_idempotency_key:
            dependencies += [*permissions, Depends(_claim_idempotency_key)]
        elif not asked_first:
            dependencies += permissions
        self.shown_once: tuple[str, ...] = getattr(endpoint, "shown_once", ())
        self.body_limit: int = getattr(endpoint, "body_limit", BODY_LIMIT)
        super().__init__(path, endpoint, dependencies=dependencies, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer, public = super().get_route_handler(), is_public(self.dependant)
        known = frozenset(parameters_of(self.dependant))

        async def at_the_edge(incoming: Request) -> Response:
            runtime, exchange = runtime_of(incoming), exchange_of(incoming)
            request = Request(incoming.scope, _limited(incoming.receive, incoming.headers, self.body_limit))
            if not public:
                exchange.identity = await runtime.verifier.identify(request.headers.get("authorization"))
                runtime.limiter.take(exchange.identity.user_id)
            if incoming.scope["query_string"]:
                _refuse_unknown(request, known)
            await _wait_for_writes(runtime, request.headers)
            if self.body_field is not None:
                await _read_json_body(request)
            try:
                response = await answer(request)
            except Replay as replay:
                return replay.response
            await _tell_and_keep(exchange, response, shown_once=self.shown_once)
            return response

        return at_the_edge


class Router(APIRouter):
    """`router = Router(tags=["orders"])`: what a slice hangs its routes on."""

    def __init__(self, **options: Any) -> None:
        super().__init__(route_class=Route, generate_unique_id_function=_operation_id, **options)


def permissions_of(dependant: Dependant) -> Iterator[str]:
    """The permissions a route names, through all its dependencies."""
    for dependency in dependant.dependencies:
        if isinstance(dependency.call, Allowed):
            yield dependency.call.permission
        yield from permissions_of(dependency)


def parameters_of(dependant: Dependant) -> Iterator[str]:
    """The query parameters a route reads, through all its dependencies."""
    yield from (field.alias for field in dependant.query_params)
    for dependency in dependant.dependencies:
        yield from parameters_of(dependency)


def is_public(dependant: Dependant) -> bool:
    return any(isinstance(dependency.call, Public) for dependency in dependant.dependencies)


class UnguardedRoute(Exception):
    """A route that names no permission, or one that is not in the table: the service does not start."""


def routes_of(app: FastAPI) -> Iterator[RouteContext]:
    """Every operation of the service's own, as it is mounted."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, Route):
            yield context


def check_every_route_is_guarded(app: FastAPI) -> None:
    """Raises UnguardedRoute for a route without a permission of the table that is not marked public."""
    for context in iter_route_contexts(app.routes):
        if not (context.path or "").startswith("/v1/"):
            continue
        if not isinstance(context.original_route, Route):
            raise UnguardedRoute(f"{context.path} hangs on a plain router: use shared.http.routes.Router")
        named = set(permissions_of(context.dependant))
        if unknown := {permission for permission in named if permission not in permission_table()}:
            raise UnguardedRoute(f"{context.path} names {', '.join(sorted(unknown))}, which permissions.yaml has not")
        if not named and not is_public(context.dependant):
            raise UnguardedRoute(f"{context.methods} {context.path} names no permission")


def _operation_id(route: APIRoute) -> str:
    return route.name


def _permissions_asked(endpoint: Callable[..., Any]) -> tuple[list[params.Depends], bool]:
    """The permissions in a signature, and whether nothing there that can refuse is asked before them.

    Who may not call a route learns nothing by calling it: no stored answer, and not which policies are in force.
    """
    marks = [
        mark
        for parameter in inspect.signature(endpoint, eval_str=True).parameters.values()
        for mark in getattr(parameter.annotation, "__metadata__", ())
        if isinstance(mark, params.Depends) and mark.dependency not in NEVER_REFUSING
    ]
    permissions = [mark for mark in marks if isinstance(mark.dependency, Allowed)]
    return permissions, marks[: len(permissions)] == permissions


def _limited(receive: Receive, headers: Headers, limit: int) -> Receive:
    """The same body, refused as soon as it says or proves to be larger."""
    read = 0

    async def receive_within_limit() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > limit:
            raise BodyTooLarge(_too_large(limit))
        return message

    declared = headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > limit:
        raise BodyTooLarge(_too_large(limit))
    return receive_within_limit


def _too_large(limit: int) -> Words:
    return {"en": f"At most {limit} bytes are taken here.", "zh": f"此处最多接受 {limit} 字节。"}


def _refuse_unknown(request: Request, known: frozenset[str]) -> None:
    """A parameter nobody reads is a mistake of its sender, who would take the answer for what he asked."""
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise ValidationProblem(
            errors=[FieldError(pointer([name]), "extra_forbidden", NO_PARAMETER, where="query") for name in unknown]
        )


async def _wait_for_writes(runtime: Runtime, headers: Headers) -> None:
    if after := headers.get(AFTER):
        await wait_until_known(runtime, after)


async def _read_json_body(request: Request) -> None:
    """Read it here, where too much is a 413; a body that is no JSON is a 415."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if body and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType({"en": "Send application/json.", "zh": "请发送 application/json。"})


async def _tell_and_keep(exchange: Exchange, response: Response, *, shown_once: Sequence[str]) -> None:
    """Number the events, say so in the answer, store the answer: still inside the transaction of the effect."""
    session = exchange.session
    if session is None:
        return
    if events := await outbox.flush(session):
        response.headers[SEEN] = written(events)
    if exchange.claim is not None:
        await keep_answer(session, exchange.claim, response, leave_out=shown_once)
