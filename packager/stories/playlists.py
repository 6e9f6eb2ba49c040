"""A story's clips as HLS: the playlists that an origin would have, were it one.

Breaks are no part of them: they are spliced in, as into any other VOD.
"""

from collections.abc import Sequence
from decimal import Decimal

from manifests.creative import CmafMedia, Creative
from manifests.timing import fits_target
from packager.stories.form import Form, Track


def multivariant_playlist(form: Form, clips: Sequence[Creative]) -> bytes:
    """The playlist that names the others, `0.m3u8` and so on.

    Args:
        form: The story's.
        clips: What plays.
    """
    if form.multivariant is not None:
        return form.multivariant
    videos, audios = form.of_kind("video"), form.of_kind("audio")
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-INDEPENDENT-SEGMENTS"]
    for place, (number, track) in enumerate(audios):
        if videos:
            language = f'LANGUAGE="{track.language}",' if track.language else ""
            name = track.name or f"Audio {place + 1}"
            channels = track.rung.audio.channels if track.rung.audio else 2
            lines.append(
                f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="{name}",{language}'
                f"DEFAULT={'NO' if place else 'YES'},AUTOSELECT=YES,"
                f'CHANNELS="{channels}",URI="{number}.m3u8"'
            )
    sound = max((_peak(track, clips) for _, track in audios), default=0)
    spoken = [_codecs(track, clips) for _, track in audios[:1]]
    for number, track in videos or audios[:1]:
        video = track.rung.video
        peak = _peak(track, clips) + (sound if video else 0)
        codecs = ",".join([_codecs(track, clips), *(spoken if video else [])])
        attributes = [f"BANDWIDTH={peak}", f'CODECS="{codecs}"']
        if video is not None:
            attributes.append(f"RESOLUTION={video.width}x{video.height}")
            attributes.append(f"FRAME-RATE={float(video.frame_rate):.3f}")
            attributes += ['AUDIO="audio"'] if audios else []
        lines += [f"#EXT-X-STREAM-INF:{','.join(attributes)}", f"{number}.m3u8"]
    return "\n".join([*lines, ""]).encode()


def media_playlist(form: Form, number: int, clips: Sequence[Creative]) -> bytes:
    """The media playlist of a rendition: its clips, with discontinuities between them (A-20).

    Args:
        form: The story's.
        number: Of the rendition.
        clips: What plays; each has a rendition for the rung.
    """
    rung = form.tracks[number].rung
    shown = [clip.renditions[rung.key] for clip in clips]
    # The same in all renditions, and not less than ads in it need.
    longest = max([Decimal(0), *(clip.longest_segment_s for clip in clips)])
    target = max(1, round(rung.segment_s))
    while not fits_target(longest, target):
        target += 1
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    for place, rendition in enumerate(shown):
        lines += ["#EXT-X-DISCONTINUITY"] if place else []
        if rendition.init_uri is not None:
            lines.append(f'#EXT-X-MAP:URI="{rendition.init_uri}"')
        for segment in rendition.segments:
            lines += [f"#EXTINF:{segment.duration},", segment.uri]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""]).encode()


def _media(track: Track, clips: Sequence[Creative]) -> list[CmafMedia]:
    found = (clip.renditions[track.rung.key].cmaf for clip in clips)
    return [one for one in found if one is not None]


def _peak(track: Track, clips: Sequence[Creative]) -> int:
    return max((one.bandwidth for one in _media(track, clips)), default=0)


def _codecs(track: Track, clips: Sequence[Creative]) -> str:
    """Those of a rendition; its clips may differ in level, of which the highest counts."""
    return max((one.codecs for one in _media(track, clips)), default="")
