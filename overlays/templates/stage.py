"""A template with its data at one size: a layer."""

import math
from collections.abc import Callable, Hashable, Mapping
from fractions import Fraction

import numpy as np
from PIL import Image

from overlays.drawing.colours import read_colour
from overlays.drawing.easing import EASINGS
from overlays.drawing.images import read_image
from overlays.drawing.painter import Finding, Painter, Palette
from overlays.drawing.scene import Box, Scene
from overlays.drawing.sprites import Area, Moment, Node, union
from overlays.errors import DataError, ImageError
from overlays.layers import Picture, Rgba
from overlays.templates.clip import Clip, ClipNode
from overlays.templates.lottie import AssetSlot, Lottie, LottieNode, with_slots
from overlays.templates.model import Size, Template, Tone
from overlays.templates.schema import Canonical


def make_layer(
    template: Template, data: Canonical, size: Size, *, lasts: Fraction | None = None
) -> "TemplateLayer":
    """Make the layer of a template.

    Args:
        template: What is drawn.
        data: Of this template: `template.canonical(...)`.
        size: (width, height) of the rendition; the template is scaled into it, in its middle.
        lasts: Seconds that the overlay is shown in all, so that it goes in time; None where its
            end is not known yet.

    Raises:
        DataError: A picture or a colour in the data cannot be used.
        TemplateError: The template's art cannot be drawn.
        EngineMissing: It needs a library that is not installed.
    """
    return TemplateLayer(template, data, size, lasts)


