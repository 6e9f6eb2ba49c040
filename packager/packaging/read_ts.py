"""Reading MPEG-TS and packed audio segments as a player does, for the check (ISO 13818-1).

Knows only what such a check needs, and nothing of how the segments were written.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from packager.packaging.read_cmaf import MediaUnreadable, TrackSpan

_PACKET = 188
_KINDS = {0x1B: "video", 0x0F: "audio"}
_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_CLEAN_START = {7, 8, 5}  # NAL units: parameter sets and an IDR picture


@dataclass(slots=True)
class _Stream:
    kind: str
    times: list[int] = field(default_factory=list)  # 1/90000 s, of each PES packet
    payloads: list[bytearray] = field(default_factory=list)  # of each PES packet
    random_access: bool = False  # said of the first packet


def read_ts_segment(
    data: bytes, counters: dict[int, int], frame_rate: Fraction | None
) -> tuple[TrackSpan, ...]:
    """Return what a segment has of each track, in the order of its PMT.

    Args:
        data: The segment.
        counters: Last continuity counter of each PID; brought up to date.
        frame_rate: Of the video, which a transport stream does not tell.

    Raises:
        MediaUnreadable: It cannot be parsed alone, or a packet is lost before or in it (G-08).
    """
    if not data or len(data) % _PACKET:
        raise MediaUnreadable("a segment is not whole packets")
    streams: dict[int, _Stream] = {}
    pmt_pid = -1
    for index, at in enumerate(range(0, len(data), _PACKET)):
        if data[at] != 0x47:
            raise MediaUnreadable(f"packet {index} does not start with 0x47")
        pid = (data[at + 1] & 0x1F) << 8 | data[at + 2]
        _count(counters, pid, data[at + 3] & 15)
        starts, control = data[at + 1] & 0x40, data[at + 3] >> 4 & 3
        begin = at + 4 + (data[at + 4] + 1 if control & 2 else 0)
        payload = data[begin : at + _PACKET]
        if index == 0 and pid != 0:
            raise MediaUnreadable("the first packet is not the PAT")
        if index == 1 and pid != pmt_pid:
            raise MediaUnreadable("the second packet is not the PMT")
        if pid == 0:
            section = _section(payload)
            pmt_pid = int.from_bytes(section[10:12]) & 0x1FFF
        elif pid == pmt_pid:
            streams = streams or {pid: _Stream(kind) for pid, kind in _program(_section(payload))}
        elif pid in streams:
            stream = streams[pid]
            if starts:
                if not stream.times:
                    stream.random_access = bool(control & 2 and data[at + 5] & 0x40)
                time, payload = _pes(payload)
                stream.times.append(time)
                stream.payloads.append(bytearray())
            if not stream.times:
                raise MediaUnreadable("a segment starts in the middle of a sample")
            stream.payloads[-1] += payload
    return tuple(_span(stream, frame_rate) for stream in streams.values())


def read_packed_aac_segment(data: bytes) -> TrackSpan:
    """Return what a packed audio segment has; its time is in an ID3 tag (G-09).

    Raises:
        MediaUnreadable: There is no time tag, or something else than AAC frames follows it.
    """
    owner = b"com.apple.streaming.transportStreamTimestamp\0"
    at = data.find(owner, 0, 256)
    if not data.startswith(b"ID3") or at < 0:
        raise MediaUnreadable("a packed audio segment has no timestamp")
    time = int.from_bytes(data[at + len(owner) : at + len(owner) + 8])
    frames = list(_adts_frames(data[at + len(owner) + 8 :]))
    return _audio_span(time, frames)


def _span(stream: _Stream, frame_rate: Fraction | None) -> TrackSpan:
    if not stream.times:
        raise MediaUnreadable(f"a segment has no {stream.kind}")
    if stream.kind == "audio":
        frames: list[int] = []
        for time, payload in zip(stream.times, stream.payloads, strict=True):
            rate = frames[0] if frames else 1
            expected = stream.times[0] + Fraction(1024 * len(frames) * 90_000, rate)
            if frames and abs(time - expected) > 1:
                raise MediaUnreadable("the audio has a hole")
            frames += _adts_frames(payload)
        return _audio_span(stream.times[0], frames)
    step = Fraction(90_000) / (frame_rate or 1)
    for number, time in enumerate(stream.times):
        if abs(time - stream.times[0] - number * step) > 1:
            raise MediaUnreadable(f"picture {number} of a segment is not where it should be")
    count = len(stream.times)
    clean = stream.random_access and set(_annex_b_types(stream.payloads[0])) >= _CLEAN_START
    duration = count / (frame_rate or Fraction(1))
    return TrackSpan("video", Fraction(stream.times[0], 90_000), duration, count, clean)


def _audio_span(time: int, frames: list[int]) -> TrackSpan:
    if not frames or len(set(frames)) != 1:
        raise MediaUnreadable("the audio has no frames, or several sample rates")
    duration = Fraction(1024 * len(frames), frames[0])
    return TrackSpan("audio", Fraction(time, 90_000), duration, len(frames), True)


def _adts_frames(data: bytes | bytearray) -> Iterator[int]:
    """Yield the sample rate of each AAC frame."""
    at = 0
    while at < len(data):
        header = int.from_bytes(data[at : at + 7])
        length, rate = header >> 13 & 0x1FFF, header >> 34 & 15
        if header >> 44 != 0xFFF or length < 7 or at + length > len(data) or rate >= len(_RATES):
            raise MediaUnreadable("an AAC frame is damaged")
        yield _RATES[rate]
        at += length


def _annex_b_types(data: bytes | bytearray) -> Iterator[int]:
    at = data.find(b"\0\0\1")
    while 0 <= at < len(data) - 3:
        yield data[at + 3] & 0x1F
        at = data.find(b"\0\0\1", at + 3)


def _pes(payload: bytes) -> tuple[int, bytes]:
    """Return the PTS and the elementary stream's bytes of the packet that starts a PES packet."""
    if len(payload) < 14 or payload[:3] != b"\0\0\1" or not payload[7] & 0x80:
        raise MediaUnreadable("a sample has no timestamp")
    stamp = int.from_bytes(payload[9:14])
    time = (stamp >> 33 & 7) << 30 | (stamp >> 17 & 0x7FFF) << 15 | stamp >> 1 & 0x7FFF
    return time, payload[9 + payload[8] :]


def _section(payload: bytes) -> bytes:
    """Return a PSI section without its checksum."""
    start = 1 + payload[0]
    length = int.from_bytes(payload[start + 1 : start + 3]) & 0xFFF
    return payload[start : start + 3 + length - 4]


def _program(section: bytes) -> Iterator[tuple[int, str]]:
    """Yield the PID and kind of each stream in a PMT."""
    at = 12 + (int.from_bytes(section[10:12]) & 0xFFF)
    while at + 5 <= len(section):
        kind, pid = section[at], int.from_bytes(section[at + 1 : at + 3]) & 0x1FFF
        if kind not in _KINDS:
            raise MediaUnreadable(f"stream type {kind:#x} is neither H.264 nor AAC")
        yield pid, _KINDS[kind]
        at += 5 + (int.from_bytes(section[at + 3 : at + 5]) & 0xFFF)


def _count(counters: dict[int, int], pid: int, counter: int) -> None:
    last = counters.get(pid)
    if last is not None and counter != last + 1 & 15:
        raise MediaUnreadable(f"a packet of PID {pid} is missing")
    counters[pid] = counter
