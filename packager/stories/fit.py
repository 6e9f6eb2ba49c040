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

_CENTI = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Cut:
    """One way to show a moment."""

    length: int  # centiseconds, more than 0
    worth: int  # 0 or more


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that may be shown, in one of its cuts."""

    cuts: tuple[Cut, ...]
    kind: str = ""


_Option = tuple[int, int, int | None]  # length, value, and place of the cut; None: left out
_NONE: _Option = (0, 0, None)
_Trail = tuple[_Option, "_Trail"] | None  # options that were chosen, the last one first
_State = tuple[int, int, _Trail]  # length and value of all that is settled
_LIKELY = 12  # states that are looked at for a good choice, before all are for the best


@dataclass(frozen=True, slots=True)
class _Open:
    """A moment of which it is not known yet which option is best."""

    number: int
    loss: int  # of the second best option: what it gains less than the best
    gain: int  # of the best one
    options: tuple[_Option, ...]  # the best one first


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
        chosen, is_best = _improved(options, budget, chosen, *price, width=_LIKELY)
        if not is_best:
            chosen, _ = _improved(options, budget, chosen, *price)
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


def _improved(
    options: Sequence[Sequence[_Option]],
    budget: int,
    known: list[_Option],
    cost: int,
    per: int,
    *,
    width: int | None = None,
) -> tuple[list[_Option], bool]:
    """A choice at least as good as a known one, and whether none is better.

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
        width: Look at so many states at a time; None: at all.
    """
    gains = [[per * one[1] - cost * one[0] for one in of] for of in options]
    most = [max(of) for of in gains]
    value = sum([one[1] for one in known])
    slack = sum(most) + cost * budget - per * (value + 1)
    if slack < 0:
        return known, True
    likely, core = [], []
    for number, (of, gain, best) in enumerate(zip(options, gains, most, strict=True)):
        left = [pair for pair in zip(gain, of, strict=True) if pair[0] >= best - slack]
        if len(left) > 1:
            left.sort(key=_descending)
            one = _Open(number, best - left[1][0], best, tuple([one for _, one in left]))
            core.append(one)
        likely.append(left[0][1])
    # What could lose most comes first: of that, the most is left out at once.
    core.sort(key=lambda one: -one.loss)
    found, is_best = _searched(core, likely, budget, value, cost, per, width)
    if found is None:
        return known, is_best
    for one, option in zip(core, found, strict=False):  # the others are as they are likely
        likely[one.number] = option
    return likely, is_best


def _descending(pair: tuple[int, _Option]) -> int:
    return -pair[0]


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
        cost: As in `_improved`, and what follows.
        per: See there.
        width: See there.
    """
    rest_length = sum([one.options[0][0] for one in core])
    rest_value = sum([one.options[0][1] for one in core])
    rest_gain = sum([one.gain for one in core]) + cost * budget
    states: list[_State] = [
        (
            sum([one[0] for one in likely]) - rest_length,
            sum([one[1] for one in likely]) - rest_value,
            None,
        )
    ]
    best: _Trail = None
    is_whole = True
    for open_one in core:
        rest_length -= open_one.options[0][0]
        rest_value -= open_one.options[0][1]
        rest_gain -= open_one.gain
        made = [
            (at + one[0], -worth - one[1], (one, trail))
            for at, worth, trail in states
            for one in open_one.options
        ]
        made.sort(key=_by_length)
        states, top = [], -1
        for at, less, trail in made:
            if -less <= top:
                continue  # another takes no longer and is worth as much
            if at > budget:
                break
            top = -less
            if at + rest_length <= budget and top + rest_value > value:
                value, best = top + rest_value, trail
            if per * (top - value - 1) - cost * at + rest_gain >= 0:
                states.append((at, top, trail))
        if width is not None and len(states) > width:
            is_whole = False
            states.sort(key=lambda state: cost * state[0] - per * state[1])
            del states[width:]
    found = []
    while best is not None:
        option, best = best
        found.append(option)
    return found[::-1] or None, is_whole


def _by_length(state: tuple[int, int, _Trail]) -> tuple[int, int]:
    return state[:2]
