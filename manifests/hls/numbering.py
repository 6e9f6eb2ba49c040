"""Where breaks fall in a rendition's numbering, also after its window has moved on.

A-12's closed form needs, for every break that a session was shown, the numbers of the segments
that it removed. They are facts of the origin, the same for all sessions: a shadow keeps them when
the segments themselves are gone (`manifests.hls.shadows` casts it).
"""

from bisect import bisect_left
from dataclasses import dataclass
from decimal import Decimal

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
