"""What of each rendition can be drawn on or mixed, from what a multivariant playlist tells."""

from collections.abc import Mapping

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist, Variant
from packager.looks.frames import Frames
from packager.looks.streams import Streams, is_mixable


def streams_of(
    value: MultivariantPlaylist | MediaPlaylist, numbers: Mapping[str, int]
) -> Mapping[int, Streams]:
    """What is told of renditions that have, or may have, H.264 or AAC-LC.

    Args:
        value: What an asset's URL gave.
        numbers: Of its media playlists, by URI.
    """
    if isinstance(value, MediaPlaylist):
        return {0: Streams(frames=Frames(), has_sound=True)}
    found: dict[int, Streams] = {}
    groups: dict[str, bool] = {}  # of renditions with sound: whether all have AAC-LC
    apart = {one.group_id for one in value.renditions if one.type == "AUDIO" and one.uri}
    for variant in value.variants:
        if variant.iframe:
            continue
        has_sound = not variant.codecs or any(map(is_mixable, variant.codecs))
        if variant.audio is not None:
            groups[variant.audio] = has_sound and groups.get(variant.audio, True)
        is_muxed = variant.audio not in apart
        found[numbers[variant.uri]] = Streams(
            frames=_frames(variant), has_sound=has_sound and is_muxed
        )
    for rendition in value.renditions:
        if rendition.type == "AUDIO" and rendition.uri is not None:
            has_sound = groups.get(rendition.group_id, False)
            found[numbers[rendition.uri]] = Streams(has_sound=has_sound)
    return found


def _frames(variant: Variant) -> Frames | None:
    named = [one for one in variant.codecs if one.startswith(("avc1", "avc3"))]
    if variant.codecs and not named:
        return None
    width, height = variant.resolution or (Frames.width, Frames.height)
    return Frames(width=width, height=height, fps=float(variant.frame_rate or Frames.fps))
