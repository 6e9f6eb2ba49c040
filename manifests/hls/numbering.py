"""Where breaks fall in a rendition's numbering, also after its window has moved on.

A-12's closed form needs, for every break that a session was shown, the numbers of the segments
that it removed. They are facts of the origin, the same for all sessions: a shadow keeps them when
the segments themselves are gone.
"""

from bisect import bisect_left
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from manifests.hls.track import Track
from manifests.splicing.timeline import FRAME_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """The borders of one rendition from a break's out point on.

    `starts[i]` and `middles[i]` are of the segment with number `first_msn + i` and discontinuity
    number `dsns[i]`; the last start may be the end of what is listed (then the others are one
    shorter).
    """

    first_msn: int  # of the segment at the out point
    dsn_before: int  # of the segment before it
    starts: tuple[Decimal, ...]
    middles: tuple[Decimal, ...]
    dsns: tuple[int, ...]
    complete: bool = False  # goes on to the end of the break

    def border(self, at: Decimal) -> int:
        """Index of the border nearest to an instant, as in `Track.border`."""
        return bisect_left(self.middles, at)

    @property
    def last_dsn(self) -> int:
        """The highest discontinuity number that was seen."""
        return self.dsns[-1] if self.dsns else self.dsn_before


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where one splice of one session stands in one rendition, in the origin's numbers."""

    out: int  # number of the first segment removed, or displaced by an insertion
    dsn_before: int  # discontinuity number of the segment before it
    dsn_out: int  # and that of segment `out` itself
    back: int | None  # number of the segment that follows the break; None: not listed yet
    dsn_back: int = 0  # discontinuity number of that segment


def place_in_shadow(shadow: Shadow, in_at: Decimal | None, reference: Shadow) -> Place:
    """Place a replacement whose return is at border `in_at` of the reference.

    The discontinuity numbers are the reference rendition's, so that all renditions count the same
    tags, also one that was not followed all the time (rules A-14, A-29).
    """
    back: int | None = None
    dsn_back = 0
    if in_at is not None and (shadow.complete or in_at <= shadow.starts[-1] + FRAME_S):
        back = shadow.first_msn + shadow.border(in_at)
        at = reference.border(in_at)
        dsn_back = reference.dsns[at] if at < len(reference.dsns) else reference.last_dsn
    return Place(
        out=shadow.first_msn,
        dsn_before=reference.dsn_before,
        dsn_out=reference.dsns[0] if reference.dsns else reference.dsn_before,
        back=back,
        dsn_back=dsn_back,
    )


def place_in_track(track: Track, out_at: Decimal) -> Place:
    """Place an insertion (nothing removed) in a playlist that lists everything."""
    index = track.border(out_at)
    dsn = track.dsns[min(index, len(track.dsns) - 1)]
    return Place(
        out=track.first_msn + index,
        dsn_before=track.dsns[index - 1] if index else dsn - track.marks[0],
        dsn_out=dsn,
        back=track.first_msn + index,
        dsn_back=dsn,
    )


def cast(
    shadow: Shadow | None,
    track: Track,
    out_at: Decimal,
    until: Decimal | None,
    *,
    reference: Shadow | None = None,
) -> Shadow | None:
    """Bring a break's shadow up to date with a rendition's window.

    Args:
        shadow: What is known so far.
        track: The rendition.
        out_at: The break's out border in the reference rendition.
        until: Where the break ends at the latest, None while unknown.
        reference: The reference rendition's shadow, from which numbers are inferred if this
            rendition was not followed when the break began.

    Returns:
        The shadow, or None if the break has not come yet or nothing is known of it.
    """
    if (shadow is not None and shadow.complete) or not track.segments:
        return shadow
    if shadow is None:
        if out_at > track.edge + FRAME_S:
            return None
        if reference is None or out_at >= track.starts[0] - FRAME_S:
            at = track.border(out_at)
            shadow = Shadow(
                first_msn=track.first_msn + at,
                dsn_before=track.dsns[at - 1] if at else track.dsns[0] - track.marks[0],
                starts=track.starts[at : at + 1],
                middles=(),
                dsns=(),
            )
        else:
            shadow = _inferred(reference, track)
    return _extended(shadow, track, until, reference)


def _inferred(reference: Shadow, track: Track) -> Shadow:
    """The same number of segments as in the reference lie before this window.

    Where the origin began again in between, no numbers were left for what was not seen.
    """
    index = reference.border(track.starts[0])
    numbered = index
    if track.shift.restarts:
        numbered = min(index, max(track.first_msn - track.shift.since_msn, 0))
    return replace(
        reference,
        first_msn=track.first_msn - numbered,
        starts=(*reference.starts[index - numbered : index], track.starts[0]),
        middles=reference.middles[index - numbered : index],
        dsns=reference.dsns[index - numbered : index],
        complete=False,
    )


def _extended(
    shadow: Shadow, track: Track, until: Decimal | None, reference: Shadow | None
) -> Shadow:
    """Add borders up to the first one behind `until`."""
    missing = track.first_msn - shadow.first_msn - len(shadow.dsns)
    if missing > 0:
        shadow = _bridged(shadow, track, missing, reference)
    starts, middles, dsns = list(shadow.starts), list(shadow.middles), list(shadow.dsns)
    complete = False
    for index in range(max(-missing, 0), len(track.segments)):
        start, duration = track.starts[index], track.segments[index].duration
        if until is None or until > starts[-1] + FRAME_S:
            starts[-1] = start  # later than the end before, where content is missing
        middles.append(start + duration / 2)
        dsns.append(track.dsns[index])
        if until is not None and start - duration >= until:
            complete = True  # one segment more than the end: borders differ between renditions
            break
        starts.append(start + duration)
    return replace(
        shadow,
        starts=tuple(starts),
        middles=tuple(middles),
        dsns=tuple(dsns),
        complete=complete,
    )


def _bridged(shadow: Shadow, track: Track, missing: int, reference: Shadow | None) -> Shadow:
    """The window went past segments unseen: the reference has seen their borders, or they are even.

    Adds the starts of `missing - 1` segments and that of the window.
    """
    last, first = shadow.starts[-1], track.starts[0]
    step = (first - last) / missing
    starts = [last + step * number for number in range(1, missing)]
    if reference is not None:
        inside = [at for at in reference.starts if last + FRAME_S < at < first - FRAME_S]
        if len(inside) == len(starts):
            starts = inside
    before = track.dsns[0] - track.marks[0]
    return replace(
        shadow,
        starts=(*shadow.starts, *starts, first),
        middles=(*shadow.middles, *((a + b) / 2 for a, b in pairwise((last, *starts, first)))),
        dsns=(*shadow.dsns, *((before,) * missing)),
    )
