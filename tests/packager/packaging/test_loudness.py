"""EBU R 128 at conditioning (G-11)."""

from collections.abc import Iterator

import av
import numpy as np
import pytest

from packager.packaging.audio import frame_of
from packager.packaging.loudness import gain_to, measure


def sounds(samples: np.ndarray) -> Iterator[av.AudioFrame]:
    for first in range(0, len(samples), 4800):
        frame = frame_of(48_000, samples[first : first + 4800])
        frame.pts = first
        yield frame


def tone(level: float, seconds: float = 3) -> np.ndarray:
    times = np.arange(int(48_000 * seconds)) / 48_000
    return np.stack([level * np.sin(2 * np.pi * 997 * times)] * 2, axis=1).astype(np.float32)


def test_a_tone_is_as_loud_as_the_recommendation_says() -> None:
    """EBU Tech 3341, case 1: a stereo tone of 1 kHz at -23 dBFS is -23 LUFS."""
    loudness, peak = measure(sounds(tone(10 ** (-23 / 20))))
    assert loudness == pytest.approx(-23, abs=0.1)
    assert peak == pytest.approx(10 ** (-23 / 20), abs=0.002)


def test_the_gain_is_the_difference() -> None:
    assert gain_to(-23, sounds(tone(10 ** (-33 / 20)))) == pytest.approx(10 ** (10 / 20), rel=0.02)
    assert gain_to(-23, sounds(tone(10 ** (-13 / 20)))) == pytest.approx(10 ** (-10 / 20), rel=0.02)


def test_peaks_stay_below_full_scale() -> None:
    samples = tone(10 ** (-43 / 20))
    samples[48_000:48_010] = 0.5
    gain = gain_to(-16, sounds(samples))
    assert gain * 0.5 < 10 ** (-1 / 20) + 0.01
    assert gain < 10 ** (27 / 20)


def test_silence_stays_silence() -> None:
    assert gain_to(-23, sounds(np.zeros((48_000, 2), np.float32))) == 1
    assert gain_to(-23, iter(())) == 1
