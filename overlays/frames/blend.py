"""Pictures laid over frames, on the planes and only where there is something to lay.

A picture is converted once, into tiles: transparent ones are left out, opaque ones are copied and
only the others are mixed, in whole numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from overlays.frames.colour import Colours, Floats
from overlays.layers import Picture

Plane = npt.NDArray[np.uint8]
"""Shape (height, width); written to."""

Planes = tuple[Plane, Plane, Plane]
"""Y, U and V of a 4:2:0 frame; both sides of U and V are half of Y's, which are even."""

_TILE = 32  # rows of a band, and columns that a band is cut at; even
_OPAQUE = 256  # the fixed point of mixing


@dataclass(frozen=True, slots=True)
class _Tile:
    """A rectangle of one plane. `rest` None: `colour` is copied, else `under * rest + colour`."""

    plane: int
    place: tuple[slice, slice]
    colour: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]
    rest: npt.NDArray[np.uint16] | None


@dataclass(frozen=True, slots=True)
class Patch:
    """A picture as it is laid over frames of one size."""

    tiles: tuple[_Tile, ...]

    def lay(self, planes: Planes) -> None:
        """Lay it over a frame, in place."""
        for tile in self.tiles:
            under = planes[tile.plane][tile.place]
            if tile.rest is None:
                under[...] = tile.colour
            else:
                under[...] = (under * tile.rest + tile.colour) >> 8


def make_patch(picture: Picture, size: tuple[int, int], colours: Colours) -> Patch:
    """Convert a picture for frames of a size.

    Args:
        picture: What lies outside the frame is cut off.
        size: (width, height) of the frames, even.
        colours: Of the film.
    """
    even = _on_even_grid(picture, size)
    if even is None:
        return Patch(())
    pixels, left, top = even
    tiles: list[_Tile] = []
    for y in range(0, pixels.shape[0], _TILE):
        band = pixels[y : y + _TILE]
        for across, is_opaque in _runs(band[..., 3]):
            tiles += _tiles(band[:, across], left + across.start, top + y, is_opaque, colours)
    return Patch(tuple(tiles))


def _on_even_grid(
    picture: Picture, size: tuple[int, int]
) -> tuple[npt.NDArray[np.uint8], int, int] | None:
    """Cut to the frame and to what is seen, and widen to even pixels: chroma has one for four."""
    height, width = picture.pixels.shape[:2]
    x0, y0 = max(0, -picture.left), max(0, -picture.top)
    x1, y1 = min(width, size[0] - picture.left), min(height, size[1] - picture.top)
    if x0 >= x1 or y0 >= y1:
        return None
    pixels = picture.pixels[y0:y1, x0:x1]
    rows = np.flatnonzero(pixels[..., 3].any(axis=1))
    columns = np.flatnonzero(pixels[..., 3].any(axis=0))
    if not rows.size:
        return None
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    left, top = picture.left + x0 + int(columns[0]), picture.top + y0 + int(rows[0])
    height, width = pixels.shape[:2]
    before, above = left % 2, top % 2
    grown = np.zeros(
        (height + above + (height + above) % 2, width + before + (width + before) % 2, 4), np.uint8
    )
    grown[above : above + height, before : before + width] = pixels
    return grown, left - before, top - above


def _runs(alpha: npt.NDArray[np.uint8]) -> Iterator[tuple[slice, bool]]:
    """Cut a band where it becomes transparent, opaque or neither; what is transparent is left."""
    starts = range(0, alpha.shape[1], _TILE)
    most = np.maximum.reduceat(alpha.max(axis=0), starts).tolist()
    least = np.minimum.reduceat(alpha.min(axis=0), starts).tolist()
    kinds = [None if high == 0 else low == 255 for high, low in zip(most, least, strict=True)]
    position = 0
    for is_opaque, group in groupby(kinds):
        start, position = position, position + len(list(group))
        if is_opaque is not None:
            yield slice(start * _TILE, min(position * _TILE, alpha.shape[1])), is_opaque


def _tiles(
    pixels: npt.NDArray[np.uint8], left: int, top: int, is_opaque: bool, colours: Colours
) -> Iterator[_Tile]:
    """Convert a rectangle at an even place, of an even size."""
    red, green, blue, alpha = (pixels[..., part].astype(np.float32) for part in range(4))
    alpha *= 1 / 255
    if not is_opaque:
        red, green, blue = red * alpha, green * alpha, blue * alpha
    small = tuple(_quarter(part) for part in (red, green, blue, alpha))
    for plane, (r, g, b, a) in enumerate(((red, green, blue, alpha), small, small)):
        x, y = (left, top) if plane == 0 else (left // 2, top // 2)
        place = slice(y, y + a.shape[0]), slice(x, x + a.shape[1])
        colour = colours.plane(plane, (r, g, b), a)
        if is_opaque:
            yield _Tile(plane, place, (colour + 0.5).astype(np.uint8), None)
        else:
            rest = np.rint(_OPAQUE * (1 - a))
            # together never more than 255 * 256: both are shares of at most 255
            added = np.clip(_OPAQUE * colour + _OPAQUE / 2, 0, 65535 - 255 * rest)
            yield _Tile(plane, place, added.astype(np.uint16), rest.astype(np.uint16))


def _quarter(plane: Floats) -> Floats:
    """The mean of each four pixels."""
    rows = plane[::2] + plane[1::2]
    quarter: Floats = (rows[:, ::2] + rows[:, 1::2]) * np.float32(0.25)
    return quarter
