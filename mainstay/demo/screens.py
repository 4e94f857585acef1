"""What a person sees of the demo: sections, aligned figures, a chain as a line with marks, a statement as a table."""

from collections.abc import Sequence
from typing import Any

from rich import box
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mainstay.demo.story import Story
from mainstay.demo.year import Year
from mainstay.screen import WIDTH, out

DONE, WAITING = "[green]✓[/]", "[yellow]◌[/]"
BAR_CELLS = 40


def edge() -> int:
    """The column figures are set against."""
    return min(WIDTH, out.width)


def heading(text: str, *, row: str = "") -> None:
    out.print()
    title = Text.from_markup(f"[bold]{text}[/]" + (f"  [dim]{row}[/]" if row else ""))
    out.print(title + Text(" " + "─" * max(3, edge() - title.cell_len - 1), style="cyan"))


def line(mark: str, text: str, figure: str = "") -> None:
    """A mark, what happened, and where there is one the figure at the right edge."""
    left = Text.from_markup(f" {mark} {text}")
    right = Text.from_markup(figure)
    gap = max(2, edge() - left.cell_len - right.cell_len)
    out.print(left + Text(" " * gap) + right if figure else left)


def money(amount: dict[str, str] | None) -> str:
    """352,000.00 CNY; a negative amount in red."""
    if amount is None:
        return "–"
    whole, _, part = amount["amount"].partition(".")
    shown = f"{int(whole):,}" + (f".{part}" if part else "") + f" {amount['currency']}"
    if whole == "-0":
        shown = f"-{shown}"
    return f"[red]{shown}[/]" if shown.startswith("-") else shown


def tell_dossier(story: Story) -> None:
    heading("1  Dossier, key-account list, class, election", row="A1 A4 A2 A5 A12 · 2020-12")
    before, after = story.completeness
    account = story.account
    line(DONE, f"[bold]{account['legal_name']}[/], {account['number']}, a dealer of branch {account['branch']}")
    line(WAITING, f"complete to {percent(before['completeness'])}; missing: {fields(before)}")
    line(DONE, f"licence filed: complete to {percent(after['completeness'])}; still missing: {fields(after)}")
    heads = "  ".join(f"{DONE} {person.name}" for person in story.cast.department_heads.values())
    line(DONE, f"key-account list 2021-H1 agreed by four departments: {heads}")
    tell_rating(story)
    elected = story.election
    line(DONE, f"elected by {elected['elected_by']}: [bold]{elected['choice']}[/] from {elected['valid_from']}")


def tell_rating(story: Story) -> None:
    rating = story.rating
    line(DONE, f"rated as of 2020-12-15: score [bold]{rating['score']}[/], proposed class [bold]{rating['grade']}[/]")
    for said in story.rating_explained.get("lines", []):
        out.print(f"      [dim]{said}[/]")
    line(DONE, f"approved on 2020-12-20: class [bold]{story.klass['grade']}[/] from {story.klass['valid_from']}")


def percent(share: str) -> str:
    """0.8965 as 89.65 %, without any arithmetic on it."""
    digits = share.replace(".", "").ljust(5, "0")
    return f"{int(digits[:3])}.{digits[3:5]} %"


def fields(dossier: dict[str, Any]) -> str:
    return ", ".join(row["field"].replace("_", " ") for row in dossier["missing"]) or "nothing"


def tell_quote(story: Story) -> None:
    heading("2  A quote below the floor", row="P1 P2 C5 · 2021-03-02")
    asked = story.exception["lines"][0]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("SKU", "pieces", "list", "floor", "asked", "amount"):
        table.add_column(name, justify="left" if name == "SKU" else "right")
    table.add_row(
        asked["sku"],
        str(asked["quantity"]),
        money(asked["list_unit_price"]),
        money(asked["floor_unit_price"]),
        money(asked["net_unit_price"]),
        money(asked["net_amount"]),
    )
    out.print(table)
    line(WAITING, f"the price is below the floor: {story.exception['state'].replace('_', ' ')}")
    line(DONE, "the marketing director agrees by e-mail: 880.00 CNY for 1–600 pieces until 2021-04-01")
    line(DONE, f"accepted by {story.quote.get('accepted_by', 'the customer')}", money(story.quote["total"]))


