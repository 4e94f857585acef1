"""`mainstay bank-keys`: bring every sealed bank detail under the key that is in use now."""

import asyncio
from typing import Annotated

import typer

from deploy.local.refusals import CannotStart
from mainstay.prepare import database_url
from mainstay.screen import answer_json, out


def add_commands(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="The keys that seal bank details.")
    keys.command("rotate")(rotate)
    keys.callback()(lambda: None)
    app.add_typer(keys, name="bank-keys")


def rotate(as_json: Annotated[bool, typer.Option("--json")] = False) -> None:
    """Seal anew, with BANK_KEY, what BANK_KEY_BEFORE sealed; the service may run meanwhile, and it may be repeated."""
    from services.accounts.banking.rotation import seal_everything_anew
    from services.accounts.banking.sealing import KeyMissing
    from services.accounts.settings import AccountsSettings

    settings = AccountsSettings(database_url=database_url("accounts"))
    try:
        sealed = asyncio.run(seal_everything_anew(settings))
    except KeyMissing as missing:
        raise CannotStart(f"{missing}: set BANK_KEY_ID_BEFORE and BANK_KEY_BEFORE.") from None
    if as_json:
        answer_json({"key_id": settings.bank_key_id, "sealed": sealed})
        return
    out.print(f"{sealed} bank accounts sealed anew; all are under key {settings.bank_key_id!r} now.")
