"""Settling the choices of a session: rights, then pins, answers, rules, and the draw.

For each choice the values are reduced to those that are allowed: their asset's rights hold, their
asset stands well beside its neighbour's, and they have not come too often. No pin and no rule gives
what is not allowed. Among the rest the first of these counts that says something: the editor's pin,
an answer from outside (what viewers were asked, or what was learnt, once there is such a thing),
the rule, the draw. Where neither pin nor answer is, the share of sessions that `floor` sets apart
goes by lot alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Literal

from packager.personalization.draws import EVERYBODY, draw
from packager.personalization.odds import Odds
from packager.personalization.policy import Plan, Policy
from packager.personalization.settled import EMPTY, Settled
from packager.rules import Rule, RuleFailed, Value

How = Literal["pin", "answer", "floor", "rule", "draw", "or", "empty"]
_CERTAIN = "1/1"
_NO_TAGS: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What choices are settled from, beside the policy."""

    facts: Mapping[str, Value]  # all of the show's
    key: bytes = field(repr=False)  # of draws
    who: str  # the session's handle
    at: datetime  # with time zone
    current: Mapping[str, str] = field(default_factory=dict)  # values that the session has now
    # How often a value came to the viewer within the period of its choice's cap. There is nothing
    # yet by which a viewer is known again, so what counts is what the session itself was given.
    given: Mapping[tuple[str, str], int] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)  # by choice
    # What rules gave, by their text, where that is known without asking them: for a replay.
    known: Mapping[str, Value | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """How one choice was settled."""

    choice: str
    value: str
    how: How
    allowed: tuple[str, ...]
    refused: tuple[tuple[str, str], ...] = ()  # values, each with why not
    ratios: tuple[tuple[str, str], ...] = ()  # how likely each allowed value was: ``3/4``
    pin: int | None = None  # its place among the choice's pins

    @property
    def chances(self) -> tuple[tuple[str, Fraction], ...]:
        """How likely each allowed value was, exactly."""
        return tuple((value, Fraction(ratio)) for value, ratio in self.ratios)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """Choices as they were settled, and from what."""

    settled: Settled
    chosen: tuple[Chosen, ...]  # in the order in which they were settled
    outcomes: Mapping[str, Value | None]  # what rules gave, by their text; None: they failed


def settle_choices(policy: Policy, moment: Moment) -> Settlement:
    """Settle all choices of a show for one session."""
    settling = _Settling(policy, moment)
    refused = tuple(
        sorted(name for name in policy.rights if not settling.holds(policy.rights[name]))
    )
    chosen = tuple(settling.settle(plan, refused) for plan in policy.plans)
    by_name = {one.choice: one.value for one in chosen}
    settled = Settled(tuple((name, by_name[name]) for name in policy.choices), refused)
    return Settlement(settled=settled, chosen=chosen, outcomes=settling.outcomes)


class _Settling:
    """One settling; rules are asked once each, however many choices have them."""

    def __init__(self, policy: Policy, moment: Moment) -> None:
        self._policy = policy
        self._moment = moment
        self._values: dict[str, Value] = dict(moment.facts)
        self._plans = {plan.choice.name: plan for plan in policy.plans}
        self._texts: dict[str, str] = {}  # values of choices so far
        self.outcomes: dict[str, Value | None] = {}

    def ask(self, rule: Rule) -> Value | None:
        """What a rule gives; None: it fails."""
        text = rule.text
        if text not in self.outcomes:
            if text in self._moment.known:
                self.outcomes[text] = self._moment.known[text]
            else:
                try:
                    self.outcomes[text] = rule.settle(self._values)
                except RuleFailed:
                    self.outcomes[text] = None
        return self.outcomes[text]

    def holds(self, rule: Rule) -> bool:
        """Whether a rule holds; one that fails does not."""
        return self.ask(rule) is True

    def settle(self, plan: Plan, refused_assets: tuple[str, ...]) -> Chosen:
        """Settle one choice, those that it asks for being settled."""
        choice = plan.choice
        refused: dict[str, str] = {}
        if plan.is_limited:
            refused = self._objections(plan, choice.of, refused_assets)
        allowed = tuple([v for v in choice.of if v not in refused]) if refused else choice.of
        value, how, odds, pin = self._choose(plan, allowed)
        if how == "empty" and choice.otherwise is not None:
            last = (choice.otherwise,)
            if against := self._objections(plan, last, refused_assets, capped=False):
                refused |= against
            else:
                value, how = choice.otherwise, "or"
        self._texts[choice.name] = value
        self._values[choice.name] = plan.values[value]
        ratios = odds.ratios if odds is not None else ((value, _CERTAIN),) if value else ()
        return Chosen(
            choice=choice.name,
            value=value,
            how=how,
            allowed=allowed,
            refused=tuple(refused.items()),
            ratios=ratios,
            pin=pin,
        )

    def _choose(
        self, plan: Plan, allowed: tuple[str, ...]
    ) -> tuple[str, How, Odds | None, int | None]:
        choice, moment = plan.choice, self._moment
        for number, (pin, rule) in enumerate(plan.pins):
            is_on = pin.until is None or moment.at < pin.until
            if is_on and pin.value in allowed and (rule is None or self.holds(rule)):
                return pin.value, "pin", None, number
        answer = moment.answers.get(choice.name)
        if answer is not None and answer in allowed:
            return answer, "answer", None, None
        given = None if plan.by is None else self.ask(plan.by)
        ruled = None if given is None else str(given)
        odds = plan.odds(allowed, ruled if ruled in allowed else None)
        if odds is None:
            return EMPTY, "empty", None, None
        if odds.bound == 1:  # nothing to draw
            value, how = odds.ways[0]
            return value, how, odds, None
        who = EVERYBODY if choice.shared else moment.who
        number = draw(moment.key, who, self._policy.show, choice.name, odds.bound)
        value, how = odds.at(number)
        return value, how, odds, None

    def _objections(
        self,
        plan: Plan,
        values: tuple[str, ...],
        refused_assets: tuple[str, ...],
        *,
        capped: bool = True,
    ) -> dict[str, str]:
        """Those of some values that are not allowed, each with why in words for a record."""
        choice, found = plan.choice, dict[str, str]()
        other, theirs = EMPTY, _NO_TAGS
        if plan.beside is not None:
            other = self._texts[plan.beside]
            theirs = self._plans[plan.beside].tags.get(other, _NO_TAGS)
        cap = choice.cap if capped else None
        for value in values:
            if value in refused_assets:
                found[value] = f"rights: {plan.rights[value].text}"
            elif theirs and (common := theirs & plan.tags.get(value, _NO_TAGS)):
                found[value] = f"apart: {other} has {', '.join(sorted(common))} too"
            elif cap is not None and self._times_anew(choice.name, value) >= cap.times:
                found[value] = f"cap: {cap.text}"
        return found

    def _times_anew(self, choice: str, value: str) -> int:
        """How often a value came already, if it would come once more; what stays does not."""
        stays = value == self._moment.current.get(choice)
        return 0 if stays else self._moment.given.get((choice, value), 0)
