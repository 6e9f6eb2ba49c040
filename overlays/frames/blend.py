"""Pictures laid over frames, on the planes and only where there is something to lay.

A picture is converted once, into tiles: transparent ones are left out, opaque ones are copied and
only the others are mixed, in whole numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from overlays.frames.colour import Colours
from overlays.layers import Picture

Plane = npt.NDArray[np.uint8]
"""Shape (height, width); written to."""

Planes = tuple[Plane, Plane, Plane]
"""Y, U and V of a 4:2:0 frame; both sides of U and V are half of Y's, rounded up."""

_TILE = 32  # rows of a band, and columns that a band is cut at; even
_OPAQUE = 256


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
        size: (width, height) of the frames.
        colours: Of the film.
    """
    even = _on_even_grid(picture, size)
    if even is None:
        return Patch(())
    pixels, left, top = even
    alpha = (pixels[..., 3].astype(np.float32) * (_OPAQUE / 255))[..., None]
    yuv = colours.from_rgb(pixels[..., :3].astype(np.float32)) * alpha
    layers = np.concatenate([yuv, alpha], axis=-1)
    height, width = pixels.shape[:2]
    quarters = layers.reshape(height // 2, 2, width // 2, 2, 4).mean(axis=(1, 3))
    frame_width, frame_height = size
    tiles: list[_Tile] = []
    for plane, (scale, source) in enumerate(((1, layers), (2, quarters), (2, quarters))):
        # an odd frame has no pixels for the last column or row of an even grid
        shape = (-(-frame_height // scale), -(-frame_width // scale))
        x, y = left // scale, top // scale
        inside = source[: shape[0] - y, : shape[1] - x]
        tiles += _tiles(plane, inside[..., plane], inside[..., 3], x, y, _TILE // scale)
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


def _tiles(
    plane: int,
    colour: npt.NDArray[np.float32],
    alpha: npt.NDArray[np.float32],
    left: int,
    top: int,
    step: int,
) -> Iterator[_Tile]:
    for y in range(0, colour.shape[0], step):
        band = slice(y, min(y + step, colour.shape[0]))
        for across, is_opaque in _runs(alpha[band], step):
            place = (
                slice(top + band.start, top + band.stop),
                slice(left + across.start, left + across.stop),
            )
            mixed = colour[band, across]
            if is_opaque:
                copied = np.clip(mixed / _OPAQUE + 0.5, 0, 255).astype(np.uint8)
                yield _Tile(plane, place, copied, None)
            else:
                rest = _OPAQUE - np.rint(alpha[band, across])
                # 255 of what is under and 255 of colour, never more than 255 * 256 in all
                added = np.clip(mixed + 128, 0, 65535 - 255 * rest)
                yield _Tile(plane, place, added.astype(np.uint16), rest.astype(np.uint16))


def _runs(alpha: npt.NDArray[np.float32], step: int) -> Iterator[tuple[slice, bool]]:
    """Cut a band where it becomes transparent, opaque or neither; what is transparent is left."""
    kinds = []
    for x in range(0, alpha.shape[1], step):
        part = alpha[:, x : x + step]
        kinds.append(None if part.max() == 0 else bool(part.min() == _OPAQUE))
    start = 0
    for index in range(1, len(kinds) + 1):
        if index == len(kinds) or kinds[index] is not kinds[start]:
            kind = kinds[start]
            if kind is not None:
                yield slice(start * step, min(index * step, alpha.shape[1])), kind
            start = index
