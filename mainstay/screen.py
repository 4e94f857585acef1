"""How Mainstay speaks on a terminal: answers on standard output, progress and complaints on standard error."""

import json
import os
import sys
from typing import Any

from rich.console import Console
from rich.markup import escape

WIDTH = 112  # where no terminal says how wide it is: a file, a pipe, a build machine
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(text: str) -> None:
    err.print(f"[dim]·[/] {escape(text)}")


def complain(text: str) -> None:
    err.print(f"[bold red]✗[/] {escape(text)}")


def answer_json(answer: Any) -> None:
    print(json.dumps(answer, indent=2, ensure_ascii=False, default=str))
