"""One rendition of a live or recorded origin, followed over its reloads as a single sequence.

Successive versions of a media playlist become one run of segments with numbers that only rise:
stale copies are ignored, poll gaps jump (rule A-29), and an origin that starts again is appended
behind a discontinuity (rule A-19). Every segment gets a place on the content clock: program
date-time where the origin has it, else seconds since the first segment that was seen.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate
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

    `dsns[i]`, `marks[i]` (a DISCONTINUITY stands before it) belong to `segments[i]`, whose media
    sequence number is `first_msn + i` and which lasts from `starts[i]` to `starts[i + 1]`.
    """

    playlist: MediaPlaylist  # the latest version
    segments: tuple[Segment, ...]
    first_msn: int
    dsns: tuple[int, ...]
    marks: tuple[bool, ...]
    starts: tuple[Decimal, ...]  # seconds on the content clock; one more than segments
    utc: bool  # the content clock is program date-time
    shift: Shift = Shift()

    @property
    def edge(self) -> Decimal:
        """Where the last segment ends."""
        return self.starts[-1]

    def border(self, at: Decimal) -> int:
        """The index of the border (segment start, or the end) nearest to an instant."""
        index = bisect_left(self.starts, at)
        if index == len(self.starts):
            return index - 1
        if index and at - self.starts[index - 1] <= self.starts[index] - at:
            return index - 1
        return index

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
        reference: The show's reference rendition: a new track takes its discontinuity numbers
            (rule A-15) and, without program date-time, its clock from it.

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
        return _carry_on(previous, playlist, segments, first)
    if end <= previous.first_msn:
        return previous if _is_older(previous, segments, end) else _restart(previous, playlist)
    if not _same_segments(previous, segments, first):
        return _restart(previous, playlist)
    if end < previous_end or (end == previous_end and first < previous.first_msn):
        return previous
    return _carry_on(previous, playlist, segments, first)


def _begin(playlist: MediaPlaylist, reference: Track | None) -> Track:
    utc = any(segment.program_date_time is not None for segment in playlist.segments)
    at = _first_date(playlist.segments) if utc else _undated_start(playlist, reference)
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
    return Track(
        playlist=playlist,
        segments=segments,
        first_msn=(segments[0].msn if segments else playlist.media_sequence) + shift.msn,
        dsns=tuple(segment.dsn + shift.dsn for segment in segments),
        marks=tuple(segment.discontinuity for segment in segments),
        starts=starts,
        utc=utc,
        shift=placed,
    )


def _first_date(segments: Sequence[Segment]) -> Decimal:
    """Extrapolate backward from the first date (rule A-30)."""
    elapsed = Decimal(0)
    for segment in segments:
        if segment.program_date_time is not None:
            return segment.program_date_time - elapsed
        elapsed += segment.duration
    return Decimal(0)


def _undated_start(playlist: MediaPlaylist, reference: Track | None) -> Decimal:
    """Without dates, equal sequence numbers are taken for equal times, else equal edges."""
    if reference is None or not reference.segments:
        return Decimal(0)
    if playlist.ended:
        return reference.starts[0]  # rule A-51: all playlists start at the same media time
    index = playlist.media_sequence + reference.shift.msn - reference.first_msn
    if 0 <= index < len(reference.segments):
        return reference.starts[index]
    return reference.edge - sum((s.duration for s in playlist.segments), Decimal(0))


def _numbered_like(track: Track, reference: Track) -> Track:
    """Take discontinuity numbers from the reference where both list the same time (rule A-15)."""
    for index, start in enumerate(track.starts[:-1]):
        at = reference.border(start)
        near = at < len(reference.segments) and (
            abs(reference.starts[at] - start) * 2 < track.segments[index].duration
        )
        if near:
            by = reference.dsns[at] - track.dsns[index]
            shift = replace(track.shift, dsn=by)
            return replace(track, dsns=tuple(n + by for n in track.dsns), shift=shift)
    return track


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


