"""A12: elections by the pack's own document against a calendar of days, read by pricing and rewards alike."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from uuid import UUID

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.accounts.dossiers.service import Whereabouts
from services.accounts.elections.schemas import NewElection
from services.accounts.elections.service import Circumstances, make_election
from services.pricing.accounts.consumer import applied
from services.pricing.accounts.domain import Account as PricedAccount
from services.rewards.facts.accounts import Account as RewardedAccount
from services.rewards.facts.accounts import choice_on
from services.rewards.facts.fold import ACCOUNT_CHANGES
from shared.auth.principal import Reach
from shared.calendar import period_of
from shared.errors import Problem
from shared.events.accounts import ElectionMade
from shared.policy.loader import load_pack
from shared.policy.plan import Numbered, compile_plans
from shared.policy.registry import load_registry
from shared.policy.rulebook import Rulebook

PACK = Path(__file__).parents[3] / "deploy" / "policies" / "accounts"
ACCOUNT = "0190a7c2-0001-7000-8000-000000000001"
START = date(2021, 1, 1)
DAYS = 240
ANYBODY = Reach(True, frozenset(), "rep", None)


@cache
def rules() -> Rulebook:
    documents = [placed.document for placed in load_pack(PACK.parent) if placed.document.id == "election-p4"]
    return Rulebook(compile_plans([Numbered(document) for document in documents], load_registry()))


class Model:
    """Which election holds on which day; nothing else."""

    def __init__(self) -> None:
        self.today, self.settled_until = START, START
        self.days: dict[date, tuple[int, str]] = {}
        self.started: dict[int, date] = {}

    def takes(self, choice: str, first: date, until: date) -> bool:
        """Whether an account that is a key account may elect so."""
        before = self.days.get(first - timedelta(days=1))
        if first <= self.today or first < self.settled_until or (before and before[1] != choice and first.day != 1):
            return False
        span = (period_of("month", first).first, period_of("month", until - timedelta(days=1)).until)
        sharing = {held for day, held in self.days.items() if span[0] <= day < span[1]}
        return all(other != choice and self.started[number] < first and first.day == 1 for number, other in sharing)

    def take(self, choice: str, first: date, until: date) -> None:
        replaced = self.days.get(first)
        if replaced:
            self.days = {day: held for day, held in self.days.items() if held != replaced or day < first}
        number = len(self.started)
        self.started[number] = first
        self.days |= {first + timedelta(days=at): (number, choice) for at in range((until - first).days)}


class ElectionsAgreeWithTheModel(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.model, self.made = Model(), []
        self.priced = PricedAccount(UUID(ACCOUNT), "KA-1", "kinshasa")
        self.rewarded = RewardedAccount(ACCOUNT)

    @rule(
        choice=st.sampled_from(["subsidy", "discount"]),
        ahead=st.one_of(st.integers(0, 100), st.sampled_from(range(6)).map(lambda months: -months - 1)),
        length=st.one_of(st.integers(1, 100), st.sampled_from([28, 30, 31, 59, 61, 90])),
    )
    def elect(self, choice: str, ahead: int, length: int) -> None:
        first = self.model.today + timedelta(days=ahead) if ahead >= 0 else firsts(self.model.today)[-ahead - 1]
        until = first + timedelta(days=length)
        self._elect(choice, first, until)

    @rule(choice=st.sampled_from(["subsidy", "discount"]), months=st.integers(1, 4), at=st.integers(0, 5))
    def elect_whole_months(self, choice: str, months: int, at: int) -> None:
        coming = firsts(self.model.today)
        self._elect(choice, coming[at], coming[min(at + months, len(coming) - 1)])

    @rule(at=st.integers(0, 4), months=st.integers(1, 7), back=st.booleans())
    def switch(self, at: int, months: int, back: bool) -> None:
        """Away from what stands on the eve of a month, or the same once more."""
        coming = firsts(self.model.today)
        stands = self.model.days.get(coming[at] - timedelta(days=1), (0, "subsidy"))[1]
        choice = {"subsidy": "discount", "discount": "subsidy"}[stands] if back else stands
        self._elect(choice, coming[at], coming[min(at + months, len(coming) - 1)])

    def _elect(self, choice: str, first: date, until: date) -> None:
        if until <= first:
            return
        now = datetime(self.model.today.year, self.model.today.month, self.model.today.day, 9, tzinfo=UTC)
        now += timedelta(microseconds=len(self.made))
        asked = {"account_id": ACCOUNT, "programme": "p4", "choice": choice, "elected_by": "Ms Chen"}
        request = NewElection(**asked, valid_from=first, valid_until=until)
        circumstances = Circumstances(first, True, first < self.model.settled_until)
        who = Whereabouts("rep", ANYBODY, now, "Africa/Kinshasa")
        allowed = self.model.takes(choice, first, until)
        try:
            row, told = make_election(request, self.made, circumstances, rules=rules(), who=who)
        except Problem:
            assert not allowed
            return
        assert allowed
        self.model.take(choice, first, until)
        self.made.append(SimpleNamespace(**{name: getattr(row, name) for name in ROW}))
        self._tell(told)

    def _tell(self, told: ElectionMade) -> None:
        """Both services read the event's bytes, as from the topic."""
        read = ElectionMade.model_validate_json(told.to_bytes())
        self.priced = applied(self.priced, read) or self.priced
        self.rewarded = ACCOUNT_CHANGES[ElectionMade](self.rewarded, read)

    @rule(days=st.integers(1, 40))
    def time_passes(self, days: int) -> None:
        self.model.today = min(self.model.today + timedelta(days=days), START + timedelta(days=DAYS))

    @rule()
    def the_last_month_is_settled(self) -> None:
        self.model.settled_until = period_of("month", self.model.today).first

    @invariant()
    def pricing_and_rewards_read_the_same_choice_every_day(self) -> None:
        for at in range(0, DAYS + 130):
            day = START + timedelta(days=at)
            expected = self.model.days.get(day, (0, "none"))[1]
            assert (self.priced.election(day), choice_on(self.rewarded, "p4", day)) == (expected, expected)


ROW = ("id", "choice", "valid_from", "valid_until")


def firsts(today: date) -> list[date]:
    """The first days of the coming months."""
    found: list[date] = []
    for _ in range(8):
        found.append(period_of("month", found[-1] if found else today).until)
    return found


TestElectionsAgreeWithTheModel = ElectionsAgreeWithTheModel.TestCase
TestElectionsAgreeWithTheModel.settings = settings(max_examples=50, stateful_step_count=20, deadline=None)
