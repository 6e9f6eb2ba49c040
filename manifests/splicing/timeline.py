"""A session's timeline: what plays when, on the content clock, append-only once published.

A `Splice` is one break as settled for one session; HLS and DASH writers turn the same splices
into playlists and MPDs. `spans` is the timeline as an ordered tuple, for pictures, explanations
and tests.
"""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import accumulate, chain

from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.splicing.signalling import Signalling

# Borders that differ by less than one video frame are the same border (rule A-26); 24 frames/s.
FRAME_S = Decimal("0.042")


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """One break of one session, filled.

    `ends` are the ends of the pod's segments in seconds after `out_at`, as the reference rendition
    has them: all renditions publish and drop entries by this one clock (rules A-14, A-17).
    """

    break_id: str
    out_at: Decimal  # the reference rendition's border where content is left
    in_at: Decimal | None  # and where it returns; None: not listed yet, or not known
    pod: tuple[Creative, ...]
    ends: tuple[Decimal, ...]
    limit: Decimal | None = None  # entries that end later than this are not shown (rule A-27)
    signalling: Signalling | None = None  # None: manifests tell nothing of the ads
    joins: bool = False  # a live session begins with it
    keys: tuple[str, ...] = field(init=False, repr=False, compare=False)  # of the creatives

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple([creative.key for creative in self.pod]))

    @property
    def is_insertion(self) -> bool:
        """Nothing of the content is removed."""
        return self.in_at == self.out_at

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other splices of the same content."""
        told = None if self.signalling is None else self.signalling.digest
        return (self.break_id, self.out_at, self.in_at, self.limit, self.keys, told)

    @property
    def final(self) -> int:
        """How many entries this break has once it is over."""
        return self.shown(None)

    def shown(self, edge: Decimal | None) -> int:
        """How many entries are published when the content's edge is at `edge` (rule A-17)."""
        if edge is None or (self.limit is not None and self.limit < edge):
            edge = self.limit
        if edge is None:
            return len(self.ends)
        return bisect_right(self.ends, edge + FRAME_S - self.out_at)

    def dropped(self, window_start: Decimal) -> int:
        """How many entries lie before the window (rule A-17: dropped by the same clock)."""
        return bisect_right(self.ends, window_start + FRAME_S - self.out_at)


def splice(
    *,
    break_id: str,
    out_at: Decimal,
    in_at: Decimal | None,
    pod: Iterable[Creative],
    rung: str,
    limit: Decimal | None = None,
) -> Splice:
    """Make a splice whose clock is the pod's own, in the rendition for the reference rung.

    Args:
        break_id: The break's id.
        out_at: Border of the reference rendition where content is left.
        in_at: Border where it returns; equal to `out_at` for an insertion; None if not listed yet.
        pod: Creatives in order.
        rung: Key of the rung that the reference rendition has in every creative.
        limit: Content instant that no ad may outlast; None while nothing limits them.

    Raises:
        KeyError: A creative was not packaged for this rung.
    """
    creatives = tuple(pod)
    durations = chain.from_iterable(
        (segment.duration for segment in creative.renditions[rung].segments)
        for creative in creatives
    )
    ends = tuple(accumulate(durations))
    return Splice(
        break_id=break_id, out_at=out_at, in_at=in_at, pod=creatives, ends=ends, limit=limit
    )


def preroll_splice(ad_break: AdBreak, pod: Iterable[Creative], rung: str) -> Splice:
    """The pre-roll of a live session: all of it was known when it was decided.

    Args:
        ad_break: Between the borders that were settled then.
        pod: Creatives in order.
        rung: As `splice` takes it.
    """
    back = ad_break.planned_end
    one = splice(
        break_id=ad_break.id, out_at=ad_break.out_at, in_at=back, pod=pod, rung=rung, limit=back
    )
    return replace(one, joins=True)


def fitting(pod: Iterable[Creative], ad_break: AdBreak, out_at: Decimal) -> tuple[Creative, ...]:
    """What of a pod can play to its end where viewers leave the content (rule D-52).

    A break that was decided, cancelled and announced again may begin later than it was decided for.

    Args:
        pod: As decided.
        ad_break: As it is announced now.
        out_at: Where viewers leave.
    """
    pod = tuple(pod)
    if ad_break.planned_end is None or ad_break.out_at == ad_break.start:
        return pod
    room = ad_break.planned_end - out_at + FRAME_S
    return pod[: bisect_right(list(accumulate(one.duration for one in pod)), room)]


@dataclass(frozen=True, slots=True)
class Span:
    """One stretch of a timeline: a source, and when it plays."""

    source: str  # "content", or the creative's id
    kind: str  # "content", "ad", "slate", "bumper"
    start: Decimal  # seconds on the presentation clock
    end: Decimal
    break_id: str | None = None


def spans(
    splices: Iterable[Splice], *, start: Decimal, edge: Decimal, rung: str
) -> tuple[Span, ...]:
    """The timeline from `start` to `edge` as ordered spans without overlap.

    Insertions move everything after them: the presentation clock is the content clock plus what
    was inserted so far.
    """
    found: list[Span] = []
    cursor, inserted = start, Decimal(0)
    for one in splices:
        if one.out_at > edge:
            break
        if one.out_at > cursor:
            found.append(Span("content", "content", cursor + inserted, one.out_at + inserted))
        at, shown = Decimal(0), one.shown(None if one.is_insertion else edge)
        used = 0
        for creative in one.pod:
            count = len(creative.renditions[rung].segments)
            until = one.ends[min(used + count, shown) - 1] if shown > used else at
            if until > at and one.out_at + until > start:
                begin = one.out_at + at + inserted
                end = one.out_at + until + inserted
                found.append(Span(creative.id, creative.kind, begin, end, one.break_id))
            at, used = max(until, at), used + count
        if one.is_insertion:
            inserted += at
            cursor = max(cursor, one.out_at)
        elif one.in_at is None:
            cursor = edge
        else:
            cursor = max(cursor, one.in_at)
    if edge > cursor:
        found.append(Span("content", "content", cursor + inserted, edge + inserted))
    return tuple(found)
