"""AAC without a container: ADTS headers, and packed audio segments (RFC 8216bis, section 3.1.3)."""

from struct import pack

from packager.packaging.tracks import Run, Track

_OWNER = b"com.apple.streaming.transportStreamTimestamp\0"
_TIMESTAMP_MASK = (1 << 33) - 1


def with_adts_header(track: Track, frame: bytes) -> bytes:
    """Return a raw AAC frame with the header that lets it stand alone (ISO 14496-3, 1.A.2.2)."""
    config = int.from_bytes(track.config[:2])
    profile, rate_index, channels = config >> 11, config >> 7 & 15, config >> 3 & 15
    bits = 0xFFF1 << 40  # syncword, MPEG-4, no checksum
    bits |= (profile - 1) << 38 | rate_index << 34 | channels << 30
    bits |= (len(frame) + 7) << 13 | 0x7FF << 2  # buffer fullness: variable rate
    return bits.to_bytes(7) + frame


def timestamp_tag(timestamp: int) -> bytes:
    """Return the ID3 tag that gives a packed audio segment its time in 1/90000 s (G-09)."""
    content = _OWNER + pack(">Q", timestamp & _TIMESTAMP_MASK)
    frame = b"PRIV" + _syncsafe(len(content)) + bytes(2) + content
    return b"ID3\x04\0\0" + _syncsafe(len(frame)) + frame


class PackedAacWriter:
    """Writes a rendition of packed AAC."""

    suffix = ".aac"

    def __init__(self, track: Track, origin: int) -> None:
        """`origin`: timestamp of the first sample, 1/90000 s."""
        self._track = track
        self._origin = origin

    def init_section(self) -> None:
        """Packed audio has none."""

    def segment(self, number: int, runs: tuple[Run, ...]) -> bytes:
        """Return the time tag and the frames of the one run."""
        (run,) = runs
        frames = (with_adts_header(self._track, sample.data) for sample in run.samples)
        start = round(run.start * 90_000 / self._track.timescale)
        return timestamp_tag(self._origin + start) + b"".join(frames)


def _syncsafe(value: int) -> bytes:
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))
