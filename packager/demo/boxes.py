"""The few boxes of an MP4 that the demo reads and patches (ISO/IEC 14496-12).

A loop is played for ever by moving its segments on the time axis: a segment's decode time and
sequence number stand in two places of its movie fragment, and nothing else in it names a time.
"""

from collections.abc import Iterator
from struct import Struct

_HEADER = Struct(">I4s")
_U32 = Struct(">I")
_U64 = Struct(">Q")


class BoxError(ValueError):
    """The bytes are not the MP4 that was expected; the text says which box is missing or cut."""


def find_boxes(data: bytes | bytearray, *path: bytes) -> Iterator[tuple[int, int]]:
    """Find the content of all boxes at a path of nested box types.

    Args:
        data: A file or segment.
        path: Such as ``b"moof", b"traf", b"tfdt"``.

    Yields:
        (start, end) of each box's content, without its header.

    Raises:
        BoxError: A box reaches beyond its parent.
    """
    yield from _find(data, path, 0, len(data))


def retime(segment: bytes, *, ticks: int, sequence_number: int) -> bytes:
    """Move a segment along the time axis.

    Args:
        segment: With one movie fragment; each track's ``tfdt`` of version 1.
        ticks: Added to the decode time of each track, in its timescale.
        sequence_number: Of the movie fragment, modulo 2^32.

    Returns:
        The segment, all else unchanged.

    Raises:
        BoxError: It has no movie fragment, or a decode time of 32 bits.
    """
    patched = bytearray(segment)
    headers = list(find_boxes(patched, b"moof", b"mfhd"))
    times = list(find_boxes(patched, b"moof", b"traf", b"tfdt"))
    if len(headers) != 1 or not times:
        raise BoxError("not one movie fragment with mfhd and tfdt")
    _U32.pack_into(patched, headers[0][0] + 4, sequence_number & 0xFFFFFFFF)
    for start, end in times:
        if patched[start] != 1 or end - start != 12:
            raise BoxError("tfdt is not of version 1")
        _U64.pack_into(patched, start + 4, _U64.unpack_from(patched, start + 4)[0] + ticks)
    return bytes(patched)


def decode_time(segment: bytes) -> int:
    """Return the decode time, in ticks, of the first track of a segment."""
    start, _ = _first(segment, b"moof", b"traf", b"tfdt")
    return int(_U64.unpack_from(segment, start + 4)[0])


def timescale(init: bytes) -> int:
    """Return the ticks per second of the first track of an init section."""
    start, _ = _first(init, b"moov", b"trak", b"mdia", b"mdhd")
    return int(_U32.unpack_from(init, start + (20 if init[start] == 1 else 12))[0])


def h264_codecs(init: bytes) -> str:
    """Return the codec of an H.264 track for CODECS (RFC 6381): profile, constraints, level."""
    start, end = _first(init, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")
    at = init.find(b"avcC", start, end)
    if at < 0:
        raise BoxError("no avcC in stsd")
    return f"avc1.{init[at + 5 : at + 8].hex()}"


def _first(data: bytes, *path: bytes) -> tuple[int, int]:
    found = next(find_boxes(data, *path), None)
    if found is None:
        raise BoxError(f"no {b'/'.join(path).decode()}")
    return found


def _find(
    data: bytes | bytearray, path: tuple[bytes, ...], start: int, end: int
) -> Iterator[tuple[int, int]]:
    while start + _HEADER.size <= end:
        size, kind = _HEADER.unpack_from(data, start)
        stop = start + size
        if size < _HEADER.size or stop > end:
            raise BoxError(f"box {kind!r} reaches beyond its parent")
        if kind == path[0]:
            if len(path) == 1:
                yield start + _HEADER.size, stop
            else:
                yield from _find(data, path[1:], start + _HEADER.size, stop)
        start = stop
