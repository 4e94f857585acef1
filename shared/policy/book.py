"""The printable policy book: every document in force on a day, said so that people can check it against its source."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from shared.policy.forms import (
    Action,
    AnyStep,
    AtLeastSteps,
    Benefit,
    Conditions,
    FormName,
    Route,
    Scorecard,
    Step,
    TableDocument,
    TermLimit,
    inside,
)
from shared.policy.lifecycle import Published
from shared.policy.notation import Words
from shared.policy.phrasing import Phrasing
from shared.policy.speech import Language, grouped, percent
from shared.policy.table import Row, Table
from shared.trace import Text

FORMS_IN_ORDER: tuple[FormName, ...] = ("benefit", "conditions", "scorecard", "route", "table")


def policy_book(versions: Iterable[Published], *, on: date, language: Language) -> str:
    """Markdown of all versions given, by form and id; `on` is the day they are in force."""
    listed = sorted(versions, key=lambda one: one.id)
    writer = _Writer(language, _names(listed))
    lines = [f"# {writer.word('book', day=on.isoformat())}", "", writer.word("count", number=len(listed)), ""]
    for form in FORMS_IN_ORDER:
        chosen = [one for one in listed if one.document.form == form]
        lines += [f"## {writer.word(f'form.{form}')}", ""] if chosen else []
        for one in chosen:
            lines += writer.document(one)
    return "\n".join(lines)


def _names(versions: Sequence[Published]) -> Mapping[str, Text]:
    """What people call documents, roles and duties."""
    found = {one.id: _text(one.document.title) for one in versions}
    for one in versions:
        rows = one.document.rows if isinstance(one.document, TableDocument) else ()
        for row in rows:
            name, title = row.get("role") or row.get("duty"), row.get("title")
            if isinstance(name, str) and isinstance(title, Words):
                found[name] = _text(title)
    return found


def _text(words: Words) -> Text:
    return {"en": words.en, "zh": words.zh}


class _Writer(Phrasing):
    """Documents as Markdown lines."""

    def document(self, one: Published) -> Iterator[str]:
        document = one.document
        yield f"### {document.title[self.language]} `{one.policy}`"
        yield ""
        yield self._head(one)
        yield ""
        source = document.source
        said = {"source": self.speech.source(source.document), "clause": source.clause}
        yield f"> {self.word('source', **said, says=source.says[self.language])}"
        yield ""
        match document:
            case Benefit():
                yield from self._benefit(document)
            case Conditions():
                yield from self._conditions(document)
            case Scorecard():
                yield from self._scorecard(document)
            case Route():
                yield from self._route(document)
            case TableDocument():
                yield from self._table_document(document)
        yield ""

    def _head(self, one: Published) -> str:
        valid, document = one.document.valid, one.document
        # People see the last day; storage keeps the first one no longer covered.
        last = self.word("last", day=(valid.until - timedelta(days=1)).isoformat()) if valid.until else ""
        return self.word(
            "head",
            rows=", ".join(document.row),
            owner=self.speech.named(document.owner),
            first=valid.from_.isoformat(),
            last=last,
            sample=self.word("sample") if document.sample else "",
        )

    def _benefit(self, document: Benefit) -> Iterator[str]:
        yield from self.under("scope", document.scope)
        yield self.word("measured", measure=self.measure(document.measure))
        yield ""
        yield from self.under("gates", document.requires)
        outcome = document.outcome
        code = "gives" if outcome.rounding else "gives_gift"
        yield self.word(code, kind=self.code(outcome.kind), rounding=self.speech.word(outcome.rounding))
        yield ""
        yield from self._rows(document.table, outcome.currency)
        if document.timing is not None:
            when = {name: self.code(getattr(document.timing, name)) for name in ("accrue", "settle", "pay")}
            yield self.word("timing", **when)
            yield ""

    def _conditions(self, document: Conditions) -> Iterator[str]:
        yield from self.under("scope", document.scope)
        yield from self.under("require", document.require)
        for code, action in (("then", document.then), ("otherwise", document.otherwise)):
            if action is not None:
                yield f"{self.word(code)}: {self._action(action)}"
                yield ""

    def _action(self, action: Action) -> str:
        for code in ("refuse", "ask", "flag", "hold"):
            if what := getattr(action, code):
                return self.word(code, what=self.speech.named(what))
        return ""

    def _scorecard(self, document: Scorecard) -> Iterator[str]:
        yield from self.under("scope", document.scope)
        columns = ("criterion", "weight", "measure", "points")
        rows = [
            (one.title[self.language], grouped(one.weight), self.measure(one.measure), self._points(one.table))
            for one in document.criteria
        ]
        yield from self._grid(columns, rows)
        grades = [(_edge(row.from_), _edge(row.to), self._grade(row)) for row in document.grades.rows]
        yield from self._grid(("from", "to", "grade"), grades)

    def _points(self, table: Table) -> str:
        return "; ".join(f"{row.is_ or _edge(row.from_) + '…' + _edge(row.to)} → {row.score}" for row in table.rows)

    def _grade(self, row: Row) -> str:
        return f"{row.title[self.language] if row.title else ''} ({row.grade})"

    def _route(self, document: Route) -> Iterator[str]:
        yield self.word("initiators", roles=", ".join(map(self.speech.named, document.initiators)))
        yield ""
        for number, step in enumerate(document.steps, start=1):
            yield from self._step(step, f"{number}. ", 0)
        yield ""
        yield from self.under("reopens", document.reopens)
        for limit in document.limits:
            yield self._limit(limit)
        yield from [""] * bool(document.limits)
        if document.lasts:
            yield self.word("lasts", span=document.lasts)
            yield ""
        sla = document.sla
        yield self.word("clock", each=sla.each, remind=sla.remind, role=self.speech.named(sla.escalate_to))
        yield ""

    def _limit(self, limit: TermLimit) -> str:
        said = ", ".join(self.word(word, value=reference) for word, reference in limit.comparisons)
        code = "limit_when" if limit.when else "limit"
        when = {"other": limit.when.term, "says": limit.when.is_} if limit.when else {}
        return self.word(code, term=limit.term, said=said, **when)

    def _step(self, step: AnyStep, mark: str, depth: int) -> Iterator[str]:
        indent = "   " * depth
        if isinstance(step, Step):
            said = self.word("step", role=self.speech.named(step.role), kind=self.speech.word(step.kind))
            yield f"{indent}{mark}{said}{self._evidence(step)}"
        else:
            needed = step.at_least if isinstance(step, AtLeastSteps) else 0
            code = "at_least_of" if needed else "all" if hasattr(step, "all") else "any"
            stops = self.word("stops") if step.on_no == "stop" else ""
            yield f"{indent}{mark}{self.word(code, needed=needed)}{stops}"
        for one in inside(step):
            yield from self._step(one, "- ", depth + 1)
        if step.when is not None:
            yield f"{indent}   - {self.word('when')}"
            yield from self.condition(step.when, depth + 2)

    def _evidence(self, step: Step) -> str:
        return self.word("evidence", evidence=" / ".join(map(self.code, step.evidence))) if step.evidence else ""

    def _table_document(self, document: TableDocument) -> Iterator[str]:
        columns = list(document.columns)
        yield f"| {' | '.join(columns)} |"
        yield "|" + "---|" * len(columns)
        for row in document.rows:
            yield f"| {' | '.join(self._cell(row.get(column)) for column in columns)} |"
        yield ""

    def _cell(self, cell: object) -> str:
        if isinstance(cell, Words):
            return cell[self.language]
        if isinstance(cell, tuple):
            return ", ".join(map(self._cell, cell))
        return self.value(cell)

    def _rows(self, table: Table, currency: str | None) -> Iterator[str]:
        if table.bounds is not None:
            codes = [table.mode or "", "closed_below" if table.bounds.startswith("[") else "closed_above"]
            yield " ".join(self.word(code) for code in codes if code)
            yield ""
            edges = [(_edge(row.from_), _edge(row.to), self._gives(row, currency)) for row in table.rows]
            yield from self._grid(("from", "to", "gives"), edges)
        else:
            words = [(row.is_ or "", self._gives(row, currency)) for row in table.rows]
            yield from self._grid(("is", "gives"), words)

    def _gives(self, row: Row, currency: str | None) -> str:
        sample = self.word("sample") if row.sample else ""
        if row.rate is not None:
            return percent(row.rate) + sample
        if row.amount is not None:
            each = f" + {grouped(row.each)}" if row.each is not None else ""
            return f"{grouped(row.amount)}{each} {currency or ''}".rstrip() + sample
        if row.goods is not None:
            return f"{row.goods.quantity} × {row.goods.sku}" + sample
        if row.ask is not None:
            return self.word("ask", what=self.speech.named(row.ask))
        return row.coupon or row.service or self.word("nothing")

    def _grid(self, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
        yield f"| {' | '.join(self.word(f'column.{column}') for column in columns)} |"
        yield "|" + "---|" * len(columns)
        for row in rows:
            yield f"| {' | '.join(row)} |"
        yield ""


def _edge(value: Decimal | None) -> str:
    return "" if value is None else grouped(value)
