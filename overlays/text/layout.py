"""Text in a box: broken into lines, made smaller or cut so that it fits.

Everything is measured in em and decided in the template's own pixels, before it is scaled: all
renditions of a ladder break and cut at the same places.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from overlays.text.bidi import visual_order
from overlays.text.clean import clean
from overlays.text.fonts import Font
from overlays.text.runs import Piece, Run, pieces, runs

_STEP = 0.96  # from one size to the next smaller one that is tried
# Prolonged sound, iteration, and small kana: with closing marks, what begins no line in Japanese.
_NO_START = frozenset("\u30fc\u3005ぁぃぅぇぉっゃゅょァィゥェォッャュョ")

Align = Literal["start", "left", "centre", "right", "end"]
VerticalAlign = Literal["top", "middle", "bottom"]
Direction = Literal["auto", "ltr", "rtl"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How a text is set; lengths in the template's pixels."""

    fonts: tuple[Font, ...]  # in the order of preference
    size: float
    min_size: float  # below it, what is left over is cut and an ellipsis says so
    align: Align = "start"  # start and end follow the direction of the text
    valign: VerticalAlign = "middle"
    lines: int = 1
    line_height: float = 1.25  # em
    tracking: float = 0.0  # em between letters, in scripts whose letters stand alone
    direction: Direction = "auto"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its runs from left to right."""

    runs: tuple[Run, ...]
    width: float  # em
    base: int  # level of its paragraph: 1 is right to left


@dataclass(frozen=True, slots=True)
class Layout:
    """A text as it will be drawn, and what is wrong with it."""

    lines: tuple[Line, ...]
    size: float  # the template's pixels
    cut: bool  # not all of it is shown
    missing: tuple[str, ...]  # characters that no font has


def lay_out(text: str, style: Style, box: tuple[float, float]) -> Layout:
    """Fit a text into a box.

    Args:
        text: Any; cleaned here.
        style: How it is set.
        box: (width, height) in the template's pixels.
    """
    paragraphs = [
        pieces(line, style.fonts, direction=style.direction) for line in clean(text).split("\n")
    ]
    missing = {
        piece.text: None for line, _ in paragraphs for piece in line if piece.font is None
    } | {
        mark: None
        for line, _ in paragraphs
        for piece in line
        if piece.font is not None
        for mark in piece.text[1:]
        if unicodedata.category(mark) != "Cf"
        and not 0xFE00 <= ord(mark) < 0xFE10
        and ord(mark) not in piece.font.coverage
    }
    size, smallest = style.size, min(style.min_size, style.size)
    while True:
        limit = box[0] / size
        rows = min(style.lines, max(1, int(box[1] / (size * style.line_height) + 1e-6)))
        lines = [
            (part, base) for line, base in paragraphs for part in _wrapped(line, limit, style, rows)
        ]
        fits = len(lines) <= rows and all(_width(part, style) <= limit for part, _ in lines)
        if fits or size <= smallest:
            break
        size = max(size * _STEP, smallest)
    if not fits:
        lines = _cut(lines, rows, limit, style)
    return Layout(
        tuple(_line(part, base, style) for part, base in lines), size, not fits, tuple(missing)
    )


def _runs(part: Sequence[Piece], style: Style) -> list[Run]:
    return runs(part, apart=style.tracking != 0)


def _width(part: Sequence[Piece], style: Style) -> float:
    return _spaced(_runs(part, style), style)


def _spaced(of_runs: Sequence[Run], style: Style) -> float:
    return sum(run.width for run in of_runs) + style.tracking * max(0, len(of_runs) - 1)


def _line(part: Sequence[Piece], base: int, style: Style) -> Line:
    logical = _runs(part, style)
    order = visual_order([run.level for run in logical])
    return Line(tuple(logical[place] for place in order), _spaced(logical, style), base)


def _wrapped(line: Sequence[Piece], limit: float, style: Style, rows: int) -> list[Sequence[Piece]]:
    """Break a paragraph, greedily; one line more than there is room for is enough to know."""
    found: list[Sequence[Piece]] = []
    while style.lines > 1 and len(found) < rows and _width(line, style) > limit:
        low, high = 1, len(line) - 1  # the most pieces that fit, by bisection; at least one
        while low < high:
            middle = (low + high + 1) // 2
            if _width(_trimmed(line[:middle]), style) <= limit:
                low = middle
            else:
                high = middle - 1
        if high < 1:
            break
        end = next((place for place in range(low, 0, -1) if _may_break(line, place)), low)
        found.append(_trimmed(line[:end]))
        line = line[end:]
        while line and line[0].text == " ":
            line = line[1:]
    return [*found, line]


def _trimmed(part: Sequence[Piece]) -> Sequence[Piece]:
    while part and part[-1].text == " ":
        part = part[:-1]
    return part


def _may_break(line: Sequence[Piece], place: int) -> bool:
    """Whether a line may end before the piece at `place` (UAX #14, what titles need of it)."""
    before, after = line[place - 1].text, line[place].text
    if after[0] in _NO_START or unicodedata.category(after[0]) in ("Pe", "Pf", "Po"):
        return False
    if unicodedata.category(before[0]) in ("Ps", "Pi"):
        return False
    dashed = unicodedata.category(before[-1]) == "Pd" or before == "/"
    return " " in (before, after) or dashed or _ideographic(before, after)


def _ideographic(before: str, after: str) -> bool:
    return any(
        0x2E80 <= ord(text[0]) < 0xA4D0 or 0xF900 <= ord(text[0]) < 0xFB00 or ord(text[0]) > 0x1F000
        for text in (before, after)
    )


def _cut(
    lines: Sequence[tuple[Sequence[Piece], int]], rows: int, limit: float, style: Style
) -> list[tuple[Sequence[Piece], int]]:
    """Keep what there is room for; where something is lost, an ellipsis says so."""
    kept = []
    for number, (part, base) in enumerate(lines[:rows]):
        lost = number == rows - 1 and len(lines) > rows
        if lost or _width(part, style) > limit:
            dots = pieces("…", style.fonts, direction="rtl" if base else "ltr")[0]
            low, high = 0, len(part)
            while low < high:
                middle = (low + high + 1) // 2
                if _width([*_trimmed(part[:middle]), *dots], style) <= limit:
                    low = middle
                else:
                    high = middle - 1
            part = [*_trimmed(part[:low]), *dots]
        kept.append((part, base))
    return kept
