"""The work of a worker: the one place where templates and segments meet.

Only worker processes import it: it imports PyAV. What a process has read and drawn it keeps for its
next orders, which are often of the same template and the same data.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from overlays.errors import (
    DataError,
    EncodingFailed,
    EngineMissing,
    MediaMalformed,
    OverlayError,
    SegmentRefused,
)
from overlays.frames.treatments import Palette, Squeeze
from overlays.segment.cmaf import open_cmaf
from overlays.segment.draw import Showing
from overlays.segment.profile import Profile
from overlays.segment.render import Film, render_cmaf, render_transport
from overlays.segment.transport import open_transport
from overlays.templates.model import Size, Template
from overlays.templates.stage import TemplateLayer, make_layer
from packager.rendering.jobs import Drawing
from packager.rendering.order import DrawingRefused, Order
from packager.templates.film_colours import palette_of
from packager.templates.folder import load_template

PROFILES = {"superfast": Profile(), "veryfast": Profile(preset="veryfast")}

_CODES: dict[type[OverlayError], str] = {
    DataError: "data",
    EngineMissing: "engine_missing",
    MediaMalformed: "malformed",
}


def draw(order: Order) -> bytes:
    """Return the segment with its overlays drawn.

    Raises:
        DrawingRefused: It cannot be done; whatever else is raised counts as a crash.
    """
    work = order.work
    if work.profile not in PROFILES:
        raise DrawingRefused("profile", work.profile)
    profile, starts_at = PROFILES[work.profile], Fraction(0)
    with _refusing():
        if work.ending == "m4s":
            variants = [_showings(order, open_cmaf(order.init, order.segment))]
            (drawn,) = render_cmaf(
                order.init,
                order.segment,
                variants,
                profile,
                starts_at=starts_at,
                augmented=work.augmented,
            )
        elif work.ending == "ts":
            variants = [_showings(order, open_transport(order.segment))]
            (drawn,) = render_transport(order.segment, variants, profile, starts_at=starts_at)
        else:
            raise DrawingRefused("container", work.ending)
    return drawn


@contextmanager
def _refusing() -> Iterator[None]:
    """What the parts refuse, in the one word that operators are told."""
    try:
        yield
    except SegmentRefused as error:
        raise DrawingRefused(error.reason, str(error)) from error
    except EncodingFailed:  # for want of memory, perhaps: another process may do better
        raise
    except OverlayError as error:
        code = next((code for kind, code in _CODES.items() if isinstance(error, kind)), "template")
        raise DrawingRefused(code, str(error)) from error
    except OSError as error:
        raise DrawingRefused("template", str(error)) from error


def _showings(order: Order, film: Film) -> list[Showing]:
    """The overlays in z-order; what one does to the film lies below it."""
    sps = film.gops[0].sets.sps
    size = sps.width, sps.height
    found = []
    for drawing in order.work.drawings:
        # The same layer in the next segment, where the overlay began a segment earlier.
        still = replace(drawing, begins_s=Fraction(0))
        layer = _layer(still, order.templates[drawing.template], size)
        lasts_s = drawing.lasts_s
        found += [
            Showing(
                content=content,
                begins_at=drawing.begins_s,
                ends_at=None if lasts_s is None else drawing.begins_s + lasts_s,
            )
            for content in (_Toning(layer, sps.full_range), _Narrowing(layer, size), layer)
        ]
    return found


@lru_cache(maxsize=16)
def _layer(drawing: Drawing, folder: str, size: Size) -> TemplateLayer:
    template = _template(drawing.template, folder)
    data = template.canonical(json.loads(drawing.data), dict(drawing.images))
    return make_layer(template, data, size, lasts=drawing.lasts_s)


@lru_cache(maxsize=16)
def _template(digest: str, folder: str) -> Template:
    template = load_template(Path(folder))
    if template.digest != digest:
        raise DrawingRefused("template_changed", f"{folder} is not what it was")
    return template


class _Narrowing:
    """The film in the box that an L-frame leaves it."""

    def __init__(self, layer: TemplateLayer, size: Size) -> None:
        self._layer = layer
        self._whole = (0, 0, *size)

    def at(self, time: Fraction) -> Squeeze | None:
        """Return where the film is to be at `time`; None where it keeps the whole frame."""
        area = self._layer.video_at(time)
        if area is None or area == self._whole:
            return None
        left, top, right, bottom = area
        return Squeeze(left, top, right - left, bottom - top)


class _Toning:
    """The film in the colours that a template wants."""

    def __init__(self, layer: TemplateLayer, full_range: bool) -> None:
        self._layer = layer
        self._full_range = full_range

    def at(self, time: Fraction) -> Palette | None:
        """Return the colours at `time`; None where they stay."""
        tone = self._layer.tone_at(time)
        return None if tone is None else palette_of(tone, full_range=self._full_range)
