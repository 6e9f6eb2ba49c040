"""From sRGB to the Y, U and V of a film (ITU-R BT.709 and BT.601, limited or full range)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_BT601 = frozenset({5, 6})  # H.273 matrix coefficients
_UNSAID = 2


@dataclass(frozen=True, slots=True)
class Colours:
    """How a film writes its colours."""

    kr: float = 0.2126
    kb: float = 0.0722
    full_range: bool = False

    def from_rgb(self, rgb: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """Convert colours.

        Args:
            rgb: Shape (..., 3), 0 to 255.

        Returns:
            Shape (..., 3): Y, U, V in the film's range, not rounded.
        """
        kr, kb = self.kr, self.kb
        luma = np.array([kr, 1 - kr - kb, kb])
        rows = [luma, (np.array([0, 0, 1]) - luma) / (2 - 2 * kb)]
        rows.append((np.array([1, 0, 0]) - luma) / (2 - 2 * kr))
        scale, black = self._range()
        matrix = np.stack(rows) * scale[:, None]
        return (rgb @ matrix.T.astype(np.float32) + black).astype(np.float32)

    def _range(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        scale = (1.0, 1.0, 1.0) if self.full_range else (219 / 255, 224 / 255, 224 / 255)
        black = (0 if self.full_range else 16, 128, 128)
        return np.array(scale), np.array(black, np.float32)


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
