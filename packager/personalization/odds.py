"""Odds: with what exact probability each value of a choice comes, and which one a number draws."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import Literal

How = Literal["floor", "rule", "draw"]
_NONE = Fraction(0)


@dataclass(frozen=True, slots=True)
class Odds:
    """The ways in which a value may come, side by side on a line of whole numbers."""

    bound: int  # the length of the line
    ends: tuple[int, ...]  # of the ways
    ways: tuple[tuple[str, How], ...]  # value, and what gives it there
    # Of each allowed value how likely it is, as an exact ratio, ``3/4``; together they are 1.
    ratios: tuple[tuple[str, str], ...]

    def at(self, number: int) -> tuple[str, How]:
        """The value that a number from 0 up to `bound` draws, and what gives it."""
        return self.ways[bisect_right(self.ends, number)]


def odds_of(
    allowed: Sequence[str],
    *,
    weights: Mapping[str, Fraction],
    floor: Fraction,
    ruled: str | None = None,
) -> Odds | None:
    """Lay the ways out; None: no value can come.

    Args:
        allowed: The values, in the order of the settings.
        weights: Of all of them, or of none: then they weigh the same.
        floor: The share in which all come alike.
        ruled: What the choice's rule gave, one of `allowed`; None: it is left to the weights.
    """
    if not allowed:
        return None
    main: How = "draw" if ruled is None else "rule"
    if ruled is not None:
        shares = {ruled: Fraction(1)}
    else:
        weighed = {
            value: weights.get(value, _NONE) if weights else Fraction(1) for value in allowed
        }
        total = sum(weighed.values())
        shares = {value: weight / total for value, weight in weighed.items()} if total else {}
    if not shares and not floor:
        return None
    evenly = floor if shares else Fraction(1)
    parts: list[tuple[str, How, Fraction]] = []
    if evenly:
        parts += [(value, "floor", evenly / len(allowed)) for value in allowed]
    parts += [(value, main, (1 - evenly) * part) for value, part in shares.items() if part]
    parts = [one for one in parts if one[2]]
    bound = lcm(*(part.denominator for _, _, part in parts))
    ends: list[int] = []
    for _, _, part in parts:
        ends.append((ends[-1] if ends else 0) + int(part * bound))
    chances = {
        value: sum((part for one, _, part in parts if one == value), _NONE) for value in allowed
    }
    return Odds(
        bound=bound,
        ends=tuple(ends),
        ways=tuple((value, how) for value, how, _ in parts),
        ratios=tuple(
            (v, f"{chance.numerator}/{chance.denominator}") for v, chance in chances.items()
        ),
    )
