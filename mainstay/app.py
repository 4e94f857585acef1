"""The command `mainstay`: start it, look at it, stop it, prepare its databases and topics."""

import sys

import typer

from deploy.local.refusals import CannotStart
from mainstay import bank_keys, bootstrap, dead_letters, kpis, local, orders, prepare, relay
from mainstay.screen import complain
from mainstay.stage import PlayBrokeOff

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
local.add_commands(app)
prepare.add_commands(app)
bootstrap.add_commands(app)
orders.add_commands(app)
relay.add_commands(app)
dead_letters.add_commands(app)
bank_keys.add_commands(app)
kpis.add_commands(app)


def main() -> None:
    """Exit codes: 0 done, 1 refused or broken off with one sentence, 2 wrongly typed, 3 nothing is running."""
    try:
        app()
    except (CannotStart, PlayBrokeOff) as refusal:
        complain(str(refusal))
        sys.exit(1)


if __name__ == "__main__":
    main()
