"""From pictures and sound to the segments of a whole ladder, in one pass and bounded memory.

Every picture is decoded once, scaled for each rung and encoded; what is finished is written segment
by segment, so ten minutes or ten hours of content need the same memory.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from packager.packaging.ladder import Rung

Progress = Callable[[float], None]  # called with the seconds of video encoded so far


@dataclass(frozen=True, slots=True)
class VideoSource:
    """Pictures at an even pace.

    `frames` gives arrays of shape (height, width, 3), uint8, sRGB; or, with `pixel_format`
    "yuv420p", of shape (height * 3 / 2, width): the planes Y, U and V below each other, BT.709.
    They are not modified, and one may be given again and again.
    """

    width: int
    height: int
    frame_rate: Fraction
    frames: Iterator[NDArray[np.uint8]]
    pixel_format: str = "rgb24"


@dataclass(frozen=True, slots=True)
class AudioSource:
    """Sound: arrays of shape (n, channels), float32, full scale at 1; any n, not modified."""

    sample_rate: int
    channels: int
    samples: Iterator[NDArray[np.float32]]


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How hard the encoder tries."""

    preset: str = "veryfast"  # of libx264
    crf: int = 22  # of libx264: quality where the bit rate of the rung allows it
    threads: int = 0  # per video rung; 0: libx264's choice


@dataclass(frozen=True, slots=True)
class EncodedSegment:
    """One segment that was written."""

    name: str  # of the file in the rendition's folder
    duration: Fraction  # seconds, from the media's timestamps
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class EncodedRendition:
    """The files made for one rung."""

    rung: Rung
    folder: Path
    init: str | None  # name of the init section's file, where the container has one
    segments: tuple[EncodedSegment, ...]


def encode_ladder(
    video: VideoSource,
    audio: AudioSource | None,
    rungs: Sequence[Rung],
    out_dir: Path,
    *,
    settings: EncodeSettings | None = None,
    names: Mapping[Rung, str] | None = None,
    progress: Progress | None = None,
) -> tuple[EncodedRendition, ...]:
    """Encode everything that `video` gives for each of `rungs`, with borders at the same instants.

    Audio is trimmed to the video, or filled with silence, to the nearest AAC frame (G-04).

    Args:
        video: The pictures.
        audio: The sound; None: silence.
        rungs: Of one ladder.
        out_dir: Gets a folder for each rung.
        settings: How hard the encoder tries.
        names: The folder's name for a rung; its key where this has none.
        progress: Told how far the encoding is.

    Returns:
        One rendition per rung, in the order of `rungs`.
    """
    raise NotImplementedError
