"""Packets of a transport stream (ISO 13818-1, 2.4.3.2 to 2.4.3.5)."""

from dataclasses import dataclass

from overlays.errors import MediaMalformed

SIZE = 188
_HEADER = 4
_SYNC = 0x47


@dataclass(frozen=True, slots=True, kw_only=True)
class Packet:
    """One packet; `data` as it was read."""

    data: bytes
    pid: int
    starts_unit: bool
    scrambled: bool
    counter: int
    fields: bytes  # of the adaptation field: flags and what they announce, without stuffing
    payload: bytes | None  # None: it has none and does not count


def read_packets(data: bytes) -> tuple[Packet, ...]:
    """Read a segment.

    Raises:
        MediaMalformed: It does not consist of packets.
    """
    if not data or len(data) % SIZE:
        raise MediaMalformed("a transport stream is not made of whole packets")
    return tuple(_read(data[at : at + SIZE]) for at in range(0, len(data), SIZE))


def _read(data: bytes) -> Packet:
    if data[0] != _SYNC:
        raise MediaMalformed("a packet does not begin with the sync byte")
    fields, start = b"", _HEADER
    if data[3] & 0x20:
        start += 1 + data[_HEADER]
        if start > SIZE:
            raise MediaMalformed("an adaptation field reaches beyond its packet")
        fields = _without_stuffing(data[_HEADER + 1 : start])
    return Packet(
        data=data,
        pid=int.from_bytes(data[1:3]) & 0x1FFF,
        starts_unit=bool(data[1] & 0x40),
        scrambled=bool(data[3] & 0xC0),
        counter=data[3] & 0xF,
        fields=fields,
        payload=data[start:] if data[3] & 0x10 else None,
    )


def _without_stuffing(field: bytes) -> bytes:
    if not field or not field[0]:
        return b""
    flags, end = field[0], 1
    end += 6 * bool(flags & 0x10) + 6 * bool(flags & 0x08) + bool(flags & 0x04)
    for flag in (0x02, 0x01):  # private data and an extension tell their lengths
        if flags & flag:
            end += 1 + (field[end] if end < len(field) else 0)
    if end > len(field):
        raise MediaMalformed("an adaptation field has less than its flags announce")
    return field[:end]


def room(fields: bytes) -> int:
    """Return how many bytes of payload fit beside these fields."""
    return SIZE - _HEADER - (1 + len(fields) if fields else 0)


def write_packet(
    pid: int, counter: int, payload: bytes, *, fields: bytes = b"", starts_unit: bool = False
) -> bytes:
    """Write a packet, stuffed where the payload does not fill it; without payload, none counts."""
    stuffing = room(fields) - len(payload)
    if stuffing < 0:
        raise ValueError("the payload does not fit into a packet")
    adaptation = b""
    if fields or stuffing:
        content = fields
        if not fields:
            stuffing -= 1  # the length itself
            content = b"\0" if stuffing else b""
            stuffing -= len(content)
        content += b"\xff" * stuffing
        adaptation = bytes([len(content)]) + content
    kind = 0x20 * bool(adaptation) | 0x10 * bool(payload)
    head = bytes([_SYNC, starts_unit << 6 | pid >> 8, pid & 0xFF, kind | counter & 0xF])
    return head + adaptation + payload


def with_counter(packet: Packet, counter: int) -> bytes:
    """Return a packet with another continuity counter."""
    return packet.data[:3] + bytes([packet.data[3] & 0xF0 | counter & 0xF]) + packet.data[4:]
