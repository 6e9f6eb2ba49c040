"""Reading CMAF as a player does, for the check of what was packaged (ISO 14496-12).

Knows only the boxes that such a check needs, and nothing of how they were written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_CONTAINERS = frozenset((b"moov", b"trak", b"edts", b"mdia", b"moof", b"traf"))
_NOT_SYNC = 0x00010000
_IDR = 5


class MediaUnreadable(Exception):
    """Bytes are not the media that they should be."""


@dataclass(frozen=True, slots=True)
class TrackSpan:
    """What one segment has of one track."""

    kind: str  # "video" or "audio"
    start: Fraction  # seconds, on the media's clock
    duration: Fraction  # seconds
    samples: int
    starts_clean: bool  # the first sample is a random access point


@dataclass(frozen=True, slots=True)
class InitTrack:
    """A track as the init section describes it."""

    id: int
    kind: str
    timescale: int
    has_edit_list: bool


def read_init(data: bytes) -> tuple[InitTrack, ...]:
    """Return the tracks of an init section.

    Raises:
        MediaUnreadable: It is not one.
    """
    tracks: list[InitTrack] = []
    track_id, timescale, edits = 0, 0, False
    for path, start, _ in _boxes(data, 0, len(data)):
        match path[-1]:
            case b"trak":
                track_id, timescale, edits = 0, 0, False
            case b"tkhd":
                track_id = _integer(data, start + (20 if data[start] else 12), 4)
            case b"elst":
                edits = True
            case b"mdhd":
                timescale = _integer(data, start + (20 if data[start] else 12), 4)
            case b"hdlr":
                kind = {b"vide": "video", b"soun": "audio"}.get(data[start + 8 : start + 12], "")
                tracks.append(InitTrack(track_id, kind, timescale, edits))
            case _:
                pass
    if not tracks or any(not track.timescale for track in tracks):
        raise MediaUnreadable("the init section has no tracks")
    return tuple(tracks)


def read_segment(tracks: tuple[InitTrack, ...], data: bytes) -> tuple[TrackSpan, ...]:
    """Return what a segment of one movie fragment has of each track, in the order of `tracks`.

    Raises:
        MediaUnreadable: A box is missing or points outside the segment.
    """
    spans: dict[int, TrackSpan] = {}
    by_id = {track.id: track for track in tracks}
    track, ticks, length, flags = tracks[0], None, 0, 0
    for path, start, end in _boxes(data, 0, len(data)):
        match path[-1]:
            case b"traf":
                ticks = None
            case b"tfhd":
                try:
                    track = by_id[_integer(data, start + 4, 4)]
                except KeyError:
                    raise MediaUnreadable("a fragment is of no track") from None
                length, flags = _defaults(data, start)
            case b"tfdt":
                ticks = _integer(data, start + 4, 8 if data[start] else 4)
            case b"trun" if ticks is not None:
                spans[track.id] = _run(data, start, end, track, ticks, length, flags)
            case b"trun":
                raise MediaUnreadable("a fragment has no decode time")
            case _:
                pass
    try:
        return tuple(spans[track.id] for track in tracks)
    except KeyError:
        raise MediaUnreadable("a track has no fragment") from None


def _defaults(data: bytes, start: int) -> tuple[int, int]:
    """Return the sample duration and flags that a ``tfhd`` gives."""
    present, at = _integer(data, start, 4), start + 8
    at += 8 * bool(present & 1) + 4 * bool(present & 2)
    length = _integer(data, at, 4) if present & 8 else 0
    at += 4 * bool(present & 8) + 4 * bool(present & 0x10)
    return length, _integer(data, at, 4) if present & 0x20 else 0


def _run(
    data: bytes, start: int, end: int, track: InitTrack, ticks: int, length: int, flags: int
) -> TrackSpan:
    present, count = _integer(data, start, 4), _integer(data, start + 4, 4)
    at = start + 8
    media = _integer(data, at, 4) if present & 1 else 0
    at += 4 * bool(present & 1) + 4 * bool(present & 4)
    total, total_size, first_flags, first_size = 0, 0, flags, 0
    for number in range(count):
        sample_length, sample_flags, size = length, flags, 0
        if present & 0x100:
            sample_length, at = _integer(data, at, 4), at + 4
        if present & 0x200:
            size, at = _integer(data, at, 4), at + 4
        if present & 0x400:
            sample_flags, at = _integer(data, at, 4), at + 4
        if present & 0x800:
            at += 4
        total += sample_length
        total_size += size
        if not number:
            first_flags, first_size = sample_flags, size
    if at > end or media + total_size > len(data):
        raise MediaUnreadable("a fragment points outside its segment")
    clean = not first_flags & _NOT_SYNC
    if track.kind == "video":
        clean = clean and _IDR in _nal_types(data[media : media + first_size])
    scale = track.timescale
    return TrackSpan(track.kind, Fraction(ticks, scale), Fraction(total, scale), count, clean)


def _nal_types(sample: bytes) -> Iterator[int]:
    at = 0
    while at + 5 <= len(sample):
        yield sample[at + 4] & 0x1F
        at += 4 + _integer(sample, at, 4)


def _boxes(
    data: bytes, start: int, end: int, path: tuple[bytes, ...] = ()
) -> Iterator[tuple[tuple[bytes, ...], int, int]]:
    """Yield the path of each box, and where its content starts and ends; parents first."""
    while start < end:
        size, kind = _integer(data, start, 4), data[start + 4 : start + 8]
        if size < 8 or start + size > end:
            raise MediaUnreadable(f"a box at byte {start} has an impossible size")
        yield (*path, kind), start + 8, start + size
        if kind in _CONTAINERS:
            yield from _boxes(data, start + 8, start + size, (*path, kind))
        start += size


def _integer(data: bytes, at: int, length: int) -> int:
    if at + length > len(data):
        raise MediaUnreadable("a box ends too early")
    return int.from_bytes(data[at : at + length])
