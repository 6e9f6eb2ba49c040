"""What the demo has to play, as values: the renditions of its loop, and the files of its ads.

Generated media lie in one folder, with an index that is written last: a folder with an index is
complete, and a later start reads it instead of drawing everything again.
"""

import json
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

INDEX = "demo.json"


class DemoMediaError(Exception):
    """The folder has no index of the demo's media, or one of another version; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopRendition:
    """One CMAF rendition of the loop: one track, one movie fragment per segment."""

    name: str  # in URLs and as its folder's name, "720p", "audio"
    kind: str  # "video" or "audio"
    codecs: str  # RFC 6381, "avc1.64001f"
    timescale: int  # ticks per second
    durations: tuple[int, ...]  # ticks, of each segment
    bandwidth: int  # bit/s that no segment passes
    average_bandwidth: int
    width: int = 0  # pixels
    height: int = 0
    frame_rate: Fraction = Fraction(0)
    channels: int = 0
    init: str = "init.mp4"  # names of files in the rendition's folder
    segments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """A progressive MP4 as an advertiser would deliver it: a creative, the slate, the bumper."""

    name: str  # of the file, without its suffix
    title: str
    code: str  # colour code of its picture, a key of overlays.testcard.CODES
    duration_s: int
    width: int  # pixels
    height: int
    frame_rate: int
    sample_rate: int = 0  # Hz; 0: no audio track
    channels: int = 0

    @property
    def file(self) -> str:
        """Name of the file in the demo's folder."""
        return f"{self.name}.mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMedia:
    """Everything that the demo plays.

    Every rendition of the loop has the same number of segments; the loop may be repeated for ever
    because every track of it is, to within one audio frame, as long as its first video track.
    """

    folder: Path
    renditions: tuple[LoopRendition, ...]  # videos from the largest to the smallest, then audio
    creatives: tuple[Clip, ...]
    slate: Clip
    bumper: Clip

    @property
    def videos(self) -> tuple[LoopRendition, ...]:
        """The video renditions, the largest first."""
        return tuple(rendition for rendition in self.renditions if rendition.kind == "video")

    @property
    def audio(self) -> LoopRendition:
        """The audio rendition."""
        return next(rendition for rendition in self.renditions if rendition.kind == "audio")

    @property
    def loop_s(self) -> Fraction:
        """Duration of the loop in seconds."""
        video = self.videos[0]
        return Fraction(sum(video.durations), video.timescale)

    def rendition(self, name: str) -> LoopRendition | None:
        """The rendition of that name, if there is one."""
        return next((item for item in self.renditions if item.name == name), None)

    def path(self, clip: Clip) -> Path:
        """Where the file of a clip lies."""
        return self.folder / clip.file


def write_index(media: DemoMedia, *, version: str) -> None:
    """Write the index, which declares the folder complete."""
    document = {
        "version": version,
        "renditions": [
            {**asdict(item), "frame_rate": str(item.frame_rate)} for item in media.renditions
        ],
        "creatives": [asdict(clip) for clip in media.creatives],
        "slate": asdict(media.slate),
        "bumper": asdict(media.bumper),
    }
    (media.folder / INDEX).write_text(json.dumps(document, indent=1), encoding="utf-8")


def read_index(folder: Path, *, version: str) -> DemoMedia:
    """Read the index of a folder.

    Raises:
        DemoMediaError: There is none, it is damaged, or it was written by another version.
    """
    try:
        document = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        if document["version"] != version:
            raise DemoMediaError(f"{folder} was made by version {document['version']}")
        return DemoMedia(
            folder=folder,
            renditions=tuple(_rendition(item) for item in document["renditions"]),
            creatives=tuple(Clip(**clip) for clip in document["creatives"]),
            slate=Clip(**document["slate"]),
            bumper=Clip(**document["bumper"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DemoMediaError(f"{folder} has no readable index: {error}") from error


def _rendition(item: dict[str, Any]) -> LoopRendition:
    lists = {name: tuple(item[name]) for name in ("durations", "segments")}
    return LoopRendition(**{**item, **lists, "frame_rate": Fraction(item["frame_rate"])})
