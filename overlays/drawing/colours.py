"""Colours of drawings: written, from a palette, from data, or chosen to be read on another one."""

import re
from collections.abc import Mapping

Rgba = tuple[int, int, int, int]

_WRITTEN = re.compile(r"#(?:[0-9a-fA-F]{6}|[0-9a-fA-F]{8})")
_DARK: Rgba = (16, 18, 24, 255)
_LIGHT: Rgba = (255, 255, 255, 255)


def is_colour(text: str) -> bool:
    """Whether a text is `#rrggbb` or `#rrggbbaa`."""
    return _WRITTEN.fullmatch(text) is not None


def read_colour(text: str, palette: Mapping[str, str]) -> Rgba:
    """Read a colour.

    Args:
        text: `#rrggbb`, `#rrggbbaa`, `$name` of the palette, any of them followed by `/0.5` for an
            opacity, or `on:` before any of them for what is best read on it.
        palette: Names to colours as above.

    Raises:
        ValueError: It is none.
    """
    if text.startswith("on:"):
        return _LIGHT if _luminance(read_colour(text[3:], palette)) < 0.36 else _DARK
    colour, _, opacity = text.partition("/")
    if colour.startswith("$"):
        if colour[1:] not in palette:
            raise ValueError(f"{colour} is not in the palette ({', '.join(palette) or 'none'})")
        colour = palette[colour[1:]]
    if not is_colour(colour):
        raise ValueError(f"{text!r} is not a colour: write #rrggbb, #rrggbbaa or $name")
    values = bytes.fromhex(colour[1:])
    alpha = values[3] if len(values) == 4 else 255
    share = float(opacity) if opacity else 1.0
    if not 0 <= share <= 1:
        raise ValueError(f"{text!r}: the opacity is from 0 to 1")
    return values[0], values[1], values[2], round(alpha * share)


def _luminance(colour: Rgba) -> float:
    """WCAG 2.2, relative luminance."""
    linear = [
        value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4
        for value in colour[:3]
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
