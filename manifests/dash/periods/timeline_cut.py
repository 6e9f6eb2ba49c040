"""Which segments of a Representation a part of its Period has, in numbers (rules B-10 to B-15)."""

from bisect import bisect_right
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from operator import attrgetter

from manifests.dash.model import Addressing, Run

ENDLESS = 2**31  # segments; more than any Period has


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """The part of a Period that is wanted; seconds from the Period's start."""

    begin: Decimal = Decimal(0)
    end: Decimal | None = None  # None: as the Period does; behind that there is nothing
    listed_until: Decimal | None = None  # segments that end later are not listed
    length: Decimal | None = None  # of the whole Period, where it is known

    @property
    def is_whole(self) -> bool:
        """Nothing is left out."""
        return not self.begin and self.end is None and self.listed_until is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """What an interval takes of a Representation's segments."""

    pto: int  # presentationTimeOffset of the part
    first: int = 0  # how many segments are left out at the front
    count: int | None = None  # how many follow; None: as many as there are
    timeline: tuple[Run, ...] | None = None  # for a SegmentTimeline; None: there is none
    is_open: bool = False  # the last run goes on to wherever the Period ends
    ends_early: bool = False  # players would compute more than there are
    is_converted: bool = False  # the SegmentTimeline stands for a @duration (B-14)
    on_border: bool = False  # it begins with a segment


def cut_segments(addressing: Addressing, interval: Interval) -> Cut:
    """Find which segments overlap an interval; one that only touches it does not (H-11).

    Where the interval begins between two ticks, the nearest one becomes the new PTO (B-10).
    """
    low = addressing.pto + Fraction(interval.begin) * addressing.timescale
    whole = Cut(pto=floor(low + Fraction(1, 2)), on_border=not interval.begin)
    if addressing.mode == "indexed":  # B-15: the borders of the Period do it all
        return whole
    if addressing.mode == "duration":
        return _cut_numbers(addressing, interval, low, whole)
    runs = listed_runs(addressing)
    first = _ending_by(runs, low) if interval.begin else 0
    end = sum(run.count for run in runs)
    if interval.end is not None:
        end = min(end, _starting_before(runs, _ticks(addressing, interval.end)))
    if interval.listed_until is not None:
        end = min(end, _ending_by(runs, _ticks(addressing, interval.listed_until)))
    kept = _slice(runs, first, end)
    on_border = not interval.begin or bool(kept and kept[0].start == low)
    has_timeline = addressing.mode == "timeline"
    return replace(
        whole,
        first=first,
        count=max(0, end - first),
        timeline=kept if has_timeline or not on_border else None,
        is_open=addressing.is_open and bool(kept) and kept[-1].end == runs[-1].end,
        is_converted=not has_timeline and not on_border,
        on_border=on_border,
    )


def listed_runs(addressing: Addressing) -> tuple[Run, ...]:
    """The runs; one that goes on without end has more segments than any Period."""
    if not addressing.is_open:
        return addressing.runs
    last = addressing.runs[-1]
    return (*addressing.runs[:-1], replace(last, count=ENDLESS))


def nearest_border(addressing: Addressing, at: Fraction) -> int | None:
    """The start or end of a segment that is nearest to a media time, in ticks.

    Returns:
        None where the MPD does not tell.
    """
    if addressing.mode == "duration" and addressing.duration:
        start = addressing.pto + addressing.ept_delta
        return start + max(0, round((at - start) / addressing.duration)) * addressing.duration
    runs = listed_runs(addressing)
    after = bisect_right(runs, at, key=attrgetter("start"))
    borders = [
        run.start + max(0, min(run.count, round((at - run.start) / run.duration))) * run.duration
        for run in runs[max(0, after - 1) : after + 1]
    ]
    return min(borders, key=lambda border: abs(border - at), default=None)


def _cut_numbers(addressing: Addressing, interval: Interval, low: Fraction, whole: Cut) -> Cut:
    """@duration and $Number$: numbers are counted, or a SegmentTimeline says where they are."""
    duration = addressing.duration
    if not duration:
        return whole
    front = addressing.pto + addressing.ept_delta
    first = max(0, floor((low - front) / duration)) if interval.begin else 0
    start = front + first * duration
    ends = [end for end in (interval.end, interval.length) if end is not None]
    counts = [max(0, ceil((_ticks(addressing, end) - start) / duration)) for end in ends]
    if addressing.end_number is not None:
        counts.append(max(0, addressing.end_number - addressing.start_number + 1 - first))
    count = min(counts, default=None)
    on_border = not interval.begin or start == low
    run = Run(start, duration, ENDLESS if count is None else count)
    return replace(
        whole,
        first=first,
        count=count,
        timeline=None if on_border else ((run,) if run.count else ()),
        is_open=count is None,
        ends_early=on_border and count is not None and count < counts[0],
        is_converted=not on_border,
        on_border=on_border,
    )


def _ticks(addressing: Addressing, seconds: Decimal) -> Fraction:
    """The media time of an instant in the Period."""
    return addressing.pto + Fraction(seconds) * addressing.timescale


def _ending_by(runs: tuple[Run, ...], at: Fraction) -> int:
    """How many segments at the front end at a media time or before."""
    tick = floor(at)
    passed = 0
    for run in runs:
        if tick < run.end:
            return passed + max(0, (tick - run.start) // run.duration)
        passed += run.count
    return passed


def _starting_before(runs: tuple[Run, ...], at: Fraction) -> int:
    """How many segments at the front start before a media time."""
    tick = ceil(at)
    passed = 0
    for run in runs:
        number = max(0, -((run.start - tick) // run.duration))
        if number < run.count:
            return passed + number
        passed += run.count
    return passed


def _slice(runs: tuple[Run, ...], first: int, end: int) -> tuple[Run, ...]:
    """The segments `first` to `end - 1`, counted from 0."""
    kept: list[Run] = []
    index = 0
    for run in runs:
        skipped = max(0, min(run.count, first - index))
        stop = max(0, min(run.count, end - index))
        index += run.count
        if stop > skipped:
            kept.append(Run(run.start + skipped * run.duration, run.duration, stop - skipped))
    return tuple(kept)
