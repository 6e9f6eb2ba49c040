"""Elementary streams as plain values, whoever read them."""

from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from packager.packaging.ladder import Container

_CMAF_BOXES = (b"ftyp", b"styp", b"moof", b"sidx", b"emsg", b"prft")

_COMMON_RATES = (
    *(Fraction(rate * 1000, 1001) for rate in (24, 30, 48, 60, 120)),
    *(Fraction(rate) for rate in (12, 15, 24, 25, 30, 48, 50, 60, 100, 120)),
)
_SAME_RATE = Fraction(4, 10_000)  # 30 and 30000/1001 are 10 of these apart


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One elementary stream. What is not known is 0, "" or None."""

    kind: str  # "video", "audio", "subtitle" or "data"
    codec: str  # FFmpeg's name: "h264", "hevc", "aac", "eac3"
    codecs: str = ""  # as in RFC 6381; of H.264 and AAC
    bitrate: int = 0  # bit/s in the segment that was read
    width: int = 0
    height: int = 0
    frame_rate: Fraction | None = None
    pixel_format: str = ""
    profile_idc: int = 0  # of H.264
    level_idc: int = 0
    colour: tuple[int, int, int] = (2, 2, 2)  # H.273 primaries, transfer, matrix; 2: unspecified
    sample_rate: int = 0
    channels: int = 0


def container_of(media: bytes) -> Container | None:
    """Return the container that the first bytes show."""
    if media[4:8] in _CMAF_BOXES:
        return "cmaf"
    if media[:1] == b"\x47" and media[188:189] in (b"\x47", b""):
        return "ts"
    if media.removeprefix(b"\xef\xbb\xbf").startswith(b"WEBVTT"):
        return "webvtt"
    if media.startswith(b"ID3") or (
        media[:1] == b"\xff" and media[1:2] and media[1] & 0xF6 == 0xF0
    ):
        return "packed-aac"
    return None


def common_rate(measured: Fraction) -> Fraction:
    """Return the usual frame rate that `measured` means, or itself if there is none so close."""
    best = min(_COMMON_RATES, key=lambda rate: abs(rate - measured))
    if abs(best - measured) <= best * _SAME_RATE:
        return best
    return measured.limit_denominator(1001)


def stream_to_json(stream: Stream) -> dict[str, Any]:
    """Return the stream as JSON values."""
    rate = stream.frame_rate
    return {**asdict(stream), "frame_rate": None if rate is None else str(rate)}


def stream_from_json(value: dict[str, Any]) -> Stream:
    """Return the stream that `stream_to_json` wrote."""
    rate, colour = value["frame_rate"], value["colour"]
    return Stream(
        **{
            **value,
            "frame_rate": None if rate is None else Fraction(rate),
            "colour": tuple(colour),
        }
    )
