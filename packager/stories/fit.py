"""What of a match fits into two minutes: the best choice of moments and of their cuts.

Each moment has several cuts, of which at most one is shown: a multiple-choice knapsack, solved
exactly. The best is what keeps the most moments that must be kept, then what is worth the most,
then what shows more (whole seconds of each cut count). It never lasts longer than there is time.

Times are whole centiseconds, so that all sums are exact. The relaxed problem, in which moments may
be cut anywhere, is solved first: its price of a centisecond tells which cuts cannot be in any
better choice than the one that is known (Pisinger, *A minimal algorithm for the multiple-choice
knapsack problem*, 1995). Of what is left open, the likely choices are tried first, and then all.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from operator import itemgetter
from typing import NamedTuple

_CENTI = Decimal("0.01")


class Cut(NamedTuple):
    """One way to show a moment."""

    length: int  # centiseconds, more than 0
    worth: int  # 0 or more


class Moment(NamedTuple):
    """Something that may be shown, in one of its cuts."""

    cuts: tuple[Cut, ...]
    kind: str = ""


_Option = tuple[int, int, int | None]  # length, value, and place of the cut; None: left out
_NONE: _Option = (0, 0, None)
_Trail = tuple[_Option, "_Trail"] | None  # options that were chosen, the last one first
_State = tuple[int, int, int, _Trail]  # length, value below 0, and gain of all that is settled
_FIRST, _GAIN, _LENGTH_AND_VALUE = itemgetter(0), itemgetter(2), itemgetter(0, 1)
_LIKELY = 8  # states that are looked at for a good choice, before all are for the best


@dataclass(frozen=True, slots=True)
class _Open:
    """A moment of which it is not known yet which option is best."""

    number: int
    loss: int  # of the second best option: what it gains less than the best
    options: tuple[tuple[int, _Option], ...]  # with what they gain, the best one first


def length_of(seconds: Decimal) -> int:
    """A clip's length, rounded up: what is chosen is never longer than it was counted."""
    return int((seconds / _CENTI).to_integral_value(ROUND_CEILING))


def budget_of(seconds: Decimal) -> int:
    """The time that there is, rounded down."""
    return int((seconds / _CENTI).to_integral_value(ROUND_FLOOR))


def fit(
    moments: Sequence[Moment], budget: int, keep: Collection[str] = ()
) -> tuple[int | None, ...]:
    """Choose moments and their cuts.

    Args:
        moments: In the order in which they happened.
        budget: Centiseconds that there are.
        keep: Kinds of which as many moments are kept as fit, whatever they are worth.

    Returns:
        For each moment the place of the cut that is shown; None: it is left out.
    """
    options = _all_options(moments, budget, keep)
    chosen, price = _relaxed(options, budget)
    if price is not None:
        chosen = _best(options, budget, chosen, *price)
    return tuple([place for _, _, place in chosen])


