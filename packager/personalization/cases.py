"""Cases: values of facts and choices that between them show all that rules can come to.

Where a fact has a list of values, these are all of it. Of others there are some of each kind that a
rule can tell apart: what it names, what is next to that, and something else. What rules come to in
a case is possible, where a choice may be any of its values whatever the facts are; that nothing
else is, is certain only where the cases are `complete`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from packager.personalization.settled import EMPTY
from packager.rules import Value, texts_in

if TYPE_CHECKING:  # see `policy`
    from packager.config.choice_settings import Choice
    from packager.config.fact_settings import Fact

MOST = 5_000  # a few hundredths of a second
_ANOTHER = "~"
_NUMBER = re.compile(r"(?<![\w.])[0-9]{1,15}(?:\.[0-9]{1,9})?(?![\w.])")


@dataclass(frozen=True, slots=True)
class Cases:
    """Values of some names."""

    values: "Mapping[str, tuple[Value, ...]]"
    complete: bool

    def __iter__(self) -> Iterator[dict[str, Value]]:
        """One case after the other; none where there are too many."""
        if prod(map(len, self.values.values())) <= MOST:
            for combination in product(*self.values.values()):
                yield dict(zip(self.values, combination, strict=True))

    @property
    def are_all(self) -> bool:
        """Whether there is no other case."""
        return self.complete and prod(map(len, self.values.values())) <= MOST


def cases_of(
    names: Sequence[str],
    facts: "Mapping[str, Fact]",
    choices: "Mapping[str, Choice]",
    rules: Sequence[str],
) -> Cases:
    """The cases of facts and choices.

    Args:
        names: Of those that matter.
        facts: Of the show.
        choices: Of the show.
        rules: Texts of the rules that ask for them.
    """
    values: dict[str, tuple[Value, ...]] = {}
    complete = True
    for name in names:
        if name in choices:
            values[name] = choice_values(choices[name])
            continue
        listed = facts[name].values
        complete = complete and listed is not None
        values[name] = _told_apart(facts[name], rules) if listed is None else listed
    return Cases(values, complete)


def choice_values(choice: "Choice") -> tuple[Value, ...]:
    """What rules may find a choice to be: one of its values, or nothing."""
    if choice.kind == "int":
        return tuple(dict.fromkeys((*map(int, choice.values), 0)))
    return (*choice.values, EMPTY)


def _told_apart(fact: "Fact", rules: Sequence[str]) -> tuple[Value, ...]:
    texts = [text for rule in rules for text in texts_in(rule)]
    numbers = [float(text) for rule in rules for text in _NUMBER.findall(rule)]
    found: list[Value]
    if fact.source == "date":
        found = [text for told in texts for text in _days_around(told)] or ["2026-01-01"]
    elif fact.kind == "string":
        found = [text for text in texts if fact.can_be(text)]
        found += [_ANOTHER, fact.fallback]
    elif fact.kind == "strings":
        known = [text for text in texts if fact.can_be(text) and "," not in text and text]
        found = [(), *((text,) for text in known), tuple(dict.fromkeys(known)), fact.fallback]
    elif fact.kind == "int":
        found = [int(one) + by for one in numbers for by in (-1, 0, 1)]
        found += [0, fact.fallback]
    else:
        found = [one + by for one in numbers for by in (-1.0, 0.0, 1.0)]
        found += [0.0, fact.fallback]
    return tuple(dict.fromkeys(found))


def _days_around(text: str) -> Iterator[str]:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return
    for by in (-1, 0, 1):
        yield (day + timedelta(days=by)).isoformat()
