"""NAL units: taken from samples and byte streams and put back (H.264, 7.3.1 and annex B)."""

import re
from collections.abc import Iterable

from overlays.errors import MediaMalformed

SLICE, IDR, SEI, SPS, PPS, DELIMITER = 1, 5, 6, 7, 8, 9
VCL = frozenset(range(1, 6))

_START_CODE = re.compile(rb"\x00\x00\x01")
_TO_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def nal_type(nal: bytes) -> int:
    """Return nal_unit_type."""
    return nal[0] & 0x1F


def split_sample(sample: bytes, length_size: int) -> tuple[bytes, ...]:
    """Split a sample of an MP4 track into its NAL units.

    Args:
        sample: Units, each behind its length.
        length_size: Bytes of such a length, as the avcC says.

    Raises:
        MediaMalformed: A length points outside the sample.
    """
    nals, position = [], 0
    while position < len(sample):
        start = position + length_size
        position = start + int.from_bytes(sample[position:start])
        if not start < position <= len(sample):
            raise MediaMalformed("a NAL unit is empty or reaches beyond its sample")
        nals.append(sample[start:position])
    return tuple(nals)


def join_sample(nals: Iterable[bytes], length_size: int) -> bytes:
    """Put NAL units behind their lengths."""
    return b"".join(part for nal in nals for part in (len(nal).to_bytes(length_size), nal))


def split_stream(stream: bytes) -> tuple[bytes, ...]:
    """Split a byte stream (annex B) at its start codes, whether of three or four bytes."""
    marks = [match.end() for match in _START_CODE.finditer(stream)]
    ends = [mark - 3 for mark in marks[1:]] + [len(stream)]
    nals = (stream[start:end].rstrip(b"\0") for start, end in zip(marks, ends, strict=False))
    return tuple(nal for nal in nals if nal)


def join_stream(nals: Iterable[bytes]) -> bytes:
    """Write a byte stream with start codes of four bytes."""
    return b"".join(part for nal in nals for part in (b"\0\0\0\1", nal))


def unescape(nal: bytes) -> bytes:
    """Return what follows the header byte, without emulation prevention bytes."""
    return nal[1:].replace(b"\0\0\3", b"\0\0")


def escape(header: int, payload: bytes) -> bytes:
    """Return the NAL unit of a header byte and a payload."""
    escaped = _TO_ESCAPE.sub(b"\0\0\3", payload)
    if escaped.endswith(b"\0\0"):  # zero words of CABAC may end a unit, but not as zeros
        escaped += b"\3"
    return bytes([header]) + escaped
