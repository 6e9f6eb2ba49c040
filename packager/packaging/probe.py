"""A look at a show: from its playlists and a little of its media to its ladder."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from packager.packaging.derive import PlaylistFacts, ladder_of
from packager.packaging.errors import MediaMissing
from packager.packaging.ladder import Ladder
from packager.packaging.streams import Stream, container_of

_CLOSEST_TARGET = Decimal("0.45")  # past TARGETDURATION, to stay clear of its rounding


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A media playlist and a little of its media."""

    playlist: MediaPlaylist
    init: bytes = b""  # the init section of `media`, where there is one
    media: bytes = b""  # one whole segment; empty if it is encrypted


def media_playlist_uris(source: MultivariantPlaylist | MediaPlaylist) -> tuple[str, ...]:
    """Return every media playlist of a show once: variants, then renditions.

    I-frame playlists are not among them: they cannot follow a splice and are taken out (A-57).
    """
    if isinstance(source, MediaPlaylist):
        return (source.url,)
    variants = [variant.uri for variant in source.variants if not variant.iframe]
    renditions = [rendition.uri for rendition in source.renditions if rendition.uri]
    return tuple(dict.fromkeys((*variants, *renditions)))


def derive_ladder(source: MultivariantPlaylist | MediaPlaylist, probes: Sequence[Probe]) -> Ladder:
    """Return what each media playlist of a show needs of a creative; reads media in this process.

    `MediaLibrary.derive_ladder` does the same in a worker process.

    Args:
        source: The show.
        probes: In the order of `media_playlist_uris`.

    Raises:
        MediaMissing: PyAV is not installed.
    """
    streams = [read_probe(probe) for probe in probes]
    return ladder_from_streams(source, probes, streams)


def ladder_from_streams(
    source: MultivariantPlaylist | MediaPlaylist,
    probes: Sequence[Probe],
    streams: Sequence[tuple[Stream, ...]],
) -> Ladder:
    """As `derive_ladder`, with what `read_probe` gave for each probe, here or elsewhere."""
    facts = [_facts(*pair) for pair in zip(probes, streams, strict=True)]
    multivariant = source if isinstance(source, MultivariantPlaylist) else None
    return ladder_of(multivariant, media_playlist_uris(source), facts)


def read_probe(probe: Probe) -> tuple[Stream, ...]:
    """Return the streams in a probe's media.

    Raises:
        MediaMissing: PyAV is not installed.
    """
    try:
        from packager.packaging.read_streams import read_streams
    except ModuleNotFoundError as error:
        raise MediaMissing from error
    return read_streams(probe.init, probe.media)


def _facts(probe: Probe, streams: tuple[Stream, ...]) -> PlaylistFacts:
    playlist = probe.playlist
    if not playlist.segments:
        return PlaylistFacts(container=None, streams=(), segment_s=None)
    segments = playlist.segments[:-1] if len(playlist.segments) > 1 else playlist.segments
    usual = median(segment.duration for segment in segments)
    last = playlist.segments[-1]
    is_encrypted = any(key.method != "NONE" for key in last.keys)
    container = container_of(probe.init or probe.media)
    if container is None and is_encrypted:
        container = "cmaf" if last.map is not None else "ts"
    return PlaylistFacts(
        container=container,
        streams=streams,
        segment_s=Fraction(min(usual, playlist.target_duration + _CLOSEST_TARGET)),
        is_encrypted=is_encrypted,
        iframes_only=playlist.iframes_only,
    )
