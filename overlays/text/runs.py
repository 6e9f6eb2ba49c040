"""Which font draws which part of a text: fallback by run, in logical order."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from overlays.text.bidi import base_level, levels
from overlays.text.clean import clusters, is_mark
from overlays.text.fonts import Font

BOX_WIDTH = 0.62  # em, of what stands for a character that no font has
_TEXT, _EMOJI = "\ufe0e", "\ufe0f"
_EMOJI_FROM = 0x1F000  # with few exceptions, what lies above is a picture


@dataclass(frozen=True, slots=True)
class Piece:
    """One cluster: the least that is measured, cut off or wrapped."""

    text: str
    font: Font | None  # None: nothing covers it
    level: int  # of embedding: odd is right to left


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours with one font and one direction: what is shaped at once."""

    text: str
    font: Font | None
    level: int
    width: float  # em


def pieces(text: str, fonts: Sequence[Font], *, direction: str = "auto") -> tuple[list[Piece], int]:
    """Split one paragraph.

    Args:
        text: Cleaned, without a line break.
        fonts: In the order of preference.
        direction: `ltr`, `rtl`, or `auto`: by the first strong character.

    Returns:
        The pieces in logical order, and the base level of the paragraph.
    """
    base = base_level(text) if direction == "auto" else int(direction == "rtl")
    of_level = levels(text, base)
    found: list[Piece] = []
    place = 0
    current: Font | None = None
    for cluster in clusters(text):
        current = _font_for(cluster, fonts, current)
        found.append(Piece(cluster, current, of_level[place]))
        place += len(cluster)
    return found, base


def runs(of_pieces: Sequence[Piece], *, apart: bool = False) -> list[Run]:
    """Join neighbours; with `apart`, letters stay by themselves where the script lets them."""
    found: list[Run] = []
    start = 0
    for place in range(1, len(of_pieces) + 1):
        first = of_pieces[start]
        if (
            place == len(of_pieces)
            or of_pieces[place].font is not first.font
            or of_pieces[place].level != first.level
            or first.font is None
            or (apart and _stands_alone(of_pieces[place].text))
        ):
            text = "".join(piece.text for piece in of_pieces[start:place])
            width = BOX_WIDTH if first.font is None else _length(first.font, text, first.level % 2)
            found.append(Run(text, first.font, first.level, width))
            start = place
    return found


@cache
def _stands_alone(cluster: str) -> bool:
    """Whether letters may be spaced: Latin, Greek, Cyrillic and what has no joining forms."""
    return ord(cluster[0]) < 0x590 or 0x3000 <= ord(cluster[0]) < 0xE000


def _length(font: Font, text: str, rtl: int) -> float:
    return font.length(text, rtl=bool(rtl))


def _font_for(cluster: str, fonts: Sequence[Font], current: Font | None) -> Font | None:
    base = ord(cluster[0])
    needed = {base, *(ord(mark) for mark in cluster[1:] if not _ignorable(mark))}
    colour = _EMOJI in cluster or (base >= _EMOJI_FROM and _TEXT not in cluster)
    if (
        current is not None
        and (current.strike is not None) == colour
        and not cluster[0].isalpha()
        and needed <= current.coverage
    ):
        return current  # spaces, digits and punctuation stay with what they stand beside
    order = sorted(fonts, key=lambda font: (font.strike is not None) != colour)
    for font in order:
        if needed <= font.coverage:
            return font
    return next((font for font in order if base in font.coverage), None)


def _ignorable(mark: str) -> bool:
    """Joiners and selectors: no font needs a glyph for them."""
    return is_mark(mark) and mark in "\u200c\u200d\ufe0e\ufe0f"
