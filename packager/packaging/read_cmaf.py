"""Reading CMAF as a player does, for the check of what was packaged (ISO 14496-12).

Knows only the boxes that such a check needs, and nothing of how they were written: segments of
other packagers may begin with other boxes, have several fragments and leave values to the defaults
of the init section.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

_CONTAINERS = frozenset((b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"mvex"))
_CONTAINERS |= frozenset((b"moof", b"traf"))
_NOT_SYNC = 0x00010000
_IDR = 5


class MediaUnreadable(Exception):
    """Bytes are not the media that they should be."""


@dataclass(frozen=True, slots=True)
class TrackSpan:
    """What one segment has of one track."""

    kind: str  # "video" or "audio"
    start: Fraction  # seconds, on the media's clock, at which the first of it is presented
    duration: Fraction  # seconds
    samples: int
    starts_clean: bool  # the first sample is a random access point


@dataclass(frozen=True, slots=True)
class _Defaults:
    """What holds for samples of which nothing else is said."""

    ticks: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True)
class InitTrack:
    """A track as the init section describes it."""

    id: int
    kind: str
    timescale: int
    has_edit_list: bool  # one that changes something
    sample_entry: str = ""  # "avc1", "mp4a"; "encv" and "enca" are encrypted
    defaults: _Defaults = _Defaults()


@dataclass(slots=True)
class _Part:
    """What a segment has of a track, as far as it was read."""

    first: int  # ticks: earliest presentation time
    end: int  # ticks: decode time after the last sample
    ticks: int = 0
    samples: int = 0
    clean: bool = False


def read_init(data: bytes) -> tuple[InitTrack, ...]:
    """Return the tracks of an init section.

    Raises:
        MediaUnreadable: It is not one.
    """
    tracks: list[InitTrack] = []
    defaults: dict[int, _Defaults] = {}
    track_id, timescale, edits = 0, 0, False
    for path, start, _ in _boxes(data, 0, len(data)):
        match path[-1]:
            case b"trak":
                track_id, timescale, edits = 0, 0, False
            case b"tkhd":
                track_id = _integer(data, start + (20 if data[start] else 12), 4)
            case b"elst":
                edits = edits or _shifts(data, start)
            case b"mdhd":
                timescale = _integer(data, start + (20 if data[start] else 12), 4)
            case b"hdlr" if b"mdia" in path:
                kind = {b"vide": "video", b"soun": "audio"}.get(data[start + 8 : start + 12], "")
                tracks.append(InitTrack(track_id, kind, timescale, edits))
            case b"stsd" if tracks:
                entry = data[start + 12 : start + 16].decode("latin-1")
                tracks[-1] = replace(tracks[-1], sample_entry=entry)
            case b"trex":
                of = (_integer(data, start + at, 4) for at in (12, 16, 20))
                defaults[_integer(data, start + 4, 4)] = _Defaults(*of)
            case _:
                pass
    if not tracks or any(not track.timescale for track in tracks):
        raise MediaUnreadable("the init section has no tracks")
    return tuple(replace(t, defaults=defaults.get(t.id, _Defaults())) for t in tracks)


def read_segment(tracks: tuple[InitTrack, ...], data: bytes) -> tuple[TrackSpan, ...]:
    """Return what a segment has of each track, in the order of `tracks`.

    Raises:
        MediaUnreadable: A box is missing or points outside the segment, or a fragment does not go
            on where the one before ends.
    """
    parts: dict[int, _Part] = {}
    by_id = {track.id: track for track in tracks}
    track, ticks, defaults, base = tracks[0], None, _Defaults(), 0
    for path, start, end in _boxes(data, 0, len(data)):
        match path[-1]:
            case b"moof":
                base = start - 8
            case b"traf":
                ticks = None
            case b"tfhd":
                try:
                    track = by_id[_integer(data, start + 4, 4)]
                except KeyError:
                    raise MediaUnreadable("a fragment is of no track") from None
                defaults = _defaults(data, start, track.defaults)
            case b"tfdt":
                ticks = _integer(data, start + 4, 8 if data[start] else 4)
            case b"trun" if ticks is not None:
                part = parts.setdefault(track.id, _Part(ticks, ticks))
                if part.end != ticks:
                    raise MediaUnreadable("a fragment does not go on where the one before ends")
                _read_run(data, start, end, base, track.kind, defaults, part)
                ticks = part.end
            case b"trun":
                raise MediaUnreadable("a fragment has no decode time")
            case _:
                pass
    try:
        return tuple(_span(track, parts[track.id]) for track in tracks)
    except KeyError:
        raise MediaUnreadable("a track has no fragment") from None


def _shifts(data: bytes, start: int) -> bool:
    """Whether an ``elst`` does more than to show all of the media from its beginning."""
    size = 8 if data[start] else 4
    count, duration = _integer(data, start + 4, 4), _integer(data, start + 8, size)
    media_time = _integer(data, start + 8 + size, size, signed=True)
    return (count, duration, media_time) != (1, 0, 0)


def _span(track: InitTrack, part: _Part) -> TrackSpan:
    start, duration = (Fraction(ticks, track.timescale) for ticks in (part.first, part.ticks))
    return TrackSpan(track.kind, start, duration, part.samples, part.clean)


def _defaults(data: bytes, start: int, of_track: _Defaults) -> _Defaults:
    """Return what a ``tfhd`` says for the samples of its fragment."""
    present, at = _integer(data, start, 4), start + 8
    at += 8 * bool(present & 1) + 4 * bool(present & 2)
    values = [of_track.ticks, of_track.size, of_track.flags]
    for number, flag in enumerate((8, 0x10, 0x20)):
        if present & flag:
            values[number], at = _integer(data, at, 4), at + 4
    return _Defaults(*values)


def _read_run(
    data: bytes, start: int, end: int, base: int, kind: str, defaults: _Defaults, part: _Part
) -> None:
    """Add the samples of a ``trun`` to a part."""
    present, count = _integer(data, start, 4), _integer(data, start + 4, 4)
    at = start + 8
    media = base + (_integer(data, at, 4) if present & 1 else 0)
    at += 4 * bool(present & 1)
    first_flags = _integer(data, at, 4) if present & 4 else defaults.flags
    at += 4 * bool(present & 4)
    total_size = 0
    for number in range(count):
        ticks, size = defaults.ticks, defaults.size
        flags = defaults.flags if number else first_flags
        shift = 0
        if present & 0x100:
            ticks, at = _integer(data, at, 4), at + 4
        if present & 0x200:
            size, at = _integer(data, at, 4), at + 4
        if present & 0x400:
            flags, at = _integer(data, at, 4), at + 4
        if present & 0x800:
            shift, at = _integer(data, at, 4, signed=bool(data[start])), at + 4
        if at > end:
            raise MediaUnreadable("a run of samples goes on outside its box")
        shown = part.end + shift
        part.first = shown if not part.samples else min(part.first, shown)
        if not part.samples:
            part.clean = not flags & _NOT_SYNC and (
                kind != "video" or _IDR in _nal_types(data[media : media + size])
            )
        part.end += ticks
        part.ticks += ticks
        part.samples += 1
        total_size += size
        if media + total_size > len(data):
            raise MediaUnreadable("a fragment points outside its segment")


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


def _integer(data: bytes, at: int, length: int, *, signed: bool = False) -> int:
    if at + length > len(data):
        raise MediaUnreadable("a box ends too early")
    return int.from_bytes(data[at : at + length], signed=signed)
