"""What a show says of its choices, compiled: in which order they are settled, and by which rules.

A policy is made when the configuration is read. Equal settings make policies of one digest, in any
process; a record names it, so that nobody explains a choice by rules that were not there.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Protocol

import orjson

from packager.parameters import Pairs
from packager.personalization.odds import Odds, odds_of
from packager.personalization.settled import EMPTY
from packager.rules import Kind, Rule, Value, compile_rule, names_in

if TYPE_CHECKING:  # the configuration is checked with policies, so it is read after this
    from packager.config.choice_settings import Choice, Pin
    from packager.config.fact_settings import Fact

ODDS = 4096  # of one choice that are remembered


class Terms(Protocol):
    """What choices need to know of an asset."""

    @property
    def tags(self) -> tuple[str, ...]:
        """What it has in common with others."""
        ...

    @property
    def rights(self) -> str | None:
        """Rule over facts; it may be shown while that holds. None: always."""
        ...


class ChoiceCycle(ValueError):
    """Choices wait for one another; `choices` are those, each for the next."""

    def __init__(self, choices: tuple[str, ...]) -> None:
        super().__init__(" -> ".join(choices))
        self.choices = choices


@dataclass(frozen=True, eq=False)
class Plan:
    """One choice, ready to be settled."""

    choice: "Choice"
    by: Rule | None
    pins: "tuple[tuple[Pin, Rule | None], ...]"
    rights: Mapping[str, Rule]  # by value: that of the asset of its name
    tags: Mapping[str, frozenset[str]]  # by value, of its asset
    beside: str | None  # the choice whose asset's tags it must not have
    reads: frozenset[str]  # facts that it depends on, also by way of other choices
    values: Mapping[str, Value]  # what rules find for each value, and for none
    is_limited: bool  # some value may be refused
    _odds: dict[tuple[tuple[str, ...], str | None], Odds | None] = field(default_factory=dict)

    def odds(self, allowed: tuple[str, ...], ruled: str | None) -> Odds | None:
        """The odds of what is allowed; made once for each case."""
        key = (allowed, ruled)
        if key not in self._odds:
            if len(self._odds) >= ODDS:
                self._odds.clear()
            self._odds[key] = odds_of(
                allowed, weights=self.choice.weigh, floor=self.choice.floor, ruled=ruled
            )
        return self._odds[key]


@dataclass(frozen=True, eq=False)
class Policy:
    """The choices of a show and the rights of its assets."""

    show: str
    facts: "Mapping[str, Fact]"
    choices: "Mapping[str, Choice]"
    plans: tuple[Plan, ...]  # in the order in which they are settled
    rights: Mapping[str, Rule]  # by asset
    digest: str  # of all that settling depends on, beside facts

    @cached_property
    def rules(self) -> tuple[str, ...]:
        """The texts of all rules, each once, sorted: a record names rules by their place here."""
        found = {rule.text for rule in self.rights.values()}
        for plan in self.plans:
            found.update(rule.text for _, rule in plan.pins if rule is not None)
            if plan.by is not None:
                found.add(plan.by.text)
        return tuple(sorted(found))

    @cached_property
    def asked(self) -> Mapping[str, frozenset[str]]:
        """By the text of a rule, the facts that it depends on, also by way of choices."""
        names = kinds_of(self.facts, self.choices)
        by_choice = {plan.choice.name: plan.reads for plan in self.plans}
        return {
            rule: frozenset(
                fact for name in names_in(rule, names) for fact in by_choice.get(name, {name})
            )
            for rule in self.rules
        }

    @cached_property
    def reads(self) -> frozenset[str]:
        """The facts that anything depends on."""
        by_rights = (set(rule.reads) for rule in self.rights.values())
        return frozenset().union(*by_rights, *(plan.reads for plan in self.plans))

    @cached_property
    def passing(self) -> tuple[str, ...]:
        """The facts among them that change though nobody says so: of feeds and of the clock."""
        return tuple(sorted(name for name in self.reads if not self.facts[name].is_said))

    @cached_property
    def telling(self) -> frozenset[str]:
        """The facts that a record may have as they are: they are one of few values, or not said."""
        return frozenset(
            name for name, fact in self.facts.items() if fact.values is not None or not fact.is_said
        )

    @cached_property
    def personal(self) -> frozenset[str]:
        """The choices that depend on what is known only with the viewer's consent."""
        return frozenset(
            plan.choice.name
            for plan in self.plans
            if any(self.facts[name].consent for name in plan.reads)
        )


def kinds_of(facts: "Mapping[str, Fact]", choices: "Mapping[str, Choice]") -> dict[str, Kind]:
    """What rules may ask for: facts and choices, by name."""
    kinds = {name: fact.kind for name, fact in facts.items()}
    return kinds | {name: choice.kind for name, choice in choices.items()}


