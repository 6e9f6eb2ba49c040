"""Overlays drawn onto decoded frames, in their order; only worker processes import this."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
import numpy as np

from overlays.frames.blend import Patch, Plane, Planes, make_patch
from overlays.frames.colour import Colours
from overlays.frames.treatments import Palette, Squeeze, Treatment
from overlays.layers import Layer, Picture


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Showing:
    """An overlay in its place of the presentation; what comes later in a sequence lies above."""

    content: Layer | Treatment
    begins_at: Fraction  # seconds of the presentation
    ends_at: Fraction | None = None  # None: never

    def at(self, time: Fraction) -> Picture | Squeeze | Palette | None:
        """Return what is to be seen at a time of the presentation."""
        if time < self.begins_at or (self.ends_at is not None and time >= self.ends_at):
            return None
        return self.content.at(time - self.begins_at)


class Painter:
    """Draws overlays onto the frames of one film; converts a picture only when it is another."""

    def __init__(self, showings: Sequence[Showing], colours: Colours) -> None:
        self._showings = tuple(showings)
        self._colours = colours
        self._patches: dict[int, tuple[Picture, tuple[int, int], Patch]] = {}

    def touches(self, times: Sequence[Fraction]) -> bool:
        """Whether anything is to be seen at one of these times."""
        return any(showing.at(time) is not None for showing in self._showings for time in times)

    def draw(self, frame: Any, time: Fraction, *, in_place: bool = False) -> Any:
        """Return the frame with what is to be seen then.

        Args:
            frame: av.VideoFrame in 4:2:0 of 8 bits.
            time: Of the presentation, in seconds.
            in_place: Whether the frame itself may be drawn on; else it is not changed.
        """
        drawn = None
        for index, showing in enumerate(self._showings):
            content = showing.at(time)
            if content is None:
                continue
            if drawn is None:
                drawn = frame if in_place else _copy(frame)
                drawn.make_writable()  # its memory may still be somebody else's
            if isinstance(content, Picture):
                self._patch(index, content, (drawn.width, drawn.height)).lay(planes_of(drawn))
            elif isinstance(content, Palette):
                content.apply(planes_of(drawn))
            else:
                drawn = _squeezed(drawn, content, self._colours)
        return frame if drawn is None else drawn

    def _patch(self, index: int, picture: Picture, size: tuple[int, int]) -> Patch:
        held = self._patches.get(index)
        if held is None or held[0] is not picture or held[1] != size:
            before = held[2] if held is not None and held[1] == size else None
            patch = make_patch(picture, size, self._colours, before=before)
            held = picture, size, patch
            self._patches[index] = held
        return held[2]


def planes_of(frame: Any) -> Planes:
    """Return the planes of a frame as they lie in its memory; what is written is in the frame."""
    y, u, v = (_plane(plane) for plane in frame.planes)
    return y, u, v


def _plane(plane: Any) -> Plane:
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]


def _copy(frame: Any) -> Any:
    """Other variants are drawn from the same frame."""
    copy = _like(frame)
    for target, source in zip(planes_of(copy), planes_of(frame), strict=True):
        target[...] = source
    return copy


def _like(frame: Any) -> Any:
    """A frame of the same kind, with nothing in it."""
    other = av.VideoFrame(frame.width, frame.height, frame.format.name)
    other.colorspace, other.color_range = frame.colorspace, frame.color_range
    return other


def _squeezed(frame: Any, squeeze: Squeeze, colours: Colours) -> Any:
    left, top, width, height = squeeze.within((frame.width, frame.height))
    small = planes_of(frame.reformat(width=width, height=height, interpolation="AREA"))
    around = colours.of(squeeze.around)
    canvas = _like(frame)
    for plane, source, colour in zip(planes_of(canvas), small, around, strict=True):
        scale = 1 if plane.shape[0] == frame.height else 2
        plane[...] = colour
        x, y = left // scale, top // scale
        plane[y : y + source.shape[0], x : x + source.shape[1]] = source
    return canvas
