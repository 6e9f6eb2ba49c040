"""Which file, and which of its frames, a picture on the screen comes from.

Real content has no colour code in its corner (`overlays.testcard`), so the whole picture is
compared: as the mean colours of its 8 x 4 fields, with those of every frame of every file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from statistics import median

import av
import numpy as np
import numpy.typing as npt

from tests.browser.watch import Picture, Watch

FIELDS = (8, 4)
_FLAT = 6.0  # standard deviation of colours below which a picture tells nothing: a fade to black
_FAR = 14.0  # mean distance of colours, 0 to 255, beyond which a picture is none of the files'
_SHORTEST = 4  # samples, of 100 ms: a shorter shot is a frame that was read half drawn


@dataclass(frozen=True, slots=True)
class Shot:
    """A time in which the pictures of one file were seen."""

    name: str
    start: float  # seconds of the playback's own axis: first and last position
    end: float
    offset: float  # seconds: position less time in the file, in the median
    spread: float  # seconds: how far the middle nine tenths of the samples are from that


class Gallery:
    """The frames of some files."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        """Look at every frame of `files`, by name."""
        self._names: list[str] = []
        times: list[float] = []
        fields: list[npt.NDArray[np.float32]] = []
        for name, path in files.items():
            with av.open(path) as container:
                for frame in container.decode(video=0):
                    self._names.append(name)
                    times.append(float(frame.time or 0))
                    fields.append(_fields(frame))
        self._times = times
        self._fields = np.stack(fields)

    def recognise(self, picture: Picture) -> tuple[str, float] | None:
        """The file and the time in it, in seconds; None where that cannot be told."""
        seen = np.array(picture.fields, dtype=np.float32)
        if seen.std() < _FLAT:
            return None
        distances = np.abs(self._fields - seen).mean(axis=1)
        best = int(distances.argmin())
        return (self._names[best], self._times[best]) if distances[best] < _FAR else None

    def shots(self, watch: Watch) -> list[Shot]:
        """What was seen, in order; pictures that tell nothing are passed over."""
        seen = [sample.picture for sample in watch.samples if sample.picture]
        told = [(one.position, *found) for one in seen if (found := self.recognise(one))]
        shots = []
        for name, run in groupby(told, lambda item: item[1]):
            samples = list(run)
            if len(samples) < _SHORTEST:
                continue
            offset = median(position - at for position, _, at in samples)
            errors = sorted(abs(position - at - offset) for position, _, at in samples)
            spread = errors[len(errors) * 9 // 10]
            shots.append(Shot(name, samples[0][0], samples[-1][0], offset, spread))
        return shots


def _fields(frame: av.VideoFrame) -> npt.NDArray[np.float32]:
    width, height = 64, 36
    small = frame.reformat(width, height, format="rgb24", interpolation="AREA").to_ndarray()
    across, down = FIELDS
    fields = small.reshape(down, height // down, across, width // across, 3).mean(axis=(1, 3))
    return np.asarray(fields.reshape(-1), dtype=np.float32)
