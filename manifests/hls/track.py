"""One rendition of a live or recorded origin, followed over its reloads as a single sequence.

Successive versions of a media playlist become one run of segments with numbers that only rise:
stale copies are ignored, poll gaps jump (rule A-29), and an origin that starts again is appended
behind a discontinuity (rule A-19). Every segment gets a place on the content clock: program
date-time where the origin has it, else seconds since the first segment that was seen.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate, pairwise
from urllib.parse import urlsplit

from manifests.hls.model import MediaPlaylist, Segment

# An origin may list no more than three target durations (rule A-08). Of them a session may lack an
# ad that is not over yet, and what an early return left open: so much more stays in the list.
KEPT = 5  # target durations; a segment that is gone can be had for as long (rule A-09)

# A clock that steps back by this much would make dates ambiguous (rule A-31).
BACKWARD_STEP_S = Decimal(1)


@dataclass(frozen=True, slots=True)
class Shift:
    """What turns the origin's own numbers and dates into uninterrupted ones."""

    msn: int = 0
    dsn: int = 0
    time_s: Decimal = Decimal(0)
    restarts: int = 0  # how often the origin began again
    since_msn: int = 0  # the first number of the current beginning, if there were restarts


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The window of one rendition, numbered and timed without interruption.

    `dsns[i]` and `marks[i]` (DISCONTINUITY tags before it) belong to `segments[i]`, whose media
    sequence number is `first_msn + i` and which lasts from `starts[i]` to `starts[i + 1]`.
    """

    playlist: MediaPlaylist  # the latest version
    segments: tuple[Segment, ...]
    first_msn: int
    dsns: tuple[int, ...]
    marks: tuple[int, ...]
    starts: tuple[Decimal, ...]  # seconds on the content clock; one more than segments
    utc: bool  # the content clock is program date-time
    shift: Shift = Shift()

    @property
    def edge(self) -> Decimal:
        """Where the last segment ends."""
        return self.starts[-1]

    def border(self, at: Decimal) -> int:
        """The index of the border (segment start, or the end) nearest to an instant.

        What is more than half before the instant lies before the border, also beside a hole.
        """

        def middle(index: int) -> Decimal:
            return self.starts[index] + self.segments[index].duration / 2

        return bisect_left(range(len(self.segments)), at, key=middle)

    def first_border(self, at: Decimal, tolerance_s: Decimal) -> Decimal | None:
        """The first border at or after an instant (rule A-26); None if it is not listed yet."""
        index = bisect_left(self.starts, at - tolerance_s)
        return self.starts[index] if index < len(self.starts) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMemory:
    """What another process must know to number a track on without a jump."""

    shift: Shift
    next_msn: int
    last_dsn: int
    edge: Decimal
    window_start: Decimal
    last_path: str  # of the last segment's URI
    utc: bool

    @classmethod
    def of(cls, track: Track) -> "TrackMemory":
        """Take what matters from a track that has segments."""
        return cls(
            shift=track.shift,
            next_msn=track.first_msn + len(track.segments),
            last_dsn=track.dsns[-1],
            edge=track.edge,
            window_start=track.starts[0],
            last_path=_path(track.segments[-1].uri),
            utc=track.utc,
        )


def follow(
    previous: Track | None, playlist: MediaPlaylist, *, reference: Track | None = None
) -> Track:
    """Carry a track on with the version of its playlist that was just fetched.

    Args:
        previous: The track so far, or None when its first version is read.
        playlist: What the origin answered.
        reference: The show's reference rendition: a track that begins, or goes on where segments
            were not seen, takes its discontinuity numbers (rules A-14, A-15) and, without program
            date-time, its clock from it.

    Returns:
        The track with the new window; `previous` itself where the playlist has nothing new or is
        an older version.
    """
    if previous is None or not previous.segments:
        return _begin(playlist, reference)
    first = playlist.media_sequence + previous.shift.msn
    foreign = max(previous.shift.since_msn - first, 0) if previous.shift.restarts else 0
    segments = playlist.segments[foreign:]
    if not segments:
        return previous
    first += foreign
    end = first + len(segments)
    previous_end = previous.first_msn + len(previous.segments)
    if first >= previous_end:
        return _carry_on(previous, playlist, segments, first, reference)
    if end <= previous.first_msn and _is_older(previous, playlist, segments, end):
        return previous
    if end <= previous.first_msn or not _same_segments(previous, segments, first):
        return _restart(previous, playlist, reference)
    if end < previous_end or (end == previous_end and first < previous.first_msn):
        return previous
    return _carry_on(previous, playlist, segments, first, reference)


def _begin(playlist: MediaPlaylist, reference: Track | None) -> Track:
    at = _start_by_date(playlist, playlist.segments[0]) if playlist.segments else None
    utc = at is not None
    if at is None:
        at = _undated_start(playlist, reference)
    track = _number(playlist, playlist.segments, at, Shift(), utc=utc)
    return _numbered_like(track, reference) if reference is not None else track


def _number(
    playlist: MediaPlaylist,
    segments: tuple[Segment, ...],
    first_start: Decimal,
    shift: Shift,
    *,
    utc: bool,
) -> Track:
    starts, placed = _place(segments, first_start, shift)
    again = shift.since_msn - shift.msn if shift.restarts else None  # rule A-19
    return Track(
        playlist=playlist,
        segments=segments,
        first_msn=(segments[0].msn if segments else playlist.media_sequence) + shift.msn,
        dsns=tuple(segment.dsn + shift.dsn for segment in segments),
        marks=tuple(
            max(mark, int(segment.msn == again))
            for mark, segment in zip(_marks(playlist, segments), segments, strict=True)
        ),
        starts=starts,
        utc=utc,
        shift=placed,
    )


def _marks(playlist: MediaPlaylist, segments: Sequence[Segment]) -> tuple[int, ...]:
    """How many tags stand before each: two in a row count twice (rule A-16)."""
    first = segments[0].msn - playlist.media_sequence if segments else 0
    before = playlist.segments[first - 1].dsn if first else playlist.discontinuity_sequence
    return tuple(b - a for a, b in pairwise((before, *(segment.dsn for segment in segments))))


def _start_by_date(playlist: MediaPlaylist, segment: Segment) -> Decimal | None:
    """Extrapolate from the last date up to a segment, else from the first behind it (A-30)."""
    index = segment.msn - playlist.media_sequence
    elapsed = Decimal(0)
    for earlier in reversed(playlist.segments[: index + 1]):
        if earlier is not segment:
            elapsed += earlier.duration
        if earlier.program_date_time is not None:
            return earlier.program_date_time + elapsed
    elapsed = Decimal(0)
    for later in playlist.segments[index:]:
        if later.program_date_time is not None:
            return later.program_date_time - elapsed
        elapsed += later.duration
    return None


def _undated_start(playlist: MediaPlaylist, reference: Track | None) -> Decimal:
    """Without dates, equal sequence numbers are taken for equal times, else equal edges."""
    if reference is None or not reference.segments:
        return Decimal(0)
    if playlist.ended:
        return reference.starts[0]  # rule A-51: all playlists start at the same media time
    start = _start_by_number(playlist.segments, reference)
    return reference.edge - _length(playlist.segments) if start is None else start


def _start_by_number(segments: Sequence[Segment], reference: Track | None) -> Decimal | None:
    """Where the first starts if the same number is the same time; None: too far apart."""
    if reference is None:
        return None
    elapsed = Decimal(0)
    for segment in segments:
        index = segment.msn + reference.shift.msn - reference.first_msn
        if 0 <= index < len(reference.segments):
            return reference.starts[index] - elapsed
        elapsed += segment.duration
    return None


def _numbered_like(track: Track, reference: Track) -> Track:
    """Take discontinuity numbers from the reference where both list the same time (rule A-15).

    What would have a number below 0 is left out: the reference has forgotten that it was there.
    """
    if not track.segments or not reference.segments:
        return track
    by = _dsn_shift_of(reference, track.segments, track.starts)
    if by is None and track.starts[0] > reference.starts[0]:
        by = reference.dsns[-1] + track.marks[0] - track.segments[0].dsn
    elif by is None:
        by = reference.dsns[0] - reference.marks[0] - track.segments[-1].dsn
    dsns = tuple(segment.dsn + by for segment in track.segments)
    below = [dsn - mark < 0 for dsn, mark in zip(dsns, track.marks, strict=True)]
    numbered = replace(track, dsns=dsns, shift=replace(track.shift, dsn=by))
    return _without_first(numbered, below.index(False)) if False in below else track


def _without_first(track: Track, count: int) -> Track:
    return replace(
        track,
        segments=track.segments[count:],
        first_msn=track.first_msn + count,
        dsns=track.dsns[count:],
        marks=track.marks[count:],
        starts=track.starts[count:],
    )


def _dsn_shift_of(
    reference: Track | None, segments: Sequence[Segment], starts: Sequence[Decimal]
) -> int | None:
    """What makes the segments' numbers those of the reference; None: it lists another time."""
    if reference is None:
        return None
    for segment, start in zip(segments, starts, strict=False):
        at = reference.border(start)
        near = abs(reference.starts[at] - start) * 2 < segment.duration
        if near and at < len(reference.segments):
            return reference.dsns[at] - segment.dsn
    return None


