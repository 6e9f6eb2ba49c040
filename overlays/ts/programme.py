"""Which PID of a transport stream has the video or sound (PAT and PMT; ISO 13818-1, 2.4.4)."""

from collections.abc import Iterable

from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.ts.packets import Packet

_H264 = 0x1B
_AAC = 0x0F
_ENCRYPTED_AAC = 0xCF
# MPEG-1/2 audio, private (Opus, DTS), LATM, MPEG-4 raw, AC-3, E-AC-3, and some of these encrypted
_OTHER_SOUND = frozenset({0x03, 0x04, 0x06, 0x11, 0x1C, 0x81, 0x87, 0xC1, 0xC2})
_OTHER_VIDEO = frozenset({0x01, 0x02, 0x10, 0x24, 0x33, 0xDB})  # MPEG-1/2/4, HEVC, VVC, encrypted


def video_pid(packets: Iterable[Packet]) -> int:
    """Return the PID of the first H.264 stream.

    Raises:
        MediaMalformed: A table cannot be read.
        SegmentRefused: NO_VIDEO or CODEC.
    """
    other = False
    for kind, pid in _programme(packets):
        if kind == _H264:
            return pid
        other |= kind in _OTHER_VIDEO
    raise SegmentRefused(Refusal.CODEC if other else Refusal.NO_VIDEO)


def aac_pid(packets: Iterable[Packet]) -> int:
    """Return the PID of the first stream of AAC with ADTS headers.

    Raises:
        MediaMalformed: A table cannot be read.
        SegmentRefused: NO_SOUND, ENCRYPTED or SOUND_CODEC.
    """
    reason = Refusal.NO_SOUND
    for kind, pid in _programme(packets):
        if kind == _AAC:
            return pid
        if kind == _ENCRYPTED_AAC:
            reason = Refusal.ENCRYPTED
        elif kind in _OTHER_SOUND:
            reason = Refusal.SOUND_CODEC
    raise SegmentRefused(reason)


def _programme(packets: Iterable[Packet]) -> tuple[tuple[int, int], ...]:
    """The types and PIDs of the streams of the first programme."""
    pmt_pid = None
    for packet in packets:
        if packet.pid == 0 and packet.starts_unit and pmt_pid is None:
            section = _section(packet)
            programmes = (section[at : at + 4] for at in range(8, len(section) - 4, 4))
            pmt_pid = next((_pid(entry[2:]) for entry in programmes if any(entry[:2])), None)
        elif packet.pid == pmt_pid and packet.starts_unit:
            return tuple(_streams(_section(packet)))
    return ()


def _section(packet: Packet) -> bytes:
    """The section that begins in a packet; tables of one programme fit into one."""
    payload = packet.payload or b"\xff"
    start = 1 + payload[0]
    size = 3 + (int.from_bytes(payload[start + 1 : start + 3]) & 0xFFF)
    if start + size > len(payload):
        raise MediaMalformed("a table does not fit into a packet")
    return payload[start : start + size]


def _streams(section: bytes) -> Iterable[tuple[int, int]]:
    position = 12 + _length(section[10:12])
    while position + 5 <= len(section) - 4:
        yield section[position], _pid(section[position + 1 : position + 3])
        position += 5 + _length(section[position + 3 : position + 5])


def _pid(field: bytes) -> int:
    return int.from_bytes(field) & 0x1FFF


def _length(field: bytes) -> int:
    return int.from_bytes(field) & 0xFFF
