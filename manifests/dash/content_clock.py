"""Where an MPD's Periods and what they list stand on the content clock.

Seconds since 1970 for a dynamic MPD (availabilityStartTime and what follows it), seconds from the
start of the presentation for a static one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from manifests.dash.durations import LONGEST_S
from manifests.dash.model import AdaptationSet, Addressing, Mpd, Period
from manifests.errors import MpdSyntaxError

_FOREVER = Decimal("Infinity")
_EXACT = 12  # digits behind the point that an instant may have


def origin_of(mpd: Mpd) -> Decimal:
    """The content clock at the start of the MPD's own timeline."""
    return (mpd.availability_start or Decimal(0)) if mpd.is_dynamic else Decimal(0)


@dataclass(frozen=True, slots=True)
class Listed:
    """A window: what of the video and audio is listed."""

    start: Decimal  # all of it from here
    end: Decimal  # to here
    last_start: Decimal  # where the last segment begins, of what comes last there
    furthest: Decimal  # nothing behind it


def listed(mpd: Mpd, now: Decimal) -> Listed | None:
    """What an MPD lists at a moment; None: nothing.

    Args:
        mpd: The MPD.
        now: Seconds since 1970: segments that are computed, not listed, are there up to now.

    Raises:
        MpdSyntaxError: A segment lies where no clock goes.
    """
    if not mpd.periods:
        return None
    first, last = mpd.periods[0], mpd.periods[-1]
    clock = origin_of(mpd)
    if not mpd.is_dynamic:
        if last.end is None:
            return None
        end = clock + last.end
        return Listed(clock + first.start, end, end, end)
    starts = [clock + first.start, *_starts(first, clock)]
    ends, last_starts = [*_ends(last, clock)], [*_last_starts(last, clock)]
    if computes(last):
        ends.append(now)
        last_starts.append(now)
    begin = clock + last.start
    if computes(last):
        begin = min(begin, now)  # it may be announced ahead
    bound = _FOREVER if last.end is None else clock + last.end
    end = max(min(*ends, bound), begin) if ends else begin
    if mpd.time_shift_s is not None:
        # Players must not be told of Periods that lie wholly before it: Shaka loses its place.
        starts.append(end - mpd.time_shift_s)
    return Listed(
        start=min(max(starts), end),
        end=end,
        last_start=max(min(last_starts, default=begin), begin),
        furthest=max(end, min(max(ends, default=begin), bound)),
    )


def computes(period: Period) -> bool:
    """Whether players compute all of the Period's segments and need no list to go on (B-13)."""
    modes = {one.mode for one in _addressings(period)}
    return modes == {"duration"}


def is_main(one: AdaptationSet) -> bool:
    """Whether nothing is played without it, or another of its kind: video and audio."""
    return one.kind in ("video", "audio") and not one.is_trick_mode


def _addressings(period: Period) -> Iterator[Addressing]:
    for one, representation in period.representations():
        if is_main(one) and representation.addressing:
            yield representation.addressing


def _starts(period: Period, clock: Decimal) -> Iterator[Decimal]:
    for one in _addressings(period):
        if one.start is not None:
            yield instant(clock + period.start, one.seconds(one.start))


def _ends(period: Period, clock: Decimal) -> Iterator[Decimal]:
    for one in _addressings(period):
        if one.end is not None:
            yield instant(clock + period.start, one.seconds(one.end))


def _last_starts(period: Period, clock: Decimal) -> Iterator[Decimal]:
    for one in _addressings(period):
        if one.end is not None:
            last = one.end - one.runs[-1].duration
            yield instant(clock + period.start, one.seconds(last))


def instant(start: Decimal, seconds: Fraction) -> Decimal:
    """An instant some seconds after another, on the same clock.

    Raises:
        MpdSyntaxError: It lies where no clock goes.
    """
    if abs(seconds) >= LONGEST_S:
        raise MpdSyntaxError("a segment of more than 300 years, or as far from its Period's start")
    return start + round(Decimal(seconds.numerator) / seconds.denominator, _EXACT)
