"""Writing MPEG-TS segments: PAT and PMT first, each parseable alone (ISO 13818-1, G-08).

Continuity counters and timestamps run on from segment to segment of one rendition.
"""

from collections.abc import Iterator, Mapping
from struct import pack

from packager.packaging.adts import with_adts_header
from packager.packaging.tracks import Run, Track

_PACKET = 188
_PAT_PID, _PMT_PID, _VIDEO_PID, _AUDIO_PID = 0, 0x1000, 0x100, 0x101  # as FFmpeg and most packagers
_H264, _AAC = 0x1B, 0x0F  # stream types
_VIDEO_ID, _AUDIO_ID = 0xE0, 0xC0  # PES stream ids
_CLOCK_LEAD = 45_000  # 1/90000 s that the clock reference runs before decoding
_FRAMES_PER_PES = 5  # of AAC: one PES packet each would waste a tenth of the bytes
_MASK = (1 << 33) - 1


class TsWriter:
    """Writes one rendition of one or two tracks, the first one carrying the clock."""

    suffix = ".ts"

    def __init__(
        self, tracks: tuple[Track, ...], origin: int, counters: Mapping[int, int] | None = None
    ) -> None:
        """Write for these tracks.

        Args:
            tracks: As in every segment.
            origin: Timestamp of the first sample, 1/90000 s.
            counters: What `counters_after` gave for the segment that this rendition goes on from.
        """
        self._origin = origin
        self._clock_pid = _pid(tracks[0])
        self._tables = (
            (_PAT_PID, _table(0, 1, pack(">HH", 1, 0xE000 | _PMT_PID))),
            (_PMT_PID, _table(2, 1, _program(tracks, self._clock_pid))),
        )
        self._counters = dict(counters or {})

    def init_section(self) -> None:
        """PAT and PMT are in every segment."""

    def segment(self, number: int, runs: tuple[Run, ...]) -> bytes:
        """Return PAT, PMT and the samples of all tracks in the order they are decoded."""
        out = bytearray()
        for pid, table in self._tables:
            out += self._header(pid, starts=True, control=1) + table.ljust(_PACKET - 4, b"\xff")
        units = [unit for run in runs for unit in self._access_units(run)]
        units.sort(key=lambda unit: unit[0])  # stable: video before audio of the same time
        for time, pid, is_sync, data in units:
            self._write_pes(out, pid, time, data, is_sync=is_sync)
        return bytes(out)

    def _access_units(self, run: Run) -> Iterator[tuple[int, int, bool, bytes]]:
        """Yield (time in 1/90000 s, PID, whether a decoder can start here, bytes)."""
        track, at = run.track, run.start
        pid = _pid(track)
        step = 1 if track.kind == "video" else _FRAMES_PER_PES
        for first in range(0, len(run.samples), step):
            group = run.samples[first : first + step]
            time = self._origin + (at * 180_000 + track.timescale) // (2 * track.timescale)
            if track.kind == "video":
                data = group[0].data
            else:
                data = b"".join(with_adts_header(track, sample.data) for sample in group)
            yield time, pid, group[0].is_sync, data
            at += sum(sample.duration for sample in group)

    def _write_pes(
        self, out: bytearray, pid: int, time: int, data: bytes, *, is_sync: bool
    ) -> None:
        stamp = time & _MASK
        # marker bits between the pieces of 3, 15 and 15 bits
        pts = 2 << 36 | (stamp >> 30) << 33 | (stamp >> 15 & 0x7FFF) << 17 | (stamp & 0x7FFF) << 1
        header = (pts | 1 << 32 | 1 << 16 | 1).to_bytes(5)
        length = len(data) + 3 + len(header)
        if pid == _VIDEO_PID:
            length = 0  # unbounded: allowed for video, and pictures may pass 64 KiB
        stream_id = _VIDEO_ID if pid == _VIDEO_PID else _AUDIO_ID
        pes = pack(">IHBBB", 0x100 | stream_id, length, 0x84, 0x80, len(header)) + header + data
        clock = time - _CLOCK_LEAD if pid == self._clock_pid else None
        field = _adaptation(is_sync=is_sync, clock=clock)
        position, starts = 0, True
        while position < len(pes):
            room = _PACKET - 4 - len(field)
            if (left := len(pes) - position) < room:
                field = _stuffed(field, room - left)
                room = left
            out += self._header(pid, starts=starts, control=3 if field else 1)
            out += field
            out += pes[position : position + room]
            position, field, starts = position + room, b"", False

    def _header(self, pid: int, *, starts: bool, control: int) -> bytes:
        counter = self._counters.get(pid, 0)
        self._counters[pid] = counter + 1 & 15
        return pack(">BHB", 0x47, starts << 14 | pid, control << 4 | counter)


def counters_after(segment: bytes) -> dict[int, int]:
    """Return the continuity counter that each PID goes on with after `segment`."""
    packets = range(0, len(segment), _PACKET)
    return {
        (segment[at + 1] & 0x1F) << 8 | segment[at + 2]: segment[at + 3] + 1 & 15 for at in packets
    }


def _pid(track: Track) -> int:
    return _VIDEO_PID if track.kind == "video" else _AUDIO_PID


def _adaptation(*, is_sync: bool, clock: int | None) -> bytes:
    """Return the adaptation field of a PES packet's first TS packet."""
    flags = is_sync << 6
    if clock is None:
        return bytes([1, flags])
    base = (clock & _MASK) << 15 | 0x3F << 9
    return bytes([7, flags | 0x10]) + base.to_bytes(6)


def _stuffed(field: bytes, missing: int) -> bytes:
    """Return the adaptation field made longer by `missing` bytes."""
    if not field:
        field, missing = b"\0", missing - 1  # the length byte alone
        if not missing:
            return field
        field, missing = b"\0\0", missing - 1  # then flags
    field += b"\xff" * missing
    return bytes([len(field) - 1]) + field[1:]


def _program(tracks: tuple[Track, ...], clock_pid: int) -> bytes:
    streams = (
        pack(">BHH", _H264 if track.kind == "video" else _AAC, 0xE000 | _pid(track), 0xF000)
        for track in tracks
    )
    return pack(">HH", 0xE000 | clock_pid, 0xF000) + b"".join(streams)


def _table(table_id: int, number: int, content: bytes) -> bytes:
    """Return a PAT or PMT section with its pointer field and checksum."""
    length = 5 + len(content) + 4
    section = pack(">BHHBBB", table_id, 0xB000 | length, number, 0xC1, 0, 0) + content
    return b"\0" + section + pack(">I", _checksum(section))


def _checksum(data: bytes) -> int:
    """CRC-32/MPEG-2."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = crc << 1 ^ (0x04C11DB7 if crc & 0x80000000 else 0)
            crc &= 0xFFFFFFFF
    return crc
