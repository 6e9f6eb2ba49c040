"""Lottie animations: filled through slots, drawn by ThorVG.

ThorVG shapes no text, so that text, like all else that comes from data, is painted here and handed
in as images.
"""

import math
from collections.abc import Callable, Hashable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import orjson
from PIL import Image

from overlays.drawing.colours import Rgba
from overlays.drawing.scene import Box, Element
from overlays.drawing.sprites import Area, Moment
from overlays.drawing.values import Expression
from overlays.errors import EngineMissing, TemplateError
from overlays.layers import Rgba as Pixels
from overlays.templates.artwork import FrameRanges
from overlays.templates.lottie_document import embedded, objects


@dataclass(frozen=True, slots=True)
class AssetSlot:
    """An image of the animation that elements are painted into, in the asset's own pixels."""

    asset: str
    size: tuple[float, float]
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class ColourSlot:
    """A colour of the animation, by its slot id."""

    sid: str
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lottie:
    """An animation, read and bounded; not modified."""

    document: Mapping[str, Any]
    size: tuple[int, int]
    fps: float
    total: float  # frames
    box: Box  # where it lies in the template
    ranges: FrameRanges
    slots: tuple[AssetSlot | ColourSlot, ...]
    unsupported: tuple[str, ...]  # what ThorVG leaves out


def with_slots(
    lottie: Lottie,
    paint: Callable[[AssetSlot], Image.Image],
    colour: Callable[[Expression], Rgba],
) -> bytes:
    """The document with its slots filled.

    Args:
        lottie: Not modified.
        paint: Paints what goes into an image, at any size of its proportions.
        colour: Reads a colour.
    """
    document = deepcopy(dict(lottie.document))
    colours = {
        slot.sid: [part / 255 for part in colour(slot.value)]
        for slot in lottie.slots
        if isinstance(slot, ColourSlot)
    }
    images = {slot.asset: slot for slot in lottie.slots if isinstance(slot, AssetSlot)}
    for asset in document.get("assets", ()):
        if asset["id"] in images:
            asset.update(embedded(paint(images[asset["id"]])))
    if colours:
        for _, value in objects(document):
            if value.get("sid") in colours and "k" in value:
                value["k"] = colours[value.pop("sid")]
                value["a"] = 0
    return orjson.dumps(document)


class LottieNode:
    """One animation at one size, ready to be drawn frame by frame."""

    def __init__(self, lottie: Lottie, document: bytes, area: Area) -> None:
        """Load it.

        Args:
            lottie: For its frames.
            document: With its slots filled.
            area: Where its box lies in the frame.

        Raises:
            EngineMissing: ThorVG is not installed.
            TemplateError: ThorVG does not read it.
        """
        thorvg = _thorvg()
        self._ranges = lottie.ranges
        width, height = area[2] - area[0], area[3] - area[1]
        left, top, right, bottom = _touched(thorvg, document, self._ranges, (width, height))
        self._corner = (area[0] + left, area[1] + top)
        self._size = (right - left, bottom - top)
        self._animation, picture = _loaded(thorvg, document)
        picture.set_size(width, height)
        picture.translate(-left, -top)
        # Straight alpha, in the order R, G, B, A of bytes.
        self._canvas = thorvg.SwCanvas(*self._size, thorvg.Colorspace.ABGR8888S)
        self._canvas.add(picture)

    @property
    def reach(self) -> Area:
        """All pixels that it may touch at any time."""
        left, top = self._corner
        return left, top, left + self._size[0], top + self._size[1]

    @property
    def moves(self) -> bool:
        """Whether it moves in the hold phase."""
        return self._ranges.moves

    def pose(self, moment: Moment) -> Hashable:
        """How it stands: its frame."""
        return self._ranges.frame(moment)

    def pixels(self, moment: Moment) -> Pixels:
        """All of its reach at a moment; a new array."""
        _draw(self._animation, self._canvas, self._ranges.frame(moment))
        width, height = self._size
        flat = np.frombuffer(self._canvas.buffer, np.uint8)
        pixels = flat.reshape(height, width, 4).copy()
        pixels.flags.writeable = False
        return pixels

    def draw(self, canvas: Image.Image, origin: tuple[int, int], moment: Moment) -> None:
        """Lay it onto a canvas, in place."""
        picture = Image.fromarray(self.pixels(moment))
        x, y = self._corner[0] - origin[0], self._corner[1] - origin[1]
        cut = (max(0, -x), max(0, -y))
        if cut[0] < picture.width and cut[1] < picture.height:
            canvas.alpha_composite(picture, (max(0, x), max(0, y)), cut)


def _loaded(thorvg: Any, document: bytes) -> tuple[Any, Any]:
    animation = thorvg.LottieAnimation()
    picture = animation.get_picture()
    if int(picture.load_data(document, "lottie+json")) != 0:
        raise TemplateError("lottie", "", "ThorVG cannot read this animation")
    return animation, picture


def _touched(thorvg: Any, document: bytes, ranges: FrameRanges, size: tuple[int, int]) -> Area:
    """The part of its box that an animation ever draws in: looked for in small, with a margin.

    Only that part is drawn and blended; most graphics leave most of the frame free.
    """
    scale = min(1.0, 240 / max(size))
    small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    animation, picture = _loaded(thorvg, document)
    canvas = thorvg.SwCanvas(*small, thorvg.Colorspace.ABGR8888)
    picture.set_size(*small)
    canvas.add(picture)
    touched = np.zeros((small[1], small[0]), bool)
    frames = {
        frame
        for first, last in (ranges.enter, ranges.hold, ranges.leave)
        for frame in (*np.arange(first, last, max(1.0, (last - first) / 200)), last)
    }
    for frame in sorted(frames):
        _draw(animation, canvas, float(frame))
        alpha = np.frombuffer(canvas.buffer, np.uint8).reshape(small[1], small[0], 4)[..., 3]
        touched |= alpha > 0
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    margin = 2  # of small pixels: thin lines, and what moves between the frames looked at
    return (
        max(0, int((columns[0] - margin) / scale)),
        max(0, int((rows[0] - margin) / scale)),
        min(size[0], math.ceil((columns[-1] + 1 + margin) / scale)),
        min(size[1], math.ceil((rows[-1] + 1 + margin) / scale)),
    )


def _draw(animation: Any, canvas: Any, frame: float) -> None:
    animation.set_frame(frame)
    canvas.update()
    canvas.draw(True)
    canvas.sync()


@cache
def _thorvg() -> Any:
    try:
        import thorvg_cython
    except ImportError:
        raise EngineMissing("Lottie templates need ThorVG: pip install 'weft[media]'") from None
    # One thread: the same bytes in any process. The engine lives as long as the process.
    thorvg_cython.Engine(0).init(0)
    return thorvg_cython
