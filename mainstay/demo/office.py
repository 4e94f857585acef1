"""What the office sees of the year's accounts: who comes into the support programme, and how the branch does."""

from typing import Any

from rich import box
from rich.table import Table

from mainstay.demo.screens import DONE, WAITING, heading, line, money, percent
from mainstay.demo.year import Year
from mainstay.screen import out

MARKS = {"pass": DONE, "fail": "[red]✗[/]", "no_evidence": WAITING}
LIGHTS = {"green": "[green]●[/]", "amber": "[yellow]●[/]", "red": "[red]●[/]", "": "[dim]○[/]"}


def tell_programme(year: Year) -> None:
    """Seven conditions of the largest account, each with what is missing."""
    evaluation = year.evaluation
    heading(f"Support programme: customer {year.largest['number']}", row=f"A11 · as of {evaluation['as_of']}")
    for condition in evaluation["conditions"]:
        text = f"{condition['title']['en']}  [dim]{condition['title']['zh']}[/]"
        line(MARKS[condition["answer"]], text, f"[dim]{missing(condition['missing'])}[/]")


def missing(lacks: list[dict[str, Any]]) -> str:
    """The first thing that is lacking, with its figure, and how many more there are."""
    if not lacks:
        return ""
    first = lacks[0]
    if first["short_by"] is None:
        said = "no evidence" if first["verdict"] == "no_evidence" else "missing"
    elif first["currency"]:
        said = f"short by {money({'amount': first['short_by'], 'currency': first['currency']})}"
    else:
        said = f"short by {first['short_by']}"
    more = f", {len(lacks) - 1} more" if len(lacks) > 1 else ""
    return f"{first['title']['en']}: {said}{more}"


def tell_board(year: Year) -> None:
    """Twelve KPIs of the branch with their lights."""
    board = year.board
    heading(f"KPI board: branch {board['scope_id']}", row=f"{board['period']} as known on {board['as_of']}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("", "KPI", "weight", "value", "why not"):
        table.add_column(name, justify="right" if name in ("weight", "value") else "left")
    for kpi in board["kpis"]:
        table.add_row(
            LIGHTS[kpi["light"]], kpi["title"], kpi["weight"], shown(kpi), (kpi["because"] or "").replace("_", " ")
        )
    out.print(table)
    score = board["score"] or "none"
    line(DONE, f"score of what has evidence: [bold]{score}[/] {LIGHTS[board['grade']]}  [dim]{board['policy']}[/]")


def shown(kpi: dict[str, Any]) -> str:
    if kpi["value"] is None:
        return "–"
    return percent(kpi["value"]) if kpi["unit"] == "share of one" else str(kpi["value"])
