"""What is done to the film's own frame: made smaller for an L-frame, or shown in other colours."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

import numpy as np
import numpy.typing as npt

from overlays.frames.blend import Planes

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Squeeze:
    """The film in a smaller box, with a colour around it; pictures above it make it an L-frame.

    The box is put on even pixels, and is at least 2 wide and high.
    """

    left: int  # pixels of the frame, as the others
    top: int
    width: int
    height: int
    around: Rgb = (0, 0, 0)

    def within(self, size: tuple[int, int]) -> tuple[int, int, int, int]:
        """Return left, top, width and height, even and inside a frame of `size`."""
        left, top = (
            min(max(place, 0), length - 2) // 2 * 2
            for place, length in zip((self.left, self.top), size, strict=True)
        )
        width = min(max(self.width, 2), size[0] - left) // 2 * 2
        height = min(max(self.height, 2), size[1] - top) // 2 * 2
        return left, top, width, height


@dataclass(frozen=True, slots=True, eq=False)
class Palette:
    """Other colours of the film: luma by a table, chroma by a table of both its parts."""

    luma: bytes  # 256 of them
    chroma: npt.NDArray[np.uint16]  # shape (65536,): by U * 256 + V, the same of the new ones

    def apply(self, planes: Planes) -> None:
        """Change a frame in place."""
        y, u, v = planes
        y[...] = np.frombuffer(y.tobytes().translate(self.luma), np.uint8).reshape(y.shape)
        changed = self.chroma.take(u.astype(np.uint16) << 8 | v)
        u[...], v[...] = changed >> 8, changed & 0xFF


def make_palette(
    *,
    hue_degrees: float = 0,
    saturation: float = 1,
    contrast: float = 1,
    brightness: float = 0,
    full_range: bool = False,
) -> Palette:
    """Make a palette.

    Args:
        hue_degrees: By how much the colours are turned.
        saturation: 0 for grey, 1 as it is.
        contrast: Factor of luma, around middle grey.
        brightness: Added to luma, as a share of its range.
        full_range: Whether black is 0 in the film.
    """
    black, white, most = (0, 255, 255) if full_range else (16, 235, 240)
    grey = (black + white) / 2
    levels = np.arange(256)
    luma = (levels - grey) * contrast + grey + (white - black) * brightness
    turn = math.radians(hue_degrees)
    u, v = np.meshgrid(levels - 128, levels - 128, indexing="ij")
    turned = (u * math.cos(turn) - v * math.sin(turn), u * math.sin(turn) + v * math.cos(turn))
    u, v = np.clip(np.rint(np.stack(turned) * saturation + 128), black, most).astype(np.uint16)
    return Palette(
        np.clip(np.rint(luma), black, white).astype(np.uint8).tobytes(), (u << 8 | v).reshape(-1)
    )


class Treatment(Protocol):
    """A change of the film over time, in the same order as the layers above and below it."""

    def at(self, time: Fraction) -> Squeeze | Palette | None:
        """Return what is done at `time`, in seconds since it began; None for nothing."""
