"""Segments whose heads may tell of breaks: which an MPD has, and when they start (B-52)."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor

from manifests.breaks import Cue
from manifests.cues.rules import CueRules
from manifests.dash.content_clock import origin_of
from manifests.dash.cues.emsg import cues_of, inband_representation, read_event_messages
from manifests.dash.model import Addressing, Mpd, Period, Representation, Run
from manifests.dash.periods.timeline_cut import ENDLESS
from manifests.dash.reading.addressing import segment_url
from manifests.timing import to_seconds

LATEST_PERIODS = 16  # that are looked into for the latest segments


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentHead:
    """A segment that may begin with messages."""

    representation: Representation
    number: int
    time: int  # media ticks
    start: Decimal  # on the content clock
    period_start: Decimal

    def url(self) -> str:
        """Where the segment is, absolute.

        Raises:
            MpdSyntaxError: There is no such segment, or its URL is none.
        """
        return segment_url(self.representation, self.number, self.time)

    def cues(self, head: bytes, rules: CueRules) -> tuple[Cue, ...]:
        """What its messages say of breaks, in their order.

        Args:
            head: Its first bytes.
            rules: Which signals count.
        """
        addressing = self.representation.addressing
        pto = Fraction(0) if addressing is None else Fraction(addressing.pto, addressing.timescale)
        return tuple(
            cue
            for message in read_event_messages(head)
            for cue in cues_of(
                message,
                segment_start=self.start,
                period_start=self.period_start,
                pto=pto,
                rules=rules,
            )
        )


def latest_heads(mpd: Mpd, *, now: Decimal) -> Iterator[SegmentHead]:
    """The segments of a dynamic MPD that may tell of breaks, the latest first.

    Args:
        mpd: The origin's.
        now: Seconds since 1970: segments that are computed, not listed, are complete up to now.

    Raises:
        ManifestError: A segment is in another age.
    """
    for period in reversed(mpd.periods[-LATEST_PERIODS:]):
        found = _carrier(mpd, period)
        if found is not None:
            passed = Fraction(now - found.start)
            yield from found.heads_backwards(_runs(found.addressing, period, passed))


def first_heads(mpd: Mpd) -> Iterator[SegmentHead]:
    """The segments of a static MPD that may tell of breaks, the first one first.

    Raises:
        ManifestError: A segment is in another age.
    """
    for period in mpd.periods:
        found = _carrier(mpd, period)
        if found is not None:
            yield from found.heads(_runs(found.addressing, period, None))


@dataclass(frozen=True, slots=True)
class _Carrier:
    """What tells of breaks in one Period."""

    representation: Representation
    addressing: Addressing
    start: Decimal  # of the Period, on the content clock

    def heads(self, runs: tuple[Run, ...]) -> Iterator[SegmentHead]:
        number = self.addressing.start_number
        for run in runs:
            for index in range(run.count):
                yield self._head(run, index, number + index)
            number += run.count

    def heads_backwards(self, runs: tuple[Run, ...]) -> Iterator[SegmentHead]:
        number = self.addressing.start_number + sum(run.count for run in runs)
        for run in reversed(runs):
            number -= run.count
            for index in reversed(range(run.count)):
                yield self._head(run, index, number + index)

    def _head(self, run: Run, index: int, number: int) -> SegmentHead:
        time = run.start + index * run.duration
        return SegmentHead(
            representation=self.representation,
            number=number,
            time=time,
            start=self.start + to_seconds(self.addressing.seconds(time)),
            period_start=self.start,
        )


def _carrier(mpd: Mpd, period: Period) -> _Carrier | None:
    representation = inband_representation(period)
    if representation is None or representation.addressing is None:
        return None
    return _Carrier(representation, representation.addressing, origin_of(mpd) + period.start)


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
