"""Filled shapes with smooth edges: rounded boxes, gradients, shadows, masks."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

from overlays.drawing.colours import Rgba

Plane = npt.NDArray[np.float32]
Corners = tuple[float, float, float, float]
"""Radii in pixels: upper left, upper right, lower right, lower left."""


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours along a line; with one stop, a plain colour."""

    stops: tuple[tuple[float, Rgba], ...]  # (0 to 1, colour), in order
    angle: float = 0.0  # degrees: 0 from left to right, 90 from top to bottom


def rounded_mask(size: tuple[int, int], corners: Corners) -> Image.Image:
    """A box that fills the size, with round corners: 255 inside, 0 outside, smooth between."""
    width, height = size
    mask = Image.new("L", size, 255)
    limit = min(width, height) / 2
    for number, radius in enumerate(min(corner, limit) for corner in corners):
        side = math.ceil(radius)
        if side < 1:
            continue
        at = np.arange(side, dtype=np.float32) + 0.5
        distance = np.hypot(radius - at[:, None], radius - at[None, :])
        corner = (np.clip(radius - distance + 0.5, 0, 1) * 255 + 0.5).astype(np.uint8)
        right, bottom = number in (1, 2), number >= 2
        corner = corner[:: -1 if bottom else 1, :: -1 if right else 1]
        spot = (width - side if right else 0, height - side if bottom else 0)
        mask.paste(Image.fromarray(np.ascontiguousarray(corner)), spot)
    return mask


def filled(size: tuple[int, int], fill: Gradient) -> Image.Image:
    """A box filled with a colour or a gradient."""
    if len(fill.stops) == 1:
        return Image.new("RGBA", size, fill.stops[0][1])
    width, height = size
    along = math.radians(fill.angle)
    x = np.linspace(-0.5, 0.5, width, dtype=np.float32) * width
    y = np.linspace(-0.5, 0.5, height, dtype=np.float32) * height
    reach = abs(math.cos(along)) * width + abs(math.sin(along)) * height
    share = (x[None, :] * math.cos(along) + y[:, None] * math.sin(along)) / reach + 0.5
    places = [stop[0] for stop in fill.stops]
    pixels = np.empty((height, width, 4), np.uint8)
    for channel in range(4):
        values = [stop[1][channel] for stop in fill.stops]
        pixels[..., channel] = np.interp(share, places, values) + 0.5
    return Image.fromarray(pixels)


def masked(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """A picture seen through a mask of the same size."""
    result = picture.copy()
    nothing = Image.new("L", picture.size, 0)
    result.putalpha(Image.composite(picture.getchannel("A"), nothing, mask))
    return result


def faded(picture: Image.Image, opacity: float) -> Image.Image:
    """A picture at a share of its opacity; not modified."""
    if opacity >= 1:
        return picture
    result = picture.copy()
    result.putalpha(picture.getchannel("A").point(_fading(max(0.0, opacity))))
    return result


@lru_cache(maxsize=256)
def _fading(factor: float) -> list[int]:
    return [int(value * factor + 0.5) for value in range(256)]


def ring(size: tuple[int, int], corners: Corners, width: float, colour: Rgba) -> Image.Image:
    """The outline of a rounded box, inside its edge."""
    thick = max(1, round(width))
    mask = np.asarray(rounded_mask(size, corners), np.int16).copy()
    inner = (size[0] - 2 * thick, size[1] - 2 * thick)
    if min(inner) > 0:
        smaller = [max(0.0, corner - thick) for corner in corners]
        hole = rounded_mask(inner, (smaller[0], smaller[1], smaller[2], smaller[3]))
        mask[thick:-thick, thick:-thick] -= np.asarray(hole, np.int16)
    picture = Image.new("RGBA", size, colour)
    return masked(picture, Image.fromarray(np.clip(mask, 0, 255).astype(np.uint8)))


def shadow(mask: Image.Image, blur: float, colour: Rgba) -> tuple[Image.Image, int]:
    """What a shape throws behind it.

    Returns:
        A picture, and by how many pixels it stands over the shape on each side.
    """
    margin = math.ceil(2 * blur) + 1
    wide = Image.new("L", (mask.width + 2 * margin, mask.height + 2 * margin), 0)
    wide.paste(mask, (margin, margin))
    soft = wide.filter(ImageFilter.GaussianBlur(blur)) if blur > 0 else wide
    return masked(Image.new("RGBA", soft.size, colour), soft), margin