def _all_options(
    moments: Sequence[Moment], budget: int, keep: Collection[str]
) -> list[list[_Option]]:
    """Each moment's options, the longer the better: others are of no use.

    Values are of one number: being there counts for more than all worth together, where the kind
    is to be kept, and a unit of worth for more than all seconds.
    """
    unit = budget // 100 + 1
    total = sum([max([cut.worth for cut in one.cuts], default=0) for one in moments])
    kept = unit * (total + 1)
    found = []
    for moment in moments:
        base, options = kept if moment.kind in keep else 0, [_NONE]
        made = [
            (cut.length, base + unit * cut.worth + cut.length // 100, place)
            for place, cut in enumerate(moment.cuts)
            if cut.length <= budget
        ]
        made.sort(key=lambda one: (one[0], -one[1]))
        for one in made:
            if one[1] > options[-1][1]:
                options.append(one)
        found.append(options)
    return found


def _hull(options: Sequence[_Option]) -> Sequence[_Option]:
    """The options between which a relaxed choice would lie: no step is better than the last."""
    if len(options) < 3:
        return options
    hull = [options[0]]
    for one in options[1:]:
        while len(hull) > 1:
            (at, value, _), (before_at, before, _) = hull[-1], hull[-2]
            if (value - before) * (one[0] - at) > (one[1] - value) * (at - before_at):
                break
            hull.pop()
        hull.append(one)
    return hull


def _relaxed(
    options: Sequence[Sequence[_Option]], budget: int
) -> tuple[list[_Option], tuple[int, int] | None]:
    """A choice, and the price of time: so much value for so many centiseconds.

    Without a price everything fits.
    """
    steps = [
        ((one[1] - better[1]) / (better[0] - one[0]), number, one, better)
        for number, of in enumerate(options)
        for one, better in pairwise(_hull(of))
    ]
    steps.sort(key=lambda step: step[:2])
    chosen = [_NONE for _ in options]
    left, price = budget, None
    for _, number, one, better in steps:
        more = better[0] - one[0]
        if chosen[number] is not one:
            continue  # a step before it did not fit
        if more <= left:
            left -= more
            chosen[number] = better
        elif price is None:
            price = (better[1] - one[1], more)
    return chosen, price


def _best(
    options: Sequence[Sequence[_Option]], budget: int, known: list[_Option], cost: int, per: int
) -> list[_Option]:
    """The best choice.

    What an option gains is its value less what its time costs. No choice gains more than the best
    options of all moments together, and all the time at its price; what an option falls behind its
    moment's best is lost of that. One that loses so much that the known choice is not surpassed is
    no option any more. Gains are counted in parts of `per`, so that they are whole numbers.

    Args:
        options: Of each moment.
        budget: As in `fit`.
        known: A choice.
        cost: Of `per` centiseconds, in value; any price leads to the best choice, a good one soon.
        per: See `cost`.
    """
    gains = [
        sorted([(per * one[1] - cost * one[0], one) for one in of], key=_FIRST, reverse=True)
        for of in options
    ]
    likely = [of[0][1] for of in gains]
    bound = sum([of[0][0] for of in gains]) + cost * budget
    for width in (_LIKELY, None):
        value = sum([one[1] for one in known])
        slack = bound - per * (value + 1)
        if slack < 0:
            break
        core = []
        for number, of in enumerate(gains):
            least = of[0][0] - slack
            if len(of) > 1 and of[1][0] >= least:
                left = tuple([pair for pair in of if pair[0] >= least])
                core.append(_Open(number, left[0][0] - left[1][0], left))
        # What could lose most comes first: of that, the most is left out at once.
        core.sort(key=lambda one: -one.loss)
        found, is_best = _searched(core, likely, budget, value, cost, per, width)
        if found is not None:
            known = list(likely)
            for one, option in zip(core, found, strict=False):
                known[one.number] = option
        if is_best:
            break
    return known


def _searched(
    core: Sequence[_Open],
    likely: Sequence[_Option],
    budget: int,
    value: int,
    cost: int,
    per: int,
    width: int | None,
) -> tuple[list[_Option] | None, bool]:
    """Options for the first of the open moments, and whether there can be none that are better.

    Args:
        core: What is open.
        likely: For every moment the option that gains most.
        budget: As in `fit`.
        value: Of the known choice, which is to be surpassed.
        cost: As in `_best`, and what follows.
        per: See there.
        width: Look at so many states at a time; None: at all.
    """
    heads = [one.options[0] for one in core]
    rest_length = sum([one[0] for _, one in heads])
    rest_value = sum([one[1] for _, one in heads])
    rest_gain = sum([gain for gain, _ in heads]) + cost * budget
    length = sum([one[0] for one in likely]) - rest_length
    worth = sum([one[1] for one in likely]) - rest_value
    states: list[_State] = [(length, -worth, per * worth - cost * length, None)]
    best: _Trail = None
    is_whole = True
    for open_one, (gain, head) in zip(core, heads, strict=True):
        rest_length -= head[0]
        rest_value -= head[1]
        rest_gain -= gain
        least = per * (value + 1) - rest_gain
        made = [
            (at + one[0], less - one[1], so_far + more, (one, trail))
            for at, less, so_far, trail in states
            for more, one in open_one.options
            if so_far + more >= least
        ]
        made.sort(key=_LENGTH_AND_VALUE)
        states, top = [], 1
        for state in made:
            if state[1] >= top:
                continue  # another takes no longer and is worth as much
            if state[0] > budget:
                break
            top = state[1]
            if rest_value - top > value and state[0] + rest_length <= budget:
                value, best = rest_value - top, state[3]
            states.append(state)
        if width is not None and len(states) > width:
            is_whole = False
            states.sort(key=_GAIN, reverse=True)
            del states[width:]
    found = []
    while best is not None:
        option, best = best
        found.append(option)
    return found[::-1] or None, is_whole
