"""Playlists of packaged renditions, to play them as they are."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from packager.packaging.encoded import EncodedRendition
from packager.packaging.segmentation import nearest

MULTIVARIANT_NAME = "index.m3u8"
_MICROSECOND = Decimal("0.000001")


def write_playlists(renditions: Sequence[EncodedRendition], out_dir: Path) -> Path:
    """Write a media playlist beside every rendition's folder, and the multivariant playlist.

    Returns:
        The multivariant playlist.
    """
    for rendition in renditions:
        path = out_dir / f"{rendition.folder.name}.m3u8"
        path.write_text(media_playlist(rendition), "utf-8")
    path = out_dir / MULTIVARIANT_NAME
    path.write_text(multivariant_playlist(renditions), "utf-8")
    return path


def media_playlist(rendition: EncodedRendition) -> str:
    """Return a rendition's media playlist; URIs are relative to the parent of its folder."""
    folder = rendition.folder.name
    ends = accumulate((segment.duration for segment in rendition.segments), initial=Fraction(0))
    durations = [_seconds(end) - _seconds(start) for start, end in pairwise(ends)]
    target = max(nearest(Fraction(duration)) for duration in durations)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{max(1, target)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    if rendition.init is not None:
        lines.append(f'#EXT-X-MAP:URI="{folder}/{rendition.init}"')
    for segment, duration in zip(rendition.segments, durations, strict=True):
        lines += [f"#EXTINF:{duration},", f"{folder}/{segment.name}"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def multivariant_playlist(renditions: Sequence[EncodedRendition]) -> str:
    """Return the playlist that names the others, best variant first as they are given."""
    audios = [r for r in renditions if r.rung.kind == "audio"]
    subtitles = [r for r in renditions if r.rung.kind == "subtitles"]
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [
        f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="Audio {number}",'
        f"DEFAULT={'YES' if number == 1 else 'NO'},AUTOSELECT=YES,"
        f'CHANNELS="{rendition.rung.audio.channels}",URI="{rendition.folder.name}.m3u8"'
        for number, rendition in enumerate(audios, 1)
        if rendition.rung.audio
    ]
    lines += [
        f'#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="subtitles",NAME="Subtitles {number}",'
        f'DEFAULT=NO,AUTOSELECT=YES,LANGUAGE="en",URI="{rendition.folder.name}.m3u8"'
        for number, rendition in enumerate(subtitles, 1)
    ]
    audio_peak = max((audio.peak_bitrate for audio in audios), default=0)
    pictures = [r for r in renditions if r.rung.video is not None]
    for rendition in pictures or audios[:1]:
        video = rendition.rung.video
        codecs = [h264_codecs(rendition)] if video else []
        if audios or rendition.rung.audio:
            codecs.append("mp4a.40.2")
        peak = rendition.peak_bitrate + (audio_peak if video else 0)
        attributes = [f"BANDWIDTH={peak}", f'CODECS="{",".join(codecs)}"']
        if video is not None:
            attributes.append(f"RESOLUTION={video.width}x{video.height}")
            attributes.append(f"FRAME-RATE={float(video.frame_rate):.3f}")
        if audios:
            attributes.append('AUDIO="audio"')
        if subtitles:
            attributes.append('SUBTITLES="subtitles"')
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{rendition.folder.name}.m3u8"]
    return "\n".join([*lines, ""])


def h264_codecs(rendition: EncodedRendition) -> str:
    """Return the codec string of a rendition's video, "avc1.640028"."""
    if rendition.init is not None:
        head = (rendition.folder / rendition.init).read_bytes()
        at = head.index(b"avcC") + 5  # after the version of the configuration record
    else:
        head = (rendition.folder / rendition.segments[0].name).read_bytes()
        at = head.index(b"\0\0\1\x67") + 4  # the sequence parameter set
    return f"avc1.{head[at : at + 3].hex()}"


def _seconds(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / value.denominator).quantize(_MICROSECOND)
