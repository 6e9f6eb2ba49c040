"""What is drawn onto a film, before anybody knows how it is encoded: layers of pictures in z-order.

Templates make layers, segments are rendered from them; neither knows the other.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

Rgba = npt.NDArray[np.uint8]
"""Shape (height, width, 4), sRGB, straight alpha; never modified."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Pixels in a place of the frame; what lies outside the frame is not seen."""

    pixels: Rgba
    left: int  # pixels of the frame
    top: int


class Layer(Protocol):
    """One overlay over time.

    As long as it does not change, `at` returns the same object: a renderer converts it once.
    """

    def at(self, time: Fraction) -> Picture | None:
        """Return what stands at `time`, in seconds since the overlay began; None for nothing."""
