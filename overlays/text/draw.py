"""Text drawn: shaped by raqm, run by run, in one colour; emoji in their own.

Small text is drawn larger and averaged down: it is then placed to a fraction of a pixel and free of
hinting, and looks alike in every rendition.
"""

import math
from io import BytesIO

from PIL import Image, ImageDraw

from overlays.text.fonts import Font
from overlays.text.layout import Layout, Line, Style
from overlays.text.runs import BOX_WIDTH, Run

Rgba = tuple[int, int, int, int]
_OVERHANG = 0.7  # em beside the box: what accents, swashes and descenders reach beyond it


def draw_text(
    layout: Layout, style: Style, box: tuple[float, float], colour: Rgba, *, scale: float
) -> tuple[Image.Image, int, int]:
    """Draw a text that was fitted into a box.

    Args:
        layout: What `lay_out` made for this style and box.
        style: How it is set.
        box: (width, height) in the template's pixels.
        colour: Of the letters.
        scale: Pixels of the frame for one of the template.

    Returns:
        A picture, and where its upper left corner lies from the box's, in pixels of the frame.
    """
    size = layout.size * scale
    fine = 4 if size < 40 else 2 if size < 110 else 1
    margin = math.ceil(size * _OVERHANG)
    width, height = (math.ceil(length * scale) + 2 * margin for length in box)
    canvas = _Canvas((width * fine, height * fine), size * fine, colour)
    step = size * style.line_height
    first = _first_baseline(layout, style, box[1] * scale, step)
    for number, line in enumerate(layout.lines):
        left = margin + _left(line, style, box[0] * scale, size)
        canvas.line(line, left * fine, (margin + first + number * step) * fine, style.tracking)
    return canvas.finished(fine), -margin, -margin


def _first_baseline(layout: Layout, style: Style, height: float, step: float) -> float:
    """Capitals stand in the middle: what looks centred, not what the font's lines say."""
    size = step / style.line_height
    capital = style.fonts[0].cap_height * size if style.fonts else 0.7 * size
    block = capital + step * (len(layout.lines) - 1)
    lead = (step - capital) / 2
    top = {"top": lead, "middle": (height - block) / 2, "bottom": height - block - lead}
    return top[style.valign] + capital


def _left(line: Line, style: Style, width: float, size: float) -> float:
    align = style.align
    if align in ("start", "end"):
        align = "right" if (align == "end") != (line.base == 1) else "left"
    return {"left": 0.0, "centre": 0.5, "right": 1.0}[align] * (width - line.width * size)


class _Canvas:
    """Letters collect in a mask that is coloured at the end; emoji lie beside it."""

    def __init__(self, size: tuple[int, int], em: float, colour: Rgba) -> None:
        self._mask = Image.new("L", size, 0)
        self._pen = ImageDraw.Draw(self._mask)
        self._emoji: Image.Image | None = None
        self._em = em
        self._colour = colour

    def line(self, line: Line, left: float, baseline: float, tracking: float) -> None:
        for run in line.runs:
            if run.font is None:
                self._box(left, baseline)
            elif run.font.strike is not None:
                self._bitmaps(run, run.font, left, baseline)
            else:
                self._pen.text(
                    (left, baseline),
                    run.text,
                    fill=255,
                    font=run.font.at(self._em),
                    anchor="ls",
                    direction="rtl" if run.level % 2 else "ltr",
                )
            left += (run.width + tracking) * self._em

    def _box(self, left: float, baseline: float) -> None:
        """What stands for a character that no font has."""
        inset, line = 0.06 * self._em, max(1, round(0.05 * self._em))
        corners = (
            round(left + inset),
            round(baseline - 0.7 * self._em),
            round(left + BOX_WIDTH * self._em - inset),
            round(baseline),
        )
        self._pen.rectangle(corners, outline=255, width=line)

    def _bitmaps(self, run: Run, font: Font, left: float, baseline: float) -> None:
        loaded = font.at(self._em)
        at = self._em / loaded.size
        rtl = "rtl" if run.level % 2 else "ltr"
        size = (math.ceil(run.width * loaded.size) + 2, math.ceil(1.3 * loaded.size))
        strip = Image.new("RGBA", size, (0, 0, 0, 0))
        pen = ImageDraw.Draw(strip)
        # Emoji hang a little below the baseline, as their fonts have it.
        pen.text(
            (1, round(loaded.size)),
            run.text,
            font=loaded,
            anchor="ls",
            direction=rtl,
            embedded_color=True,
        )
        small = tuple(max(1, round(length * at)) for length in strip.size)
        strip = strip.resize((small[0], small[1]), Image.Resampling.BOX)
        if self._emoji is None:
            self._emoji = Image.new("RGBA", self._mask.size, (0, 0, 0, 0))
        spot = (round(left), round(baseline - self._em))
        cut = (max(0, -spot[0]), max(0, -spot[1]))
        if cut[0] < strip.width and cut[1] < strip.height:
            self._emoji.alpha_composite(strip, (max(0, spot[0]), max(0, spot[1])), cut)

    def finished(self, fine: int) -> Image.Image:
        mask = self._mask.reduce(fine) if fine > 1 else self._mask
        if self._colour[3] < 255:
            mask = mask.point([value * self._colour[3] // 255 for value in range(256)])
        picture = Image.new("RGBA", mask.size, (*self._colour[:3], 0))
        picture.putalpha(mask)
        if self._emoji is not None:
            emoji = self._emoji.reduce(fine) if fine > 1 else self._emoji
            picture.alpha_composite(emoji)
        return picture


def png(picture: Image.Image) -> bytes:
    """A picture as a file; the same bytes each time."""
    file = BytesIO()
    picture.save(file, "PNG", optimize=False, compress_level=6)
    return file.getvalue()
