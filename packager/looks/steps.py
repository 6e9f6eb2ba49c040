"""What a look draws from when on: settled for an interval once, the same in all renditions.

The first rendition that lists a segment settles what its interval shows; the others follow. So a
score changes at one instant in all of them, however their playlists are refreshed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from overlays.templates.model import Template
from overlays.templates.schema import Canonical

NEAR_S = Decimal("0.05")  # borders of renditions differ by no more than a frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One overlay in one state; its times are on the content clock."""

    overlay: str  # its name in the show
    template: Template
    text: bytes  # of the data: equal for what looks alike
    data: Canonical = field(compare=False, repr=False)
    begins: Decimal
    ends: Decimal | None  # None: not known yet
    private: bool = False  # pixels of one viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """One stem as it is mixed; its times are on the content clock."""

    music: str  # its name in the show
    stem: str  # digest of its file
    gain_db: Decimal
    duck_db: Decimal
    fade_s: Decimal
    begins: Decimal | None  # where it fades in; None: long before
    ends: Decimal | None  # where it fades out; None: not known yet
    top: Decimal | None  # where its beginning is; None: it goes on by the clock of its segments

    @property
    def private(self) -> bool:
        """Whether it is one viewer's own."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is drawn in an interval, in z-order, and what is mixed under it."""

    start: Decimal
    end: Decimal
    drawn: tuple[Drawn | Heard, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The settled intervals of a look, in order and without gaps."""

    steps: tuple[Step, ...] = ()

    @property
    def frontier(self) -> Decimal | None:
        """Nothing is settled from here on; None: nothing is at all."""
        return self.steps[-1].end if self.steps else None

    def settle(
        self,
        start: Decimal,
        end: Decimal,
        draw: Callable[[Decimal, Decimal], tuple[Drawn | Heard, ...]],
    ) -> tuple["Steps", tuple[Drawn | Heard, ...]]:
        """What a segment shows; it is settled now if it was not.

        Args:
            start: Of the segment.
            end: Of the segment.
            draw: Says what would be drawn from an instant to another.

        Returns:
            The steps with it, and what is drawn.
        """
        frontier = self.frontier
        if frontier is not None and start < frontier - NEAR_S:
            return self, self.at(start)
        drawn = draw(start, end)
        last = self.steps[-1] if self.steps else None
        if last is not None and last.drawn == drawn:
            return Steps((*self.steps[:-1], Step(start=last.start, end=end, drawn=drawn))), drawn
        begin = start if frontier is None else min(start, frontier)
        return Steps((*self.steps, Step(start=begin, end=end, drawn=drawn))), drawn

    def at(self, instant: Decimal) -> tuple[Drawn | Heard, ...]:
        """What was settled for the interval that has an instant, or for the nearest one."""
        for step in reversed(self.steps):
            if step.start <= instant + NEAR_S:
                return step.drawn
        return self.steps[0].drawn if self.steps else ()

    def forget_before(self, instant: Decimal) -> "Steps":
        """Drop what ended before an instant."""
        kept = tuple(step for step in self.steps if step.end > instant)
        return self if len(kept) == len(self.steps) else Steps(kept)
