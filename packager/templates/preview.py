"""What an overlay looks like: laid over something, as one frame, a strip of frames or a sheet."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
from PIL import Image, ImageDraw

from overlays.frames.colour import Colours
from overlays.templates.check import Checked
from overlays.templates.model import Size, Template, Tone
from overlays.templates.stage import TemplateLayer
from packager.templates.film_colours import palette_of
from packager.templates.folder import shelf

_LIGHT, _DARK, _PAPER, _INK, _WRONG = "#5a5f69", "#4b5059", "#15181f", "#e8ecf4", "#ff5a4f"
_TILE = 480


def checkerboard(size: Size) -> Image.Image:
    """A grey pattern on which transparency can be seen."""
    field = max(8, size[1] // 36)
    board = Image.new("RGBA", size, _LIGHT)
    pen = ImageDraw.Draw(board)
    for row in range(0, size[1], field):
        for column in range(row // field % 2 * field, size[0], 2 * field):
            pen.rectangle((column, row, column + field - 1, row + field - 1), fill=_DARK)
    return board


def over(layer: TemplateLayer, time: Fraction, background: Image.Image) -> Image.Image:
    """The layer at a time, laid over a background of its size; that is not modified."""
    tone = layer.tone_at(time)
    background = background if tone is None else _toned(background, tone)
    frame = background.copy()
    box = layer.video_at(time)
    if box is not None:
        small = background.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.LANCZOS)
        frame = Image.new("RGBA", background.size, (0, 0, 0, 255))
        frame.paste(small, box[:2])
    picture = layer.at(time)
    if picture is not None:
        frame.alpha_composite(Image.fromarray(picture.pixels), (picture.left, picture.top))
    return frame


def _toned(picture: Image.Image, tone: Tone) -> Image.Image:
    """A picture in other colours, changed as content is: in Y, U and V of BT.709."""
    rgba = np.array(picture)
    red, green, blue = (rgba[..., part].astype(np.float32) for part in range(3))
    whole, film = np.ones_like(red), Colours()
    y, u, v = (
        np.rint(film.plane(plane, (red, green, blue), whole)).astype(np.uint8) for plane in range(3)
    )
    palette_of(tone, full_range=False).apply((y, u, v))
    parts = film.rgb(*(part.astype(np.float32) for part in (y, u, v)))
    rgba[..., :3] = np.clip(np.rint(np.stack(parts, axis=-1)), 0, 255)
    return Image.fromarray(rgba)


def key_times(template: Template, lasts: Fraction) -> tuple[Fraction, ...]:
    """Times worth looking at: while it comes, at rest, while it goes."""
    phases = template.phases
    out_at = lasts - phases.leave_s
    return (
        *(phases.enter_s * step / 4 for step in range(1, 4)),
        (phases.enter_s + out_at) / 2,
        *(out_at + phases.leave_s * step / 3 for step in range(1, 3)),
    )


def strip(layer: TemplateLayer, times: Sequence[Fraction], background: Image.Image) -> Image.Image:
    """Frames side by side, three in a row, each with its time."""
    tiles = [(over(layer, time, background), f"{float(time):.2f} s", False) for time in times]
    return _grid(tiles, columns=3)


def contact_sheet(checked: Sequence[Checked]) -> Image.Image:
    """A row for each sample, a column for each size; what has findings is framed in red."""
    columns = len({one.size for one in checked})
    return _grid(list(_tiles(checked)), columns=max(columns, 1))


def _tiles(checked: Sequence[Checked]) -> Iterator[tuple[Image.Image, str, bool]]:
    for one in checked:
        frame = over(one.layer, one.at_rest, checkerboard(one.size))
        wrong = ", ".join(dict.fromkeys(finding.kind for finding in one.findings))
        caption = f"{one.sample.name}  {one.size[0]} x {one.size[1]}  {wrong}"
        yield frame, caption, bool(one.findings)


def _grid(tiles: Sequence[tuple[Image.Image, str, bool]], *, columns: int) -> Image.Image:
    font = shelf().families["regular"][0].at(16)
    size = tiles[0][0].size
    height = round(_TILE * size[1] / size[0])
    step_x, step_y = _TILE + 12, height + 40
    rows = -(-len(tiles) // columns)
    sheet = Image.new("RGB", (12 + columns * step_x, 12 + rows * step_y), _PAPER)
    pen = ImageDraw.Draw(sheet)
    for number, (frame, caption, wrong) in enumerate(tiles):
        left, top = 12 + number % columns * step_x, 12 + number // columns * step_y
        small = frame.convert("RGB").resize((_TILE, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (left, top))
        if wrong:
            pen.rectangle(
                (left - 3, top - 3, left + _TILE + 2, top + height + 2), outline=_WRONG, width=3
            )
        pen.text(
            (left, top + height + 22),
            caption,
            font=font,
            fill=_WRONG if wrong else _INK,
            anchor="ls",
        )
    return sheet
