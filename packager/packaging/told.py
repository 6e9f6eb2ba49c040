"""Streams as multivariant playlists and MPDs tell them, for media that are encrypted.

Creatives are clear between encrypted content (A-37); only what they must be like has to be known.
"""

from dataclasses import replace
from fractions import Fraction

from manifests.dash.model import Representation
from manifests.hls.model import MultivariantPlaylist, Rendition, Variant
from packager.packaging.streams import Stream, common_rate

_CODECS = {
    "avc1": "h264",
    "avc3": "h264",
    "hvc1": "hevc",
    "hev1": "hevc",
    "dvh1": "hevc",
    "av01": "av1",
    "mp4a": "aac",
    "ac-3": "ac3",
    "ec-3": "eac3",
}
_VIDEO = ("h264", "hevc", "av1")
_USUAL_RATE = Fraction(30)  # frames per second
_USUAL_SAMPLE_RATE = 48_000  # Hz
_USUAL_CHANNELS = 2


def told_by_variant(variant: Variant, multivariant: MultivariantPlaylist) -> tuple[Stream, ...]:
    """Return the streams in a variant's own segments."""
    streams = []
    for text in variant.codecs:
        name, _, parameters = text.partition(".")
        codec = _CODECS.get(name, name)
        if codec in _VIDEO:
            rate = variant.frame_rate
            stream = _video(
                codec, parameters, variant.resolution, None if rate is None else Fraction(rate)
            )
            is_pq = variant.video_range == "PQ"
            streams.append(replace(stream, colour=(1, 16, 1)) if is_pq else stream)
        elif codec in _CODECS.values() and not _has_audio_playlists(variant, multivariant):
            streams.append(_audio(codec))
    return tuple(streams)


def told_by_rendition(
    rendition: Rendition, multivariant: MultivariantPlaylist
) -> tuple[Stream, ...]:
    """Return the stream of an audio rendition; nothing for any other."""
    if rendition.type != "AUDIO":
        return ()
    names = (
        text.partition(".")[0]
        for variant in multivariant.variants
        if variant.audio == rendition.group_id
        for text in variant.codecs
    )
    codecs = [_CODECS[name] for name in names if _CODECS.get(name, _VIDEO[0]) not in _VIDEO]
    channels = (rendition.channels or "").partition("/")[0]
    count = int(channels) if channels.isdecimal() else None
    return (_audio(codecs[0], count),) if codecs else ()


def told_by_representation(representation: Representation) -> tuple[Stream, ...]:
    """Return the streams of a Representation of a DASH presentation."""
    of, streams = representation, []
    for text in of.codecs.split(","):
        name, _, parameters = text.strip().partition(".")
        codec = _CODECS.get(name, name)
        if codec in _VIDEO:
            size = None if of.width is None or of.height is None else (of.width, of.height)
            streams.append(_video(codec, parameters, size, of.frame_rate))
        elif codec in _CODECS.values():
            streams.append(_audio(codec, of.channels, of.sample_rate))
    return tuple(streams)


def completed(streams: tuple[Stream, ...], told: tuple[Stream, ...]) -> tuple[Stream, ...]:
    """Return what an init section tells, with the frame rate that it does not; else `told`."""
    rate = next((stream.frame_rate for stream in told if stream.frame_rate), None)
    return tuple(
        replace(stream, frame_rate=stream.frame_rate or rate) for stream in streams or told
    )


def _has_audio_playlists(variant: Variant, multivariant: MultivariantPlaylist) -> bool:
    return variant.audio is not None and any(
        rendition.uri and rendition.group_id == variant.audio
        for rendition in multivariant.renditions
        if rendition.type == "AUDIO"
    )


def _video(
    codec: str, parameters: str, size: tuple[int, int] | None, rate: Fraction | None
) -> Stream:
    width, height = size or (0, 0)
    return Stream(
        kind="video",
        codec=codec,
        width=width,
        height=height,
        frame_rate=_USUAL_RATE if rate is None else common_rate(rate),
        pixel_format="yuv420p",
        profile_idc=_hexadecimal(parameters[:2]),
        level_idc=_hexadecimal(parameters[4:6]),
        colour=(1, 1, 1),
    )


def _audio(codec: str, channels: int | None = None, sample_rate: int | None = None) -> Stream:
    return Stream(
        kind="audio",
        codec=codec,
        sample_rate=sample_rate or _USUAL_SAMPLE_RATE,
        channels=channels or _USUAL_CHANNELS,
    )


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
