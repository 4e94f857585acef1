"""An order on the desk: its lines while one group of benefits after the other works on them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from shared.money import Money, allocate
from shared.policy.benefit import BenefitPlan
from shared.policy.evaluation import Answer, Case, Facts
from shared.policy.order import (
    AskedRoute,
    MoreThanOneInForce,
    OrderLine,
    PricedGift,
    PricedLine,
    Taken,
    ToPrice,
)
from shared.policy.stacking import Group, Stacking
from shared.policy.worth import Award, State
from shared.trace import Figures, Node, Rule, WhyNot

NO_EVIDENCE, OUT_OF_SCOPE = WhyNot("no_evidence"), WhyNot("out_of_scope")


class Working(NamedTuple):
    """A line while groups work on it: `base` is its list price or the last price set, `net` what is left of it."""

    line: OrderLine
    base: Money
    net: Money
    taken: tuple[Taken, ...] = ()

    def worked_by(self, group: str) -> bool:
        return any(one.group == group and one.amount.amount_minor for one in self.taken)

    def less(self, taken: Taken, base: Money | None) -> "Working":
        return Working(self.line, base or self.base, self.net - taken.amount, (*self.taken, taken))

    def priced(self) -> PricedLine:
        return PricedLine(self.line.id, self.line.at_list, self.net, self.taken)

    def closing(self) -> Node:
        line = self.line
        figures: Figures = {"unit_price": line.unit_price, "quantity": line.quantity, "at_list": line.at_list}
        return Node(Rule("line", line.id), self.net, figures=figures)


class Part(NamedTuple):
    """One award of a benefit: what it takes off which lines, the prices it sets, and the nodes that say why."""

    award: Award
    taken: Mapping[str, Money]
    bases: Mapping[str, Money]
    nodes: tuple[Node, ...]
    why_not: WhyNot | None
    base: Money


class Offer(NamedTuple):
    """All a benefit would take off: one part for each line, or one for the order."""

    parts: tuple[Part, ...]

    @property
    def total(self) -> int:
        return sum(amount.amount_minor for part in self.parts for amount in part.taken.values())


class Desk(NamedTuple):
    """The state between two groups; each step gives a new one.

    `standing` are the groups of which some document applies to a line; `offers` what was found out at these prices.
    """

    stacking: Stacking
    order: ToPrice
    plans: Mapping[str, tuple[BenefitPlan, ...]]
    scopes: Mapping[tuple[str, str], tuple[Answer, tuple[Node, ...]]]
    lines: Mapping[str, Working]
    standing: Mapping[str, tuple[str, ...]]
    offers: dict[tuple[str, tuple[str, ...]], Offer]
    nodes: tuple[Node, ...] = ()
    asks: tuple[AskedRoute, ...] = ()
    gifts: tuple[PricedGift, ...] = ()

    @classmethod
    def of(cls, stacking: Stacking, benefits: Iterable[BenefitPlan], order: ToPrice) -> "Desk":
        """Every line at list price, and the scope of every benefit asked for it on its own day.

        Where a scope looks only at what is alike for all lines, it is asked once a day.
        """
        plans: dict[str, tuple[BenefitPlan, ...]] = {}
        scopes = {}
        for plan in sorted(benefits, key=lambda plan: plan.document.id):
            plans[plan.document.stacking] = (*plans.get(plan.document.stacking, ()), plan)
            looks_at, known = plan.heading.looks_at, {}
            alike = looks_at is not None and looks_at <= order.facts.alike
            for line in order.lines:
                whose = line.asked_at if alike else line.id
                if whose not in known:
                    known[whose] = _scope(plan, Case(order.facts, line.subject, line.asked_at, order.grants))
                scopes[plan.heading.policy, line.id] = known[whose]
        lines = {line.id: Working(line, line.at_list, line.at_list) for line in order.lines}
        return cls(stacking, order, plans, scopes, lines, _standing(plans, scopes, order), {})

    def worked(self, group: Group) -> "Desk":
        """After one group: each of its benefits on the lines where nothing stands against it.

        All of them are judged by the price before the group, or the better of two would be measured on what the first
        had left, and both would be taken.
        """
        desk = self
        plans = self.plans.get(group.name, ())
        judged = [(plan, {line: self.verdict(plan, group, line) for line in self.lines}) for plan in plans]
        for plan, verdicts in judged:
            standing = tuple(line for line, against in verdicts.items() if against is None)
            desk = desk._replace(nodes=desk.nodes + tuple(self.lost(plan, group, verdicts)))
            desk = desk.applied(plan, group, standing) if standing else desk
        return desk

    def verdict(self, plan: BenefitPlan, group: Group, line: str) -> WhyNot | None:
        """What stands against a benefit on a line, if anything."""
        answer, _ = self.scopes[plan.heading.policy, line]
        if answer is not Answer.HOLDS:
            return NO_EVIDENCE if answer is Answer.NO_EVIDENCE else OUT_OF_SCOPE
        if plan.document.id in self.order.exhausted:
            return WhyNot("budget_exhausted", plan.document.budget or "")
        return (
            self._excluded(group.name, line)
            or self._worse_than_another_group(plan, group, line)
            or self._worse_within(plan, group, line)
        )

    def _excluded(self, group: str, line: str) -> WhyNot | None:
        for other in self.standing[line]:
            pair = None if other == group else self.stacking.meet(group, other)
            if pair is not None and pair.meeting in ("yields", "elected"):
                return WhyNot("excluded", other, pair.why)
        return None

    def _worse_than_another_group(self, plan: BenefitPlan, group: Group, line: str) -> WhyNot | None:
        """Where the better one counts: the earlier has been taken, or the later would give more off this price."""
        for name in self.standing[line]:
            pair = None if name == group.name else self.stacking.meet(group.name, name)
            if pair is None or pair.meeting != "better":
                continue
            other, why = self.stacking.groups[name], WhyNot("gave_less", name, pair.why)
            if self.lines[line].worked_by(other.name):
                return why
            best = self._best_of(other, line) if other.order >= group.order else None
            if best is not None and best > self._gives(plan, group, line):
                return why
        return None

    def _best_of(self, group: Group, line: str) -> int | None:
        """None where none of its benefits may count: a price above the list is not worse than nothing."""
        if self._excluded(group.name, line):
            return None
        plans = (plan for plan in self.plans.get(group.name, ()) if self._in_scope(plan, line))
        return max((self._gives(plan, group, line) for plan in plans), default=None)

    def _worse_within(self, plan: BenefitPlan, group: Group, line: str) -> WhyNot | None:
        siblings = [one for one in self.plans[group.name] if one is not plan and self._in_scope(one, line)]
        if group.within == "one" and siblings:
            raise MoreThanOneInForce(plan.heading.policy, siblings[0].heading.policy, line)
        if group.within != "better":
            return None
        mine = self._gives(plan, group, line)
        for sibling in siblings:
            its = self._gives(sibling, group, line)
            if its > mine or (its == mine and sibling.document.id < plan.document.id):
                return WhyNot("gave_less", sibling.heading.policy)
        return None

    def _in_scope(self, plan: BenefitPlan, line: str) -> bool:
        holds = self.scopes[plan.heading.policy, line][0] is Answer.HOLDS
        return holds and plan.document.id not in self.order.exhausted

    def _gives(self, plan: BenefitPlan, group: Group, line: str) -> int:
        """In minor units: on this line, or on the whole order for a benefit that looks at the order."""
        lines = (line,) if _is_by_line(plan) else tuple(one for one in self.lines if self._in_scope(plan, one))
        return self.offer(plan, group, lines).total

    def offer(self, plan: BenefitPlan, group: Group, lines: tuple[str, ...]) -> Offer:
        """What the benefit takes off these lines at the price so far; asked again, it is the same."""
        asked = plan.heading.policy, lines
        if asked not in self.offers:
            self.offers[asked] = self._offer(plan, group, lines)
        return self.offers[asked]

    def _offer(self, plan: BenefitPlan, group: Group, lines: tuple[str, ...]) -> Offer:
        facts = self.order.facts.priced_so_far({line: self.lines[line].net for line in lines})
        if _is_by_line(plan):
            return Offer(tuple(self._line_offer(plan, group, line, facts) for line in lines))
        case = Case(facts, self.order.subject, self.order.as_of, self.order.grants)
        bases = [self._off(group, line) for line in lines]
        whole = Money(sum(base.amount_minor for base in bases), bases[0].currency)
        award, nodes, why = in_currency(plan.earn(case, price=whole), whole.currency)
        weights = [self.lines[line].net.amount_minor for line in lines]
        amount = min(award.amount.amount_minor, sum(weights)) if _takes_off(award) and award.amount else 0
        shares = allocate(amount, weights)
        taken = {line: Money(share, whole.currency) for line, share in zip(lines, shares, strict=True)}
        return Offer((Part(award, taken, {}, nodes, why, whole),))

    def _line_offer(self, plan: BenefitPlan, group: Group, line: str, facts: Facts) -> "Part":
        working, price = self.lines[line], self._off(group, line)
        case = Case(facts, working.line.subject, self.order.as_of, self.order.grants)
        award, nodes, why = in_currency(plan.earn(case, price=price), price.currency)
        if not _takes_off(award) or award.amount is None:
            return Part(award, {line: Money(0, price.currency)}, {}, nodes, why, price)
        if award.kind == "price":
            base = Money(award.amount.amount_minor * working.line.quantity, award.amount.currency)
            return Part(award, {line: working.net - base}, {line: base}, nodes, why, price)
        return Part(award, {line: min(award.amount, working.net)}, {}, nodes, why, price)

    def _off(self, group: Group, line: str) -> Money:
        return self.lines[line].base if group.off_base else self.lines[line].net

    def applied(self, plan: BenefitPlan, group: Group, lines: tuple[str, ...]) -> "Desk":
        desk = self
        for part in self.offer(plan, group, lines).parts:
            desk = desk._with(plan, group, part)
        return desk

    def _with(self, plan: BenefitPlan, group: Group, part: "Part") -> "Desk":
        policy, award = plan.heading.policy, part.award
        lines, offers = dict(self.lines), self.offers
        for line, amount in part.taken.items():
            if amount.amount_minor:
                offers = {}
                lines[line] = lines[line].less(Taken(policy, group.name, amount), part.bases.get(line))
        asks = (AskedRoute(policy, award.ask),) if award.state is State.ASKS else ()
        gift = award.gift if award.state is State.GIVES else None
        gifts = (PricedGift(policy, gift.sku, gift.quantity, gift.coupon, gift.service),) if gift else ()
        node = self._node(plan, group, part)
        return self._replace(
            lines=lines, offers=offers, nodes=(*self.nodes, node), asks=self.asks + asks, gifts=self.gifts + gifts
        )

    def _node(self, plan: BenefitPlan, group: Group, part: "Part") -> Node:
        """Base, what was taken, and each line's share with the weight it was shared out by."""
        shares = tuple(
            Node(Rule("share", line), amount, figures={"weight": self.lines[line].net})
            for line, amount in part.taken.items()
        )
        taken = Money(sum(one.amount_minor for one in part.taken.values()), part.base.currency)
        inside = part.nodes + (shares if taken.amount_minor else ())
        return Node(_rule(plan, group), taken, (), "", {"base": part.base}, part.why_not, None, inside)

    def lost(self, plan: BenefitPlan, group: Group, verdicts: Mapping[str, WhyNot | None]) -> Iterator[Node]:
        """Where a benefit doesn't count: one node for all lines of the same reason, and what it would have taken."""
        alike: list[tuple[WhyNot, tuple[Node, ...], list[str]]] = []
        for line, why in verdicts.items():
            if why is not None:
                _, scope = self.scopes[plan.heading.policy, line]
                same = next((lines for known, asked, lines in alike if (known, asked) == (why, scope)), None)
                if same is None:
                    alike.append((why, scope, same := []))
                same.append(line)
        for why, scope, lines in alike:
            figures = {"lines": ", ".join(lines)}
            yield Node(_rule(plan, group), None, (), "", figures, self._forgone(why, plan, group, lines), None, scope)

    def _forgone(self, why: WhyNot, plan: BenefitPlan, group: Group, lines: list[str]) -> WhyNot:
        if why.reason not in ("excluded", "gave_less", "budget_exhausted"):
            return why
        would = self.offer(plan, group, tuple(lines)).total
        return replace(why, would_give=Money(would, self.lines[lines[0]].net.currency))


