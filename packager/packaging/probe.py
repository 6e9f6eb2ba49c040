"""A look at a show in HLS: from its playlists and a little of its media to its ladder."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist, Rendition, Variant
from packager.packaging.derive import (
    RenditionFacts,
    ladder_of,
    room_for_video,
    usual_audio_bitrate,
)
from packager.packaging.errors import MediaMissing
from packager.packaging.ladder import Ladder
from packager.packaging.streams import Stream, container_of
from packager.packaging.told import completed, told_by_rendition, told_by_variant

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
    multivariant = source if isinstance(source, MultivariantPlaylist) else None
    users = [_users(multivariant, uri) for uri in media_playlist_uris(source)]
    known = [_streams(multivariant, *of) for of in zip(users, probes, streams, strict=True)]
    sounds = (stream for of in known for stream in of if stream.kind == "audio")
    audio_bitrate = max(map(usual_audio_bitrate, sounds), default=0)
    facts = [_facts(*of, audio_bitrate) for of in zip(probes, users, known, strict=True)]
    # Subtitles may have longer segments than what they accompany.
    lengths = [
        _usual_segment_s(probe.playlist)
        for probe, of in zip(probes, facts, strict=True)
        if probe.playlist.segments and of.container != "webvtt"
    ]
    return ladder_of(facts, segment_s=min(lengths, default=None))


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


@dataclass(frozen=True, slots=True)
class _Users:
    """What names a media playlist in the multivariant playlist."""

    variants: tuple[Variant, ...] = ()
    rendition: Rendition | None = None


def _users(multivariant: MultivariantPlaylist | None, uri: str) -> _Users:
    if multivariant is None:
        return _Users()
    variants = tuple(variant for variant in multivariant.variants if variant.uri == uri)
    renditions = (rendition for rendition in multivariant.renditions if rendition.uri == uri)
    return _Users(variants, next(renditions, None))


def _streams(
    multivariant: MultivariantPlaylist | None,
    users: _Users,
    probe: Probe,
    streams: tuple[Stream, ...],
) -> tuple[Stream, ...]:
    """Return what was read; where encryption hid it, what the multivariant playlist tells."""
    if not _is_encrypted(probe.playlist) or multivariant is None:
        return streams
    if users.rendition is not None:
        return streams or told_by_rendition(users.rendition, multivariant)
    return completed(streams, told_by_variant(users.variants[0], multivariant))


def _facts(
    probe: Probe, users: _Users, streams: tuple[Stream, ...], audio_bitrate: int
) -> RenditionFacts:
    playlist = probe.playlist
    container = container_of(probe.init or probe.media)
    if container is None and _is_encrypted(playlist):
        container = "cmaf" if playlist.segments[-1].map is not None else "ts"
    bandwidths = [variant.bandwidth for variant in users.variants]
    refusal = ""
    if not playlist.segments:
        refusal = "the playlist has no segments"
    elif playlist.iframes_only:
        refusal = "I-frame playlists cannot be matched"
    elif users.rendition and users.rendition.type == "SUBTITLES" and container != "webvtt":
        refusal = "subtitles other than WebVTT cannot be matched"
    return RenditionFacts(
        container=container,
        streams=streams,
        video_bitrate=room_for_video(min(bandwidths), audio_bitrate) if bandwidths else None,
        refusal=refusal,
    )


def _is_encrypted(playlist: MediaPlaylist) -> bool:
    return any(key.method != "NONE" for segment in playlist.segments[-1:] for key in segment.keys)


def _usual_segment_s(playlist: MediaPlaylist) -> Fraction:
    segments = playlist.segments[:-1] if len(playlist.segments) > 1 else playlist.segments
    usual = median(segment.duration for segment in segments)
    return Fraction(min(usual, playlist.target_duration + _CLOSEST_TARGET))
