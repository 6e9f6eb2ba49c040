"""Init sections: the tracks of a movie, what their samples are, and what fragments leave out."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from struct import error, unpack_from

from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.mp4.boxes import Box, children, descend, edit, read_boxes

_VISUAL = 78  # bytes of a visual sample entry before its boxes
_AUDIO = 28  # the same of an audio sample entry
_OWN_BYTES = {b"moov": 0, b"trak": 0, b"mdia": 0, b"minf": 0, b"stbl": 0, b"stsd": 8}
_AVC = frozenset({b"avc1", b"avc3"})
_AAC = b"mp4a"
_ENCRYPTED = frozenset({b"encv", b"enca", b"drms"})


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds of a sample unless its fragment says otherwise (trex)."""

    duration: int = 0
    size: int = 0
    flags: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One track of a movie."""

    number: int
    handler: bytes  # b"vide", b"soun"
    timescale: int
    entry: bytes  # kind of the sample entry, such as b"avc1"
    avcc: bytes | None
    esds: bytes | None
    shift: Fraction  # seconds from media time to the time of presentation (edit list)
    defaults: Defaults = Defaults()


Movie = Mapping[int, Track]
"""Tracks by their numbers, in order."""


def read_init(data: bytes) -> Movie:
    """Read the tracks of an init section.

    Raises:
        MediaMalformed: It is not one.
    """
    try:
        boxes = read_boxes(data)
        defaults = {}
        for trex in descend(data, boxes, b"moov", b"mvex", b"trex"):
            number, _, *values = unpack_from(">5I", data, trex.content + 4)
            defaults[number] = Defaults(*values)
        timescale = 0
        for mvhd in descend(data, boxes, b"moov", b"mvhd"):
            timescale = _timescale(data, mvhd)
        tracks = [
            _read_track(data, trak, timescale, defaults)
            for trak in descend(data, boxes, b"moov", b"trak")
        ]
    except (error, IndexError, ValueError, ZeroDivisionError) as problem:
        raise MediaMalformed(f"the init section cannot be read: {problem}") from None
    if not tracks:
        raise MediaMalformed("the init section has no track")
    return {track.number: track for track in tracks}


def video_track(movie: Movie) -> Track:
    """Return the first video track, which is H.264 in the clear.

    Raises:
        SegmentRefused: NO_VIDEO, ENCRYPTED or CODEC.
    """
    track = next((track for track in movie.values() if track.handler == b"vide"), None)
    if track is None:
        raise SegmentRefused(Refusal.NO_VIDEO)
    if track.entry in _ENCRYPTED:
        raise SegmentRefused(Refusal.ENCRYPTED)
    if track.entry not in _AVC or track.avcc is None:
        raise SegmentRefused(Refusal.CODEC, track.entry.decode("latin-1"))
    return track


def audio_track(movie: Movie) -> Track:
    """Return the first audio track, which is AAC in the clear.

    Raises:
        SegmentRefused: NO_SOUND, ENCRYPTED or SOUND_CODEC.
    """
    track = next((track for track in movie.values() if track.handler == b"soun"), None)
    if track is None:
        raise SegmentRefused(Refusal.NO_SOUND)
    if track.entry in _ENCRYPTED:
        raise SegmentRefused(Refusal.ENCRYPTED)
    if track.entry != _AAC or track.esds is None:
        raise SegmentRefused(Refusal.SOUND_CODEC, track.entry.decode("latin-1"))
    return track


def replace_avcc(data: bytes, track: Track, avcc: bytes) -> bytes:
    """Write an init section with another avcC in a track; all else is kept."""

    def change(box: Box) -> bytes | None:
        if box.kind == b"avcC":
            return len(avcc + bytes(8)).to_bytes(4) + b"avcC" + avcc
        if box.kind == b"trak" and _number(data, box) != track.number:
            return data[box.start : box.end]
        return None

    def own_bytes(box: Box) -> int | None:
        return _VISUAL if box.kind in _AVC else _OWN_BYTES.get(box.kind)

    return b"".join(edit(data, box, change, own_bytes) for box in read_boxes(data))


def _read_track(
    data: bytes, trak: Box, movie_timescale: int, defaults: Mapping[int, Defaults]
) -> Track:
    inside = children(data, trak)
    number = _number(data, trak)
    (mdhd,) = descend(data, inside, b"mdia", b"mdhd")
    (handler,) = descend(data, inside, b"mdia", b"hdlr")
    (table,) = descend(data, inside, b"mdia", b"minf", b"stbl", b"stsd")
    entry = children(data, table, 8)[0]
    own_bytes = _VISUAL if entry.kind in _AVC else _AUDIO if entry.kind == _AAC else None
    inner = () if own_bytes is None else children(data, entry, own_bytes)
    described = {box.kind: data[box.content : box.end] for box in inner}
    timescale = _timescale(data, mdhd)
    shift = Fraction()
    for elst in descend(data, inside, b"edts", b"elst"):
        shift = _shift(data, elst, timescale, movie_timescale)
    return Track(
        number=number,
        handler=data[handler.content + 8 : handler.content + 12],
        timescale=timescale,
        entry=entry.kind,
        avcc=described.get(b"avcC"),
        esds=described.get(b"esds"),
        shift=shift,
        defaults=defaults.get(number, Defaults()),
    )


def _number(data: bytes, trak: Box) -> int:
    (tkhd,) = descend(data, children(data, trak), b"tkhd")
    version = data[tkhd.content]
    (number,) = unpack_from(">I", data, tkhd.content + (20 if version else 12))
    return int(number)


def _timescale(data: bytes, header: Box) -> int:
    """Of an mvhd or mdhd: both have it at the same place."""
    version = data[header.content]
    (timescale,) = unpack_from(">I", data, header.content + (20 if version else 12))
    if not timescale:
        raise MediaMalformed("a timescale is 0")
    return int(timescale)


def _shift(data: bytes, elst: Box, timescale: int, movie_timescale: int) -> Fraction:
    """Follow an edit list up to the first edit that shows media."""
    version, count = data[elst.content], int.from_bytes(data[elst.content + 4 : elst.content + 8])
    layout, size = (">Qq", 20) if version else (">Ii", 12)
    empty = Fraction()
    for index in range(min(count, 16)):
        duration, media_time = unpack_from(layout, data, elst.content + 8 + index * size)
        if media_time >= 0:
            return empty - Fraction(media_time, timescale)
        empty += Fraction(duration, movie_timescale)
    return Fraction()
