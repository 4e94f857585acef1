"""Routes by which a user or a machine proves itself; they take JSON, and OAuth's form encoding too."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from sqlalchemy.ext.asyncio import AsyncSession

from services.accounts.edge import settings_of
from services.accounts.identity import issuer, login
from services.accounts.identity.login import Issuing, Refused, Tokens
from services.accounts.identity.schemas import RefreshTokenSent, TokenAsked, TokensShown
from shared.clock import system_now
from shared.db.session import commit
from shared.http.dependencies import Session, public
from shared.http.exchange import runtime_of
from shared.http.problems import UnsupportedMediaType
from shared.http.routes import Router, without_idempotency_key

FORM = "application/x-www-form-urlencoded"

router = Router(tags=["identity"])
keys_router = Router(prefix="/.well-known", tags=["identity"])

Body = TypeVar("Body", bound=BaseModel)


def _taken_as(model: type[BaseModel]) -> dict[str, Any]:
    """What the document says of a body that is read here rather than by the framework."""
    schema = model.model_json_schema()
    examples = schema.pop("examples", [{}])
    content = {"schema": schema, "example": examples[0]}
    return {"requestBody": {"required": True, "content": {"application/json": content, FORM: content}}}


@router.post("/token", dependencies=[public], openapi_extra=_taken_as(TokenAsked))
@without_idempotency_key
async def ask_for_token(request: Request, response: Response) -> TokensShown:
    """Log in by password, or as a machine by its API key; an access token is good for five minutes."""
    asked = await _read(request, TokenAsked)
    if asked.grant_type == "password":
        name, password = asked.username or "", asked.password.get_secret_value() if asked.password else ""
        return await _log_in(request, name, password)
    key_id, secret = asked.client_id or "", asked.client_secret.get_secret_value() if asked.client_secret else ""
    return await _issue(
        request, lambda s, issuing: login.log_in_machine(s, key_id=key_id, secret=secret, issuing=issuing)
    )


@router.post("/token/refresh", dependencies=[public], openapi_extra=_taken_as(RefreshTokenSent))
@without_idempotency_key
async def refresh_token(request: Request) -> TokensShown:
    """Continue a session; the refresh token sent is used up, and a second use of it ends the session."""
    sent = (await _read(request, RefreshTokenSent)).refresh_token.get_secret_value()
    return await _issue(request, lambda s, issuing: login.refresh(s, refresh_token=sent, issuing=issuing))


@router.post("/token/revoke", status_code=204, dependencies=[public], openapi_extra=_taken_as(RefreshTokenSent))
@without_idempotency_key
async def revoke_token(request: Request, session: Session) -> None:
    """End the session a refresh token belongs to; says the same for a token nobody knows."""
    sent = (await _read(request, RefreshTokenSent)).refresh_token.get_secret_value()
    await login.log_out(session, refresh_token=sent, issuing=Issuing(settings_of(request), system_now()))


@keys_router.get("/jwks.json", dependencies=[public])
async def read_keys(request: Request, session: Session, response: Response) -> dict[str, list[dict[str, str]]]:
    """The public keys that verify our tokens."""
    now = system_now()
    await issuer.current_key(session, settings=settings_of(request), now=now)
    await session.flush()
    response.headers["Cache-Control"] = "public, max-age=60"
    return await issuer.key_set(session, now=now)


async def _log_in(request: Request, name: str, password: str) -> TokensShown:
    begun = Issuing(settings_of(request), system_now())
    proof = await login.prove(runtime_of(request).sessions, login=name, password=password, issuing=begun)
    if isinstance(proof, Refused):
        raise proof.problem
    return await _issue(request, lambda s, _: login.log_in(s, proof=proof, issuing=begun))


async def _issue(
    request: Request, begin: Callable[[AsyncSession, Issuing], Awaitable[Tokens | Refused]]
) -> TokensShown:
    """In a transaction of its own: what a refusal must remember is committed, and only then told."""
    async with runtime_of(request).sessions() as session:
        outcome = await begin(session, Issuing(settings_of(request), system_now()))
        await commit(session)
    if isinstance(outcome, Refused):
        raise outcome.problem
    return TokensShown(
        access_token=outcome.access_token, expires_in=outcome.expires_in_s, refresh_token=outcome.refresh_token
    )


async def _read(request: Request, model: type[Body]) -> Body:
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        if kind == FORM:
            return model.model_validate(_form(body))
        if kind == "application/json":
            return model.model_validate_json(body)
    except ValidationError as wrong:
        found = wrong.errors(include_url=False, include_input=False)
        sent = None if found[0]["type"] == "json_invalid" else _form(body) if kind == FORM else from_json(body)
        at_body = [{**error, "loc": ("body", *error["loc"])} for error in found]
        raise RequestValidationError(at_body, body=sent) from wrong
    raise UnsupportedMediaType({"en": f"Send application/json or {FORM}.", "zh": "请发送 JSON 或表单。"})


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode(errors="replace")))