class TemplateLayer:
    """A layer (`overlays.layers.Layer`), and what its making found out."""

    def __init__(
        self, template: Template, data: Canonical, size: Size, lasts: Fraction | None
    ) -> None:
        self._template = template
        self._lasts = lasts
        video = template.video
        self._tone = None if video is None else video.palettes.chosen(data.data)
        self._frame: Area = (0, 0, *size)
        self._scale, self._corner = placed(template.size, size)
        palette = Palette(
            colours=template.palettes.chosen(data.data) or {},
            fonts=template.families,
            image=_images({**template.pictures, **data.images}),
        )
        painter = Painter(palette, scale=self._scale, left=self._corner[0], top=self._corner[1])
        try:
            painted = painter.paint(template.scene, data.data)
            self.findings: list[Finding] = painted.findings
            self.inks: list[tuple[str, Area]] = painted.inks
            self._nodes: list[Node] = painted.nodes
            art = template.art
            if isinstance(art, Lottie):
                self._nodes.insert(0, self._lottie(art, palette, data))
            elif isinstance(art, Clip):
                self._nodes.insert(0, ClipNode(art, self._pixels(art.box)))
        except ValueError as error:
            raise DataError((str(error),), told=("a picture or a colour cannot be used",)) from None
        self._reach = self._within(union([node.reach for node in self._nodes]))
        self._moves = any(node.moves for node in self._nodes)
        self._moment: Moment | None = None
        self._pose: list[Hashable] | None = None  # equal poses are the same picture
        self._drawn: Picture | None = None

    @property
    def reach(self) -> Area | None:
        """All pixels of the frame that it may touch: left, top, right, bottom; None for none."""
        return self._reach

    def at(self, time: Fraction) -> Picture | None:
        """Return what stands at `time`, in seconds since the overlay began; None for nothing."""
        moment = self._template.phases.moment(time, self._lasts)
        if moment is None or self._reach is None:
            return None
        if moment.phase == "hold" and not self._moves:
            moment = Moment("hold", 0.0)
        if moment != self._moment:
            pose = [node.pose(moment) for node in self._nodes]
            if self._pose != pose:
                self._drawn = self._draw(moment, self._reach)
            self._moment, self._pose = moment, pose
        return self._drawn

    def video_at(self, time: Fraction) -> Area | None:
        """Where an L-frame wants the content at `time`; None where it keeps the whole frame.

        Its edges are even, so that planes of half the size can be placed.
        """
        video = self._template.video
        share = self._video_share(time)
        if video is None or video.box is None or share is None:
            return None
        target = self._pixels(video.box)
        left, top, right, bottom = (
            start + (end - start) * share for start, end in zip(self._frame, target, strict=True)
        )
        # Outwards: what stands beside it is drawn over it, and no gap may show between them.
        return (
            math.floor(left / 2) * 2,
            math.floor(top / 2) * 2,
            math.ceil(round(right, 3) / 2) * 2,
            math.ceil(round(bottom, 3) / 2) * 2,
        )

    def tone_at(self, time: Fraction) -> Tone | None:
        """How the content's colours are changed at `time`; None where they are not."""
        share = self._video_share(time)
        if self._tone is None or share is None:
            return None
        tone = self._tone.part(share)
        return None if tone == Tone() else tone

    def _video_share(self, time: Fraction) -> float | None:
        """How far the content has come to what it is to be; None where it is left alone."""
        video, phases = self._template.video, self._template.phases
        moment = phases.moment(time, self._lasts)
        if video is None or moment is None:
            return None
        if moment.phase == "in":
            return EASINGS[video.easing](moment.seconds / float(phases.enter_s))
        if moment.phase == "out":
            return 1 - EASINGS[video.easing](moment.seconds / float(phases.leave_s))
        return 1.0

    def _draw(self, moment: Moment, reach: Area) -> Picture | None:
        left, top, right, bottom = reach
        only = self._nodes[0] if len(self._nodes) == 1 else None
        if isinstance(only, LottieNode) and only.reach == reach:
            return Picture(only.pixels(moment), left, top)
        pixels = np.zeros((bottom - top, right - left, 4), np.uint8)
        canvas = _canvas_on(pixels)
        for node in self._nodes:
            node.draw(canvas, (left, top), moment)
        bounds = canvas.getbbox()
        if bounds is None:
            return None
        pixels.flags.writeable = False
        seen = pixels[bounds[1] : bounds[3], bounds[0] : bounds[2]]
        return Picture(seen, left + bounds[0], top + bounds[1])

    def _lottie(self, art: Lottie, palette: Palette, data: Canonical) -> LottieNode:
        area = self._pixels(art.box)
        scale = (area[2] - area[0]) / art.size[0]

        def paint(slot: AssetSlot) -> Image.Image:
            painter = Painter(palette, scale=scale, left=0.0, top=0.0)
            painted = painter.paint(Scene(elements=slot.elements), data.data)
            self.findings += painted.findings
            size = tuple(max(1, round(side * scale)) for side in slot.size)
            canvas = Image.new("RGBA", (size[0], size[1]), (0, 0, 0, 0))
            for node in painted.nodes:
                node.draw(canvas, (0, 0), Moment("hold", 0.0))
            return canvas

        document = with_slots(
            art, paint, lambda colour: read_colour(colour.text(data.data), palette.colours)
        )
        return LottieNode(art, document, area)

    def _pixels(self, box: Box) -> Area:
        left = self._corner[0] + box[0] * self._scale
        top = self._corner[1] + box[1] * self._scale
        right, bottom = left + box[2] * self._scale, top + box[3] * self._scale
        return (
            round(left),
            round(top),
            max(round(left) + 1, round(right)),
            max(round(top) + 1, round(bottom)),
        )

    def _within(self, area: Area | None) -> Area | None:
        """The part of an area that lies in the frame."""
        if area is None:
            return None
        left, top = max(area[0], 0), max(area[1], 0)
        right, bottom = min(area[2], self._frame[2]), min(area[3], self._frame[3])
        return (left, top, right, bottom) if left < right and top < bottom else None


def _canvas_on(pixels: Rgba) -> Image.Image:
    """A canvas whose pixels are those of an array: what is drawn on it need not be copied out."""
    height, width = pixels.shape[:2]
    canvas = Image.frombuffer("RGBA", (width, height), pixels, "raw", "RGBA", 0, 1)
    canvas.readonly = 0  # else the first stroke would copy it
    return canvas


def placed(inner: Size, outer: Size) -> tuple[float, tuple[float, float]]:
    """How a template lies in a rendition: its scale, and where its corner comes to lie."""
    scale = min(outer[0] / inner[0], outer[1] / inner[1])
    return scale, ((outer[0] - inner[0] * scale) / 2, (outer[1] - inner[1] * scale) / 2)


def _images(files: Mapping[str, bytes]) -> Callable[[str], Image.Image | None]:
    def image(name: str) -> Image.Image | None:
        if name not in files:
            return None
        try:
            return read_image(files[name])
        except ImageError as error:
            raise DataError((f"{name}: {error}",), told=(f"a picture: {error}",)) from None

    return image
