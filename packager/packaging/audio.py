"""Sound to AAC: at the rung's rate and channels, in frames that start at time 0 exactly.

The encoder's first packet only primes the decoder. It is cut away here, so no container needs an
edit list and no creative in a pod delays the next one (G-04).
"""

from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from packager.packaging.ladder import AudioSpec
from packager.packaging.segmentation import SegmentPlan, nearest
from packager.packaging.tracks import AAC_FRAME, AudioTrack, Sample

Planes = NDArray[np.float32]  # shape (channels, n), full scale at 1

_PRIMING = 1  # packets before time 0
_JITTER_S = Fraction(1, 20)
_LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1", 8: "7.1"}


class AudioEncoder:
    """Encodes one track. Missing sound is silence, sound past the end is dropped."""

    def __init__(self, spec: AudioSpec, plan: SegmentPlan, *, gain: float = 1.0) -> None:
        """`gain`: factor for every sample."""
        self._codec: Any = av.CodecContext.create("aac", "w")
        self._codec.sample_rate = spec.sample_rate
        self._codec.layout = _LAYOUTS[spec.channels]
        self._codec.format = "fltp"
        self._codec.bit_rate = spec.bitrate
        self._codec.flags |= Flags.global_header
        self._codec.open()
        self._resampler = av.AudioResampler(
            format="fltp", layout=_LAYOUTS[spec.channels], rate=spec.sample_rate
        )
        self._spec = spec
        self._gain = np.float32(gain)
        self.track = AudioTrack(spec, spec.sample_rate, bytes(self._codec.extradata or b""))
        self._start = plan.sample(0, self.track.rate) * AAC_FRAME  # samples before are not needed
        self._position: int | None = None  # sample that comes next; None: no sound yet
        self._pending: list[Planes] = []
        self._encoded = 0  # samples
        self._priming = _PRIMING

    def encode(self, frame: av.AudioFrame, at: Fraction | None = None) -> list[Sample]:
        """Encode `frame`, which sounds `at` seconds; None: when the one before has ended.

        Holes become silence, and what comes twice is dropped, once it is more than clocks that
        tick in milliseconds explain.
        """
        samples: list[Sample] = []
        surplus = 0
        if at is not None:
            behind = nearest(at * self._spec.sample_rate) - (self._position or 0)
            if self._position is None or abs(behind) > self._spec.sample_rate * _JITTER_S:
                samples = self._silence(behind)
                surplus = max(0, -behind)
        return samples + self._resample(frame, surplus)

    def finish(self, end: int) -> list[Sample]:
        """Fill up with silence to AAC frame `end` and return what the encoder still holds.

        What was encoded past `end` is among the samples and is the caller's to drop.
        """
        samples = self._resample(None, 0)
        samples += self._silence(end * AAC_FRAME - (self._position or 0))
        return samples + self._samples(self._codec.encode(None))

    def _resample(self, frame: av.AudioFrame | None, surplus: int) -> list[Sample]:
        samples = []
        for part in self._resampler.resample(frame):
            planes = part.to_ndarray().astype(np.float32, copy=False)[:, surplus:]
            surplus = max(0, surplus - part.samples)
            samples += self._add(planes * self._gain)
        return samples

    def _silence(self, count: int) -> list[Sample]:
        samples = []
        while count > 0:  # in pieces: hours of it must not be hours of memory
            step = min(count, 64 * AAC_FRAME)
            samples += self._add(np.zeros((self._spec.channels, step), np.float32))
            count -= step
        return samples

    def _add(self, planes: Planes) -> list[Sample]:
        position = self._position or 0
        self._position = position + planes.shape[1]
        self._pending.append(planes[:, max(0, self._start - position) :])
        joined = np.concatenate(self._pending, axis=1)
        whole = joined.shape[1] // AAC_FRAME * AAC_FRAME
        self._pending = [joined[:, whole:]]
        return [
            sample
            for first in range(0, whole, AAC_FRAME)
            for sample in self._encode_frame(joined[:, first : first + AAC_FRAME])
        ]

    def _encode_frame(self, planes: Planes) -> list[Sample]:
        frame = _frame(planes, self._spec.sample_rate)
        frame.pts = self._encoded
        self._encoded += AAC_FRAME
        return self._samples(self._codec.encode(frame))

    def _samples(self, packets: list[Any]) -> list[Sample]:
        samples = [Sample(bytes(packet), AAC_FRAME) for packet in packets]
        dropped = min(self._priming, len(samples))
        self._priming -= dropped
        return samples[dropped:]


def frame_of(sample_rate: int, samples: NDArray[np.float32]) -> av.AudioFrame:
    """Return samples of shape (n, channels) as a frame."""
    return _frame(samples.T, sample_rate)


def _frame(planes: Planes, sample_rate: int) -> av.AudioFrame:
    data = np.ascontiguousarray(np.clip(planes, -1, 1), np.float32)
    frame = av.AudioFrame.from_ndarray(data, format="fltp", layout=_LAYOUTS[len(planes)])
    frame.sample_rate = sample_rate
    return frame
