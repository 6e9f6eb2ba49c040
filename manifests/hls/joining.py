"""The pre-roll of a live session: ads in place of the content that it joins at.

It takes the place of what is listed already, so that all of it is known at the session's first
answer, and begins at least three target durations behind the live edge, where players join. So its
numbers need not be remembered: they are counted back from the content behind it, which a session
with a pre-roll numbers as the origin does, `ROOM` further on. Rule A-12 asks for nothing else: the
session begins there, so nothing before it was published with other numbers.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from manifests.breaks import AdBreak, joined_break
from manifests.hls.numbering import Place
from manifests.hls.rendering import Header, Sums
from manifests.hls.track import Track
from manifests.splicing.timeline import FRAME_S, Splice

# RFC 8216bis 6.3.3: players do not begin nearer to the end of a live playlist.
BEHIND = 3  # target durations
# What a pre-roll adds is counted back from here, and no number may fall below 0.
ROOM = Sums(msn=10_000, dsn=1_000)

_START = b"#EXT-X-START:"


def join_of(track: Track, seconds: Decimal) -> AdBreak | None:
    """Where a session that begins now leaves the content for so many seconds at most.

    Args:
        track: The reference rendition.
        seconds: Most that may be shown; the window may allow less.

    Returns:
        The break; None if the playlist is too short for one.
    """
    if len(track.segments) < 2:
        return None
    last = track.starts[-2]  # the last border behind which content is listed
    behind = track.edge - BEHIND * track.playlist.target_duration
    index = bisect_right(track.starts, min(behind, last - seconds) + FRAME_S) - 1
    out_at = track.starts[max(index, 0)]
    if out_at > behind + FRAME_S:
        return None
    return joined_break(out_at, out_at + min(seconds, last - out_at))


def return_of(track: Track, at: Decimal) -> Decimal:
    """The border at which content comes back when ads end at an instant (rule A-26)."""
    return track.starts[min(bisect_left(track.starts, at - FRAME_S), len(track.starts) - 1)]


def place_of_join(track: Track, one: Splice, reference: Track) -> Place | None:
    """Where a pre-roll stands in a rendition; None once nothing of it is listed.

    What lies before the window is given any number: those of the pre-roll are counted back.
    """
    if one.in_at is None or not track.segments:
        return None
    # The reference has a border just there; others have one near it.
    near = min(segment.duration for segment in track.segments) / 2
    if one.in_at < track.starts[0] - (FRAME_S if track is reference else near):
        return None
    back, out = track.border(one.in_at), track.border(one.out_at)
    if one.in_at > track.edge:  # it lags behind: as many segments are missing as the reference has
        back += max(reference.border(one.in_at) - reference.border(track.edge), 0)
    is_listed = one.out_at >= track.starts[0] - near
    before = track.dsns[0] - track.marks[0]
    return Place(
        out=track.first_msn + (out if is_listed else -1),
        dsn_before=track.dsns[out - 1] if is_listed and out else before,
        dsn_out=track.dsns[out] if is_listed and out < len(track.dsns) else before,
        back=track.first_msn + back,
        dsn_back=_dsn_at(reference, one.in_at, track.dsns[min(back, len(track.dsns) - 1)]),
    )


def _dsn_at(reference: Track, at: Decimal, otherwise: int) -> int:
    """The reference rendition's number, so that all renditions count the same tags (A-14)."""
    index = reference.border(at)
    is_listed = reference.segments and at >= reference.starts[0] - FRAME_S
    return reference.dsns[index] if is_listed and index < len(reference.dsns) else otherwise


def leading_in(header: Header, track: Track, splices: Sequence[Splice]) -> Header:
    """A header that leads players to a pre-roll, as long as its beginning is listed (A-48)."""
    joins = next((one for one in splices if one.joins), None)
    if joins is None:
        return header
    lines = [line for line in header.after.splitlines(True) if not line.startswith(_START)]
    if joins.out_at >= track.starts[0] - FRAME_S:
        offset = max(joins.out_at - track.starts[0], Decimal(0))
        lines.append(b"%bTIME-OFFSET=%b,PRECISE=YES\n" % (_START, f"{offset:f}".encode()))
    return replace(header, after=b"".join(lines))
