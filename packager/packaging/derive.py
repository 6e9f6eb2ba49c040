"""What creatives must become to stand in a show's playlists (A-52, A-54)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from manifests.hls.model import MultivariantPlaylist, Rendition, Variant
from packager.packaging.ladder import (
    TS_ORIGIN,
    AudioSpec,
    Container,
    Kind,
    Ladder,
    Rung,
    Unmatched,
    VideoSpec,
    whole_segment,
)
from packager.packaging.streams import Stream
from packager.packaging.told import told_by_rendition, told_by_variant

_PROFILES = {66: "baseline", 77: "main", 100: "high"}  # of H.264, by profile_idc
_LEVELS = frozenset((10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52))
_HDR_TRANSFERS = (16, 18)  # H.273: PQ, HLG
_SDR_COLOURS = (1, 5, 6)  # H.273: BT.709, and what SD had
_NO_VIDEO_GRID = Fraction(25)  # frames per second, for borders of a show without pictures
_NO_VIDEO_SEGMENT = Fraction(6)  # seconds
_OVERHEAD = Fraction(95, 100)  # of BANDWIDTH that is left beside what the container adds
_LEAST_VIDEO = 100_000  # bit/s
_AUDIO_STEP = 16_000  # bit/s
_CHANNELS = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaylistFacts:
    """What is known of one media playlist."""

    container: Container | None  # None: none of those that are known
    streams: tuple[Stream, ...]  # none where the media are encrypted, or WebVTT
    segment_s: Fraction | None  # seconds that its segments usually last; None: it has none
    is_encrypted: bool = False
    iframes_only: bool = False


def ladder_of(
    multivariant: MultivariantPlaylist | None,
    uris: Sequence[str],
    facts: Sequence[PlaylistFacts],
) -> Ladder:
    """Return what each media playlist of a show needs of a creative.

    Args:
        multivariant: None if the show is one media playlist.
        uris: Of the media playlists.
        facts: Of each of them.
    """
    users = [_users(multivariant, uri) for uri in uris]
    streams = [_streams(multivariant, *pair) for pair in zip(users, facts, strict=True)]
    rates = [
        stream.frame_rate
        for of_playlist in streams
        for stream in of_playlist
        if stream.kind == "video" and stream.codec == "h264" and stream.frame_rate
    ]
    grid = min(rates, default=_NO_VIDEO_GRID)
    # Subtitles may have longer segments than what they accompany.
    lengths = [of.segment_s for of in facts if of.segment_s and of.container != "webvtt"]
    audio_bitrates = [
        _audio_bitrate(stream)
        for of_playlist in streams
        for stream in of_playlist
        if stream.kind == "audio"
    ]
    maker = _RungMaker(
        segment_s=whole_segment(min(lengths, default=_NO_VIDEO_SEGMENT), grid),
        grid=grid,
        origin=TS_ORIGIN if any(of.container == "ts" for of in facts) else 0,
        audio_bitrate=max(audio_bitrates, default=0),
    )
    entries: list[Rung | Unmatched] = []
    for of, of_streams, used_by in zip(facts, streams, users, strict=True):
        try:
            entries.append(maker.make(of, of_streams, used_by))
        except _CannotMatch as reason:
            entries.append(Unmatched(str(reason)))
    return Ladder(tuple(entries))


@dataclass(frozen=True, slots=True)
class _Users:
    """What names a media playlist in the multivariant playlist."""

    variants: tuple[Variant, ...] = ()
    rendition: Rendition | None = None


class _CannotMatch(Exception):
    """Nothing that is packaged can stand beside this stream."""


@dataclass(frozen=True, slots=True)
class _RungMaker:
    """What all rungs of a ladder have in common."""

    segment_s: Fraction
    grid: Fraction
    origin: int
    audio_bitrate: int  # the highest

    def make(self, facts: PlaylistFacts, streams: tuple[Stream, ...], users: _Users) -> Rung:
        """Return the rung of one media playlist."""
        container = facts.container
        if facts.segment_s is None:
            raise _CannotMatch("the playlist has no segments")
        if facts.iframes_only:
            raise _CannotMatch("I-frame playlists cannot be matched")
        if container == "webvtt":
            return self._rung("subtitles", container, None, None)
        if users.rendition is not None and users.rendition.type == "SUBTITLES":
            raise _CannotMatch("subtitles other than WebVTT cannot be matched")
        if container is None:
            raise _CannotMatch("the container of its segments is not known")
        video = next((stream for stream in streams if stream.kind == "video"), None)
        audio = next((stream for stream in streams if stream.kind == "audio"), None)
        if video is None and audio is None:
            raise _CannotMatch("its segments have neither video nor audio that can be read")
        bandwidth = min((variant.bandwidth for variant in users.variants), default=None)
        return self._rung(
            "muxed" if video and audio else "video" if video else "audio",
            container,
            None if video is None else _video_spec(video, bandwidth, self.audio_bitrate),
            None if audio is None else _audio_spec(audio),
        )

    def _rung(
        self, kind: Kind, container: Container, video: VideoSpec | None, audio: AudioSpec | None
    ) -> Rung:
        return Rung(
            kind=kind,
            container=container,
            segment_s=self.segment_s,
            frame_grid=self.grid,
            video=video,
            audio=audio,
            # CMAF starts at 0; what goes with transport streams shares their clock.
            timestamp_origin=0 if container == "cmaf" else self.origin,
        )


def _video_spec(stream: Stream, bandwidth: int | None, audio_bitrate: int) -> VideoSpec:
    if stream.codec != "h264":
        raise _CannotMatch(f"video in {stream.codec or 'an unknown codec'} cannot be matched")
    if stream.profile_idc not in _PROFILES:
        raise _CannotMatch(f"H.264 profile {stream.profile_idc} cannot be matched")
    if stream.pixel_format not in ("", "yuv420p", "yuvj420p"):
        raise _CannotMatch(f"pixel format {stream.pixel_format} cannot be matched")
    if stream.colour[1] in _HDR_TRANSFERS:
        raise _CannotMatch("HDR video cannot be matched")
    if not (stream.frame_rate and stream.width > 1 and stream.height > 1):
        raise _CannotMatch("the size or frame rate of its video is not known")
    if bandwidth is None:
        needed = stream.width * stream.height * stream.frame_rate / 20
        bitrate = max(stream.bitrate * 3 // 2, int(needed))
    else:
        bitrate = int(bandwidth * _OVERHEAD) - audio_bitrate
    primaries, transfer, matrix = (c if c in _SDR_COLOURS else 1 for c in stream.colour)
    return VideoSpec(
        width=stream.width // 2 * 2,
        height=stream.height // 2 * 2,
        frame_rate=stream.frame_rate,
        bitrate=max(bitrate, _LEAST_VIDEO),
        profile=_PROFILES[stream.profile_idc],  # type: ignore[arg-type] # mypy: str in a table
        level=stream.level_idc if stream.level_idc in _LEVELS else 0,
        colour=(primaries, transfer, matrix),
    )


def _audio_spec(stream: Stream) -> AudioSpec:
    if stream.codec != "aac":
        raise _CannotMatch(f"audio in {stream.codec or 'an unknown codec'} cannot be matched")
    if stream.channels not in _CHANNELS or not stream.sample_rate:
        raise _CannotMatch(f"audio of {stream.channels} channels cannot be matched")
    return AudioSpec(
        sample_rate=stream.sample_rate, channels=stream.channels, bitrate=_audio_bitrate(stream)
    )


def _audio_bitrate(stream: Stream) -> int:
    """Return the content's bit rate, brought to a usual one."""
    usual = round((stream.bitrate or 64_000 * stream.channels) / _AUDIO_STEP) * _AUDIO_STEP
    return max(32_000 * stream.channels, min(usual, 96_000 * stream.channels))


def _users(multivariant: MultivariantPlaylist | None, uri: str) -> _Users:
    if multivariant is None:
        return _Users()
    variants = tuple(variant for variant in multivariant.variants if variant.uri == uri)
    renditions = (rendition for rendition in multivariant.renditions if rendition.uri == uri)
    return _Users(variants, next(renditions, None))


def _streams(
    multivariant: MultivariantPlaylist | None, users: _Users, facts: PlaylistFacts
) -> tuple[Stream, ...]:
    """Return what was read; where encryption hid it, what the multivariant playlist tells."""
    if not facts.is_encrypted or multivariant is None:
        return facts.streams
    if users.rendition is not None:
        return facts.streams or told_by_rendition(users.rendition, multivariant)
    told = told_by_variant(users.variants[0], multivariant)
    rate = next((stream.frame_rate for stream in told if stream.frame_rate), None)
    return tuple(
        replace(stream, frame_rate=stream.frame_rate or rate) for stream in facts.streams or told
    )
