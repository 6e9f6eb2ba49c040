"""A transport stream written again with other access units in one of its streams.

Every packet of another stream stays. A packet that a new access unit fills has the adaptation
fields of the packet whose place it takes, so that clocks (PCR) stay. In the end the continuity
counter is where it was, for the original segment that may follow: the last new access unit is
spread over some packets more.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from overlays.errors import MediaMalformed, Refusal, SegmentRefused
from overlays.ts.packets import Packet, read_packets, room, with_counter, write_packet
from overlays.ts.pes import Pes, read_pes, write_pes
from overlays.ts.programme import video_pid


@dataclass(frozen=True, slots=True)
class Stream:
    """A segment, and where in it the access units of a stream are."""

    packets: tuple[Packet, ...]
    pid: int
    places: tuple[tuple[int, ...], ...]  # of the packets of each access unit
    units: tuple[Pes, ...]


def read_stream(data: bytes, pid_of: Callable[[Iterable[Packet]], int] = video_pid) -> Stream:
    """Read a segment of a transport stream.

    Args:
        data: The segment.
        pid_of: Finds the stream that is asked for.

    Raises:
        MediaMalformed: It is not one.
        SegmentRefused: ENCRYPTED, LAYOUT where it begins inside an access unit, or what `pid_of`
            refuses.
    """
    packets = read_packets(data)
    pid = pid_of(packets)
    places: list[list[int]] = []
    for index, packet in enumerate(packets):
        if packet.pid != pid:
            continue
        if packet.scrambled:
            raise SegmentRefused(Refusal.ENCRYPTED)
        if packet.starts_unit:
            places.append([index])
        elif places:
            places[-1].append(index)
        elif packet.payload is not None:
            raise SegmentRefused(Refusal.LAYOUT, "the segment begins inside an access unit")
    units = tuple(
        read_pes(b"".join(packets[index].payload or b"" for index in place)) for place in places
    )
    return Stream(packets, pid, tuple(map(tuple, places)), units)


def replace_units(stream: Stream, units: Mapping[int, Pes]) -> bytes:
    """Write the segment with other access units, by their places in `stream.units`."""
    if not units:
        return b"".join(packet.data for packet in stream.packets)
    written: dict[int, list[bytes]] = {}
    shift = 0  # by how much counters differ from the original's
    for number, place in enumerate(stream.places):
        packets = [stream.packets[index] for index in place]
        if number not in units:
            for index, packet in zip(place, packets, strict=True):
                written[index] = [with_counter(packet, packet.counter + shift)]
            continue
        content = write_pes(units[number])
        had = sum(packet.payload is not None for packet in packets)
        count = _natural_count(content, packets)
        if number == max(units):
            count += (had - count - shift) % 16
        new = _packetise(content, packets, count, shift, stream.pid)
        shift = (shift + count - had) % 16
        for position, index in enumerate(place):
            written[index] = new[position : position + 1]
        written[place[-1]] += new[len(place) :]
    parts = []
    for index, packet in enumerate(stream.packets):
        parts += written.get(index, [packet.data])
    return b"".join(parts)


def _fields(packets: Sequence[Packet], position: int) -> bytes:
    return packets[position].fields if position < len(packets) else b""


def _natural_count(content: bytes, packets: Sequence[Packet]) -> int:
    left, count = len(content), 0
    while left > 0:
        left -= room(_fields(packets, count))
        count += 1
    return count


def _packetise(
    content: bytes, packets: Sequence[Packet], count: int, shift: int, pid: int
) -> list[bytes]:
    """Spread an access unit over `count` packets, and keep the fields of the old ones."""
    if len(content) < count:
        raise MediaMalformed("an access unit is too short for its packets")
    first = next(packet.counter for packet in packets if packet.payload is not None)
    new, position = [], 0
    for number in range(count):
        fields = _fields(packets, number)
        size = min(room(fields), len(content) - position - (count - number - 1))
        new.append(
            write_packet(
                pid,
                first + shift + number,
                content[position : position + size],
                fields=fields,
                starts_unit=number == 0,
            )
        )
        position += size
    for packet in packets[count:]:
        if packet.fields:  # a clock, but no payload for it any more
            counter = first + shift + count - 1
            new.append(write_packet(pid, counter, b"", fields=packet.fields))
    return new
