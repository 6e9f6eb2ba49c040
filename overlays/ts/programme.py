"""Which PID of a transport stream has the video (PAT and PMT; ISO 13818-1, 2.4.4)."""

from collections.abc import Iterable

from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.ts.packets import Packet

_H264 = 0x1B
_OTHER_VIDEO = frozenset({0x01, 0x02, 0x10, 0x24, 0x33, 0xDB})  # MPEG-1/2/4, HEVC, VVC, encrypted


def video_pid(packets: Iterable[Packet]) -> int:
    """Return the PID of the first H.264 stream.

    Raises:
        MediaMalformed: A table cannot be read.
        SegmentRefused: NO_VIDEO or CODEC.
    """
    pmt_pid, other = None, False
    for packet in packets:
        if packet.pid == 0 and packet.starts_unit and pmt_pid is None:
            section = _section(packet)
            programmes = (section[at : at + 4] for at in range(8, len(section) - 4, 4))
            pmt_pid = next((_pid(entry[2:]) for entry in programmes if any(entry[:2])), None)
        elif packet.pid == pmt_pid and packet.starts_unit:
            for kind, pid in _streams(_section(packet)):
                if kind == _H264:
                    return pid
                other |= kind in _OTHER_VIDEO
            break
    raise SegmentRefused(Refusal.CODEC if other else Refusal.NO_VIDEO)


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
