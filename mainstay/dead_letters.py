"""`mainstay dead-letters`: which events could not be applied and why, and letting their keys flow again."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

import httpx2
import typer
from rich.markup import escape

from deploy.local.databases import SERVICES
from deploy.local.refusals import CannotStart
from mainstay.access import (
    Access,
    ClientId,
    ClientSecret,
    Token,
    address,
    said,
    token_of_administrator,
    token_of_machine,
    unreachable,
)
from mainstay.screen import answer_json, complain, out

REPLAY_MAY_TAKE_S = 600.0
PAGE = 200
AsJson = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Service = Annotated[str, typer.Argument(help="Of which service.")]
Event = Annotated[UUID, typer.Argument(help="The event, as `list` names it.")]


def add_commands(app: typer.Typer) -> None:
    letters = typer.Typer(no_args_is_help=True, help="Events that could not be applied.")
    letters.command("list")(list_letters)
    letters.command("replay")(replay)
    letters.command("set-aside")(set_aside)
    app.add_typer(letters, name="dead-letters")


def list_letters(
    services: Annotated[list[str] | None, typer.Argument(help="Which; all four without it.")] = None,
    *,
    key: Annotated[str, typer.Option(help="Only those of this partition key, such as an account's id.")] = "",
    resolved: Annotated[bool, typer.Option(help="Those already replayed instead of those waiting.")] = False,
    token: Token = "",
    client_id: ClientId = "",
    client_secret: ClientSecret = "",
    as_json: AsJson = False,
) -> None:
    """Say which events wait for a person, oldest first, and why each could not be applied.

    Ends with 0 whether any waits or none: that a list could be read is what it promises.
    """
    proof = _proof(token, client_id, client_secret)
    asked = {"limit": str(PAGE), "resolved": str(resolved).lower()} | ({"partition_key": key} if key else {})
    found = {name: _all_of(name, Access(address(name), proof), asked) for name in services or SERVICES}
    if as_json:
        answer_json(found)
        return
    for name, letters in found.items():
        _show(name, letters, what="was resolved" if resolved else "is parked")


def replay(
    service: Service,
    event_id: Event,
    *,
    token: Token = "",
    client_id: ClientId = "",
    client_secret: ClientSecret = "",
    as_json: AsJson = False,
) -> None:
    """Apply the waiting events of this event's key in their order; ends with 1 where one of them fails again."""
    access = Access(address(service), _proof(token, client_id, client_secret))
    outcome = _ask(service, access, "POST", f"/v1/dead-letters/{event_id}/replay").json()
    if as_json:
        answer_json(outcome)
    else:
        out.print(f"{outcome['applied']} applied, {outcome['waiting']} still wait")
    if outcome["failed"]:
        complain(f"Event {outcome['failed']} failed again: {first_sentence(outcome['error'])}")
        raise typer.Exit(1)


def set_aside(
    service: Service,
    event_id: Event,
    *,
    reason: Annotated[str, typer.Option(help="Why nobody will ever apply it; kept in the audit trail.")],
    token: Token = "",
    client_id: ClientId = "",
    client_secret: ClientSecret = "",
    as_json: AsJson = False,
) -> None:
    """Give one event up for good; those behind it can then be replayed without it."""
    if not reason.strip():
        raise typer.BadParameter("say why nobody will ever apply it", param_hint="--reason")
    access = Access(address(service), _proof(token, client_id, client_secret))
    _ask(service, access, "POST", f"/v1/dead-letters/{event_id}/set-aside", json={"reason": reason})
    if as_json:
        answer_json({"event_id": event_id, "reason": reason})
    else:
        out.print(f"{event_id} is set aside")


def _proof(token: str, client_id: str, client_secret: str) -> str:
    if token:
        return token
    if client_id and client_secret:
        return token_of_machine(client_id, client_secret)
    administrator = token_of_administrator()
    if administrator is None:
        raise CannotStart("Say who asks: MAINSTAY_TOKEN, or MAINSTAY_CLIENT_ID with MAINSTAY_CLIENT_SECRET.")
    return administrator


def _all_of(service: str, access: Access, asked: dict[str, str]) -> list[dict[str, Any]]:
    letters: list[dict[str, Any]] = []
    cursor: str | None = None
    while True:
        page = asked | ({"cursor": cursor} if cursor else {})
        answer = _ask(service, access, "GET", "/v1/dead-letters", params=page).json()
        letters += answer["items"]
        cursor = answer["next"]
        if cursor is None:
            return letters


def _ask(service: str, access: Access, method: str, path: str, **options: Any) -> httpx2.Response:
    headers = {"Idempotency-Key": str(uuid4())} if method == "POST" else {}
    try:
        with access.client(timeout_s=REPLAY_MAY_TAKE_S) as client:
            answer = client.request(method, path, headers=headers, **options)
    except httpx2.TransportError as broken:
        raise unreachable(service, access.url, broken) from broken
    if not answer.is_success:
        raise CannotStart(f"{service.capitalize()} refused: {said(answer)}")
    return answer


def _show(service: str, letters: Sequence[dict[str, Any]], *, what: str) -> None:
    if not letters:
        out.print(f"[bold]{service}[/]  nothing {what}")
        return
    out.print(f"[bold]{service}[/]")
    for one in letters:
        # One thing a line, and none cut or folded: ids and keys are copied into the next command.
        _line(f"  {one['event_id']}  {one['type']}  {one['reason']}")
        _line(f"    key {one['partition_key']}")
        _line(f"    {first_sentence(one['error'])}")


def _line(text: str) -> None:
    out.print(escape(text), no_wrap=True, overflow="ignore", crop=False)


def first_sentence(error: str) -> str:
    """What went wrong, without the statement and the values it went wrong in."""
    return next((line.partition("[SQL:")[0].strip() for line in error.splitlines() if line.strip()), "")
