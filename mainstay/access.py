"""How commands reach the services: where each answers, who asks, and what a refusal says in one sentence."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx2
import typer

from deploy.local.databases import SERVICES
from deploy.local.refusals import CannotStart
from mainstay.prepare import running_notes

FIRST_PORT = 8101
Token = Annotated[str, typer.Option(envvar="MAINSTAY_TOKEN", help="An access token.")]
ClientId = Annotated[str, typer.Option(envvar="MAINSTAY_CLIENT_ID", help="Or an API key's id …")]
ClientSecret = Annotated[str, typer.Option(envvar="MAINSTAY_CLIENT_SECRET", help="… and its secret.")]


@dataclass(frozen=True)
class Access:
    """Where a service answers, and who asks."""

    url: str
    token: str

    def client(self, *, timeout_s: float = 60.0) -> httpx2.Client:
        proof = {"Authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=self.url, headers=proof, timeout=timeout_s)


def address(service: str) -> str:
    """<SERVICE>_URL, else of what runs from this folder, else the service's usual place."""
    if service not in SERVICES:
        raise CannotStart(f"There is no service {service!r}: choose from {', '.join(SERVICES)}.")
    usual = f"http://127.0.0.1:{FIRST_PORT + SERVICES.index(service)}"
    return os.environ.get(f"{service.upper()}_URL") or str(running_notes().get("urls", {}).get(service, usual))


def token_of_machine(client_id: str, client_secret: str) -> str:
    """The access token of an API key."""
    return _token({"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret})


def token_of_administrator() -> str | None:
    """The administrator's of what runs from this folder; None where nothing does."""
    file = running_notes().get("admin_password_file")
    if file is None:
        return None
    password = Path(file).read_text(encoding="utf-8").strip()
    return _token({"grant_type": "password", "username": "admin", "password": password})


def _token(asked: dict[str, str]) -> str:
    url = address("accounts")
    try:
        answer = httpx2.post(f"{url}/v1/token", json=asked)
    except httpx2.TransportError as broken:
        raise unreachable("accounts", url, broken) from broken
    if answer.status_code != httpx2.codes.OK:
        raise CannotStart(f"The {'key' if 'client_id' in asked else 'password'} was not taken: {said(answer)}")
    return str(answer.json()["access_token"])


def unreachable(service: str, url: str, broken: httpx2.TransportError) -> CannotStart:
    return CannotStart(f"{service.capitalize()} at {url} cannot be reached: {broken}")


def said(answer: httpx2.Response) -> str:
    """What a problem tells a person."""
    try:
        problem: dict[str, Any] = answer.json()
    except ValueError:
        return f"{answer.status_code}"
    fields = "; ".join(str(error["detail"]) for error in problem.get("errors", ()))
    return " — ".join(part for part in (problem.get("title", ""), problem.get("detail", ""), fields) if part)
