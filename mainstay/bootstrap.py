"""The command `bootstrap`: an empty system gets its administrator and its first policies, once."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from deploy.local.databases import SERVICES
from deploy.local.refusals import CannotStart
from deploy.local.settings import PROJECT
from mainstay.prepare import business_clock, database_url, running_notes
from mainstay.screen import answer_json, out

PACK = PROJECT / "deploy" / "policies"
LEAST_LENGTH = 10
REFUSAL = "This system has users already: it was bootstrapped before, and nothing was changed."


def add_commands(app: typer.Typer) -> None:
    app.command("bootstrap")(bootstrap)


def bootstrap(
    login: Annotated[str, typer.Option(help="How the administrator logs in.")] = "admin",
    pack: Annotated[Path, typer.Option(help="The policies that become version 1.")] = PACK,
    as_json: Annotated[bool, typer.Option("--json")] = False,
) -> None:
    """Make the administrator (password from BOOTSTRAP_ADMIN_PASSWORD_FILE) and seed the policies; works once."""
    from services.accounts.identity.bootstrap import AlreadyBootstrapped

    running = running_notes()
    urls = {service: database_url(service) for service in SERVICES}
    try:
        seeded = asyncio.run(_begin(urls, pack=pack, login=login, password=_password(running)))
    except AlreadyBootstrapped:
        raise CannotStart(REFUSAL) from None
    if as_json:
        answer_json({"administrator": login, "policies": seeded})
        return
    out.print(f"Administrator {login!r} is ready; {sum(seeded.values())} policies are in force as version 1.")


async def _begin(urls: Mapping[str, str], *, pack: Path, login: str, password: str) -> dict[str, int]:
    from deploy.bootstrap import begin

    async with business_clock(urls["accounts"]) as clock:
        return await begin(urls, pack=pack, login=login, password=password, now=clock.now())


def _password(running: Mapping[str, object]) -> str:
    path = os.environ.get("BOOTSTRAP_ADMIN_PASSWORD_FILE") or running.get("admin_password_file")
    if not path:
        raise CannotStart("Set BOOTSTRAP_ADMIN_PASSWORD_FILE to a file that holds the administrator's password.")
    try:
        password = Path(str(path)).read_text(encoding="utf-8").strip()
    except OSError as unreadable:
        raise CannotStart(f"The administrator's password cannot be read: {unreadable}.") from None
    if len(password) < LEAST_LENGTH:
        raise CannotStart(f"The administrator's password in {path} has fewer than {LEAST_LENGTH} characters.")
    return password
