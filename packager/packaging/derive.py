"""What creatives must become to stand beside a show's renditions (A-52, A-54, B-24).

Whichever manifest tells of them: `probe` asks on behalf of playlists, `mpd_ladder` of MPDs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

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

_PROFILES = {66: "baseline", 77: "main", 100: "high"}  # of H.264, by profile_idc
_LEVELS = frozenset((10, 11, 12, 13, 20, 21, 22, 30, 31, 32, 40, 41, 42, 50, 51, 52))
_HDR_TRANSFERS = (16, 18)  # H.273: PQ, HLG
_SDR_COLOURS = (1, 5, 6)  # H.273: BT.709, and what SD had
_NO_VIDEO_GRID = Fraction(25)  # frames per second, for borders of a show without pictures
_NO_SEGMENT = Fraction(6)  # seconds, where nothing tells how long segments are
_OVERHEAD = Fraction(95, 100)  # of the bandwidth that is left beside what the container adds
_LEAST_VIDEO = 100_000  # bit/s
_AUDIO_STEP = 16_000  # bit/s
_CHANNELS = (1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class RenditionFacts:
    """What is known of one rendition of a show: a media playlist or a Representation."""

    container: Container | None  # None: none of those that are known
    streams: tuple[Stream, ...]  # none in WebVTT
    video_bitrate: int | None = None  # bit/s that its video may have; None: nobody tells
    refusal: str = ""  # why no creative can be like it, if that is known before


def ladder_of(facts: Sequence[RenditionFacts], *, segment_s: Fraction | None) -> Ladder:
    """Return what each rendition of a show needs of a creative.

    Args:
        facts: Of each of them.
        segment_s: Seconds that segments may have; None: as it likes.
    """
    rates = [
        stream.frame_rate
        for of in facts
        for stream in of.streams
        if stream.kind == "video" and stream.codec == "h264" and stream.frame_rate
    ]
    grid = min(rates, default=_NO_VIDEO_GRID)
    maker = _RungMaker(
        segment_s=whole_segment(segment_s or _NO_SEGMENT, grid),
        grid=grid,
        origin=TS_ORIGIN if any(of.container == "ts" for of in facts) else 0,
    )
    entries: list[Rung | Unmatched] = []
    for of in facts:
        try:
            entries.append(maker.make(of))
        except _CannotMatch as reason:
            entries.append(Unmatched(str(reason)))
    return Ladder(tuple(entries))


def room_for_video(bandwidth: int, audio_bitrate: int = 0) -> int:
    """Return what a bandwidth leaves for video beside audio and container, in bit/s."""
    return int(bandwidth * _OVERHEAD) - audio_bitrate


def usual_audio_bitrate(stream: Stream) -> int:
    """Return the content's bit rate, brought to a usual one."""
    usual = round((stream.bitrate or 64_000 * stream.channels) / _AUDIO_STEP) * _AUDIO_STEP
    return max(32_000 * stream.channels, min(usual, 96_000 * stream.channels))


class _CannotMatch(Exception):
    """Nothing that is packaged can stand beside this stream."""


@dataclass(frozen=True, slots=True)
class _RungMaker:
    """What all rungs of a ladder have in common."""

    segment_s: Fraction
    grid: Fraction
    origin: int

    def make(self, facts: RenditionFacts) -> Rung:
        """Return the rung of one rendition."""
        container, streams = facts.container, facts.streams
        if facts.refusal:
            raise _CannotMatch(facts.refusal)
        if container == "webvtt":
            return self._rung("subtitles", container, None, None)
        if container is None:
            raise _CannotMatch("the container of its segments is not known")
        video = next((stream for stream in streams if stream.kind == "video"), None)
        audio = next((stream for stream in streams if stream.kind == "audio"), None)
        if video is None and audio is None:
            raise _CannotMatch("its segments have neither video nor audio that can be read")
        return self._rung(
            "muxed" if video and audio else "video" if video else "audio",
            container,
            None if video is None else _video_spec(video, facts.video_bitrate),
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


def _video_spec(stream: Stream, bitrate: int | None) -> VideoSpec:
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
    if bitrate is None:
        needed = stream.width * stream.height * stream.frame_rate / 20
        bitrate = max(stream.bitrate * 3 // 2, int(needed))
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
        sample_rate=stream.sample_rate,
        channels=stream.channels,
        bitrate=usual_audio_bitrate(stream),
    )
