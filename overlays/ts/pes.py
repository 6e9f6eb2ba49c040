"""Packetised elementary streams: an access unit with its times (ISO 13818-1, 2.4.3.6)."""

from dataclasses import dataclass

from overlays.errors import MediaMalformed, Refusal, SegmentRefused

TICKS_PER_S = 90_000
_WRAP = 1 << 33
_PREFIX = b"\0\0\1"
_PTS, _DTS = 0x80, 0x40
_VIDEO = range(0xE0, 0xF0)  # stream_id
_LONGEST = 0xFFFF  # PES_packet_length


@dataclass(frozen=True, slots=True, kw_only=True)
class Pes:
    """One access unit; times in ticks of 90 kHz, modulo 2^33."""

    stream: int  # stream_id
    flags: int  # priority, alignment, copyright
    pts: int
    dts: int
    data: bytes


def read_pes(content: bytes) -> Pes:
    """Read a PES packet.

    Raises:
        MediaMalformed: It is not one, or has no time.
    """
    if content[:3] != _PREFIX or len(content) < 9 + content[8] or not content[7] & _PTS:
        raise MediaMalformed("a PES packet cannot be read or has no time")
    pts = _read_time(content[9:14])
    dts = _read_time(content[14:19]) if content[7] & _DTS else pts
    length = int.from_bytes(content[4:6])
    data = content[9 + content[8] : 6 + length if length else None]
    return Pes(stream=content[3], flags=content[6], pts=pts, dts=dts, data=data)


def write_pes(pes: Pes) -> bytes:
    """Write a PES packet; the length of one of video need not be told.

    Raises:
        SegmentRefused: TOO_MANY_BYTES: another's is too great to be told.
    """
    times = [pes.pts] if pes.pts == pes.dts else [pes.pts, pes.dts]
    marks = (0x2,) if len(times) == 1 else (0x3, 0x1)
    fields = b"".join(_write_time(*pair) for pair in zip(marks, times, strict=True))
    said = _PTS if len(times) == 1 else _PTS | _DTS
    length = 0 if pes.stream in _VIDEO else 3 + len(fields) + len(pes.data)
    if length > _LONGEST:
        raise SegmentRefused(Refusal.TOO_MANY_BYTES)
    head = bytes([pes.stream, *length.to_bytes(2), pes.flags, said, len(fields)])
    return _PREFIX + head + fields + pes.data


def after(time: int, reference: int) -> int:
    """Return a time as the one nearest to `reference` among those that differ by 2^33."""
    return reference + (time - reference + _WRAP // 2) % _WRAP - _WRAP // 2


def _read_time(field: bytes) -> int:
    if len(field) < 5:
        raise MediaMalformed("a PES packet ends inside its times")
    value = int.from_bytes(field)
    return value >> 3 & 7 << 30 | value >> 2 & 0x7FFF << 15 | value >> 1 & 0x7FFF


def _write_time(mark: int, time: int) -> bytes:
    time %= _WRAP
    high, middle, low = time >> 30, time >> 15 & 0x7FFF, time & 0x7FFF
    return (mark << 36 | high << 33 | 1 << 32 | middle << 17 | 1 << 16 | low << 1 | 1).to_bytes(5)