def _place(
    segments: Sequence[Segment], first_start: Decimal, shift: Shift
) -> tuple[tuple[Decimal, ...], Shift]:
    """Give each segment its start; one date that steps back moves all that follow (rule A-31)."""
    starts = [first_start]
    expected = first_start
    by = shift.time_s
    for segment in segments:
        date = segment.program_date_time
        if date is not None:
            at = date + by
            if at <= expected - BACKWARD_STEP_S:
                by += expected - at
                at = expected
            at = max(at, starts[-2]) if len(starts) > 1 else at
            starts[-1] = at
        expected = starts[-1] + segment.duration
        starts.append(expected)
    return tuple(starts), shift if by == shift.time_s else replace(shift, time_s=by)


def _path(uri: str) -> str:
    # Rule A-02: a rotated query token does not make another segment.
    return urlsplit(uri)._replace(query="", fragment="").geturl()


def _same_segments(previous: Track, segments: Sequence[Segment], first: int) -> bool:
    low = max(first, previous.first_msn)
    high = min(first + len(segments), previous.first_msn + len(previous.segments))
    for msn in range(low, high):
        old = previous.segments[msn - previous.first_msn]
        new = segments[msn - first]
        if old.uri != new.uri and _path(old.uri) != _path(new.uri):
            return False
        if old.byterange != new.byterange:
            return False
    return True


