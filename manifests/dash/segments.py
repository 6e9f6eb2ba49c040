"""The media segments of one Representation in one Period, and when they start (rule B-01)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from manifests.dash.content_clock import origin_of
from manifests.dash.model import Addressing, Mpd, Period, Representation, Run
from manifests.dash.periods.timeline_cut import ENDLESS
from manifests.dash.reading.addressing import segment_url
from manifests.timing import to_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaSegment:
    """One media segment."""

    representation: Representation
    number: int
    time: int  # media ticks
    start: Decimal  # on the content clock
    duration: Decimal  # seconds
    period_start: Decimal  # on the content clock

    def url(self) -> str:
        """Where the segment is, absolute.

        Raises:
            MpdSyntaxError: There is no such segment, or its URL is none.
        """
        return segment_url(self.representation, self.number, self.time)


@dataclass(frozen=True, slots=True)
class Listing:
    """The segments that a Representation has in one Period."""

    representation: Representation
    addressing: Addressing
    runs: tuple[Run, ...]
    start: Decimal  # of the Period, on the content clock

    def forwards(self) -> Iterator[MediaSegment]:
        """The first one first.

        Raises:
            ManifestError: A segment is in another age.
        """
        number = self.addressing.start_number
        for run in self.runs:
            for index in range(run.count):
                yield self._segment(run, index, number + index)
            number += run.count

    def backwards(self) -> Iterator[MediaSegment]:
        """The latest first.

        Raises:
            ManifestError: A segment is in another age.
        """
        number = self.addressing.start_number + sum(run.count for run in self.runs)
        for run in reversed(self.runs):
            number -= run.count
            for index in reversed(range(run.count)):
                yield self._segment(run, index, number + index)

    def _segment(self, run: Run, index: int, number: int) -> MediaSegment:
        time = run.start + index * run.duration
        return MediaSegment(
            representation=self.representation,
            number=number,
            time=time,
            start=self.start + to_seconds(self.addressing.seconds(time)),
            duration=to_seconds(Fraction(run.duration, self.addressing.timescale)),
            period_start=self.start,
        )


def listing(
    mpd: Mpd, period: Period, representation: Representation, *, now: Decimal | None = None
) -> Listing | None:
    """What a Representation has in a Period; None: no segments that one could tell apart.

    Args:
        mpd: The Period's.
        period: One of its Periods.
        representation: One of its Representations.
        now: Seconds since 1970: segments that are computed, not listed, are complete up to now;
            None: all are.
    """
    addressing = representation.addressing
    if addressing is None:
        return None
    start = origin_of(mpd) + period.start
    passed = None if now is None else Fraction(now - start)
    return Listing(representation, addressing, _runs(addressing, period, passed), start)


def _runs(addressing: Addressing, period: Period, passed: Fraction | None) -> tuple[Run, ...]:
    """The segments that there are, `passed` seconds after the Period's start if time matters."""
    if addressing.mode == "duration" and addressing.duration:
        runs: tuple[Run, ...] = (
            Run(addressing.pto + addressing.ept_delta, addressing.duration, ENDLESS),
        )
        if addressing.end_number is not None:
            listed = max(0, addressing.end_number - addressing.start_number + 1)
            runs = (replace(runs[0], count=listed),)
    elif addressing.is_open and addressing.runs:
        runs = (*addressing.runs[:-1], replace(addressing.runs[-1], count=ENDLESS))
    else:
        return addressing.runs
    last = runs[-1]
    count = last.count
    if period.end is not None:
        count = min(count, ceil(_segments(addressing, last, Fraction(period.end - period.start))))
    if passed is not None:
        count = min(count, floor(_segments(addressing, last, passed)))
    return (*runs[:-1], replace(last, count=max(count, 0)))


def _segments(addressing: Addressing, run: Run, into: Fraction) -> Fraction:
    """How many segments of a run there are up to an instant, counted from the Period's start."""
    return (addressing.pto + into * addressing.timescale - run.start) / run.duration
