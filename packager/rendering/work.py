"""The work of a worker: the one place where templates, music and segments meet.

Only worker processes import it: it imports PyAV. What a process has read and drawn it keeps for its
next orders, which are often of the same template and the same data.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from overlays.audio.cmaf import mix_cmaf, sound_configuration
from overlays.audio.configuration import AacConfiguration
from overlays.audio.mix import Mix
from overlays.audio.stem import Stem, read_stem
from overlays.audio.transport import mix_transport, transport_configuration
from overlays.errors import (
    DataError,
    EncodingFailed,
    EngineMissing,
    MediaMalformed,
    OverlayError,
    SegmentRefused,
    StemError,
)
from overlays.frames.treatments import Palette, Squeeze
from overlays.segment.cmaf import open_cmaf
from overlays.segment.draw import Showing
from overlays.segment.profile import Profile
from overlays.segment.render import Film, render_cmaf, render_transport
from overlays.segment.transport import open_transport
from overlays.templates.model import Size, Template
from overlays.templates.stage import TemplateLayer, make_layer
from overlays.templates.still import STILL, still
from packager.rendering.jobs import Drawing
from packager.rendering.order import DrawingRefused, Order
from packager.templates.film_colours import palette_of
from packager.templates.folder import load_template

PROFILES = {"superfast": Profile(), "veryfast": Profile(preset="veryfast")}

_CODES: dict[type[OverlayError], str] = {
    DataError: "data",
    EngineMissing: "engine_missing",
    MediaMalformed: "malformed",
    StemError: "stem",
}


def draw(order: Order) -> bytes:
    """Return the segment with its overlays drawn and its music mixed.

    Raises:
        DrawingRefused: It cannot be done; whatever else is raised counts as a crash.
    """
    with _refusing():
        if order.work.drawings:
            order = replace(order, segment=_drawn(order))
        return _mixed(order) if order.work.sounds else order.segment


def _drawn(order: Order) -> bytes:
    work = order.work
    if work.profile not in PROFILES:
        raise DrawingRefused("profile", work.profile)
    profile, starts_at = PROFILES[work.profile], Fraction(0)
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
    elif work.ending == "png":
        drawn = still([_layer(*_place(order, one, STILL)) for one in work.drawings], STILL)
    else:
        raise DrawingRefused("container", work.ending)
    return drawn


def _mixed(order: Order) -> bytes:
    if order.work.ending == "m4s":
        configuration = sound_configuration(order.init)
    elif order.work.ending == "ts":
        configuration = transport_configuration(order.segment)
    else:
        raise DrawingRefused("container", order.work.ending)
    mixes = [
        Mix(
            stem=_stem(one.stem, order.stems[one.stem], configuration),
            begins_at=one.begins_s,
            ends_at=one.ends_s,
            fade_s=one.fade_s,
            gain_db=one.gain_db,
            duck_db=one.duck_db,
            top_at=one.top_s,
        )
        for one in order.work.sounds
    ]
    beside = {"before": order.before, "after": order.after}
    if order.work.ending == "m4s":
        return mix_cmaf(order.init, order.segment, mixes, **beside)
    return mix_transport(order.segment, mixes, **beside)


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
        layer = _layer(*_place(order, drawing, size))
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


def _place(order: Order, drawing: Drawing, size: Size) -> tuple[Drawing, str, Size]:
    """What a layer is kept by: the same in the next segment, when the overlay began earlier."""
    return replace(drawing, begins_s=Fraction(0)), order.templates[drawing.template], size


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


@lru_cache(maxsize=4)
def _stem(digest: str, file: str, configuration: AacConfiguration) -> Stem:
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise DrawingRefused("stem", str(error)) from error
    if sha256(data).hexdigest() != digest:
        raise DrawingRefused("stem_changed", f"{file} is not what it was")
    return read_stem(data, Path(file).suffix.lower(), configuration)


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
