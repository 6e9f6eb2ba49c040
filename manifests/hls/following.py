"""One rendition of a live or recorded origin, followed over its reloads as a single sequence.

Successive versions of a media playlist become one run of segments with numbers that only rise:
stale copies are ignored, poll gaps jump (rule A-29), and an origin that starts again is appended
behind a discontinuity (rule A-19).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from manifests.hls.model import MediaPlaylist, Segment
from manifests.hls.placing import (
    BACKWARD_STEP_S,
    begin,
    discontinuity_marks,
    dsn_shift_of,
    length_s,
    place_segments,
    start_by_date,
    start_by_number,
)
from manifests.hls.restarting import restart
from manifests.hls.track import Track
from manifests.uris import without_query


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
        return begin(playlist, reference)
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
        return restart(previous, playlist, reference)
    if end < previous_end or (end == previous_end and first < previous.first_msn):
        return previous
    return _carry_on(previous, playlist, segments, first, reference)


def _same_segments(previous: Track, segments: Sequence[Segment], first: int) -> bool:
    low = max(first, previous.first_msn)
    high = min(first + len(segments), previous.first_msn + len(previous.segments))
    for msn in range(low, high):
        old = previous.segments[msn - previous.first_msn]
        new = segments[msn - first]
        if old.uri != new.uri and without_query(old.uri) != without_query(new.uri):
            return False
        if old.byterange != new.byterange:
            return False
    return True


def _is_older(
    previous: Track, playlist: MediaPlaylist, segments: Sequence[Segment], end: int
) -> bool:
    """Whether segments that end before the window are a stale copy, not a new beginning."""
    start = start_by_date(playlist, segments[0])
    if not previous.utc or start is None:
        return False
    ends_at = start + previous.shift.time_s + length_s(segments)
    missing = previous.first_msn - end
    average = _average(previous)
    return abs(previous.starts[0] - ends_at - missing * average) <= average * (1 + missing // 10)


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
    starts, shift = place_segments(fresh, expected, previous.shift)
    dsn = dsn_shift_of(reference, fresh, starts) if gap else None
    if dsn is None or dsn + fresh[0].dsn < previous.dsns[-1]:  # it never falls
        dsn = _dsn_shift(previous, playlist, segments, first)
    shift = replace(shift, dsn=dsn)
    kept_from = min(max(first - previous.first_msn, 0), len(previous.segments))
    if not gap:
        kept_from = previous.kept_from(kept_from, playlist, fresh)
    overlap = _refreshed(previous, segments, first, kept_from)
    return Track(
        playlist=playlist,
        segments=overlap + fresh,
        first_msn=max(previous_end, first) - len(overlap),
        dsns=previous.dsns[kept_from:] + tuple(s.dsn + shift.dsn for s in fresh),
        marks=previous.marks[kept_from:] + discontinuity_marks(playlist, fresh),
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
        start = start_by_number(fresh, reference)
        if start is not None:
            return max(start, previous.edge if gap else previous.starts[-2])
    if not gap:
        return _edge_by_date(previous, overlap)
    date = start_by_date(playlist, fresh[0]) if previous.utc else None
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
    after = previous.dsns[-1] + discontinuity_marks(playlist, segments[:1])[0] - segments[0].dsn
    if first == previous_end or not playlist.has_discontinuity_sequence:
        return after
    return max(previous.shift.dsn, after)  # rule A-29; it never falls


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
