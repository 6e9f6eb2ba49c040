"""A stem: music that is mixed under sound; it begins again where it ends.

Only worker processes read one: that imports PyAV.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

import av
import numpy as np
from numpy.typing import NDArray

from overlays.audio.configuration import AacConfiguration
from overlays.errors import StemError

Planes = NDArray[np.float32]
"""Shape (channels, samples), full scale at 1."""

FORMATS = {
    ".m4a": "mov",
    ".mp4": "mov",
    ".aac": "aac",
    ".mp3": "mp3",
    ".wav": "wav",
    ".flac": "flac",
    ".ogg": "ogg",
}
"""FFmpeg's demuxers by a file's ending: what a file is does not depend on what is in it."""

MOST_S = 600  # of a stem: it is held in memory
_CROSSFADE_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Stem:
    """Music at the rate and with the channels of the sound that it is mixed under."""

    planes: Planes
    rate: int

    def take(self, first: int, count: int) -> Planes:
        """Return samples; before its beginning it is silent.

        Args:
            first: Samples since its beginning.
            count: How many.
        """
        cross = self._crossfade
        period = self.planes.shape[1] - cross
        positions = first + np.arange(count)
        within = positions % period
        taken: Planes = self.planes[:, within]
        fading = within < cross
        if np.any(fading):  # from its end into its beginning, at equal power
            at = within[fading]
            angle = (np.pi / 2 * (at + 0.5) / cross).astype(np.float32)
            over = self.planes[:, at] * np.sin(angle) + self.planes[:, period + at] * np.cos(angle)
            again = positions[fading] >= period
            taken[:, fading] = np.where(again, over, self.planes[:, at])
        taken[:, positions < 0] = 0
        return taken

    @property
    def _crossfade(self) -> int:
        """Samples that its end and its next beginning share."""
        samples: int = self.planes.shape[1]
        return min(int(_CROSSFADE_S * self.rate), samples // 4)


def read_stem(data: bytes, ending: str, configuration: AacConfiguration) -> Stem:
    """Decode an audio file.

    Args:
        data: Of the file.
        ending: Of its name; a key of `FORMATS`.
        configuration: Of the sound under which it is mixed.

    Raises:
        StemError: It cannot be decoded, has no sound, or has more than `MOST_S`.
    """
    parts: list[Planes] = []
    samples = 0
    try:
        resampler = av.AudioResampler("fltp", configuration.layout, configuration.rate)
        with av.open(BytesIO(data), "r", format=FORMATS[ending]) as container:
            if not container.streams.audio:
                raise StemError("the stem has no sound")
            for frame in container.decode(container.streams.audio[0]):
                frame.pts = None  # parts follow each other
                parts += _planes(resampler.resample(frame))
                samples += frame.samples * configuration.rate // frame.sample_rate
                if samples > MOST_S * configuration.rate:
                    raise StemError(f"the stem lasts more than {MOST_S} s")
        parts += _planes(resampler.resample(None))
    except (av.FFmpegError, KeyError, ValueError) as error:
        raise StemError(f"the stem cannot be decoded: {error}") from None
    if samples < configuration.rate // 10:
        raise StemError("the stem has no sound")
    return Stem(np.concatenate(parts, axis=1), configuration.rate)


def _planes(frames: Iterable[av.AudioFrame]) -> list[Planes]:
    return [frame.to_ndarray().astype(np.float32, copy=False) for frame in frames]
