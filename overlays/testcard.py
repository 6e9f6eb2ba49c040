"""Moving test cards: pictures that say what they are, to people and to programs.

A card has a drifting background, two discs that travel, a title or a running clock, and a progress
bar. Its *code* is a square whose colour names the kind of the picture; `code_region` gives its
place, the same share of the frame in every card and size, so that a test can read from a
screenshot or a canvas what is on air.

Frames are drawn as encoders want them, in YUV 4:2:0 (BT.709, limited range): half the bytes of RGB
to draw, and no conversion afterwards.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

Rgb = tuple[int, int, int]
Frame = npt.NDArray[np.uint8]
"""Shape (height * 3 / 2, width): the Y plane, then U and V packed two rows in one (as PyAV)."""

CODES: Mapping[str, Rgb] = MappingProxyType(
    {
        "content": (20, 190, 70),
        "ad-1": (230, 40, 40),
        "ad-2": (40, 80, 240),
        "ad-3": (250, 215, 0),
        "slate": (128, 128, 128),
        "bumper": (225, 40, 225),
    }
)
"""Colour of the code square for each kind of picture."""

WHITE: Rgb = (255, 255, 255)

# Rec. ITU-R BT.709-6, items 3.2 to 3.4: rows for Y, U (Cb) and V (Cr), limited range.
_RGB_TO_YUV = np.array(
    [
        np.array([0.2126, 0.7152, 0.0722]) * 219 / 255,
        np.array([-0.2126, -0.7152, 0.9278]) / 1.8556 * 224 / 255,
        np.array([0.7874, -0.7152, -0.0722]) / 1.5748 * 224 / 255,
    ]
)
_BLACK = np.array([16.0, 128.0, 128.0])


def code_region(size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Where the code square lies in a frame.

    Args:
        size: (width, height) in pixels.

    Returns:
        (left, top, right, bottom) in pixels; right and bottom are outside. The side is a sixth of
        the height, the distance from the corner half of that.
    """
    width, height = size
    margin = round(height / 24) * 2
    return width - 3 * margin, margin, width - margin, 3 * margin


def nearest_code(colour: tuple[float, float, float]) -> str | None:
    """Which code a colour stands for, forgiving what encoding and colour conversion do to it.

    Args:
        colour: RGB, 0 to 255, such as the mean of the inner part of `code_region`.

    Returns:
        A key of `CODES`, or None where no code is near (black before the first frame, a page).
    """
    name, code = min(CODES.items(), key=lambda item: math.dist(item[1], colour))
    return name if math.dist(code, colour) <= 75 else None


def rgb_of(frame: Frame) -> npt.NDArray[np.uint8]:
    """Convert a frame for eyes and tests.

    Args:
        frame: As drawn by `CardPainter.frame`; not modified.

    Returns:
        A new array of shape (height, width, 3), uint8, sRGB.
    """
    y, u, v = planes(frame)
    yuv = np.stack([y, *(plane.repeat(2, axis=0).repeat(2, axis=1) for plane in (u, v))], axis=-1)
    rgb = (yuv - _BLACK) @ np.linalg.inv(_RGB_TO_YUV).T
    return np.asarray(np.clip(rgb + 0.5, 0, 255), dtype=np.uint8)


