"""Streams as a multivariant playlist tells them, for media that are encrypted.

Creatives are clear between encrypted content (A-37); only what they must be like has to be known.
"""

from fractions import Fraction

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
_USUAL_SAMPLE_RATE = 48_000


def told_by_variant(variant: Variant, multivariant: MultivariantPlaylist) -> tuple[Stream, ...]:
    """Return the streams in a variant's own segments."""
    streams = []
    for text in variant.codecs:
        name, _, parameters = text.partition(".")
        codec = _CODECS.get(name, name)
        if codec in _VIDEO:
            width, height = variant.resolution or (0, 0)
            rate = variant.frame_rate
            streams.append(
                Stream(
                    kind="video",
                    codec=codec,
                    width=width,
                    height=height,
                    frame_rate=_USUAL_RATE if rate is None else common_rate(Fraction(rate)),
                    pixel_format="yuv420p",
                    profile_idc=_hexadecimal(parameters[:2]),
                    level_idc=_hexadecimal(parameters[4:6]),
                    colour=(1, 16, 1) if variant.video_range == "PQ" else (1, 1, 1),
                )
            )
        elif codec in _CODECS.values() and not _has_audio_playlists(variant, multivariant):
            streams.append(_audio(codec, None))
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
    return (_audio(codecs[0], rendition.channels),) if codecs else ()


def _has_audio_playlists(variant: Variant, multivariant: MultivariantPlaylist) -> bool:
    return variant.audio is not None and any(
        rendition.uri and rendition.group_id == variant.audio
        for rendition in multivariant.renditions
        if rendition.type == "AUDIO"
    )


def _audio(codec: str, channels: str | None) -> Stream:
    count = (channels or "2").partition("/")[0]
    return Stream(
        kind="audio",
        codec=codec,
        sample_rate=_USUAL_SAMPLE_RATE,
        channels=int(count) if count.isdecimal() else 2,
    )


def _hexadecimal(text: str) -> int:
    try:
        return int(text, 16)
    except ValueError:
        return 0
