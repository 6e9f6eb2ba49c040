"""Art that a designer's program made, and which of its frames each phase shows."""

from dataclasses import dataclass
from fractions import Fraction

from overlays.document import Node
from overlays.drawing.sprites import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameRanges:
    """First frame of a phase, and the frame at which it has ended."""

    enter: tuple[float, float]
    hold: tuple[float, float]  # the same twice: it stands still
    leave: tuple[float, float]
    fps: float

    def frame(self, moment: Moment) -> float:
        """The frame of a moment; a phase that is longer than its frames waits on the last one."""
        first, last = {"in": self.enter, "hold": self.hold, "out": self.leave}[moment.phase]
        return min(first + moment.seconds * self.fps, last)

    @property
    def loop_s(self) -> Fraction:
        """Seconds after which the hold begins again; 0 where it stands still."""
        return Fraction(self.hold[1] - self.hold[0]) / Fraction(self.fps).limit_denominator(1001)

    @property
    def moves(self) -> bool:
        """Whether the hold moves."""
        return self.hold[0] != self.hold[1]


def read_ranges(node: Node, *, total: float, fps: float) -> FrameRanges:
    """Read the frames of the phases; without them, all is one hold.

    Args:
        node: The object with `in`, `hold` and `out`: [first, last] each.
        total: Frames of the art.
        fps: Of the art.

    Raises:
        TemplateError: One lies outside the art.
    """
    last = max(total - 1, 0)
    hold = _range(node, "hold", (0.0, last), last)
    found = FrameRanges(
        enter=_range(node, "in", (hold[0], hold[0]), last),
        hold=hold,
        leave=_range(node, "out", (hold[1], hold[1]), last),
        fps=fps,
    )
    node.finish()
    return found


def _range(node: Node, key: str, default: tuple[float, float], last: float) -> tuple[float, float]:
    numbers = node.numbers(key, 2, default)
    if not 0 <= numbers[0] <= numbers[1] <= last:
        raise node.error(f"must be [first, last] of the frames 0 to {last:g}", key)
    return numbers[0], numbers[1]
