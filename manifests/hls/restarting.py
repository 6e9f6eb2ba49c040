"""New beginnings: of the origin (rule A-19), and of the process that follows it.

Both know of the past only its end: the next number, the edge, the last segment's name.
"""

from bisect import bisect_right
from dataclasses import replace
from decimal import Decimal
from itertools import accumulate, pairwise

from manifests.hls.model import MediaPlaylist, Segment
from manifests.hls.placing import (
    BACKWARD_STEP_S,
    begin,
    dsn_shift_of,
    length_s,
    number_segments,
    start_by_date,
    start_by_number,
)
from manifests.hls.track import Shift, Track, TrackMemory
from manifests.uris import without_query


def restart(previous: Track, playlist: MediaPlaylist, reference: Track | None) -> Track:
    """Append a new beginning of the origin behind a discontinuity (rule A-19)."""
    end = previous.first_msn + len(previous.segments)
    new = _begin_again(TrackMemory.of(previous), playlist, reference)
    if new is None:
        return previous
    kept_from = previous.kept_from(len(previous.segments), playlist, new.segments)
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
    start = start_by_date(playlist, segments[0]) if memory.utc else None
    if start is not None:
        start += shift.time_s
    elif reference is not None:
        start = start_by_number(segments, reference)
    start = memory.edge if start is None else max(start, memory.edge)
    new = number_segments(playlist, segments, start, shift, utc=memory.utc)
    dsn = dsn_shift_of(reference, segments, new.starts)
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
    first = start_by_date(playlist, segments[0]) if segments else None
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
        return begin(playlist, reference)
    first = playlist.media_sequence + memory.shift.msn
    at = memory.next_msn - 1 - first
    if at >= 0 and not (
        at < len(playlist.segments) and without_query(playlist.segments[at].uri) == memory.last_path
    ):
        again = _begin_again(memory, playlist, reference)
        if again is not None:
            return again
    segments = playlist.segments
    if memory.shift.restarts:
        segments = segments[max(memory.shift.since_msn - first, 0) :] or segments[-1:]
    date = start_by_date(playlist, segments[0]) if memory.utc else None
    by_number = None
    if not memory.utc and at < 0:
        by_number = start_by_number(segments, reference)
    if date is not None:
        start = date + memory.shift.time_s
    elif at >= 0:
        start = memory.edge - length_s(playlist.segments[: at + 1])
        start += length_s(playlist.segments) - length_s(segments)
    elif by_number is not None:
        start = max(by_number, memory.edge)
    else:
        start = memory.edge + (-at - 1) * length_s(segments) / len(segments)
    track = number_segments(playlist, segments, start, memory.shift, utc=memory.utc)
    return _trimmed(_renumbered(track, memory, reference), memory)


def _renumbered(track: Track, memory: TrackMemory, reference: Track | None) -> Track:
    """The last known segment keeps its discontinuity number; behind a gap it cannot be lower."""
    last = memory.next_msn - 1 - track.first_msn
    if 0 <= last < len(track.segments):
        by: int | None = memory.last_dsn - track.segments[last].dsn
    else:
        by = dsn_shift_of(reference, track.segments, track.starts)
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
    return track.without_first(gone) if gone < len(track.segments) else track
