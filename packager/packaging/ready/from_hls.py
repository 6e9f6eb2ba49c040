"""HLS creatives: what is in their playlists, as far as a creative may have it."""

from fractions import Fraction

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from packager.packaging.errors import StreamRefused
from packager.packaging.ready.stream import (
    MAX_RENDITIONS,
    Piece,
    ReadyRendition,
    need_few,
    need_short,
    need_some,
)


def rendition_uris(multivariant: MultivariantPlaylist) -> dict[str, tuple[str, ...]]:
    """Return the media playlists that may be of use: video, then audio, with what is spoken.

    Raises:
        StreamRefused: There are none, or too many.
    """
    variants = (variant.uri for variant in multivariant.variants if not variant.iframe)
    sounds = [one for one in multivariant.renditions if one.type == "AUDIO" and one.uri]
    sounds.sort(key=lambda one: not one.default)
    found: dict[str, tuple[str, ...]] = dict.fromkeys(variants, ())
    for one in sounds:
        if one.uri is not None:
            found[one.uri] = tuple(filter(None, (one.language, one.name)))
    need_some(tuple(found))
    return found


def subtitle_uris(multivariant: MultivariantPlaylist) -> dict[str, tuple[str, ...]]:
    """Return the playlists of subtitles, with their language and what they are called."""
    return {
        one.uri: tuple(filter(None, (one.language, one.name)))
        for one in multivariant.renditions[:MAX_RENDITIONS]
        if one.type == "SUBTITLES" and one.uri
    }


def rendition_of_playlist(playlist: MediaPlaylist, *, limit_s: int) -> ReadyRendition:
    """Return the rendition of a media playlist.

    Args:
        playlist: Of the creative.
        limit_s: Seconds that it may last.

    Raises:
        StreamRefused: It may go on (A-49), is encrypted, or is not of one piece.
    """
    segments = playlist.segments
    if not playlist.ended:
        raise StreamRefused("the playlist has no end: it is live, or not whole")
    if any(key.method != "NONE" for segment in segments for key in segment.keys):
        raise StreamRefused("it is encrypted")
    if playlist.iframes_only or any(segment.gap for segment in segments):
        raise StreamRefused("the playlist has gaps, or only I-frames")
    if any(segment.discontinuity for segment in segments[1:]):
        raise StreamRefused("it has a discontinuity")
    maps = {segment.map for segment in segments}
    if len(maps) > 1:
        raise StreamRefused("it has several init sections")
    need_few(len(segments))
    need_short(sum((Fraction(segment.duration) for segment in segments), Fraction(0)), limit_s)
    init = next(iter(maps), None)
    return ReadyRendition(
        init=None if init is None else Piece(init.uri, init.byterange),
        segments=tuple(Piece(segment.uri, segment.byterange) for segment in segments),
    )
