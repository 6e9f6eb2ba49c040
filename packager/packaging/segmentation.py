"""Where segments begin: at the same instants in every rendition of a ladder (A-50, A-51).

Borders are counted in frames of the ladder's slowest video, the grid; each track takes the nearest
picture or AAC frame of its own.
"""

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class SegmentPlan:
    """The borders of one asset.

    With `total` known, a last segment of less than half of a whole one shares with the segment
    before it: players choke on segments of a frame or two.
    """

    grid: Fraction  # frames per second
    step: int  # frames in a whole segment
    total: int | None = None  # frames in all; None: not known before the end
    first: int = 0  # frame that segment 0 starts with, when only a part is made

    def border(self, number: int) -> int:
        """Return the first grid frame of segment `number` (from 0); `total` past the last one."""
        if self.total is None:
            return self.first + number * self.step
        whole, tail = divmod(self.total - self.first, self.step)
        if whole and number == whole and 0 < 2 * tail < self.step:
            return self.total - (self.step + tail) // 2
        return min(self.first + number * self.step, self.total)

    def sample(self, number: int, rate: Fraction) -> int:
        """Return the first sample of segment `number` in a track of `rate` samples per second."""
        return nearest(self.border(number) / self.grid * rate)


def nearest(value: Fraction) -> int:
    """Round half up: with Python's half to even, two borders could round apart."""
    return int((value + Fraction(1, 2)) // 1)
