"""What a look draws from when on: settled for an interval once, the same in all renditions.

The first rendition that lists a segment settles what its interval shows; the others follow. So a
score changes at one instant in all of them, however their playlists are refreshed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
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
    slot: str = ""  # that an ad of which somebody wants to be told is shown in
    lacks: bool = False  # a picture was not there yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is drawn in an interval, in z-order."""

    start: Decimal
    end: Decimal
    drawn: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class Steps:
    """The settled intervals of a look, in order and without gaps."""

    steps: tuple[Step, ...] = ()

    @property
    def frontier(self) -> Decimal | None:
        """Nothing is settled from here on; None: nothing is at all."""
        return self.steps[-1].end if self.steps else None

    def settle(
        self, start: Decimal, end: Decimal, draw: Callable[[Decimal, Decimal], tuple[Drawn, ...]]
    ) -> tuple["Steps", tuple[Drawn, ...]]:
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

    def renewed(
        self, start: Decimal, end: Decimal, draw: Callable[[Decimal, Decimal], tuple[Drawn, ...]]
    ) -> tuple["Steps", tuple[Drawn, ...]]:
        """What a settled segment shows that is to be told now, for good.

        What lacked a picture when it was settled may have it by now.

        Args:
            start: As `settle` takes it, and what follows.
            end: See there.
            draw: See there.
        """
        settled = self.at(start)
        if not any(one.lacks for one in settled):
            return self, settled
        told = tuple(replace(one, lacks=False) for one in draw(start, end))
        steps: list[Step] = []
        for step in self.steps:
            if step.drawn != settled or not step.start <= start + NEAR_S < step.end:
                steps.append(step)
                continue
            parts = ((step.start, start), (start, min(end, step.end)), (end, step.end))
            steps += [
                Step(start=begins, end=ends, drawn=told if begins == start else settled)
                for begins, ends in parts
                if ends - begins > NEAR_S
            ]
        return Steps(_merged(steps)), told

    def at(self, instant: Decimal) -> tuple[Drawn, ...]:
        """What was settled for the interval that has an instant, or for the nearest one."""
        for step in reversed(self.steps):
            if step.start <= instant + NEAR_S:
                return step.drawn
        return self.steps[0].drawn if self.steps else ()

    def forget_before(self, instant: Decimal) -> "Steps":
        """Drop what ended before an instant."""
        kept = tuple(step for step in self.steps if step.end > instant)
        return self if len(kept) == len(self.steps) else Steps(kept)


def _merged(steps: list[Step]) -> tuple[Step, ...]:
    """The same with what shows the same in one step: films are long."""
    merged: list[Step] = []
    for step in steps:
        if merged and merged[-1].drawn == step.drawn:
            merged[-1] = replace(merged[-1], end=step.end)
        else:
            merged.append(step)
    return tuple(merged)
