"""Renditions as an encoder has written them: files in a folder, and what is known of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from packager.packaging.ladder import Rung


@dataclass(frozen=True, slots=True)
class EncodedSegment:
    """One segment that was written."""

    name: str  # of the file in the rendition's folder
    duration: Fraction  # seconds, from the media's timestamps
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class CmafTrack:
    """The one track of a CMAF rendition, as an MPD tells of it."""

    timescale: int  # ticks per second, of the media
    codecs: str  # RFC 6381: "avc1.640028"


@dataclass(frozen=True, slots=True)
class EncodedRendition:
    """The files made for one rung."""

    rung: Rung
    folder: Path
    init: str | None  # name of the init section's file, where the container has one
    segments: tuple[EncodedSegment, ...]
    track: CmafTrack | None = None  # None unless it is CMAF of one track

    @property
    def peak_bitrate(self) -> int:
        """The highest bit rate of a segment, in bit/s, rounded up."""
        return max(int(segment.size * 8 / segment.duration) + 1 for segment in self.segments)


def encoded_to_json(rendition: EncodedRendition) -> dict[str, Any]:
    """Return the rendition without its rung as JSON values."""
    track = rendition.track
    return {
        "folder": str(rendition.folder),
        "init": rendition.init,
        "segments": [[s.name, str(s.duration), s.size] for s in rendition.segments],
        "track": None if track is None else [track.timescale, track.codecs],
    }


def encoded_from_json(rung: Rung, value: Mapping[str, Any]) -> EncodedRendition:
    """Return the rendition that `encoded_to_json` wrote."""
    track = value["track"]
    return EncodedRendition(
        rung,
        Path(value["folder"]),
        value["init"],
        tuple(EncodedSegment(name, Fraction(s), size) for name, s, size in value["segments"]),
        None if track is None else CmafTrack(*track),
    )
