"""Where an MPD's Periods and what they list stand on the content clock.

Seconds since 1970 for a dynamic MPD (availabilityStartTime and what follows it), seconds from the
start of the presentation for a static one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from manifests.dash.durations import LONGEST_S
from manifests.dash.model import Addressing, Mpd, Period
from manifests.errors import MpdSyntaxError

_EXACT = 12  # digits behind the point that an instant may have


def origin_of(mpd: Mpd) -> Decimal:
    """The content clock at the start of the MPD's own timeline."""
    return (mpd.availability_start or Decimal(0)) if mpd.is_dynamic else Decimal(0)


@dataclass(frozen=True, slots=True)
class Listed:
    """A window: from where all video and audio is listed, and to where."""

    start: Decimal
    end: Decimal


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
        return None if last.end is None else Listed(clock + first.start, clock + last.end)
    starts = [clock + first.start, *_starts(first, clock)]
    open_ends = [*_ends(last, clock)]
    if computes(last):
        open_ends.append(now)
    end = min(open_ends, default=clock + last.start)
    if last.end is not None:
        end = min(end, clock + last.end)
    end = max(end, clock + last.start)
    if mpd.time_shift_s is not None:
        # Players must not be told of Periods that lie wholly before it: Shaka loses its place.
        starts.append(end - mpd.time_shift_s)
    return Listed(min(max(starts), end), end)


def computes(period: Period) -> bool:
    """Whether players compute all of the Period's segments and need no list to go on (B-13)."""
    modes = {one.mode for one in _addressings(period)}
    return modes == {"duration"}


def _addressings(period: Period) -> Iterator[Addressing]:
    for one, representation in period.representations():
        if one.kind in ("video", "audio") and not one.is_trick_mode and representation.addressing:
            yield representation.addressing


def _starts(period: Period, clock: Decimal) -> Iterator[Decimal]:
    for one in _addressings(period):
        if one.start is not None:
            yield _instant(clock + period.start, one.seconds(one.start))


def _ends(period: Period, clock: Decimal) -> Iterator[Decimal]:
    for one in _addressings(period):
        if one.end is not None:
            yield _instant(clock + period.start, one.seconds(one.end))


def _instant(start: Decimal, seconds: Fraction) -> Decimal:
    if abs(seconds) >= LONGEST_S:
        raise MpdSyntaxError("a segment of more than 300 years, or as far from its Period's start")
    return start + round(Decimal(seconds.numerator) / seconds.denominator, _EXACT)