def tell_contract(story: Story) -> None:
    heading("3  The contract and who signs", row="C1 C2 C3 C11 · 2021-03-03 … 03-08")
    line(DONE, "drafted with 590 pieces, changed to 600 while pending: the request is withdrawn, a new revision made")
    for step in story.preview["steps"]:
        line("•", f"{step['id']:<10} {step['role']:<22} {step['kind']:<8} [dim]{words(step.get('why'))}[/]")
    chain = " ── ".join(f"{DONE} {decider(step)}" for step in leaves(story.chain))
    out.print(f"   {chain}")
    own = story.refusals[0]
    line("[red]✗[/]", f"the requester on his own request: {own['status']} {own['body'].get('title', '')}")
    line(DONE, "a second approve with the same key answers the same")
    line(DONE, f"signed and active on 2021-03-08: {story.contract['number']}", money(story.contract["amount"]))


def words(text: Any) -> str:
    return str(text.get("en", "")) if isinstance(text, dict) else str(text or "")


def leaves(request: dict[str, Any]) -> list[dict[str, Any]]:
    return [step for step in request["steps"] if step.get("kind") in ("review", "approve")]


def decider(step: dict[str, Any]) -> str:
    decided = step["decision"]
    return str(decided["by"]["name"]) if decided else str(step["role"])


def tell_orders(story: Story) -> None:
    heading("4  Orders, and what they earn", row="P8 P4 R1 · 2021-03-10 and 03-25")
    for order, day in zip(story.orders, ("2021-03-10", "2021-03-25"), strict=True):
        pieces = order["lines"][0]["quantity"]
        line(DONE, f"{day}  {order['number']}  {pieces} pieces delivered and paid", money(order["net_amount"]))
    tell_accruals(story.march_accruals)


