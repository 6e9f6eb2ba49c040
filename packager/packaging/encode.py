"""From pictures and sound to the segments of a whole ladder, in one pass and bounded memory.

Every picture is decoded once, scaled for each rung and encoded; what is finished is written segment
by segment, so ten minutes or ten hours of content need the same memory.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from packager.packaging.audio import AudioEncoder, frame_of
from packager.packaging.encoded import EncodedRendition, EncodedSegment
from packager.packaging.ladder import AudioSpec, Rung, VideoSpec
from packager.packaging.segmentation import SegmentPlan, nearest
from packager.packaging.settings import EncodeSettings
from packager.packaging.tracks import Sample, Track
from packager.packaging.video import VideoEncoder
from packager.packaging.write import RenditionWriter

__all__ = [
    "AudioSource",
    "EncodeSettings",
    "EncodedRendition",
    "EncodedSegment",
    "LadderEncoder",
    "VideoSource",
    "encode_ladder",
]

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


class LadderEncoder:
    """Encodes pictures and sound for every rung of a ladder, as they come.

    Rungs with the same video or audio share one encoder.
    """

    def __init__(
        self,
        rungs: Sequence[Rung],
        plan: SegmentPlan,
        folders: Mapping[Rung, Path],
        *,
        settings: EncodeSettings,
        pixel_aspect: Fraction = Fraction(1),
        gain: float = 1.0,
        first_number: int = 1,
        counters: Mapping[Rung, Mapping[int, int]] | None = None,
    ) -> None:
        """Open the encoders.

        Args:
            rungs: Of one ladder, each once.
            plan: Where segments begin.
            folders: For the files of each rung; they exist.
            settings: How hard to try.
            pixel_aspect: Width through height of the pictures' pixels.
            gain: Factor for the sound.
            first_number: Of the first segment: a part of an asset goes on where another ends.
            counters: Continuity counters with which a TS rung goes on.
        """
        self._plan = plan
        self._held: av.VideoFrame | None = None  # shown until the next picture comes
        self._videos: dict[tuple[VideoSpec, bool], VideoEncoder] = {}
        self._audios: dict[AudioSpec, AudioEncoder] = {}
        self._writers: list[RenditionWriter] = []
        self._readers: dict[Track, list[RenditionWriter]] = defaultdict(list)
        for rung in rungs:
            tracks: list[Track] = []
            if rung.video is not None:
                annex_b = rung.container == "ts"
                video = self._videos.get((rung.video, annex_b)) or VideoEncoder(
                    rung.video,
                    plan,
                    annex_b=annex_b,
                    preset=settings.preset,
                    crf=settings.crf,
                    threads=settings.threads,
                    pixel_aspect=pixel_aspect,
                )
                self._videos[rung.video, annex_b] = video
                tracks.append(video.track)
            if rung.audio is not None:
                audio = self._audios.get(rung.audio) or AudioEncoder(rung.audio, plan, gain=gain)
                self._audios[rung.audio] = audio
                tracks.append(audio.track)
            writer = RenditionWriter(
                rung,
                plan,
                tracks,
                folders[rung],
                first_number=first_number,
                counters=(counters or {}).get(rung),
            )
            self._writers.append(writer)
            for track in tracks:
                self._readers[track].append(writer)

    def picture(self, frame: av.VideoFrame, at: Fraction) -> None:
        """Show `frame` from `at` seconds on, until the next one."""
        self._show_held(at)
        self._held = frame

    def sound(self, frame: av.AudioFrame, at: Fraction | None = None) -> None:
        """Let `frame` sound at `at` seconds; None: after the one before."""
        for audio in self._audios.values():
            self._hand_on(audio.track, audio.encode(frame, at))

    def finish(self, end: int) -> tuple[EncodedRendition, ...]:
        """End everything at grid frame `end`; one rendition per rung, in their order."""
        seconds = end / self._plan.grid
        self._show_held(seconds)
        for video in self._videos.values():
            self._hand_on(video.track, video.finish())
        for audio in self._audios.values():
            self._hand_on(audio.track, audio.finish(nearest(seconds * audio.track.rate)))
        return tuple(writer.finish(end) for writer in self._writers)

    def _show_held(self, until: Fraction) -> None:
        if self._held is None:
            return
        if self._plan.total is not None:
            until = min(until, self._plan.total / self._plan.grid)
        for video in self._videos.values():
            samples = video.encode(self._held, nearest(until * video.track.rate))
            self._hand_on(video.track, samples)

    def _hand_on(self, track: Track, samples: Sequence[Sample]) -> None:
        for writer in self._readers[track]:
            writer.add(track, samples)


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
    plan = SegmentPlan(rungs[0].frame_grid, rungs[0].segment_frames)
    folders = {rung: out_dir / (names or {}).get(rung, rung.key) for rung in rungs}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    encoder = LadderEncoder(rungs, plan, folders, settings=settings or EncodeSettings())
    heard = Fraction(0)
    seen = Fraction(0)
    sounds = iter(()) if audio is None else map(partial(frame_of, audio.sample_rate), audio.samples)
    for array in video.frames:
        frame = av.VideoFrame.from_ndarray(array, format=video.pixel_format)
        frame.time_base = 1 / video.frame_rate
        if video.pixel_format != "rgb24":
            frame.colorspace = 1  # BT.709
        encoder.picture(frame, seen)
        seen += 1 / video.frame_rate
        while heard < seen and (sound := next(sounds, None)) is not None:
            encoder.sound(sound)
            heard += Fraction(sound.samples, sound.sample_rate)
        if progress is not None:
            progress(float(seen))
    return encoder.finish(nearest(seen * plan.grid))