def _standing(
    plans: Mapping[str, tuple[BenefitPlan, ...]],
    scopes: Mapping[tuple[str, str], tuple[Answer, tuple[Node, ...]]],
    order: ToPrice,
) -> dict[str, tuple[str, ...]]:
    """By line, the groups of which some document's scope holds and whose budget is not used up."""
    given = {
        group: [plan.heading.policy for plan in found if plan.document.id not in order.exhausted]
        for group, found in plans.items()
    }
    return {
        line.id: tuple(
            group
            for group, policies in given.items()
            if any(scopes[policy, line.id][0] is Answer.HOLDS for policy in policies)
        )
        for line in order.lines
    }


def _scope(plan: BenefitPlan, case: Case) -> tuple[Answer, tuple[Node, ...]]:
    outside = plan.heading.out_of_force(case)
    return (Answer.DOES_NOT_APPLY, (outside,)) if outside else plan.heading.asked(case)


def _is_by_line(plan: BenefitPlan) -> bool:
    outcome = plan.document.outcome
    return outcome.of == "line" or outcome.kind == "price" or plan.document.measure.per == "line"


Earned = tuple[Award, tuple[Node, ...], WhyNot | None]


def in_currency(earned: Earned, currency: str) -> Earned:
    """A flat amount of another currency gives nothing off this price: fifty francs are not fifty dollars (S-C3)."""
    award, nodes, why = earned
    if award.amount is None or award.amount.currency == currency:
        return earned
    return Award(State.NOTHING, award.kind), nodes, why or WhyNot("other_currency", would_give=award.amount)


def _takes_off(award: Award) -> bool:
    return award.state is State.GIVES and award.amount is not None


def _rule(plan: BenefitPlan, group: Group) -> Rule:
    written = {
        "group": group.name,
        "order": group.order,
        "taken_off": "base" if group.off_base else "previous",
        "within": group.within,
    }
    heading = plan.heading.rule
    return Rule("price_rule", plan.heading.policy, heading.clause, heading.title, written)