def _is_older(
    previous: Track, playlist: MediaPlaylist, segments: Sequence[Segment], end: int
) -> bool:
    """Whether segments that end before the window are a stale copy, not a new beginning."""
    start = _start_by_date(playlist, segments[0])
    if not previous.utc or start is None:
        return False
    ends_at = start + previous.shift.time_s + _length(segments)
    missing = previous.first_msn - end
    average = _average(previous)
    return abs(previous.starts[0] - ends_at - missing * average) <= average * (1 + missing // 10)


def _length(segments: Sequence[Segment]) -> Decimal:
    return sum((segment.duration for segment in segments), Decimal(0))


def _average(track: Track) -> Decimal:
    return (track.edge - track.starts[0]) / len(track.segments)


def _carry_on(
    previous: Track,
    playlist: MediaPlaylist,
    segments: tuple[Segment, ...],
    first: int,
    reference: Track | None,
) -> Track:
    """The window moved: keep what was known of the overlap, add what is new."""
    previous_end = previous.first_msn + len(previous.segments)
    listed = max(previous_end - first, 0)  # of what is known already
    fresh = segments[listed:]
    gap = max(first - previous_end, 0)
    expected = _start_of_fresh(previous, playlist, segments[:listed], fresh, gap, reference)
    starts, shift = _place(fresh, expected, previous.shift)
    dsn = _dsn_shift_of(reference, fresh, starts) if gap else None
    if dsn is None or dsn + fresh[0].dsn < previous.dsns[-1]:  # it never falls
        dsn = _dsn_shift(previous, playlist, segments, first)
    shift = replace(shift, dsn=dsn)
    kept_from = min(max(first - previous.first_msn, 0), len(previous.segments))
    if not gap:
        kept_from = _not_too_short(previous, playlist, kept_from, fresh)
    overlap = _refreshed(previous, segments, first, kept_from)
    return Track(
        playlist=playlist,
        segments=overlap + fresh,
        first_msn=max(previous_end, first) - len(overlap),
        dsns=previous.dsns[kept_from:] + tuple(s.dsn + shift.dsn for s in fresh),
        marks=previous.marks[kept_from:] + _marks(playlist, fresh),
        starts=previous.starts[kept_from:-1] + starts,
        utc=previous.utc,
        shift=shift,
    )


def _start_of_fresh(
    previous: Track,
    playlist: MediaPlaylist,
    overlap: Sequence[Segment],
    fresh: Sequence[Segment],
    gap: int,
    reference: Track | None,
) -> Decimal:
    """Where new segments start, when `gap` others came and went unseen (rule A-29)."""
    if not previous.utc:
        start = _start_by_number(fresh, reference)
        if start is not None:
            return max(start, previous.edge if gap else previous.starts[-2])
    if not gap:
        return _edge_by_date(previous, overlap)
    date = _start_by_date(playlist, fresh[0]) if previous.utc else None
    if date is not None:
        return max(date + previous.shift.time_s, previous.edge)
    return previous.edge + gap * _average(previous)


def _edge_by_date(previous: Track, overlap: Sequence[Segment]) -> Decimal:
    """Where what is known ends, by the last date of the new version: lengths are rounded."""
    elapsed = Decimal(0)
    for segment in reversed(overlap if previous.utc else ()):
        elapsed += segment.duration
        if segment.program_date_time is not None:
            edge = segment.program_date_time + previous.shift.time_s + elapsed
            return edge if abs(edge - previous.edge) < BACKWARD_STEP_S / 2 else previous.edge
    return previous.edge


def _dsn_shift(
    previous: Track, playlist: MediaPlaylist, segments: tuple[Segment, ...], first: int
) -> int:
    """The same segment keeps its discontinuity number whatever the header says (rule A-15)."""
    previous_end = previous.first_msn + len(previous.segments)
    if first < previous_end:
        at = max(first, previous.first_msn)
        return previous.dsns[at - previous.first_msn] - segments[at - first].dsn
    after = previous.dsns[-1] + _marks(playlist, segments[:1])[0] - segments[0].dsn
    if first == previous_end or not playlist.has_discontinuity_sequence:
        return after
    return max(previous.shift.dsn, after)  # rule A-29; it never falls


def _not_too_short(
    previous: Track, playlist: MediaPlaylist, kept_from: int, fresh: Sequence[Segment]
) -> int:
    """Older segments stay until enough is listed (rule A-08)."""
    needed = KEPT * Decimal(playlist.target_duration)
    listed = _length(fresh) + previous.edge
    while kept_from > 0 and listed - previous.starts[kept_from] < needed:
        kept_from -= 1
    return kept_from


def _refreshed(
    previous: Track, segments: Sequence[Segment], first: int, kept_from: int
) -> tuple[Segment, ...]:
    """Known segments with the lines of the new version but their published identity (A-02)."""
    refreshed = []
    for index in range(kept_from, len(previous.segments)):
        old = previous.segments[index]
        at = previous.first_msn + index - first
        changed = at >= 0 and segments[at].lines != old.lines
        refreshed.append(replace(old, lines=segments[at].lines) if changed else old)
    return tuple(refreshed)


def _restart(previous: Track, playlist: MediaPlaylist, reference: Track | None) -> Track:
    """Append a new beginning of the origin behind a discontinuity (rule A-19)."""
    end = previous.first_msn + len(previous.segments)
    new = _begin_again(TrackMemory.of(previous), playlist, reference)
    if new is None:
        return previous
    kept_from = _not_too_short(previous, playlist, len(previous.segments), new.segments)
    tags = new.dsns[0] - previous.dsns[-1]  # more than one, if others lay between
    return replace(
        new,
        segments=previous.segments[kept_from:] + new.segments,
        first_msn=end - (len(previous.segments) - kept_from),
        dsns=previous.dsns[kept_from:] + new.dsns,
        marks=(*previous.marks[kept_from:], tags, *new.marks[1:]),
        starts=previous.starts[kept_from:-1] + new.starts,
    )


def _begin_again(
    memory: TrackMemory, playlist: MediaPlaylist, reference: Track | None
) -> Track | None:
    """The new beginning alone: where the reference has begun again, if it has."""
    segments = playlist.segments
    if reference is not None and reference.shift.restarts <= memory.shift.restarts:
        reference = None
    begins = memory.edge
    if reference is not None:
        at = reference.shift.since_msn - reference.first_msn
        if at >= 0:  # still listed
            begins = max(begins, reference.starts[at])
        if not memory.utc:
            since = reference.shift.since_msn - reference.shift.msn
            segments = tuple(segment for segment in segments if segment.msn >= since)
    if memory.utc:
        segments = _after(memory, begins, playlist)
    if not segments:
        return None
    shift = Shift(
        msn=memory.next_msn - segments[0].msn,
        dsn=memory.last_dsn + 1 - segments[0].dsn,
        time_s=memory.shift.time_s,
        restarts=memory.shift.restarts + 1 if reference is None else reference.shift.restarts,
        since_msn=memory.next_msn,
    )
    start = _start_by_date(playlist, segments[0]) if memory.utc else None
    if start is not None:
        start += shift.time_s
    elif reference is not None:
        start = _start_by_number(segments, reference)
    start = memory.edge if start is None else max(start, memory.edge)
    new = _number(playlist, segments, start, shift, utc=memory.utc)
    dsn = _dsn_shift_of(reference, segments, new.starts)
    if dsn is None or dsn <= shift.dsn:
        return new
    return replace(
        new,
        dsns=tuple(segment.dsn + dsn for segment in segments),
        shift=replace(new.shift, dsn=dsn),
    )


def _after(memory: TrackMemory, begins: Decimal, playlist: MediaPlaylist) -> tuple[Segment, ...]:
    """Without what lies before an instant, if the clocks of both beginnings agree."""
    segments = playlist.segments
    first = _start_by_date(playlist, segments[0]) if segments else None
    if first is None:
        return segments
    first += memory.shift.time_s
    starts = list(accumulate((s.duration for s in segments), initial=first))
    if starts[-1] <= memory.window_start:
        return segments  # another clock altogether: `_place` moves it behind the edge
    return segments[bisect_right(starts[:-1], begins - BACKWARD_STEP_S) :]


def resume(
    memory: TrackMemory, playlist: MediaPlaylist, *, reference: Track | None = None
) -> Track:
    """Begin a track that another process followed before: its numbers and clock go on.

    A playlist that does not continue the remembered one is a restart of the origin (rule A-19).
    """
    if not playlist.segments:
        return _begin(playlist, reference)
    first = playlist.media_sequence + memory.shift.msn
    at = memory.next_msn - 1 - first
    if at >= 0 and not (
        at < len(playlist.segments) and _path(playlist.segments[at].uri) == memory.last_path
    ):
        again = _begin_again(memory, playlist, reference)
        if again is not None:
            return again
    segments = playlist.segments
    if memory.shift.restarts:
        segments = segments[max(memory.shift.since_msn - first, 0) :] or segments[-1:]
    date = _start_by_date(playlist, segments[0]) if memory.utc else None
    by_number = None
    if not memory.utc and at < 0:
        by_number = _start_by_number(segments, reference)
    if date is not None:
        start = date + memory.shift.time_s
    elif at >= 0:
        start = memory.edge - _length(playlist.segments[: at + 1])
        start += _length(playlist.segments) - _length(segments)
    elif by_number is not None:
        start = max(by_number, memory.edge)
    else:
        start = memory.edge + (-at - 1) * _length(segments) / len(segments)
    track = _number(playlist, segments, start, memory.shift, utc=memory.utc)
    return _trimmed(_renumbered(track, memory, reference), memory)


def _renumbered(track: Track, memory: TrackMemory, reference: Track | None) -> Track:
    """The last known segment keeps its discontinuity number; behind a gap it cannot be lower."""
    last = memory.next_msn - 1 - track.first_msn
    if 0 <= last < len(track.segments):
        by: int | None = memory.last_dsn - track.segments[last].dsn
    else:
        by = _dsn_shift_of(reference, track.segments, track.starts)
        least = memory.last_dsn - track.segments[0].dsn + track.marks[0]
        if last < 0:
            by = max(track.shift.dsn if by is None else by, least)
    if by is None:
        return track
    dsns = tuple(segment.dsn + by for segment in track.segments)
    return replace(track, dsns=dsns, shift=replace(track.shift, dsn=by))


def _trimmed(track: Track, memory: TrackMemory) -> Track:
    """Without what had left the window already: its front only moves forward (rule A-11)."""
    middles = ((a + b) / 2 for a, b in pairwise(track.starts))
    gone = sum(middle < memory.window_start for middle in middles)
    return _without_first(track, gone) if gone < len(track.segments) else track
