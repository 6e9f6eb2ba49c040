"""What of a story can be reached, and whether it ever leads to nothing."""

from collections.abc import Mapping

import pytest

from packager.rules import Kind, Value, compile_rule
from packager.stories.reach import Condition, Step, Way, dead_end, unreached

KINDS: Mapping[str, Kind] = {"look": "string", "on": "bool", "minutes": "int"}
DOMAINS: Mapping[str, tuple[Value, ...]] = {"look": ("light", "dark"), "on": (True, False)}
BLANKS: Mapping[str, Value] = {"look": "", "on": False, "minutes": 0}


def when(text: str) -> Condition:
    names = frozenset(name for name in KINDS if name in text)
    return Condition(compile_rule(text, KINDS, "bool"), names)


def plays(number: int, text: str = "") -> Step:
    return Step(when(text) if text else None, Way(number, plays=True), None)


def branch(number: int, text: str, then: tuple[Step, ...], other: tuple[Step, ...] = ()) -> Step:
    otherwise = Way(number + 1, steps=other) if other else None
    return Step(when(text), Way(number, steps=then), otherwise)


@pytest.mark.parametrize(
    ("steps", "numbers"),
    [
        ((plays(1, 'look == "blue"'),), [1]),
        ((plays(1, 'look == "dark"'),), []),
        ((plays(1, "minutes > 5"),), []),
        ((plays(1, 'minutes > 5 && look == "blue"'),), []),
        ((branch(1, "on || !on", (plays(3),), (plays(4),)),), [2]),
        ((branch(1, "on", (plays(3, "!on"),)),), [3]),
        ((branch(1, "on && !on", (plays(3, "on"),)),), [1]),
        ((branch(1, "on", (plays(3),), (plays(4, "on"),)),), [4]),
    ],
    ids=[
        "no such value",
        "one of two",
        "a number may be any",
        "nor is what goes with one looked through",
        "an else that never is",
        "against the condition above",
        "what is inside is not named as well",
        "inside an else",
    ],
)
def test_parts_that_are_never_reached_are_found(
    steps: tuple[Step, ...], numbers: list[int]
) -> None:
    assert list(unreached(steps, DOMAINS, BLANKS)) == numbers


@pytest.mark.parametrize(
    ("steps", "end"),
    [
        ((plays(1),), None),
        ((plays(1, 'look == "dark"'),), {"look": "light"}),
        ((plays(1, 'look == "dark"'), plays(2, "minutes > 3")), None),
        ((branch(1, "on", (plays(3),)),), {"on": False}),
        ((branch(1, "on", (plays(3),), (plays(4),)),), None),
        ((Step(None, Way(1), None),), {}),
    ],
    ids=["always", "one look has nothing", "minutes may help", "no else", "else", "ads alone"],
)
def test_dead_ends_are_found(steps: tuple[Step, ...], end: Mapping[str, Value] | None) -> None:
    assert dead_end(steps, DOMAINS, BLANKS) == end
