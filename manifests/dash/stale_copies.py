"""Stale copies of an MPD: those that were made before the one that is known.

Caches beside each other serve one origin's versions out of order. A copy tells its age by its
publishTime; where it has none, by the Periods and segments that it lists.
"""

from collections.abc import Iterator
from fractions import Fraction

from manifests.dash.content_clock import Listed, origin_of
from manifests.dash.model import Mpd, Period


def is_stale(new: Mpd, known: Mpd, window: Listed | None) -> bool:
    """Whether a stale copy was served, by its publishTime or by what it lists.

    One that lacks a Period which has begun is stale; what lies ahead may be withdrawn (B-06).

    Args:
        new: As it was just fetched.
        known: The latest before.
        window: What of `known` is listed.
    """
    if new is known or not new.is_dynamic or new.availability_start != known.availability_start:
        return False
    if new.publish_time is not None and known.publish_time is not None:
        return new.publish_time < known.publish_time
    newest, last = new.periods[-1], _begun(known, window)
    if newest.id != last.id and newest.start < last.start:
        return True
    if newest.id == last.id:
        grown = [after[1] - before[1] for before, after in _listed_by_both(last, newest)]
        if any(grown):
            return min(grown) < 0 and max(grown) <= 0
    if newest.start > known.periods[-1].start:
        return False
    # Up to the same end, what is older lists more at the front.
    front, first = new.periods[0], known.periods[0]
    if front.id != first.id:
        return front.start < first.start
    return any(after[0] < before[0] for before, after in _listed_by_both(first, front))


def _begun(mpd: Mpd, window: Listed | None) -> Period:
    """The last Period that begins before what is listed ends; the first, if none does."""
    edge = origin_of(mpd) if window is None else window.end
    found = [one for one in mpd.periods if origin_of(mpd) + one.start < edge]
    return found[-1] if found else mpd.periods[0]


_Listing = tuple[Fraction, Fraction]  # where it starts and ends, in seconds of the Period


def _listed_by_both(one: Period, other: Period) -> Iterator[tuple[_Listing, _Listing]]:
    """What two versions of a Period list of each Representation."""
    listings = _listings(other)
    for key, listing in _listings(one).items():
        if key in listings:
            yield listing, listings[key]


def _listings(period: Period) -> dict[tuple[str | None, str], _Listing]:
    return {
        (one.id, representation.id): (how.seconds(how.start), how.seconds(how.end))
        for one, representation in period.representations()
        if (how := representation.addressing) is not None
        and how.start is not None
        and how.end is not None
    }
