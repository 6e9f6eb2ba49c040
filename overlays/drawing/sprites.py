"""Painted pieces that move: where each stands at a moment, and how one lies over another."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from PIL import Image

from overlays.drawing.scene import Motion, Side
from overlays.drawing.shapes import faded, masked

Area = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the frame; right and bottom are outside."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of an overlay's life."""

    phase: Literal["in", "hold", "out"]
    seconds: float  # since the phase began; in the hold, since its loop began


class Node(Protocol):
    """A sprite, or several that move as one."""

    @property
    def reach(self) -> Area:
        """All pixels that it may touch at any time."""

    @property
    def moves(self) -> bool:
        """Whether it moves in the hold phase."""

    def pose(self, moment: Moment) -> Hashable:
        """How it stands: as long as this is equal, it looks the same."""

    def draw(self, canvas: Image.Image, origin: tuple[int, int], moment: Moment) -> None:
        """Lay it onto a canvas, in place.

        Args:
            canvas: RGBA.
            origin: Which pixel of the frame the canvas begins with.
            moment: Of the overlay's life.
        """


@dataclass(frozen=True, slots=True)
class State:
    """How an element stands at a moment."""

    opacity: float = 1.0
    x: float = 0.0
    y: float = 0.0
    reveal: float = 1.0


def state_at(motion: Motion, moment: Moment) -> State:
    """Where a motion has brought its element.

    What entered stays as it ended; a loop in the hold and the way out take over what they name.
    """
    if motion.is_none:
        return State()
    entered = moment.seconds if moment.phase == "in" else float("inf")
    values = {name: curve.at(entered) for name, curve in motion.enter.items()}
    if moment.phase == "hold":
        values |= {name: curve.at(moment.seconds) for name, curve in motion.loop.items()}
    if moment.phase == "out":
        values |= {name: curve.at(moment.seconds) for name, curve in motion.leave.items()}
    return State(**values)


@dataclass(frozen=True, slots=True, eq=False)
class Sprite:
    """One picture."""

    picture: Image.Image
    left: int
    top: int
    motion: Motion
    is_opaque: bool

    @classmethod
    def of(cls, picture: Image.Image, left: int, top: int, motion: Motion) -> "Sprite":
        """A sprite; transparent margins are left out, save where they count for a reveal."""
        bounds = picture.getchannel("A").getbbox()
        if bounds is not None and not _reveals(motion):
            picture = picture.crop(bounds)
            left, top = left + bounds[0], top + bounds[1]
        return cls(picture, left, top, motion, _is_opaque(picture))

    @property
    def reach(self) -> Area:
        """All pixels that it may touch at any time."""
        right, bottom = self.left + self.picture.width, self.top + self.picture.height
        return _moved((self.left, self.top, right, bottom), self.motion)

    @property
    def moves(self) -> bool:
        """Whether it moves in the hold phase."""
        return bool(self.motion.loop)

    def pose(self, moment: Moment) -> Hashable:
        """How it stands."""
        return state_at(self.motion, moment)

    def draw(self, canvas: Image.Image, origin: tuple[int, int], moment: Moment) -> None:
        """Lay it onto a canvas, in place."""
        corner = (self.left - origin[0], self.top - origin[1])
        state = state_at(self.motion, moment)
        _lay(canvas, self.picture, corner, state, self.motion.reveal_from, self.is_opaque)


