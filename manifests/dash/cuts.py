"""Where an MPD can be cut: the Period of an instant, and the cut point in it, on the content clock.

Inside of a Period it is `manifests.dash.periods.cut_point` that says where.
"""

from bisect import bisect_right
from decimal import Decimal

from manifests.dash.content_clock import Listed, computes, origin_of
from manifests.dash.model import Mpd, Period
from manifests.dash.periods.cut_point import cut_point, cut_refusal


def period_at(mpd: Mpd, at: Decimal) -> Period:
    """The Period that an instant lies in; the last one also before it goes on.

    Args:
        mpd: Has Periods.
        at: The instant.
    """
    into = at - origin_of(mpd)
    index = bisect_right(mpd.periods, into, key=lambda one: one.start) - 1
    return mpd.periods[max(index, 0)]


def cut_at(
    mpd: Mpd, window: Listed, at: Decimal, *, counted_from: Decimal | None = None
) -> Decimal | None:
    """Where the content may be cut at about an instant; None: not listed yet, or never.

    Args:
        mpd: Has Periods.
        window: What of it is listed.
        at: The instant.
        counted_from: An earlier cut; what is found follows from it, not from what is listed.
    """
    period = period_at(mpd, at)
    if not computes(period) and at > window.end and period is mpd.periods[-1]:
        return None  # B-04: only the last Period grows, and it is cut where it is complete
    start = origin_of(mpd) + period.start
    since = None if counted_from is None else max(counted_from - start, Decimal(0))
    into = cut_point(period, max(at - start, Decimal(0)), counted_from=since)
    return None if into is None else start + into


def can_cut_within(mpd: Mpd, begin: Decimal, end: Decimal) -> bool:
    """Whether all Periods between two instants can be cut, wherever that may be (B-03)."""
    zero = origin_of(mpd)
    return all(
        cut_refusal(period) is None
        for period in mpd.periods
        if zero + period.start < end and (period.end is None or zero + period.end > begin)
    )
