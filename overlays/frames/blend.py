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


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """So many rows of a picture, and the tiles that they came to."""

    place: tuple[int, int]  # left, top
    pixels: npt.NDArray[np.uint8]
    tiles: tuple[_Tile, ...]


@dataclass(frozen=True, slots=True)
class Patch:
    """A picture as it is laid over frames of one size."""

    bands: tuple[_Band, ...]

    @property
    def tiles(self) -> tuple[_Tile, ...]:
        """All of its tiles."""
        return tuple(tile for band in self.bands for tile in band.tiles)

    def lay(self, planes: Planes) -> None:
        """Lay it over a frame, in place."""
        for tile in self.tiles:
            under = planes[tile.plane][tile.place]
            if tile.rest is None:
                under[...] = tile.colour
            else:
                under[...] = (under * tile.rest + tile.colour) >> 8


def make_patch(
    picture: Picture, size: tuple[int, int], colours: Colours, *, before: Patch | None = None
) -> Patch:
    """Convert a picture for frames of a size.

    Args:
        picture: What lies outside the frame is cut off.
        size: (width, height) of the frames, even.
        colours: Of the film.
        before: Of the same size and colours; where it looks the same, nothing is converted anew.
    """
    even = _on_even_grid(picture, size)
    if even is None:
        return Patch(())
    pixels, left, top = even
    known = {band.place: band for band in before.bands} if before is not None else {}
    bands = []
    for y in range(0, pixels.shape[0], _TILE):
        rows, place = pixels[y : y + _TILE], (left, top + y)
        band = known.get(place)
        if band is None or not np.array_equal(band.pixels, rows):
            band = _Band(place, rows, tuple(_tiles(rows, place, colours)))
        bands.append(band)
    return Patch(tuple(bands))


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
    seen = pixels[..., 3] > 0  # beside one another in memory, unlike the alphas
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not rows.size:
        return None
    pixels = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    left, top = picture.left + x0 + int(columns[0]), picture.top + y0 + int(rows[0])
    height, width = pixels.shape[:2]
    before, above = left % 2, top % 2
    if before or above or height % 2 or width % 2:
        grown = np.zeros(
            (height + above + (height + above) % 2, width + before + (width + before) % 2, 4),
            np.uint8,
        )
        grown[above : above + height, before : before + width] = pixels
        pixels = grown
    return pixels, left - before, top - above


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
    pixels: npt.NDArray[np.uint8], place: tuple[int, int], colours: Colours
) -> Iterator[_Tile]:
    """Convert a band at an even place, of an even size: at once, from its first run to its last."""
    runs = list(_runs(np.ascontiguousarray(pixels[..., 3])))
    if not runs:
        return
    first, last = runs[0][0].start, runs[-1][0].stop
    parts = np.moveaxis(pixels[:, first:last], -1, 0).astype(np.float32, order="C")
    parts[3] *= 1 / 255
    parts[:3] *= parts[3]
    for plane in range(3):
        scale = 1 if plane == 0 else 2
        if plane == 1:
            parts = _quarter(parts)
        red, green, blue, alpha = parts
        colour = colours.plane(plane, (red, green, blue), alpha)
        top = place[1] // scale
        for run, is_opaque in runs:
            left, right = (run.start - first) // scale, (run.stop - first) // scale
            part, x = colour[:, left:right], (place[0] + run.start) // scale
            on = slice(top, top + part.shape[0]), slice(x, x + part.shape[1])
            if is_opaque:
                yield _Tile(plane, on, (part + 0.5).astype(np.uint8), None)
            else:
                rest = np.rint(_OPAQUE * (1 - alpha[:, left:right]))
                # together never more than 255 * 256: both are shares of at most 255
                added = np.clip(_OPAQUE * part + _OPAQUE / 2, 0, 65535 - 255 * rest)
                yield _Tile(plane, on, added.astype(np.uint16), rest.astype(np.uint16))


def _quarter(planes: Floats) -> Floats:
    """The mean of each four pixels, of planes one behind another."""
    rows = planes[:, ::2] + planes[:, 1::2]
    quarter: Floats = (rows[..., ::2] + rows[..., 1::2]) * np.float32(0.25)
    return quarter
