"""The board as a picture: a row for each scope, a light for each KPI, its figure beside it, so colour is not needed."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_DOWN, Decimal
from typing import Final
from xml.sax.saxutils import escape

from services.accounts.kpis.domain import Board, KpiLine
from shared.errors import Language, in_language

LEFT, TOP, COLUMN, ROW, MARGIN = 190, 118, 104, 46, 20
COLOURS: Final[Mapping[str, str]] = {"green": "#2e9e5b", "amber": "#e8a317", "red": "#d3423e", "": "#d5d9de"}
WORDS: Final[Mapping[str, Mapping[Language, str]]] = {
    "green": {"en": "on target", "zh": "达标"},
    "amber": {"en": "attention", "zh": "关注"},
    "red": {"en": "below the threshold", "zh": "低于门槛"},
    "": {"en": "no plan, or no evidence", "zh": "无计划或无证据"},
    "no_plan": {"en": "no plan", "zh": "无计划"},
    "no_evidence": {"en": "no evidence", "zh": "无证据"},
    "score": {"en": "Score", "zh": "总分"},
    "empty": {"en": "Nobody within your reach has a board for this period.", "zh": "您的权限范围内该期间没有看板。"},
    "title": {"en": "Key-account KPIs", "zh": "大客户绩效指标"},
    "as_of": {"en": "as of", "zh": "截至"},
}
FONT = "font-family=\"'Noto Sans','Noto Sans CJK SC','Helvetica Neue',Arial,sans-serif\""
HUNDRED = Decimal(100)


def draw(boards: Sequence[Board], *, period: str, as_of: str, language: Language) -> str:
    """An SVG document; every text in it is escaped."""
    columns = boards[0].lines if boards else ()
    width = max(LEFT + COLUMN * (len(columns) + 1) + MARGIN, 640)
    height = TOP + ROW * max(len(boards), 1) + 60
    title = f"{_word('title', language)} {period}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" {FONT}>',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        _text(MARGIN, 34, title, size=20, weight="bold"),
        _text(MARGIN, 56, f"{_word('as_of', language)} {as_of}", size=13, colour="#5b6470"),
    ]
    parts += _heads(columns, language)
    for index, board in enumerate(boards):
        parts += _row(board, TOP + ROW * index, language, width=width)
    if not boards:
        parts.append(_text(MARGIN, TOP + 28, _word("empty", language), size=14))
    return "\n".join([*parts, *_legend(height - 22, language), "</svg>"]) + "\n"


def _heads(columns: Sequence[KpiLine], language: Language) -> Iterator[str]:
    for place, line in enumerate(columns):
        for number, part in enumerate(_folded(in_language(line.title, language), 15 if language == "en" else 7)):
            yield _text(_middle(place), TOP - 38 + 14 * number, part, size=12, anchor="middle", colour="#39424e")
    if columns:
        yield _text(_middle(len(columns)), TOP - 38, _word("score", language), size=12, anchor="middle", weight="bold")


def _row(board: Board, top: int, language: Language, *, width: int) -> Iterator[str]:
    yield f'<line x1="{MARGIN}" y1="{top}" x2="{width - MARGIN}" y2="{top}" stroke="#e6e9ed"/>'
    yield _text(MARGIN, top + 28, _cut(board.name, 22), size=14)
    for place, line in enumerate(board.lines):
        yield from _light(_middle(place), top, line.light, _figure(line, language))
    score = "–" if board.score is None else f"{board.score.quantize(Decimal('0.1'), ROUND_DOWN)}"
    yield from _light(_middle(len(board.lines)), top, board.grade, score)


def _light(middle: int, top: int, light: str, said: str) -> Iterator[str]:
    colour = COLOURS.get(light, COLOURS[""])
    yield f'<circle cx="{middle}" cy="{top + 16}" r="9" fill="{colour}"/>'
    yield _text(middle, top + 39, said, size=12, anchor="middle", colour="#39424e")


def _figure(line: KpiLine, language: Language) -> str:
    if line.value is None:
        return _word(line.because, language)
    if line.unit == "count":
        return f"{line.value:f}"
    return f"{(line.value * HUNDRED).quantize(Decimal('0.1'), ROUND_DOWN)} %"


def _legend(base: int, language: Language) -> Iterator[str]:
    left = MARGIN + 8
    for light in COLOURS:
        word = _word(light, language)
        yield f'<circle cx="{left}" cy="{base - 4}" r="6" fill="{COLOURS[light]}"/>'
        yield _text(left + 14, base, word, size=12, colour="#39424e")
        left += 44 + (7 * len(word) if language == "en" else 14 * len(word))


def _text(
    left: int,
    base: int,
    said: str,
    *,
    size: int,
    anchor: str = "start",
    weight: str = "normal",
    colour: str = "#1d232b",
) -> str:
    style = f'font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{left}" y="{base}" {style}>{escape(said)}</text>'


def _word(name: str, language: Language) -> str:
    return WORDS[name][language]


def _middle(place: int) -> int:
    return LEFT + COLUMN * place + COLUMN // 2


def _cut(said: str, most: int) -> str:
    return said if len(said) <= most else f"{said[: most - 1]}…"


def _folded(said: str, most: int) -> list[str]:
    """Two lines at most, broken at a blank where there is one."""
    if len(said) <= most:
        return [said]
    words, lines = said.split(" "), [""]
    if len(words) == 1:
        return [said[:most], _cut(said[most:], most)]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) >= most:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [lines[0], _cut(" ".join(lines[1:]), most)] if len(lines) > 1 else lines
