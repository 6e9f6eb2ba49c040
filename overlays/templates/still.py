"""Overlays at rest as one picture, for players that draw it over the content themselves."""

from collections.abc import Iterable
from io import BytesIO
from typing import Final

from PIL import Image

from overlays.templates.model import Size, Template
from overlays.templates.stage import TemplateLayer, placed

STILL: Final[Size] = (1920, 1080)
"""Whatever renditions there are: players scale it into their own frame."""


def still(layers: Iterable[TemplateLayer], size: Size) -> bytes:
    """Draw layers as they are while they hold.

    Args:
        layers: In z-order, the lowest first; made for `size`.
        size: Of the picture.

    Returns:
        A PNG with transparency.
    """
    canvas = Image.new("RGBA", size, (0, 0, 0, 0))
    for layer in layers:
        picture = layer.at(layer.rests_at)
        if picture is not None:
            canvas.alpha_composite(Image.fromarray(picture.pixels), (picture.left, picture.top))
    out = BytesIO()
    canvas.save(out, "PNG")
    return out.getvalue()


def film_box(template: Template, size: Size) -> tuple[int, int, int, int] | None:
    """Where an L-frame wants the content while it holds: left, top, width, height; None: nowhere.

    Args:
        template: Of the overlay.
        size: Of the picture that it is drawn into.
    """
    if template.video is None or template.video.box is None:
        return None
    scale, (left, top) = placed(template.size, size)
    x, y, width, height = template.video.box
    return (
        round(left + x * scale),
        round(top + y * scale),
        round(width * scale),
        round(height * scale),
    )