def planes(frame: Frame) -> tuple[Frame, Frame, Frame]:
    """The Y, U and V planes of a frame, as views; U and V have half the width and height."""
    rows, width = frame.shape
    height = rows * 2 // 3
    quarter = height // 4
    chroma = (height // 2, width // 2)
    u, v = frame[height : height + quarter], frame[height + quarter :]
    return frame[:height], u.reshape(chroma), v.reshape(chroma)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What a card says and in which colours; the same at every size and instant."""

    code: str  # key of CODES
    title: str  # large, in the middle; with `clock` small, above it
    subtitle: str = ""
    label: str = ""  # in the upper left corner, such as the name of a rendition
    duration_s: float = 10.0  # of the clip or loop: what the progress bar measures
    top: Rgb = (24, 32, 74)  # the background goes from this colour
    bottom: Rgb = (14, 94, 111)  # to this one
    accent: Rgb = (255, 183, 77)
    clock: bool = False  # mm:ss.ff and the frame's number, in place of the large title


@dataclass(frozen=True, slots=True)
class _Sprite:
    """A piece of picture to be laid over another; width and height are even.

    `layers` holds for Y, U and V the samples multiplied by their alpha and 256 - alpha, both
    uint16 and of the plane's shape; alpha is 0 to 256, so that `>> 8` divides exactly.
    """

    width: int
    height: int
    layers: tuple[tuple[npt.NDArray[np.uint16], npt.NDArray[np.uint16]], ...]


def _sprite(image: Image.Image) -> _Sprite:
    pixels = np.asarray(image, dtype=np.float64)
    pixels = np.pad(pixels, ((0, pixels.shape[0] % 2), (0, pixels.shape[1] % 2), (0, 0)))
    height, width = pixels.shape[:2]
    alpha = pixels[..., 3:] * (256 / 255)
    samples = (pixels[..., :3] @ _RGB_TO_YUV.T + _BLACK) * alpha  # (height, width, 3)
    quarters = (height // 2, 2, width // 2, 2)
    small = samples.reshape(*quarters, 3).mean(axis=(1, 3))
    small_alpha = alpha.reshape(quarters).mean(axis=(1, 3))
    return _Sprite(
        width,
        height,
        tuple(
            ((colour + 0.5).astype(np.uint16), (256.5 - opacity).astype(np.uint16))
            for colour, opacity in (
                (samples[..., 0], alpha[..., 0]),
                (small[..., 1], small_alpha),
                (small[..., 2], small_alpha),
            )
        ),
    )


def _lay(frame: Frame, sprite: _Sprite, left: int, top: int) -> None:
    """Lay a sprite onto the frame, in place, at even coordinates; what lies outside is cut off."""
    for scale, plane, (colour, rest) in zip((1, 2, 2), planes(frame), sprite.layers, strict=True):
        x, y = left // 2 * 2 // scale, top // 2 * 2 // scale
        x0, y0 = max(x, 0), max(y, 0)
        x1, y1 = (
            min(a + b, c)
            for a, b, c in zip((x, y), rest.shape[::-1], plane.shape[::-1], strict=True)
        )
        if x0 < x1 and y0 < y1:
            part = np.s_[y0 - y : y1 - y, x0 - x : x1 - x]
            under = plane[y0:y1, x0:x1]
            under[...] = (under * rest[part] + colour[part]) >> 8


def _box(width: float, height: float, colour: Rgb, opacity: int = 255) -> _Sprite:
    return _sprite(Image.new("RGBA", (_even(width), _even(height)), (*colour, opacity)))


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _text(text: str, height_px: float, *, opacity: int = 255) -> _Sprite:
    font = ImageFont.load_default(height_px)
    stroke = height_px / 60
    left, _, right, _ = font.getbbox(text, stroke_width=stroke)
    line_height = font.getbbox("Ag", stroke_width=stroke)[3]
    box = (math.ceil(right - left) + 2, math.ceil(line_height) + 2)
    image = Image.new("RGBA", box, (*WHITE, 0))
    ImageDraw.Draw(image).text(
        (1 - left, 1), text, font=font, fill=(*WHITE, opacity), stroke_width=stroke
    )
    return _sprite(image)


def _disc(diameter: int, colour: Rgb, opacity: int) -> _Sprite:
    """A disc with a soft edge, brighter at its upper left."""
    y, x = np.mgrid[0:diameter, 0:diameter].astype(np.float32)
    radius = diameter / 2
    distance = np.hypot(x + 0.5 - radius, y + 0.5 - radius)
    edge = np.clip((radius - distance) / max(2.0, radius * 0.06), 0, 1)
    light = 1 - 0.45 * np.clip(np.hypot(x - radius * 0.6, y - radius * 0.6) / diameter, 0, 1)
    pixels = np.empty((diameter, diameter, 4), np.uint8)
    pixels[..., :3] = light[..., None] * np.array(colour, np.float32)
    pixels[..., 3] = edge * opacity
    return _sprite(Image.fromarray(pixels))


def _background(size: tuple[int, int], card: Card) -> tuple[Frame, ...]:
    """Planes, each two periods wide, of a diagonal wave between the card's colours."""
    width, height = size
    x = np.arange(width) / width
    y = np.arange(height)[:, None] / height
    wave = 0.5 + 0.5 * np.sin(2 * np.pi * (x + 0.35 * y))
    mix = (0.25 * wave + 0.75 * (1 - np.cos(np.pi * y)) / 2)[..., None]
    top, bottom = (np.array(colour) @ _RGB_TO_YUV.T + _BLACK for colour in (card.top, card.bottom))
    period = (top + (bottom - top) * mix + 0.5).astype(np.uint8)
    double = np.concatenate([period, period], axis=1)
    return double[..., 0].copy(), double[::2, ::2, 1].copy(), double[::2, ::2, 2].copy()


class CardPainter:
    """Draws the frames of one card at one size; what does not move is prepared once, here."""

    def __init__(self, card: Card, size: tuple[int, int]) -> None:
        """Prepare the layers.

        Args:
            card: What to draw.
            size: (width, height) in pixels, multiples of 4, at least 64.

        Raises:
            ValueError: The size is not such a size.
        """
        if any(length % 4 or length < 64 for length in size):
            raise ValueError(f"size must be multiples of 4, at least 64, not {size}")
        self._card = card
        self._width, self._height = size
        self._unit = self._height / 360  # designed on 640 x 360
        self._left, self._top, self._right, _ = code_region(size)
        self._margin = self._top
        self._background = _background(size, card)
        self._still = self._furniture()
        self._discs = (
            _disc(_even(150 * self._unit), card.accent, 215),
            _disc(_even(64 * self._unit), WHITE, 120),
        )
        self._digits = {c: _text(c, 74 * self._unit) for c in "0123456789:."}
        self._small_digits = {c: _text(c, 17 * self._unit, opacity=200) for c in "0123456789"}
        self._flash = _disc(_even(16 * self._unit), card.accent, 255)

    def frame(self, number: int, rate: float) -> Frame:
        """Draw one frame.

        Args:
            number: Of the frame, from 0.
            rate: Frames per second.

        Returns:
            A new array of shape (height * 3 / 2, width), uint8: YUV 4:2:0.
        """
        width, height = self._width, self._height
        time_s = number / rate
        frame = np.empty((height * 3 // 2, width), np.uint8)
        drift = round(width / 2 * (time_s / 16 % 1)) * 2  # 16 s: whole loops have no seam
        for scale, plane, wide in zip((1, 2, 2), planes(frame), self._background, strict=True):
            plane[...] = wide[:, drift // scale : (drift + width) // scale]
        for disc, period_s, phase in zip(self._discs, (8, 16), (0.0, 2.1), strict=True):
            angle = 2 * math.pi * time_s / period_s + phase
            x = width * (0.5 + 0.36 * math.sin(angle)) - disc.width / 2
            y = height * (0.52 + 0.24 * math.sin(2 * angle)) - disc.height / 2
            _lay(frame, disc, round(x), round(y))
        for sprite, left, top in self._still:
            _lay(frame, sprite, left, top)
        self._progress(frame, time_s)
        if self._card.clock:
            self._clock(frame, number, rate)
        return frame

    def _furniture(self) -> list[tuple[_Sprite, int, int]]:
        """What stands still: safe area, label, titles, the code, the track of the bar."""
        card, unit, width, height = self._card, self._unit, self._width, self._height
        placed: list[tuple[_Sprite, int, int]] = []
        across, upright = (
            _box(long, high, WHITE, 110) for long, high in ((34 * unit, unit), (unit, 34 * unit))
        )
        inset = self._margin // 2
        for x, far_x in ((inset, False), (width - inset, True)):
            for y, far_y in ((inset, False), (height - inset, True)):
                placed.append((across, x - far_x * across.width, y - far_y * across.height))
                placed.append((upright, x - far_x * upright.width, y - far_y * upright.height))
        if card.label:
            placed.append((_text(card.label, 30 * unit), self._margin, self._margin))
        fit = min(58.0, 1.55 * width / unit / len(card.title))  # long titles become smaller
        title, subtitle = ((18, 118), (15, 262)) if card.clock else ((fit, 182), (20, 236))
        for text, (size, centre) in ((card.title, title), (card.subtitle, subtitle)):
            if text:
                sprite = _text(text, size * unit, opacity=255 if size > 30 else 205)
                top = round(centre * unit - sprite.height / 2)
                placed.append((sprite, (width - sprite.width) // 2, top))
        side, rim = self._right - self._left, _even(2 * unit)
        placed.append(
            (_box(side + 2 * rim, side + 2 * rim, WHITE), self._left - rim, self._top - rim)
        )
        placed.append((_box(side, side, CODES[card.code]), self._left, self._top))
        track = _box(width - 2 * self._margin, 5 * unit, WHITE, 60)
        placed.append((track, self._margin, height - self._margin - track.height))
        return placed

    def _progress(self, frame: Frame, time_s: float) -> None:
        """The bar, and beside it a flash in step with the beep of each second."""
        length = (self._width - 2 * self._margin) * min(time_s / self._card.duration_s, 1.0)
        if length >= 2:
            bar = _box(length, 5 * self._unit, self._card.accent)
            _lay(frame, bar, self._margin, self._height - self._margin - bar.height)
        if time_s % 1 < 0.12:
            top = self._height - self._margin - 2 * self._flash.height
            _lay(frame, self._flash, self._right - self._flash.width, top)

    def _clock(self, frame: Frame, number: int, rate: float) -> None:
        seconds, part = divmod(number, round(rate))
        text = f"{seconds // 60:02d}:{seconds % 60:02d}.{part:02d}"
        self._write(frame, self._digits, text, round(138 * self._unit))
        self._write(frame, self._small_digits, f"{number:05d}", round(226 * self._unit))

    def _write(self, frame: Frame, glyphs: dict[str, _Sprite], text: str, top: int) -> None:
        """Write with glyphs drawn before, digits in cells of one width: a clock must not dance."""
        widest = glyphs["0"].width - 2
        cells = [round(widest * (1.06 if c.isdigit() else 0.5)) for c in text]
        left = (self._width - sum(cells)) // 2
        for character, cell in zip(text, cells, strict=True):
            glyph = glyphs[character]
            _lay(frame, glyph, left + (cell - glyph.width) // 2, top)
            left += cell