class Cluster:
    """Nodes that are moved, faded and cut off as one; drawn again only when one of them moves."""

    def __init__(
        self,
        nodes: Sequence[Node],
        *,
        area: Area,
        motion: Motion,
        opacity: float = 1.0,
        clips: bool = False,
        mask: Image.Image | None = None,
    ) -> None:
        """Group nodes.

        Args:
            nodes: From back to front.
            area: Of the group's box.
            motion: Of the group as one.
            opacity: Of the group as one.
            clips: What is outside of the area is not seen.
            mask: Of the area's size, where its corners are round.
        """
        self._nodes = nodes
        self._motion = motion
        self._opacity = opacity
        self._mask = mask
        self._clips = clips
        self._inner = area if clips else union([node.reach for node in nodes]) or area
        self._drawn: tuple[Hashable, Image.Image, bool] | None = None

    @property
    def reach(self) -> Area:
        """All pixels that it may touch at any time."""
        return _moved(self._inner, self._motion)

    @property
    def moves(self) -> bool:
        """Whether anything in it moves in the hold phase."""
        return bool(self._motion.loop) or any(node.moves for node in self._nodes)

    def pose(self, moment: Moment) -> Hashable:
        """How it stands, with all that is in it."""
        return state_at(self._motion, moment), self._inner_pose(moment)

    def draw(self, canvas: Image.Image, origin: tuple[int, int], moment: Moment) -> None:
        """Lay it onto a canvas, in place."""
        state = state_at(self._motion, moment)
        if state.opacity <= 0 or state.reveal <= 0:
            return
        if not self._clips and self._opacity >= 1 and state == State():
            for node in self._nodes:
                node.draw(canvas, origin, moment)
            return
        corner = (self._inner[0] - origin[0], self._inner[1] - origin[1])
        own, is_opaque = self._own(moment)
        _lay(canvas, own, corner, state, self._motion.reveal_from, is_opaque)

    def _own(self, moment: Moment) -> tuple[Image.Image, bool]:
        """All of them in one picture, and whether nothing is seen through it."""
        pose = self._inner_pose(moment)
        if self._drawn is None or self._drawn[0] != pose:
            left, top, right, bottom = self._inner
            own = Image.new("RGBA", (right - left, bottom - top), (0, 0, 0, 0))
            for node in self._nodes:
                node.draw(own, (left, top), moment)
            if self._mask is not None:
                own = masked(own, self._mask)
            own = faded(own, self._opacity)
            self._drawn = (pose, own, _is_opaque(own))
        return self._drawn[1:]

    def _inner_pose(self, moment: Moment) -> Hashable:
        return tuple(node.pose(moment) for node in self._nodes)


def union(areas: Sequence[Area]) -> Area | None:
    """The least area that holds all of them; None for none."""
    if not areas:
        return None
    return (
        min(area[0] for area in areas),
        min(area[1] for area in areas),
        max(area[2] for area in areas),
        max(area[3] for area in areas),
    )


def _lay(
    canvas: Image.Image,
    picture: Image.Image,
    corner: tuple[int, int],
    state: State,
    side: Side,
    is_opaque: bool,
) -> None:
    if state.opacity <= 0 or state.reveal <= 0:
        return
    part = _revealed(picture.size, state.reveal, side)
    x, y = corner[0] + round(state.x), corner[1] + round(state.y)
    left, top = max(part[0], -x), max(part[1], -y)
    right, bottom = min(part[2], canvas.width - x), min(part[3], canvas.height - y)
    if left >= right or top >= bottom:
        return
    if state.opacity >= 1 and is_opaque:  # nothing to mix
        canvas.paste(picture.crop((left, top, right, bottom)), (x + left, y + top))
    elif state.opacity < 1:
        picture = faded(picture.crop((left, top, right, bottom)), state.opacity)
        canvas.alpha_composite(picture, (x + left, y + top))
    else:
        canvas.alpha_composite(picture, (x + left, y + top), (left, top, right, bottom))


def _is_opaque(picture: Image.Image) -> bool:
    return picture.getchannel("A").getextrema() == (255, 255)


def _revealed(size: tuple[int, int], share: float, side: Side) -> Area:
    width, height = size
    across, down = round(width * min(share, 1)), round(height * min(share, 1))
    match side:
        case "left":
            return 0, 0, across, height
        case "right":
            return width - across, 0, width, height
        case "top":
            return 0, 0, width, down
        case "bottom":
            return 0, height - down, width, height
        case "centre":
            return (width - across) // 2, 0, (width + across) // 2, height


def _reveals(motion: Motion) -> bool:
    return any("reveal" in phase for phase in (motion.enter, motion.loop, motion.leave))


def _moved(area: Area, motion: Motion) -> Area:
    """The area, and wherever the motion brings it."""
    ways = {"x": [0.0], "y": [0.0]}
    for phase in (motion.enter, motion.loop, motion.leave):
        for name in ways:
            if name in phase:
                # out_back goes a tenth too far.
                ends = [value for _, value, _ in phase[name].keys]
                more = 0.11 * (max(ends) - min(ends))
                ways[name] += [min(ends) - more, max(ends) + more]
    return (
        area[0] + round(min(ways["x"])),
        area[1] + round(min(ways["y"])),
        area[2] + round(max(ways["x"])),
        area[3] + round(max(ways["y"])),
    )
