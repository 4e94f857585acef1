"""The policies of a process, compiled once per version and read again only when the epoch moved."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from shared.policy import store
from shared.policy.lifecycle import Published, UnknownPolicy, in_force
from shared.policy.plan import Numbered, Plan, Plans, compile_plans
from shared.policy.registry import Registry, load_registry

MOST_SETS = 256


@dataclass
class _Sets:
    """Compiled sets by the versions in them: versions never change, so a set is right for ever."""

    registry: Registry
    compiled: dict[tuple[str, ...], Plans] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)

    def of(self, versions: tuple[Published, ...]) -> Plans:
        key = tuple(one.policy for one in versions)
        if key not in self.compiled:
            if len(self.compiled) >= MOST_SETS:
                self.compiled.clear()
            numbered = [Numbered(one.document, one.version) for one in versions]
            self.compiled[key] = compile_plans(numbered, self.registry, known=self.plans)
        return self.compiled[key]


class PolicySet:
    """All versions as of one epoch; what is in force on a day is compiled when somebody asks for that day."""

    def __init__(self, epoch: int, versions: tuple[Published, ...], sets: _Sets) -> None:
        self.epoch, self.versions = epoch, versions
        self._sets, self._days = sets, dict[date, Plans]()

    def in_force(self, on: date) -> Plans:
        """The plans of the versions that hold on a local day."""
        plans = self._days.get(on)
        if plans is None:
            plans = self._sets.of(self._on(on))
            self._days[on] = plans
        return plans

    def as_known(self, at: datetime) -> "PolicySet":
        """Without the versions that were published only later."""
        return PolicySet(self.epoch, tuple(one for one in self.versions if one.published_at <= at), self._sets)

    def published(self, policy: str) -> Published:
        """The version a decision names as `id@version`; raises UnknownPolicy."""
        for one in self.versions:
            if one.policy == policy:
                return one
        raise UnknownPolicy({"en": f"There is no policy {policy}.", "zh": f"没有政策{policy}。"})

    def plan(self, policy: str, *, on: date) -> Plan:
        """The plan of `id@version` beside what else was in force on a day: how a closed window is evaluated again."""
        wanted = self.published(policy)
        others = {one.id: one for one in self._on(on)}
        versions = sorted({**others, wanted.id: wanted}.values(), key=lambda one: one.id)
        return self._sets.of(tuple(versions))[wanted.id]

    def _on(self, on: date) -> tuple[Published, ...]:
        return tuple(sorted(in_force(self.versions, on).values(), key=lambda one: one.id))


class CompiledPolicies:
    """What one process keeps: `await policies.current(session)` costs one small read while nothing changed."""

    def __init__(self, registry: Registry | None = None) -> None:
        self._sets = _Sets(registry or load_registry())
        self._set = PolicySet(-1, (), self._sets)

    async def current(self, session: AsyncSession, *, epoch: int | None = None) -> PolicySet:
        """The set of the epoch that this transaction sees; `epoch` where the caller has read it with his facts."""
        if epoch is None:
            epoch = await store.read_epoch(session)
        if epoch != self._set.epoch:
            # The epoch is read before the versions: what is published in between is read once more, never missed.
            self._set = PolicySet(epoch, tuple(await store.read_versions(session)), self._sets)
        return self._set
