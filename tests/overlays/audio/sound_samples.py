"""Sound made on the spot in CMAF, music to mix under it, and an ear for what became of them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from overlays.audio.cmaf import sound_configuration
from overlays.audio.codec import decode, encode
from overlays.audio.configuration import FRAME, AacConfiguration
from overlays.audio.stem import Planes, Stem
from overlays.audio.windows import SINE, turned, with_slope
from overlays.mp4.boxes import read_boxes
from overlays.mp4.init import audio_track, read_init
from overlays.mp4.rewrite import replace_samples
from overlays.mp4.samples import Sample, read_segment

SHARED = Path(__file__).parents[3] / ".." / "shared" / "media"
RATE = 48_000


@dataclass(frozen=True)
class Sound:
    """A rendition: its init section and its segments."""

    init: bytes
    segments: tuple[bytes, ...]

    @property
    def configuration(self) -> AacConfiguration:
        return sound_configuration(self.init)

    def samples(self, data: bytes) -> tuple[Sample, ...]:
        movie = read_init(self.init)
        return read_segment(data, movie).samples(audio_track(movie).number)

    def decoded(self, segments: Sequence[bytes]) -> Planes:
        """The samples of segments that are played one after the other."""
        frames = [one.data for data in segments for one in self.samples(data)]
        return decode(self.configuration, frames)[:, :-FRAME]

    def beside(self, index: int) -> dict[str, bytes]:
        """The segments before and after one."""
        return {
            "before": self.segments[index - 1] if index else b"",
            "after": self.segments[index + 1] if index + 1 < len(self.segments) else b"",
        }


def speech(seconds: float, channels: int = 2, rate: int = RATE) -> Planes:
    """Something like speech: a changing tone with overtones, syllables, and breath."""
    times = np.arange(int(seconds * rate)) / rate
    pitch = 130 + 20 * np.sin(times * 2)
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(number * phase) / number for number in range(1, 12))
    syllables = 0.6 + 0.4 * np.sin(2 * np.pi * 3 * times)
    breath = np.random.default_rng(7).normal(0, 0.01, len(times))
    return (0.12 * voice * syllables + breath) * _sides(channels)


@cache
def make_sound(
    *,
    codec: str = "aac",
    rate: int = RATE,
    layout: str = "stereo",
    seconds: float = 4.0,
    bit_rate: int = 128_000,
    silent: bool = False,
) -> Sound:
    """Encode speech in segments of a second."""
    buffer = io.BytesIO()
    options = {"movflags": "empty_moov+default_base_moof", "frag_duration": "1000000"}
    with av.open(buffer, "w", format="mp4", options=options) as out:
        stream = out.add_stream(codec, rate=rate, layout=layout)
        stream.bit_rate = bit_rate
        planes = speech(seconds, stream.codec_context.layout.nb_channels, rate)
        planes = planes * (not silent)
        for first in range(0, planes.shape[1], FRAME):
            block = np.ascontiguousarray(planes[:, first : first + FRAME], np.float32)
            frame = av.AudioFrame.from_ndarray(block, "fltp", layout)
            frame.sample_rate, frame.pts = rate, first
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    data = buffer.getvalue()
    boxes = [(box.kind, data[box.start : box.end]) for box in read_boxes(data)]
    init = b"".join(content for kind, content in boxes if kind in (b"ftyp", b"moov"))
    segments = tuple(moof + mdat for (kind, moof), (_, mdat) in pairwise(boxes) if kind == b"moof")
    return Sound(init, segments)


@cache
def make_sine_sound() -> Sound:
    """The same speech, smoother, from an encoder whose windows are sines."""
    planes = hum(4.0)
    for first in range(0, planes.shape[1] - FRAME + 1, FRAME):
        planes[:, first : first + FRAME] = turned(planes[:, first : first + FRAME])
    configuration = AacConfiguration(RATE, 2)
    whole = planes.shape[1] // FRAME * FRAME
    frames = [with_slope(one, SINE) for one in encode(configuration, planes[:, :whole], 128_000)]
    assert all(frames), "a frame has short windows"
    like = make_sound()
    movie = read_init(like.init)
    number = audio_track(movie).number
    segments, at = [], 0
    for data in like.segments:
        segment = read_segment(data, movie)
        old = segment.samples(number)
        new = [replace(a, data=b or b"") for a, b in zip(old, frames[at:], strict=False)]
        at += len(old)
        if len(new) == len(old):
            segments.append(replace_samples(segment, number, new))
    return Sound(like.init, tuple(segments))


def hum(seconds: float) -> Planes:
    """Speech without breath or sudden sounds."""
    times = np.arange(int(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * hertz * times) for hertz in (140, 310, 700, 1_250, 2_600))
    slow = (0.7 + 0.3 * np.sin(2 * np.pi * times)) * np.minimum(times / 0.2, 1)
    return (0.08 * tones * slow * _sides(2)).astype(np.float32)


def real_sound(folder: str, names: Sequence[str]) -> Sound:
    """A rendition among the real media."""
    place = SHARED / folder
    return Sound(
        (place / "init.mp4").read_bytes(), tuple((place / name).read_bytes() for name in names)
    )


def chord(seconds: float = 30.0, channels: int = 2, rate: int = RATE) -> Stem:
    """Music without a beat: whatever jumps in it is a seam."""
    times = np.arange(int(seconds * rate)) / rate
    tones = ((220, 0), (277.2, 1), (329.6, 2), (554.4, 0.3))
    tune = sum(np.sin(2 * np.pi * hertz * times + phase) for hertz, phase in tones)
    return Stem((0.06 * tune * _sides(channels)).astype(np.float32), rate)


def _sides(channels: int) -> Planes:
    """How loud each channel is; in the one for deep sounds is nothing."""
    sides = np.linspace(1, 0.8, channels, dtype=np.float32)[:, None]
    sides[3:4] *= channels != 6
    return sides


def error_db(one: Planes, other: Planes) -> np.ndarray:
    """The error of each block of 1024 samples, in dB of full scale."""
    blocks = np.square(one - other).mean(axis=0).reshape(-1, FRAME).mean(axis=1)
    return 10 * np.log10(np.maximum(blocks, 1e-12))


def power_db(planes: Planes) -> float:
    return float(10 * np.log10(np.square(planes).mean()))


def seconds_of(sound: Sound, index: int) -> Fraction:
    """When a segment begins, after the first one."""
    timescale = audio_track(read_init(sound.init)).timescale
    first, here = sound.samples(sound.segments[0])[0], sound.samples(sound.segments[index])[0]
    return Fraction(here.dts - first.dts, timescale)
