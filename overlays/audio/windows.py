"""Windows of AAC frames: frames of two encoders that meet must fold their common block alike.

A block of 1024 samples is heard from the frame before it and the frame that begins with it. Each
has it folded on itself, under a slope that the first one names, and only halves of one slope unfold
to what was there (ISO 14496-3, 4.6.11). Our encoder's long slopes are those of Kaiser and Bessel;
others have sines. A block that is turned before it is encoded is folded by the one slope as it
would have been by the other, so that only a bit of the frame before has to tell the truth.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from overlays.audio.configuration import FRAME
from overlays.audio.stem import Planes

SINE, KAISER_BESSEL = 0, 1  # window_shape

_SINGLE, _PAIR, _FILL = 0, 1, 6  # of syntactic elements
_LONG_BEHIND = (0, 3)  # window_sequence: only long, and from short to long
_ALPHA = 4


def slope_behind(frame: bytes) -> int | None:
    """The shape of the long slope with which a frame ends; None: it is short, or not known."""
    place = _place(frame)
    if place is None or _bits(frame, place + 1, 2) not in _LONG_BEHIND:
        return None
    return _bits(frame, place + 3, 1)


def with_slope(frame: bytes, shape: int) -> bytes | None:
    """A frame of one or two channels that tells of another shape; None: it cannot."""
    place = _place(frame)
    if place is None or slope_behind(frame) is None:
        return None
    shift = 8 * len(frame) - place - 4
    value = int.from_bytes(frame) & ~(1 << shift) | shape << shift
    return value.to_bytes(len(frame))


def turned(block: Planes) -> Planes:
    """A block for our encoder, whose halves then are those of sines.

    Args:
        block: Shape (channels, 1024), as it is to be heard; or half of it, as a frame gives it.
    """
    angles = _sine() - _kaiser_bessel()
    result: Planes = (block * np.cos(angles) + block[:, ::-1] * np.sin(angles)).astype(np.float32)
    return result


def _place(frame: bytes) -> int | None:
    """Where ics_info begins, in bits; None: not in an element that speaks for all channels."""
    place = 0
    while place + 24 < 8 * len(frame):
        element = _bits(frame, place, 3)
        if element == _SINGLE:
            return place + 3 + 4 + 8
        if element == _PAIR:
            return place + 3 + 4 + 1 if _bits(frame, place + 7, 1) else None
        if element != _FILL:
            return None
        count = _bits(frame, place + 3, 4)
        place += 7
        if count == 15:
            count += _bits(frame, place, 8) - 1
            place += 8
        place += 8 * count
    return None


def _bits(data: bytes, first: int, count: int) -> int:
    some = int.from_bytes(data[first // 8 : first // 8 + 3])
    return some >> 24 - first % 8 - count & (1 << count) - 1


@cache
def _sine() -> NDArray[np.float64]:
    """The rising slope as angles, of which the window is the sine."""
    return np.pi / 2 * (np.arange(FRAME) + 0.5) / FRAME


@cache
def _kaiser_bessel() -> NDArray[np.float64]:
    kernel = np.cumsum(np.kaiser(FRAME + 1, np.pi * _ALPHA))
    angles: NDArray[np.float64] = np.arcsin(np.sqrt(kernel[:-1] / kernel[-1]))
    return angles
