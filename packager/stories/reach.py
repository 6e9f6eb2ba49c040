"""What of a story can be reached at all: found by trying every value of what has only so many.

Conditions about anything else may be true or false for all that is known here. So what is said to
be out of reach, or a dead end, is so for certain; that nothing is said proves nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

from packager.rules import Rule, RuleFailed, Value

MAX_TRIES = 4096

Domains = Mapping[str, tuple[Value, ...]]


@dataclass(frozen=True, slots=True)
class Condition:
    """A rule, and what it may ask for."""

    rule: Rule
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Way:
    """What plays where a condition holds: a part, or several."""

    number: int
    plays: bool = False  # a part that shows something
    steps: "tuple[Step, ...]" = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One part of a story, on its condition."""

    condition: Condition | None
    way: Way
    otherwise: Way | None


def unreached(
    steps: Sequence[Step], domains: Domains, blanks: Mapping[str, Value]
) -> Iterator[int]:
    """Numbers of ways that are never taken; what is inside of one is not named as well.

    Args:
        steps: Of the story.
        domains: The values of what has only so many.
        blanks: Some value of everything, for the names that a rule does not ask for.
    """
    yield from _unreached(steps, (), domains, blanks)


def _unreached(
    steps: Sequence[Step],
    above: tuple[tuple[Condition, bool], ...],
    domains: Domains,
    blanks: Mapping[str, Value],
) -> Iterator[int]:
    for step in steps:
        for way, wanted in ((step.way, True), (step.otherwise, False)):
            if way is None:
                continue
            path = above
            if step.condition is not None:
                path = (*above, (step.condition, wanted))
                if not _possible(path, domains, blanks):
                    yield way.number
                    continue
            yield from _unreached(way.steps, path, domains, blanks)


def _possible(
    path: Sequence[tuple[Condition, bool]], domains: Domains, blanks: Mapping[str, Value]
) -> bool:
    decided = [(one, wanted) for one, wanted in path if one.names <= domains.keys()]
    names = frozenset[str]().union(*(one.names for one, _ in decided))
    tried = _assignments(names, domains, blanks)
    return tried is None or any(
        all(_holds(one, values) is wanted for one, wanted in decided) for values in tried
    )


def dead_end(
    steps: Sequence[Step], domains: Domains, blanks: Mapping[str, Value]
) -> Mapping[str, Value] | None:
    """Values with which nothing plays, whatever else is so; None: none are known."""
    names = frozenset[str]().union(*(one.names for one in _conditions(steps)))
    names &= domains.keys()
    for values in _assignments(names, domains, blanks) or ():
        if not _may_play(steps, values, domains):
            return {name: values[name] for name in sorted(names)}
    return None


def _conditions(steps: Sequence[Step]) -> Iterator[Condition]:
    for step in steps:
        if step.condition is not None:
            yield step.condition
        for way in (step.way, step.otherwise):
            if way is not None:
                yield from _conditions(way.steps)


def _may_play(steps: Sequence[Step], values: Mapping[str, Value], domains: Domains) -> bool:
    for step in steps:
        one = step.condition
        holds: bool | None = None  # it may, and it may not
        if one is None:
            holds = True
        elif one.names <= domains.keys():
            holds = _holds(one, values)
        taken = [step.way] if holds is not False else []
        if holds is not True and step.otherwise is not None:
            taken.append(step.otherwise)
        if any(way.plays or _may_play(way.steps, values, domains) for way in taken):
            return True
    return False


def _holds(one: Condition, values: Mapping[str, Value]) -> bool:
    """Whether a condition holds; one that fails does not."""
    try:
        return bool(one.rule.settle(values))
    except RuleFailed:
        return False


def _assignments(
    names: frozenset[str], domains: Domains, blanks: Mapping[str, Value]
) -> Iterator[dict[str, Value]] | None:
    """Every combination of values; None: there are too many to try."""
    if prod(len(domains[name]) for name in names) > MAX_TRIES:
        return None
    order = sorted(names)
    return (
        {**blanks, **dict(zip(order, values, strict=True))}
        for values in product(*(domains[name] for name in order))
    )
