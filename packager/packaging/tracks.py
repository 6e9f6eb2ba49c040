"""Encoded tracks and runs of their samples: what the encoders give and the writers take.

Every track starts at 0, and samples follow each other without a hole. There are no B-frames, so
decoding order is display order and no container needs composition offsets or edit lists (G-03).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, Protocol

from packager.packaging.ladder import AudioSpec, VideoSpec

AAC_FRAME = 1024  # samples


@dataclass(frozen=True, slots=True)
class Sample:
    """One encoded picture or AAC frame."""

    data: bytes  # CMAF: length-prefixed NAL units; TS: Annex B. AAC: a raw data block
    duration: int  # ticks of the track
    is_sync: bool = True  # a decoder can start here


@dataclass(frozen=True, slots=True)
class VideoTrack:
    """An H.264 track."""

    spec: VideoSpec
    timescale: int  # ticks per second
    config: bytes  # CMAF: the avcC box's content; TS: not used
    kind: Literal["video"] = "video"

    @property
    def rate(self) -> Fraction:
        """Pictures per second."""
        return self.spec.frame_rate

    @property
    def codecs(self) -> str:
        """As in RFC 6381, "avc1.640028"; CMAF only."""
        return f"avc1.{self.config[1:4].hex()}"


@dataclass(frozen=True, slots=True)
class AudioTrack:
    """An AAC-LC track; its timescale is the sample rate."""

    spec: AudioSpec
    timescale: int
    config: bytes  # AudioSpecificConfig (ISO 14496-3, 1.6.2.1)
    kind: Literal["audio"] = "audio"

    @property
    def rate(self) -> Fraction:
        """AAC frames per second."""
        return Fraction(self.spec.sample_rate, AAC_FRAME)

    @property
    def codecs(self) -> str:
        """As in RFC 6381."""
        return "mp4a.40.2"


Track = VideoTrack | AudioTrack


@dataclass(frozen=True, slots=True)
class Run:
    """The samples of one track in one segment."""

    track: Track
    start: int  # ticks since the creative's start
    samples: tuple[Sample, ...]

    @property
    def duration(self) -> Fraction:
        """Seconds."""
        return Fraction(sum(sample.duration for sample in self.samples), self.track.timescale)


class SegmentWriter(Protocol):
    """Puts the runs of a segment into a container. One writer writes one rendition, in order."""

    suffix: str  # of segment files, ".m4s"

    def init_section(self) -> bytes | None:
        """Return what stands before every segment, where the container has that."""

    def segment(self, number: int, runs: tuple[Run, ...]) -> bytes:
        """Return segment `number` (from 1), with a run for each track."""
