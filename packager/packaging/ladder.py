"""The ladder of a show, as values: what a creative must become to stand in its playlists.

A **rung** is what one media playlist needs. Equal rungs need the same bytes, so a rung's `key`
names the renditions made for it, whichever show they were made for.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

from packager.packaging.segmentation import nearest

Kind = Literal["video", "audio", "muxed", "subtitles"]
Container = Literal["cmaf", "ts", "packed-aac", "webvtt"]

# Where timestamps start in MPEG-TS, in 1/90000 s. Not at 0: the clock reference runs before them.
TS_ORIGIN = 900_000


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoSpec:
    """The video of a rung."""

    width: int  # pixels, even
    height: int  # pixels, even
    frame_rate: Fraction  # frames per second
    bitrate: int  # bit/s that no segment may pass
    codec: Literal["h264"] = "h264"
    profile: Literal["baseline", "main", "high"] = "high"
    level: int = 0  # level_idc: 31 is level 3.1; 0: the encoder's choice
    pixel_format: str = "yuv420p"
    colour: tuple[int, int, int] = (1, 1, 1)  # H.273 primaries, transfer, matrix; 1: BT.709


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioSpec:
    """The audio of a rung."""

    sample_rate: int  # Hz
    channels: int
    bitrate: int  # bit/s
    codec: Literal["aac"] = "aac"


@dataclass(frozen=True, kw_only=True)
class Rung:
    """What one media playlist of a show needs.

    Every rung of a ladder has the same `segment_s` and `frame_grid`: borders and ends of all
    renditions fall on frames of the slowest video, so they are the same instants (A-50, A-51).
    """

    kind: Kind
    container: Container
    segment_s: Fraction  # seconds of a whole segment, a multiple of 1 / frame_grid
    frame_grid: Fraction  # frames per second of the ladder's slowest video
    video: VideoSpec | None = None
    audio: AudioSpec | None = None
    timestamp_origin: int = 0  # 1/90000 s: of the first sample in TS, packed audio and WebVTT
    # Where others of the ladder are alike but for that: a language, or what a track is called.
    spoken: str = ""

    def __post_init__(self) -> None:
        if (self.segment_s * self.frame_grid).denominator != 1 or self.segment_s <= 0:
            raise ValueError(f"{self.segment_s} s is not a whole number of frames")
        if (self.video is not None) != (self.kind in ("video", "muxed")):
            raise ValueError(f"a rung of kind {self.kind} and its video do not agree")
        if (self.audio is not None) != (self.kind in ("audio", "muxed")):
            raise ValueError(f"a rung of kind {self.kind} and its audio do not agree")

    @property
    def segment_frames(self) -> int:
        """Frames of the grid in a whole segment."""
        return int(self.segment_s * self.frame_grid)

    @cached_property
    def key(self) -> str:
        """A short digest of everything above."""
        return _digest(rung_to_json(self))


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A media playlist for which no creative can be packaged, and why."""

    reason: str


@dataclass(frozen=True)
class Ladder:
    """What each media playlist of a show needs, in the order of `media_playlist_uris`."""

    entries: tuple[Rung | Unmatched, ...]

    @cached_property
    def rungs(self) -> tuple[Rung, ...]:
        """The rungs, each once."""
        return tuple(dict.fromkeys(entry for entry in self.entries if isinstance(entry, Rung)))

    @property
    def max_height(self) -> int:
        """Pixels of the tallest rung; 0 without video."""
        return max((rung.video.height for rung in self.rungs if rung.video), default=0)

    @cached_property
    def key(self) -> str:
        """A short digest: ladders with the same rungs have the same key."""
        return _digest(sorted(rung.key for rung in self.rungs))


def whole_segment(target_s: Fraction, frame_grid: Fraction) -> Fraction:
    """Return the duration next to `target_s` seconds that is a whole number of frames, not 0."""
    return Fraction(max(1, nearest(target_s * frame_grid))) / frame_grid


def rung_to_json(rung: Rung) -> dict[str, Any]:
    """Return the rung as JSON values; fractions are text, ``30000/1001``."""
    video, audio = rung.video, rung.audio
    spoken = {"spoken": rung.spoken} if rung.spoken else {}
    return {
        **spoken,
        "kind": rung.kind,
        "container": rung.container,
        "segment_s": str(rung.segment_s),
        "frame_grid": str(rung.frame_grid),
        "timestamp_origin": rung.timestamp_origin,
        "video": None
        if video is None
        else {
            "width": video.width,
            "height": video.height,
            "frame_rate": str(video.frame_rate),
            "bitrate": video.bitrate,
            "codec": video.codec,
            "profile": video.profile,
            "level": video.level,
            "pixel_format": video.pixel_format,
            "colour": list(video.colour),
        },
        "audio": None
        if audio is None
        else {
            "sample_rate": audio.sample_rate,
            "channels": audio.channels,
            "bitrate": audio.bitrate,
            "codec": audio.codec,
        },
    }


def rung_from_json(value: Mapping[str, Any]) -> Rung:
    """Return the rung that `rung_to_json` wrote."""
    video, audio = value["video"], value["audio"]
    return Rung(
        kind=value["kind"],
        container=value["container"],
        segment_s=Fraction(value["segment_s"]),
        frame_grid=Fraction(value["frame_grid"]),
        timestamp_origin=value["timestamp_origin"],
        spoken=value.get("spoken", ""),
        video=None
        if video is None
        else VideoSpec(
            **{
                **video,
                "frame_rate": Fraction(video["frame_rate"]),
                "colour": tuple(video["colour"]),
            }
        ),
        audio=None if audio is None else AudioSpec(**audio),
    )


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]
