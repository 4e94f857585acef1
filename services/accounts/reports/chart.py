"""The 20/80 report as a picture: one bar an account, the line of the share reached, the mark of the share wanted."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final
from xml.sax.saxutils import escape

from services.accounts.reports.domain import Pareto, ParetoOf
from shared.errors import Words
from shared.money import Money
from shared.policy.speech import Language

WIDTH, HEIGHT = 960, 480
LEFT, RIGHT, TOP, BOTTOM = 96, 56, 64, 96
MOST_BARS = 24
PLOT_WIDTH, PLOT_HEIGHT = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
NEEDED, OTHERS, LINE, WANTED, INK, RULE = "#1f6f8b", "#b9c6cc", "#c8553d", "#7a7a7a", "#222222", "#e4e8ea"

TITLES: Final[Mapping[ParetoOf, Words]] = {
    ParetoOf.revenue: {"en": "Revenue by account", "zh": "各客户收入"},
    ParetoOf.margin: {"en": "Margin by account", "zh": "各客户毛利"},
}
MAKE: Final[Words] = {
    "en": "{needed} of {all} accounts make {share} %",
    "zh": "{all}个客户中{needed}个占{share}%",
}
REST: Final[Words] = {"en": "others", "zh": "其余"}
NOBODY: Final[Words] = {"en": "Nothing was delivered in this period.", "zh": "本期无交付。"}


@dataclass(frozen=True, slots=True)
class Bar:
    """One account's bar, or the last one of all who have no bar of their own."""

    label: str
    amount_minor: int
    cumulative: Decimal
    needed: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    """What is drawn, for whom: amounts in minor units of `currency`."""

    of: ParetoOf
    period: str
    currency: str
    language: Language


def pareto_chart(found: Pareto, numbers: Mapping[str, str], drawing: Drawing) -> str:
    """The report as a whole SVG document; `numbers` are the accounts' by id."""
    bars = bars_of(found, numbers, REST[drawing.language])
    drawn = [*_heading(found, drawing)]
    if bars:
        drawn += [*_grid(bars, drawing), *_bars(bars), _reached(bars), *_wanted(found.share)]
    else:
        drawn.append(_text(WIDTH // 2, HEIGHT // 2, NOBODY[drawing.language], anchor="middle"))
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
            ' role="img" font-family="Noto Sans, Noto Sans CJK SC, Arial, sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
            *drawn,
            "</svg>\n",
        ]
    )


def bars_of(found: Pareto, numbers: Mapping[str, str], rest: str) -> list[Bar]:
    """The largest accounts one by one, all others in one last bar."""
    bars = [
        Bar(numbers[row.account_id], row.amount_minor, row.cumulative, place < found.needed)
        for place, row in enumerate(found.rows)
        if row.amount_minor > 0
    ]
    if len(bars) <= MOST_BARS:
        return bars
    others = bars[MOST_BARS - 1 :]
    amount = sum(bar.amount_minor for bar in others)
    label = f"{rest} ({len(others)})"
    return [*bars[: MOST_BARS - 1], Bar(label, amount, Decimal(1), all(bar.needed for bar in others))]


def _heading(found: Pareto, drawing: Drawing) -> Iterator[str]:
    share = (found.share * 100).normalize()
    made = MAKE[drawing.language].format(needed=found.needed, all=len(found.rows), share=f"{share:f}")
    yield _text(LEFT, 28, f"{TITLES[drawing.of][drawing.language]}, {drawing.period}", size=18)
    yield _text(LEFT, 48, f"{made} · {Money(found.total_minor, drawing.currency)} {drawing.currency}")


def _grid(bars: list[Bar], drawing: Drawing) -> Iterator[str]:
    """Quarters of the height: the largest bar's amount on the left, the share reached on the right."""
    highest = max(bar.amount_minor for bar in bars)
    for quarter in range(5):
        y = TOP + PLOT_HEIGHT - PLOT_HEIGHT * quarter // 4
        amount = Money(highest * quarter // 4, drawing.currency).decimal.quantize(Decimal(1), ROUND_HALF_UP)
        yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{RULE}"/>'
        yield _text(LEFT - 8, y + 4, f"{amount:,}", anchor="end")
        yield _text(WIDTH - RIGHT + 8, y + 4, f"{quarter * 25} %")


def _bars(bars: list[Bar]) -> Iterator[str]:
    highest = max(bar.amount_minor for bar in bars)
    step = Decimal(PLOT_WIDTH) / len(bars)
    for place, bar in enumerate(bars):
        height = Decimal(PLOT_HEIGHT) * bar.amount_minor / highest
        x, y, width = LEFT + step * place + step / 10, TOP + PLOT_HEIGHT - height, step * 8 / 10
        fill = NEEDED if bar.needed else OTHERS
        title = f"<title>{escape(bar.label)}: {_percent(bar.cumulative)} %</title>"
        place_and_size = f'x="{_at(x)}" y="{_at(y)}" width="{_at(width)}" height="{_at(height)}"'
        yield f'<rect {place_and_size} fill="{fill}">{title}</rect>'
        middle = _at(LEFT + step * place + step / 2)
        foot = TOP + PLOT_HEIGHT + 14
        yield (
            f'<text x="{middle}" y="{foot}" fill="{INK}" font-size="10" text-anchor="end"'
            f' transform="rotate(-45 {middle} {foot})">{escape(bar.label)}</text>'
        )


def _reached(bars: list[Bar]) -> str:
    step = Decimal(PLOT_WIDTH) / len(bars)
    points = [
        (LEFT + step * place + step / 2, TOP + PLOT_HEIGHT - PLOT_HEIGHT * bar.cumulative)
        for place, bar in enumerate(bars)
    ]
    path = " ".join(f"{_at(x)},{_at(y)}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{LINE}" stroke-width="2"/>'


def _wanted(share: Decimal) -> Iterator[str]:
    y = _at(TOP + PLOT_HEIGHT - PLOT_HEIGHT * share)
    yield f'<line x1="{LEFT}" y1="{y}" x2="{WIDTH - RIGHT}" y2="{y}" stroke="{WANTED}" stroke-dasharray="6 4"/>'


def _text(x: int, y: int, said: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x}" y="{y}" fill="{INK}" font-size="{size}" text-anchor="{anchor}">{escape(said)}</text>'


def _percent(share: Decimal) -> Decimal:
    return (share * 100).quantize(Decimal("0.1"), ROUND_HALF_UP)


def _at(place: Decimal) -> Decimal:
    """A place on the picture, to a tenth of its unit."""
    return Decimal(place).quantize(Decimal("0.1"), ROUND_HALF_UP)
