"""A player's eye on transport streams; it knows nothing of the code that writes them."""

import io
from collections.abc import Iterator
from dataclasses import dataclass

import av
import av.logging

_SIZE, _NULL = 188, 0x1FFF


@dataclass(frozen=True)
class Packet:
    """One packet, as its header and its adaptation field say (ISO 13818-1, 2.4.3.2)."""

    data: bytes
    pid: int
    counter: int
    counts: bool  # it has a payload
    clock: bytes  # PCR; empty without


def packets(data: bytes) -> Iterator[Packet]:
    assert len(data) % _SIZE == 0
    for at in range(0, len(data), _SIZE):
        one = data[at : at + _SIZE]
        assert one[0] == 0x47
        has_clock = one[3] & 0x20 and one[4] >= 7 and one[5] & 0x10
        yield Packet(
            one,
            (one[1] & 0x1F) << 8 | one[2],
            one[3] & 0xF,
            bool(one[3] & 0x10),
            one[6:12] if has_clock else b"",
        )


def clocks(data: bytes) -> list[tuple[int, bytes]]:
    """Every PCR with its PID, in order."""
    return [(packet.pid, packet.clock) for packet in packets(data) if packet.clock]


def continuity_errors(data: bytes) -> int:
    """Packets whose counter does not follow the one before of their PID."""
    last: dict[int, int] = {}
    errors = 0
    for packet in packets(data):
        if packet.pid == _NULL:
            continue
        before = last.get(packet.pid, packet.counter - packet.counts)
        errors += packet.counter != (before + packet.counts) % 16
        last[packet.pid] = packet.counter
    return errors


def others(data: bytes, pid: int) -> list[bytes]:
    """The packets of all PIDs but one: tables, sound, what is private."""
    return [packet.data for packet in packets(data) if packet.pid != pid]


def last_counter(data: bytes, pid: int) -> int:
    return [packet.counter for packet in packets(data) if packet.pid == pid][-1]


def times(data: bytes) -> list[tuple[int, int]]:
    """(DTS, PTS) of every picture, as FFmpeg's demuxer reads them."""
    with av.open(io.BytesIO(data), "r", format="mpegts") as container:
        found = [(p.dts, p.pts) for p in container.demux(video=0) if p.size]
    assert all(dts is not None and pts is not None for dts, pts in found)
    return found  # type: ignore[return-value]


def frames(data: bytes) -> list[av.VideoFrame]:
    """The pictures as FFmpeg decodes them, which must not have anything to complain about."""
    level = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as complaints:
            with av.open(io.BytesIO(data), "r", format="mpegts") as container:
                found = list(container.decode(video=0))
            with av.open(io.BytesIO(data), "r", format="mpegts") as container:
                for stream in container.streams.audio[:1]:
                    assert sum(1 for _ in container.decode(stream))
    finally:
        av.logging.set_level(level)
    assert complaints == []
    assert not any(frame.is_corrupt for frame in found)
    return found
