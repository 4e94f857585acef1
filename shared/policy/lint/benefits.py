"""A benefit says what each row gives, of what, how it is rounded, when it is due and what takes it back."""

from collections.abc import Iterator

from shared.policy.findings import Finding, finding
from shared.policy.forms import Benefit
from shared.policy.lint.library import Library
from shared.policy.lint.measures import Asker, check_condition, check_measure, too_many_digits
from shared.policy.lint.rows import axis_of, check_table
from shared.policy.measure import Measure
from shared.policy.registry import Fact
from shared.policy.table import Row

_RESULTS = ("rate", "amount", "goods", "coupon", "service", "ask", "nothing")


def check_benefit(document: Benefit, library: Library) -> Iterator[Finding]:
    asker = _asker(document, library)
    yield from _facts(document, asker)
    fact = library.registry.facts.get(document.measure.fact)
    if fact is not None:
        axis = axis_of(fact, document.measure.currency)
        yield from check_table(document.id, document.table, axis, "table", needs_mode=True)
    for index, row in enumerate(document.table.rows):
        yield from _row(document, row, f"table.rows[{index}]", library)
    yield from _outcome(document, fact)
    yield from _family(document, library)
    if document.timing and document.timing.confirm and not library.is_form(document.timing.confirm, "route"):
        yield finding("route_unknown", document.id, "timing.confirm", route=document.timing.confirm)
    if document.budget is not None and document.budget not in library.column("budgets", "budget"):
        yield finding("budget_unknown", document.id, "budget", budget=document.budget)


def _asker(document: Benefit, library: Library) -> Asker:
    subject = document.measure.per or document.beneficiary
    service = library.mounted_in(document)
    services = frozenset({service} if service else ())
    return Asker(document.id, subject, library.registry.reach(subject), services, library)


def _facts(document: Benefit, asker: Asker) -> Iterator[Finding]:
    if document.measure.per is None:
        yield finding("per_missing", document.id, "measure.per")
    else:
        yield from check_measure(asker, document.measure, "measure")
    # A scope is asked for each line on its day, so it reaches what a line reaches, whatever the measure is per.
    registry = asker.library.registry
    lines = Asker(asker.policy, asker.subject, asker.reach | registry.reach("line"), asker.services, asker.library)
    yield from check_condition(lines, document.scope, "scope")
    yield from check_condition(asker, document.requires, "requires")
    if isinstance(document.outcome.of, Measure):
        yield from check_measure(lines, document.outcome.of, "outcome.of")


def _row(document: Benefit, row: Row, path: str, library: Library) -> Iterator[Finding]:
    policy, given = document.id, [name for name in _RESULTS if getattr(row, name) is not None]
    given += ["each"] if row.each is not None and row.amount is None else []
    given += [name for name in ("score", "grade") if getattr(row, name) is not None]
    if len(given) != 1:
        yield finding("row_result", policy, path, given=", ".join(given) or "-")
    yield from _figures(document, row, path)
    if row.goods is not None and row.goods.sku not in library.column("goods-catalogue", "sku"):
        yield finding("sku_unknown", policy, f"{path}.goods.sku", sku=row.goods.sku)
    if row.coupon is not None and row.coupon not in library.column("coupons", "code"):
        yield finding("coupon_unknown", policy, f"{path}.coupon", coupon=row.coupon)
    if row.ask is not None and not library.is_form(row.ask, "route"):
        yield finding("route_unknown", policy, f"{path}.ask", route=row.ask)


def _figures(document: Benefit, row: Row, path: str) -> Iterator[Finding]:
    policy, outcome = document.id, document.outcome
    for name, figure in (("rate", row.rate), ("amount", row.amount), ("each", row.each)):
        if figure is None:
            continue
        if figure == 0:
            yield finding("zero_not_nothing", policy, f"{path}.{name}")
        if outcome.kind == "gift":
            yield finding("gift_with_figure", policy, f"{path}.{name}")
        if name != "rate":
            yield from too_many_digits(policy, f"{path}.{name}", figure, outcome.currency)
    if row.rate is not None and outcome.kind != "points" and abs(row.rate) > 1:
        yield finding("rate_out_of_range", policy, f"{path}.rate", rate=row.rate)


def _outcome(document: Benefit, fact: Fact | None) -> Iterator[Finding]:
    policy, outcome, rows = document.id, document.outcome, document.table.rows
    rated = any(row.rate is not None for row in rows)
    amounts = outcome.kind != "points" and any(row.amount is not None or row.each is not None for row in rows)
    if rated and outcome.of is None:
        yield finding("outcome_of_missing", policy, "outcome.of")
    if outcome.of == "measure" and outcome.kind != "points" and fact is not None and fact.type != "money":
        yield finding("outcome_base_wrong", policy, "outcome.of", fact=fact.name, type=fact.type)
    if amounts and outcome.currency is None:
        yield finding("outcome_currency_missing", policy, "outcome.currency")
    if not amounts and outcome.currency is not None:
        yield finding("outcome_currency_refused", policy, "outcome.currency")
    if outcome.kind != "gift" and outcome.rounding is None:
        yield finding("rounding_missing", policy, "outcome.rounding")
    if outcome.kind == "gift" and outcome.rounding is not None:
        yield finding("rounding_refused", policy, "outcome.rounding")


def _family(document: Benefit, library: Library) -> Iterator[Finding]:
    """Prices work at once and pay nothing back; rewards say when they are due and what a return does."""
    policy, group = document.id, document.stacking
    family = library.families.get(group)
    if family is None:
        yield finding("stacking_group_unknown", policy, "stacking", group=group)
        return
    priced = family == "price"
    if document.outcome.kind in ({"cash", "points"} if priced else {"discount", "price"}):
        yield finding("kind_wrong", policy, "outcome.kind", kind=document.outcome.kind, family=family, group=group)
    for name, said in (("timing", document.timing), ("clawback", document.clawback)):
        if priced and said is not None:
            yield finding(f"{name}_refused", policy, name)
        if not priced and said is None:
            yield finding(f"{name}_missing", policy, name)
