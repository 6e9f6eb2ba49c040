"""From sRGB to the Y, U and V of a film (ITU-R BT.709 and BT.601, limited or full range)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_BT601 = frozenset({5, 6})  # H.273 matrix coefficients
_UNSAID = 2


@dataclass(frozen=True, slots=True)
class Colours:
    """How a film writes its colours."""

    kr: float = 0.2126
    kb: float = 0.0722
    full_range: bool = False

    def plane(self, plane: int, rgb: tuple[Floats, Floats, Floats], alpha: Floats) -> Floats:
        """Convert colours that are multiplied by their opacity.

        Args:
            plane: 0 for Y, 1 for U, 2 for V.
            rgb: Red, green and blue, 0 to 255 times the opacity; of one shape.
            alpha: Opacity, of the same shape.

        Returns:
            Y, U or V in the film's range times the opacity, not rounded.
        """
        weights, black = self._row(plane)
        red, green, blue = (part * np.float32(w) for part, w in zip(rgb, weights, strict=True))
        converted: Floats = red + green + blue + alpha * np.float32(black)
        return converted

    def of(self, rgb: tuple[int, int, int]) -> tuple[int, int, int]:
        """Convert one colour, 0 to 255."""
        red, green, blue = (np.array(part, np.float32) for part in rgb)
        y, u, v = (
            round(float(self.plane(n, (red, green, blue), np.ones((), np.float32))))
            for n in range(3)
        )
        return y, u, v

    def rgb(self, y: Floats, u: Floats, v: Floats) -> tuple[Floats, Floats, Floats]:
        """Convert planes of one shape back; red, green and blue may lie outside 0 to 255."""
        to_rgb = np.linalg.inv([self._row(plane)[0] for plane in range(3)])
        parts = [part - self._row(plane)[1] for plane, part in enumerate((y, u, v))]
        red, green, blue = np.tensordot(to_rgb.astype(np.float32), parts, axes=1)
        return red, green, blue

    def _row(self, plane: int) -> tuple[tuple[float, float, float], int]:
        kr, kb = self.kr, self.kb
        kg = 1 - kr - kb
        if plane == 0:
            scale, black = (1.0, 0) if self.full_range else (219 / 255, 16)
            return (kr * scale, kg * scale, kb * scale), black
        scale = 1.0 if self.full_range else 224 / 255
        if plane == 1:
            half = scale / (2 - 2 * kb)
            return (-kr * half, -kg * half, (1 - kb) * half), 128
        half = scale / (2 - 2 * kr)
        return ((1 - kr) * half, -kg * half, -kb * half), 128


def colours_of(matrix: int, *, full_range: bool, height: int) -> Colours:
    """Return the colours of a film.

    Args:
        matrix: H.273 matrix coefficients; where they are not said, players go by the height.
        full_range: Whether black is 0.
        height: Of the picture in pixels.
    """
    if matrix in _BT601 or (matrix == _UNSAID and height < 720):
        return Colours(0.299, 0.114, full_range)
    return Colours(full_range=full_range)
