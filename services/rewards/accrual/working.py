"""How one line's own amount follows from its window, as a sum that a reader can do again."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.rewards.accrual.domain import Part, Working
from services.rewards.ledger.domain import Posting
from shared.errors import Words
from shared.money import Money
from shared.policy.speech import Language, Speech, grouped

SENTENCES: Final[Mapping[str, Words]] = {
    Part.CHANGE: {
        "en": "{total} now − {posted_before} posted before = {amount}.",
        "zh": "现值{total} − 此前已计{posted_before} = {amount}。",
    },
    "same": {"en": "{total} now and posted before: it stays.", "zh": "现值与此前已计均为{total}：维持不变。"},
    Part.NEW: {
        "en": "Its part of the new total: {total} × {grown} ÷ {measure_after} = {amount}.",
        "zh": "占新总额的部分：{total} × {grown} ÷ {measure_after} = {amount}。",
    },
    Part.REST: {
        "en": "The rest: {total} now − {posted_before} posted before {sign} {beside} beside = {amount}.",
        "zh": "其余：现值{total} − 此前已计{posted_before} {sign} 同时入账{beside} = {amount}。",
    },
    "share": {
        "en": "The line's share: {posted_before} × {line_measure} ÷ {measure_before} = {share}.",
        "zh": "该行份额：{posted_before} × {line_measure} ÷ {measure_before} = {share}。",
    },
    Part.RETURNED: {
        "en": "{share} held × {returned} ÷ {held} pieces = {taken_back} taken back.",
        "zh": "所持{share} × 退回{returned} ÷ 原有{held}件 = 收回{taken_back}。",
    },
    Part.MOVED: {
        "en": "{amount} {source}, now {target}; the worth does not change.",
        "zh": "{amount}由{source}转为{target}；价值不变。",
    },
}
STATES: Final[Mapping[str, Words]] = {
    "pending": {"en": "pending", "zh": "待定"},
    "accrued": {"en": "accrued", "zh": "已计提"},
    "payable": {"en": "payable", "zh": "应付"},
    "paid": {"en": "paid", "zh": "已付"},
}


def told(posting: Posting, working: Working, measured_in: str | None, language: Language) -> Iterator[str]:
    """The sums of one line in words; `measured_in` is the currency of the policy's measure, None where it counts."""
    parts = _parts(posting, working, _Moneys(posting.currency, measured_in, language))
    if working.taken is not None:
        yield SENTENCES["share"][language].format(**parts)
    code = "same" if working.part is Part.CHANGE and not posting.amount_minor else working.part
    states = {"source": posting.source, "target": posting.target}
    named = {name: STATES[state][language] for name, state in states.items() if state}
    yield SENTENCES[code][language].format(**parts, **named)


class _Moneys:
    """Amounts of the posting and of its policy's measure, each in its own currency."""

    def __init__(self, currency: str, measured_in: str | None, language: Language) -> None:
        self._currency, self._measured_in, self._speech = currency, measured_in, Speech(language)

    def amount(self, amount_minor: int) -> str:
        return self._speech.value(Money(amount_minor, self._currency))

    def measure(self, measured: int) -> str:
        return self._speech.value(Money(measured, self._measured_in)) if self._measured_in else grouped(measured)


def _parts(posting: Posting, working: Working, money: _Moneys) -> dict[str, Any]:
    taken = working.taken
    found = {
        "amount": money.amount(posting.amount_minor),
        "posted_before": money.amount(working.posted_before),
        "total": money.amount(working.total),
        "grown": money.measure(working.measure_after - working.measure_before),
        "measure_before": money.measure(working.measure_before),
        "measure_after": money.measure(working.measure_after),
        "sign": "−" if working.beside >= 0 else "+",
        "beside": money.amount(abs(working.beside)),
        "taken_back": money.amount(-posting.amount_minor),
    }
    if taken is None:
        return found
    return found | {
        "share": money.amount(taken.share_minor),
        "line_measure": money.measure(taken.measure_minor),
        "returned": grouped(taken.returned),
        "held": grouped(taken.held),
    }