def _is_older(previous: Track, segments: Sequence[Segment], end: int) -> bool:
    """Whether segments that end before the window are a stale copy, not a new beginning."""
    dated = any(segment.program_date_time is not None for segment in segments)
    if not (previous.utc and dated):
        return False
    ends_at = _first_date(segments) + previous.shift.time_s + _length(segments)
    missing = previous.first_msn - end
    average = _average(previous)
    return abs(previous.starts[0] - ends_at - missing * average) <= average * (1 + missing // 10)


def _length(segments: Sequence[Segment]) -> Decimal:
    return sum((segment.duration for segment in segments), Decimal(0))


def _average(track: Track) -> Decimal:
    return (track.edge - track.starts[0]) / len(track.segments)


def _carry_on(
    previous: Track, playlist: MediaPlaylist, segments: tuple[Segment, ...], first: int
) -> Track:
    """The window moved: keep what was known of the overlap, add what is new."""
    previous_end = previous.first_msn + len(previous.segments)
    fresh = segments[max(previous_end - first, 0) :]
    gap = max(first - previous_end, 0)
    expected = previous.edge
    if gap:  # segments came and went unseen (rule A-29)
        expected += gap * _average(previous)
        if previous.utc and any(s.program_date_time is not None for s in fresh):
            expected = max(_first_date(fresh) + previous.shift.time_s, previous.edge)
    starts, shift = _place(fresh, expected, previous.shift)
    shift = replace(shift, dsn=_dsn_shift(previous, playlist, segments, first))
    kept_from = min(max(first - previous.first_msn, 0), len(previous.segments))
    if not gap:
        kept_from = _not_too_short(previous, playlist, kept_from, fresh)
    overlap = _refreshed(previous, segments, first, kept_from)
    return Track(
        playlist=playlist,
        segments=overlap + fresh,
        first_msn=max(previous_end, first) - len(overlap),
        dsns=previous.dsns[kept_from:] + tuple(s.dsn + shift.dsn for s in fresh),
        marks=previous.marks[kept_from:] + tuple(s.discontinuity for s in fresh),
        starts=previous.starts[kept_from:-1] + starts,
        utc=previous.utc,
        shift=shift,
    )


def _dsn_shift(
    previous: Track, playlist: MediaPlaylist, segments: tuple[Segment, ...], first: int
) -> int:
    """The same segment keeps its discontinuity number whatever the header says (rule A-15)."""
    previous_end = previous.first_msn + len(previous.segments)
    if first < previous_end:
        at = max(first, previous.first_msn)
        return previous.dsns[at - previous.first_msn] - segments[at - first].dsn
    after = previous.dsns[-1] + segments[0].discontinuity - segments[0].dsn
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


def _restart(previous: Track, playlist: MediaPlaylist) -> Track:
    """Append a new beginning of the origin behind a discontinuity (rule A-19)."""
    end = previous.first_msn + len(previous.segments)
    new = _begin_again(TrackMemory.of(previous), playlist)
    if new is None:
        return previous
    kept_from = _not_too_short(
        replace(previous, shift=new.shift), playlist, len(previous.segments), new.segments
    )
    return replace(
        new,
        segments=previous.segments[kept_from:] + new.segments,
        first_msn=end - (len(previous.segments) - kept_from),
        dsns=previous.dsns[kept_from:] + new.dsns,
        marks=previous.marks[kept_from:] + new.marks,
        starts=previous.starts[kept_from:-1] + new.starts,
    )


def _begin_again(memory: TrackMemory, playlist: MediaPlaylist) -> Track | None:
    segments = playlist.segments
    dated = memory.utc and any(s.program_date_time is not None for s in segments)
    if dated:
        segments = _after(memory, segments)
    if not segments:
        return None
    shift = Shift(
        msn=memory.next_msn - segments[0].msn,
        dsn=memory.last_dsn + 1 - segments[0].dsn,
        time_s=memory.shift.time_s,
        restarts=memory.shift.restarts + 1,
        since_msn=memory.next_msn,
    )
    at = memory.edge
    if dated:
        at = max(at, _first_date(segments) + shift.time_s)
    new = _number(playlist, segments, at, shift, utc=memory.utc)
    return replace(new, marks=(True, *new.marks[1:]))


def _after(memory: TrackMemory, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """Without what lies before the published edge, if the clocks of both beginnings agree."""
    first = _first_date(segments) + memory.shift.time_s
    starts = list(accumulate((s.duration for s in segments), initial=first))
    if starts[-1] <= memory.window_start:
        return segments  # another clock altogether: `_place` moves it behind the edge
    for index, segment in enumerate(segments):
        if starts[index] + segment.duration / 2 >= memory.edge:
            return segments[index:]
    return ()


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
        again = _begin_again(memory, playlist)
        if again is not None:
            return again
    segments = playlist.segments
    if memory.shift.restarts:
        segments = segments[max(memory.shift.since_msn - first, 0) :] or segments[-1:]
    dated = any(s.program_date_time is not None for s in segments)
    if memory.utc and dated:
        start = _first_date(segments) + memory.shift.time_s
    elif at >= 0:
        start = memory.edge - _length(playlist.segments[: at + 1])
        start += _length(playlist.segments) - _length(segments)
    else:
        start = memory.edge + (-at - 1) * _length(segments) / len(segments)
    track = _number(playlist, segments, start, memory.shift, utc=memory.utc)
    if 0 <= at < len(playlist.segments):
        last = at - (len(playlist.segments) - len(segments))
        by = memory.last_dsn - track.dsns[last] if last >= 0 else 0
        shift = replace(track.shift, dsn=track.shift.dsn + by)
        track = replace(track, dsns=tuple(n + by for n in track.dsns), shift=shift)
    return track
