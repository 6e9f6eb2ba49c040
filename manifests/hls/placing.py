"""Numbers and places for the segments of one version of a media playlist.

Every segment gets a place on the content clock: program date-time where the origin has it, else
seconds since the first segment that was seen; and a discontinuity number that is the same in all
renditions (rules A-14, A-15).
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

from manifests.hls.model import MediaPlaylist, Segment
from manifests.hls.track import Shift, Track

# A clock that steps back by this much would make dates ambiguous (rule A-31).
BACKWARD_STEP_S = Decimal(1)


def begin(playlist: MediaPlaylist, reference: Track | None) -> Track:
    """Number the first version that is seen of a playlist."""
    at = start_by_date(playlist, playlist.segments[0]) if playlist.segments else None
    utc = at is not None
    if at is None:
        at = _undated_start(playlist, reference)
    track = number_segments(playlist, playlist.segments, at, Shift(), utc=utc)
    return _numbered_like(track, reference) if reference is not None else track


def number_segments(
    playlist: MediaPlaylist,
    segments: tuple[Segment, ...],
    first_start: Decimal,
    shift: Shift,
    *,
    utc: bool,
) -> Track:
    """Make a track of segments whose shift from the origin's own numbers is known."""
    starts, placed = place_segments(segments, first_start, shift)
    again = shift.since_msn - shift.msn if shift.restarts else None  # rule A-19
    return Track(
        playlist=playlist,
        segments=segments,
        first_msn=(segments[0].msn if segments else playlist.media_sequence) + shift.msn,
        dsns=tuple(segment.dsn + shift.dsn for segment in segments),
        marks=tuple(
            max(mark, int(segment.msn == again))
            for mark, segment in zip(discontinuity_marks(playlist, segments), segments, strict=True)
        ),
        starts=starts,
        utc=utc,
        shift=placed,
    )


def place_segments(
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


def discontinuity_marks(playlist: MediaPlaylist, segments: Sequence[Segment]) -> tuple[int, ...]:
    """How many tags stand before each: two in a row count twice (rule A-16)."""
    first = segments[0].msn - playlist.media_sequence if segments else 0
    before = playlist.segments[first - 1].dsn if first else playlist.discontinuity_sequence
    return tuple(b - a for a, b in pairwise((before, *(segment.dsn for segment in segments))))


def start_by_date(playlist: MediaPlaylist, segment: Segment) -> Decimal | None:
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
    start = start_by_number(playlist.segments, reference)
    return reference.edge - length_s(playlist.segments) if start is None else start


def start_by_number(segments: Sequence[Segment], reference: Track | None) -> Decimal | None:
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
    by = dsn_shift_of(reference, track.segments, track.starts)
    if by is None and track.starts[0] > reference.starts[0]:
        by = reference.dsns[-1] + track.marks[0] - track.segments[0].dsn
    elif by is None:
        by = reference.dsns[0] - reference.marks[0] - track.segments[-1].dsn
    dsns = tuple(segment.dsn + by for segment in track.segments)
    below = [dsn - mark < 0 for dsn, mark in zip(dsns, track.marks, strict=True)]
    numbered = replace(track, dsns=dsns, shift=replace(track.shift, dsn=by))
    return numbered.without_first(below.index(False)) if False in below else track


def dsn_shift_of(
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


def length_s(segments: Sequence[Segment]) -> Decimal:
    """What segments last together, in seconds."""
    return sum((segment.duration for segment in segments), Decimal(0))