def choice_values(choices: "Mapping[str, Choice]", settled: Pairs) -> dict[str, Value]:
    """Choices as rules find them: those without a value are empty text or 0.

    Args:
        choices: Of the show.
        settled: Values by name; what is no choice is left out.
    """
    known = dict(settled)
    return {name: choice.read(known.get(name, EMPTY)) for name, choice in choices.items()}


def rules_of(choice: "Choice") -> Iterator[str]:
    """The texts of a choice's own rules."""
    if choice.by is not None:
        yield choice.by
    yield from (pin.when for pin in choice.pins if pin.when is not None)


def neighbours(choices: "Mapping[str, Choice]") -> dict[str, str]:
    """For choices that keep apart, the one before, in the order of the settings."""
    apart = [name for name, choice in choices.items() if choice.apart is not None]
    return dict(zip(apart[1:], apart, strict=False))


def order_of(choices: "Mapping[str, Choice]") -> tuple[str, ...]:
    """The order in which choices are settled: each after those that it asks for.

    Raises:
        ChoiceCycle: There is none.
    """
    beside = neighbours(choices)
    waits: dict[str, list[str]] = {}
    for name, choice in choices.items():
        asked = {one for text in rules_of(choice) for one in names_in(text, choices)}
        if name in beside:
            asked.add(beside[name])
        waits[name] = sorted(asked)
    try:
        return tuple(TopologicalSorter(waits).static_order())
    except CycleError as error:
        raise ChoiceCycle(tuple(reversed(error.args[1]))) from error


def make_policy(
    show: str,
    facts: "Mapping[str, Fact]",
    choices: "Mapping[str, Choice]",
    assets: Mapping[str, Terms],
) -> Policy:
    """Compile what a show says.

    Args:
        show: Its name, which draws depend on.
        facts: By name, as the next two.
        choices: Whose values are names of assets, or not.
        assets: Those of the show.

    Raises:
        RuleError: A rule cannot be used.
        ChoiceCycle: Choices wait for one another.
    """
    kinds, fact_kinds = kinds_of(facts, choices), kinds_of(facts, {})
    rights = {
        name: compile_rule(asset.rights, fact_kinds, "bool")
        for name, asset in assets.items()
        if asset.rights is not None
    }
    beside = neighbours(choices)
    reads: dict[str, frozenset[str]] = {}
    plans: list[Plan] = []
    for name in order_of(choices):
        choice = choices[name]
        by = None if choice.by is None else compile_rule(choice.by, kinds, choice.kind)
        pins = tuple(
            (pin, None if pin.when is None else compile_rule(pin.when, kinds, "bool"))
            for pin in choice.pins
        )
        own = {value: rights[value] for value in choice.values if value in rights}
        rules = [by, *(rule for _, rule in pins), *own.values()]
        asked = {one for rule in rules if rule is not None for one in rule.reads}
        if name in beside:
            asked.add(beside[name])
        reads[name] = frozenset().union(*(reads.get(one, {one}) for one in asked))
        plans.append(
            Plan(
                choice=choice,
                by=by,
                pins=pins,
                rights=own,
                tags={one: frozenset(assets[one].tags) for one in choice.values if one in assets},
                beside=beside.get(name),
                reads=reads[name],
                values={value: choice.read(value) for value in (*choice.values, EMPTY)},
                is_limited=bool(own) or choice.cap is not None or name in beside,
            )
        )
    return Policy(
        show=show,
        facts=facts,
        choices=choices,
        plans=tuple(plans),
        rights=rights,
        digest=_digest(show, facts, choices, assets),
    )


class _Show(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def facts(self) -> "Mapping[str, Fact]": ...
    @property
    def choices(self) -> "Mapping[str, Choice]": ...
    @property
    def assets(self) -> Mapping[str, Terms]: ...


def policy_of(show: _Show) -> Policy:
    """The policy of a show of the configuration; it was checked when that was read."""
    return make_policy(show.name, show.facts, show.choices, show.assets)


def _digest(
    show: str,
    facts: "Mapping[str, Fact]",
    choices: "Mapping[str, Choice]",
    assets: Mapping[str, Terms],
) -> str:
    said = [
        show,
        [[name, one.kind, one.of, one.default, one.is_said] for name, one in sorted(facts.items())],
        [_said(choice) for choice in choices.values()],
        [[name, one.rights, sorted(one.tags)] for name, one in sorted(assets.items())],
    ]
    return hashlib.sha256(orjson.dumps(said)).hexdigest()[:16]


def _said(choice: "Choice") -> list[object]:
    pins = [
        [pin.value, pin.when, pin.author, pin.reason, pin.until and pin.until.isoformat()]
        for pin in choice.pins
    ]
    return [
        choice.name,
        choice.of,
        choice.by,
        [[name, _ratio(one)] for name, one in choice.weigh.items()],
        _ratio(choice.floor),
        None if choice.cap is None else choice.cap.text,
        choice.apart,
        choice.shared,
        choice.otherwise,
        pins,
    ]


def _ratio(fraction: Fraction) -> str:
    return f"{fraction.numerator}/{fraction.denominator}"
