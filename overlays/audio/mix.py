"""Music under sound: how loud both are at every sample.

Times are counted from a segment's first sample, in seconds; a mix has the same values for a sample
whichever segment it is in, so that segments continue each other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from overlays.audio.stem import Planes, Stem

# Where a playlist rounds durations to milliseconds, so are the instants at which music begins told
# a little differently by each segment. At this grid they are one; what is between its instants is
# rounded at a place where neither frames nor anybody's round numbers are.
_GRID = Fraction(1, 4)
_ASIDE = Fraction(137, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """A stem and how it is mixed."""

    stem: Stem
    begins_at: Fraction | None = None  # None: long before
    ends_at: Fraction | None = None  # None: not known yet
    fade_s: Fraction = Fraction(1)  # it fades in from where it begins, and out from where it ends
    gain_db: float = 0.0  # of the stem
    duck_db: float = 0.0  # by which the sound is softer under it
    top_at: Fraction | None = None  # the stem's beginning; None: it goes on by the track's clock


def mixed(planes: Planes, mixes: Iterable[Mix], *, rate: int, first: int, zero: int) -> Planes:
    """Return sound with music under it.

    Args:
        planes: The sound; not modified.
        mixes: The music; where two meet, the sound is as soft as both together say.
        rate: Samples per second.
        first: Of `planes`, counted on the clock of the track.
        zero: The sample, on that clock, from which the times of the mixes count.
    """
    count = planes.shape[1]
    loudness = np.ones(count, np.float32)
    music = np.zeros_like(planes)
    for mix in mixes:
        share = _share(mix, first - zero, count, rate)
        if not share.any():
            continue
        anchor = 0
        if mix.top_at is not None:
            top = Fraction(zero, rate) + mix.top_at
            anchor = int(round((top + _ASIDE) / _GRID) * _GRID * rate)
        loudness *= 1 - share * np.float32(1 - _factor(-mix.duck_db))
        music += mix.stem.take(first - anchor, count) * (share * np.float32(_factor(mix.gain_db)))
    return planes * loudness + music


def _share(mix: Mix, first: int, count: int, rate: int) -> NDArray[np.float32]:
    """How much of the stem is heard at each sample, from 0 to 1."""
    times = (first + np.arange(count)) / rate
    share = np.ones(count)
    fade_s = max(float(mix.fade_s), 1 / rate)
    if mix.begins_at is not None:
        share = np.clip((times - float(mix.begins_at)) / fade_s, 0, 1)
    if mix.ends_at is not None:
        share = np.minimum(share, np.clip(1 - (times - float(mix.ends_at)) / fade_s, 0, 1))
    return (np.sin(share * (np.pi / 2)) ** 2).astype(np.float32)


def _factor(db: float) -> float:
    return float(10 ** (db / 20))
