"""Reading the elementary streams of an init section and a segment, with FFmpeg."""

from fractions import Fraction
from io import BytesIO
from typing import Any

import av

from packager.packaging.streams import Stream, common_rate, container_of

_FORMATS = {"cmaf": "mp4", "ts": "mpegts", "packed-aac": "aac"}


def read_streams(init: bytes, segment: bytes) -> tuple[Stream, ...]:
    """Return the streams in a segment; none if it cannot be read.

    Args:
        init: The init section, where there is one.
        segment: The first segment, whole. One that is encrypted is passed over.
    """
    format_name = _FORMATS.get(container_of(init or segment) or "")
    if format_name is None:
        return ()
    for media in (init + segment, init):
        try:
            with av.open(
                BytesIO(media), format=format_name, metadata_errors="replace"
            ) as container:
                return _read(container)
        except av.FFmpegError:
            continue
    return ()


def _read(container: Any) -> tuple[Stream, ...]:
    times: dict[int, list[Fraction]] = {stream.index: [] for stream in container.streams}
    sizes = dict.fromkeys(times, 0)
    try:
        for packet in container.demux():
            if packet.pts is not None:
                times[packet.stream.index].append(packet.pts * packet.time_base)
                sizes[packet.stream.index] += packet.size
    except av.FFmpegError:
        pass  # the segment is encrypted: the init section has told enough
    return tuple(
        _stream(stream, sorted(times[stream.index]), sizes[stream.index])
        for stream in container.streams
    )


def _stream(stream: Any, times: list[Fraction], size: int) -> Stream:
    codec = stream.codec_context
    span = times[-1] - times[0] if len(times) > 1 else Fraction(0)
    span = span * len(times) / (len(times) - 1) if span else span  # the last one lasts, too
    bitrate = int(size * 8 / span) if span else 0
    name = codec.name if codec is not None else ""
    if stream.type == "video" and codec is not None:
        profile, level = h264_profile(bytes(codec.extradata or b""))
        colour = (int(codec.color_primaries), int(codec.color_trc), int(codec.colorspace))
        return Stream(
            kind="video",
            codec=name,
            codecs=_avc_codecs(bytes(codec.extradata or b"")) if name == "h264" else "",
            bitrate=bitrate,
            width=codec.width,
            height=codec.height,
            frame_rate=common_rate(len(times) / span) if span else stream.average_rate,
            pixel_format=codec.pix_fmt or "",
            profile_idc=profile,
            level_idc=level,
            colour=colour,
        )
    if stream.type == "audio" and codec is not None:
        return Stream(
            kind="audio",
            codec=name,
            codecs="mp4a.40.2" if name == "aac" and codec.profile == "LC" else "",
            bitrate=bitrate,
            sample_rate=codec.sample_rate,
            channels=codec.channels,
        )
    return Stream(kind=stream.type, codec=name)


def _avc_codecs(config: bytes) -> str:
    """Return the codecs string that an avcC box gives; "" for Annex B."""
    return f"avc1.{config[1:4].hex()}" if config[:1] == b"\x01" else ""


def h264_profile(config: bytes) -> tuple[int, int]:
    """Return profile_idc and level_idc from an avcC box's content or Annex B parameter sets."""
    if config[:1] == b"\x01" and len(config) > 3:
        return config[1], config[3]
    at = config.find(b"\0\0\1\x67")
    if 0 <= at < len(config) - 6:
        return config[at + 4], config[at + 6]
    return 0, 0