def tell_accruals(accruals: Sequence[dict[str, Any]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("day")
    table.add_column("what")
    table.add_column("policy")
    table.add_column("amount", justify="right")
    table.add_column("state")
    for one in accruals:
        table.add_row(one["occurred_at"][:10], one["kind"], one["policy"], money(one["amount"]), one["state"])
    out.print(table)


def tell_bonus(story: Story) -> None:
    heading("5  The rep's bonus for a new product", row="R2 C8 · 2021-03-12")
    first, confirmed = story.bonus["first"], story.bonus["confirmed"]
    line(WAITING, f"{first['policy']}: {first['state']} until the general manager confirms", money(first["amount"]))
    line(DONE, f"confirmed on 2021-03-12: {confirmed['state']} in April with the salaries", money(confirmed["amount"]))


def tell_statement(story: Story, party: str, period: str) -> None:
    statement = story.statements[f"{party} {period}"]
    whose = story.account["legal_name"] if party == "account" else story.cast.rep.name
    table = Table(
        title=f"Statement {period} · {whose} · {statement['state']}",
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
    )
    for name in ("day", "what", "policy", "origin", "state"):
        table.add_column(name)
    table.add_column("amount", justify="right")
    for row in statement["lines"]:
        what = f"{row['title']['en']} {row['title']['zh']}\n[dim]{row['says']['en']}[/]"
        origin = row["origin_period"] or statement["period"]
        table.add_row(row["occurred_at"][:10], what, row["policy"], origin, row["state"], money(row["amount"]))
    for total in statement["totals"]:
        table.add_row("", "[bold]total[/]", "", "", "", f"[bold]{money(total)}[/]")
    out.print(table)
    for row in statement["lines"]:
        tell_explanation(story, row)


def tell_explanation(story: Story, row: dict[str, Any]) -> None:
    """One line of a statement in both languages, as its trace says it."""
    out.print(f"   {row['says']['en']} [bold]{money(row['amount'])}[/]")
    for language in ("en", "zh"):
        for said in story.explanations[row["reward_id"], language]["text"]:
            out.print(Text(f"      {said}", style="dim"))


def tell_march(story: Story) -> None:
    heading("6  March closes; what was earned, line by line", row="R13 · 2021-04-06")
    line(
        DONE,
        f"closed with {story.closed['statements']} statements at journal position {story.closed['journal_position']}",
    )
    tell_statement(story, "account", "2021-03")
    tell_statement(story, "rep", "2021-03")
    tell_money(flows(story, "2021-03"))


def tell_april(story: Story) -> None:
    heading("7  Fifty come back: exactly what they earned goes", row="R14 · 2021-04-12")
    tell_statement(story, "account", "2021-04")
    retest = story.bonus["retest"]
    line(
        DONE, f"the bonus tested again on what remains: {retest['policy']} stays", money(story.bonus["first"]["amount"])
    )
    for said in story.bonus["retest_explained"]["text"]:
        out.print(Text(f"   {said}", style="dim"))
    same = story.printed["2021-03"] == story.printed["2021-03 again"]
    line(DONE if same else "[red]✗[/]", "March's statement as known on 04-11 is byte for byte what was printed")


def flows(story: Story, period: str) -> list[tuple[str, int, str]]:
    """Each policy's amount of the period, for account and rep, as figures of the picture."""
    found: dict[str, tuple[int, str]] = {}
    for party in ("account", "rep"):
        for row in story.statements[f"{party} {period}"]["lines"]:
            before, _ = found.get(row["title"]["en"], (0, ""))
            found[row["title"]["en"]] = (before + minor(row["amount"]), row["amount"]["currency"])
    return [(name, total, money(major(total, currency))) for name, (total, currency) in found.items()]


def minor(amount: dict[str, str]) -> int:
    return int(amount["amount"].replace(".", ""))


def major(amount_minor: int, currency: str) -> dict[str, str]:
    sign, digits = ("-" if amount_minor < 0 else ""), f"{abs(amount_minor):03}"
    return {"amount": f"{sign}{digits[:-2]}.{digits[-2:]}", "currency": currency}


def tell_refusals(story: Story) -> None:
    heading("8  What is refused, and how", row="RFC 9457")
    for refused in story.refusals[1:]:
        body = refused["body"]
        pointers = ", ".join(error["pointer"] for error in body.get("errors", []))
        line("[red]✗[/]", f"{refused['who']}: {refused['status']} {body.get('title', '')} [dim]{pointers}[/]")


def tell_money(figures: Sequence[tuple[str, int, str]]) -> None:
    """Where money went: one bar per state, as long as its share of the largest. `(label, minor units, shown)`."""
    largest = max((abs(minor) for _, minor, _ in figures), default=1) or 1
    body = Table.grid(padding=(0, 2))
    for label, minor, shown in figures:
        cells = max(1, abs(minor) * BAR_CELLS // largest) if minor else 0
        colour = "green" if minor >= 0 else "red"
        body.add_row(label, f"[{colour}]{'█' * cells}[/]", shown)
    out.print(Panel(body, title="accrued → payable", title_align="left", border_style="dim", expand=False))


def tell_year(year: Year) -> None:
    heading("The year: real orders", row="Online Retail II, CC BY 4.0")
    line(
        DONE, f"{year.customers:,} customers on the key-account lists; even numbers elected subsidy, odd ones discount"
    )
    line(DONE, f"{year.rows:,} invoice lines read, {year.accepted:,} taken")
    for reason, count in sorted(year.rejected.items(), key=lambda item: -item[1]):
        line(" ", f"[dim]refused: {reason.replace('_', ' ')}[/]", f"[dim]{count:,}[/]")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("month closed", "statements", "accrued and settled", "adjustments of earlier months"):
        table.add_column(name, justify="left" if name == "month closed" else "right")
    for closing in year.closings:
        table.add_row(
            closing["period"], f"{closing['statements']:,}", sums(closing["totals"]), sums(closing["adjustments"])
        )
    out.print(table)
    verified = year.verified
    line(
        DONE if verified.get("ok") else "[red]✗[/]",
        "the ledger proves itself: Σ = 0, balances rebuilt from the journal",
    )
    pareto = year.pareto
    if pareto:
        share = percent(pareto["share"] + "00")
        text = f"20/80: {pareto['accounts']:,} of {pareto['out_of']:,} accounts that bought make {share} of revenue"
        line(DONE, text, money({"amount": pareto["total"], "currency": pareto["currency"]}))
    for half_year in year.half_years:
        changed = "   ".join(f"{count:,} now {grade}" for grade, count in half_year.changes.items()) or "none changes"
        line(DONE, f"{half_year.rated:,} customers rated as of {half_year.as_of}; classes granted: {changed}")
    grades = "   ".join(f"{grade} {count:,}" for grade, count in year.grades.items())
    line(DONE, f"classes as a preview of 2010-12-31: {grades}")
    again = year.again
    if again:
        line(DONE, f"the same file again: {again['accepted']} lines taken, {again['unchanged']:,} known already")


def sums(amounts: Sequence[dict[str, str]]) -> str:
    return "  ".join(money(amount) for amount in amounts if minor(amount)) or "–"


def tell_stages(year: Year) -> None:
    total = sum(year.stages.values())
    shares = " · ".join(f"{name} {seconds:.1f} s" for name, seconds in year.stages.items())
    speed = f", {year.rows / total:,.0f} lines a second" if total else ""
    line("⏱", f"{total:.1f} s end to end{speed}: {shares}")
