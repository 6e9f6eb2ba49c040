"""A scene with its data becomes sprites: pictures painted once, placed and moved afterwards."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from PIL import Image

from overlays.drawing.colours import Rgba, read_colour
from overlays.drawing.easing import Curve
from overlays.drawing.images import fitted
from overlays.drawing.scene import (
    Bar,
    Box,
    Corners,
    Element,
    Fill,
    Group,
    Motion,
    Picture,
    Rectangle,
    Rows,
    Scene,
    Shadow,
    Text,
)
from overlays.drawing.shapes import Gradient, faded, filled, masked, ring, rounded_mask, shadow
from overlays.drawing.sprites import Area, Cluster, Moment, Node, Sprite
from overlays.drawing.values import Expression, Scope
from overlays.text.draw import draw_text
from overlays.text.fonts import Font
from overlays.text.layout import Style, lay_out

_AT_REST = Moment("hold", 0.0)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something of a painted text or picture that its author should know."""

    kind: str  # `overflow`, `missing_glyphs`, `missing_image`
    place: str  # of the element in its document
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Palette:
    """All that a painter takes from beside the scene."""

    colours: Mapping[str, str]
    fonts: Mapping[str, tuple[Font, ...]]  # family to its fonts, in the order of preference
    image: Callable[[str], Image.Image | None]  # by the name that data or template give it


@dataclass(slots=True)
class Painted:
    """What came of a scene."""

    nodes: list[Node] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    inks: list[tuple[str, Area]] = field(default_factory=list)  # where letters stand, at rest


class Painter:
    """Paints one scene at one scale."""

    def __init__(self, palette: Palette, *, scale: float, left: float, top: float) -> None:
        """Prepare to paint.

        Args:
            palette: Colours, fonts and images.
            scale: Pixels of the frame for one of the template.
            left: Where the template's left edge lies, in pixels of the frame.
            top: Where its upper edge lies.
        """
        self._palette = palette
        self._scale = scale
        self._corner = (left, top)
        self._painted = Painted()

    def paint(self, scene: Scene, data: Scope) -> Painted:
        """Paint all elements that the data lets be seen.

        Raises:
            ValueError: A colour in the data is none.
        """
        left, top = (length / self._scale for length in self._corner)
        self._painted = Painted()
        self._painted.nodes = self._all(scene.elements, data, left, top, 0.0)
        return self._painted

    def _all(
        self, elements: Sequence[Element], scope: Scope, left: float, top: float, late: float
    ) -> list[Node]:
        found = []
        for element in elements:
            if element.when is None or _holds(element.when.value(scope)):
                x, y, width, height = element.box
                box = (left + x, top + y, width, height)
                node = self._one(element, scope, box, late)
                if node is not None:
                    found.append(node)
        return found

    def _one(self, element: Element, scope: Scope, box: Box, late: float) -> Node | None:
        motion = _later(_scaled(element.motion, self._scale), late)
        match element:
            case Group():
                return Cluster(
                    self._all(element.elements, scope, box[0], box[1], late),
                    area=self._pixels(box),
                    clips=element.clip is not None,
                    mask=self._mask(box, element.clip),
                    opacity=element.opacity,
                    motion=motion,
                )
            case Rows():
                return self._rows(element, scope, box, motion, late)
            case Rectangle():
                picture, left, top = self._rectangle(element, scope, box)
            case Text():
                picture, left, top = self._text(element, scope, box)
            case Picture():
                found = self._picture(element, scope, box)
                if found is None:
                    return None
                picture, left, top = found
            case Bar():
                picture, left, top = self._bar(element, scope, box)
            case _:
                raise TypeError(type(element))
        return Sprite.of(faded(picture, element.opacity), left, top, motion)

    def _rows(self, element: Rows, scope: Scope, box: Box, motion: Motion, late: float) -> Cluster:
        rows = element.source.value(scope)
        nodes: list[Node] = []
        for place, row in enumerate(list(rows or ())[: element.most]):
            inner = {**scope, "row": row, "place": place + 1}
            top = box[1] + place * element.height
            nodes += self._all(element.elements, inner, box[0], top, late + place * element.stagger)
        return Cluster(nodes, area=self._pixels(box), opacity=element.opacity, motion=motion)

    def _rectangle(
        self, element: Rectangle, scope: Scope, box: Box
    ) -> tuple[Image.Image, int, int]:
        left, top, right, bottom = self._pixels(box)
        size = (right - left, bottom - top)
        corners = self._corners(element.radius)
        mask = rounded_mask(size, corners)
        picture = masked(filled(size, self._fill(element.fill, scope)), mask)
        if element.outline is not None:
            colour, width = element.outline
            picture.alpha_composite(
                ring(size, corners, width * self._scale, self._colour(colour, scope))
            )
        return self._with_shadow(element.shadow, scope, mask, picture, left, top)

    def _text(self, element: Text, scope: Scope, box: Box) -> tuple[Image.Image, int, int]:
        style = Style(
            fonts=self._palette.fonts[element.font],
            size=element.size,
            min_size=element.min_size,
            align=element.align,
            valign=element.valign,
            lines=element.lines,
            line_height=element.line_height,
            tracking=element.tracking,
            direction=element.direction,
        )
        text = element.text.text(scope)
        text = text.upper() if element.upper else text
        layout = lay_out(text, style, box[2:])
        if layout.cut:
            self._find("overflow", element, f"{text!r} is cut: it does not fit into its box")
        if layout.missing:
            missing = " ".join(f"{part} (U+{ord(part[0]):04X})" for part in layout.missing)
            self._find("missing_glyphs", element, f"no font has {missing}")
        colour = self._colour(element.colour, scope)
        picture, x, y = draw_text(layout, style, box[2:], colour, scale=self._scale)
        left, top = round(box[0] * self._scale) + x, round(box[1] * self._scale) + y
        ink = picture.getchannel("A").getbbox()
        if ink is not None:
            area = (left + ink[0], top + ink[1], left + ink[2], top + ink[3])
            self._painted.inks.append((element.place, area))
        return self._with_shadow(element.shadow, scope, picture.getchannel("A"), picture, left, top)

    def _picture(
        self, element: Picture, scope: Scope, box: Box
    ) -> tuple[Image.Image, int, int] | None:
        name = element.source.text(scope)
        image = self._palette.image(name) if name else None
        if image is None:
            if name:
                self._find("missing_image", element, f"there is no picture {name}")
            return None
        left, top, right, bottom = self._pixels(box)
        size = (right - left, bottom - top)
        picture = fitted(image, size, cover=element.cover)
        if any(element.radius):
            picture = masked(picture, rounded_mask(size, self._corners(element.radius)))
        return picture, left, top

    def _bar(self, element: Bar, scope: Scope, box: Box) -> tuple[Image.Image, int, int]:
        left, top, right, bottom = self._pixels(box)
        size = (right - left, bottom - top)
        value = element.value.value(scope)
        share = min(1.0, max(0.0, float(value))) if isinstance(value, int | float) else 0.0
        inner = Motion(enter={"reveal": Curve(((0.0, share, "linear"),))}, reveal_from=element.side)
        full = Sprite.of(filled(size, self._fill(element.fill, scope)), 0, 0, inner)
        if element.track is None:
            canvas = Image.new("RGBA", size, (0, 0, 0, 0))
        else:
            canvas = filled(size, self._fill(element.track, scope))
        full.draw(canvas, (0, 0), _AT_REST)
        return masked(canvas, rounded_mask(size, self._corners(element.radius))), left, top

    def _with_shadow(
        self,
        of: Shadow | None,
        scope: Scope,
        mask: Image.Image,
        picture: Image.Image,
        left: int,
        top: int,
    ) -> tuple[Image.Image, int, int]:
        if of is None:
            return picture, left, top
        blur = of.blur * self._scale
        behind, margin = shadow(mask, blur, self._colour(of.colour, scope))
        dx, dy = round(of.x * self._scale), round(of.y * self._scale)
        spare = margin + max(abs(dx), abs(dy))
        canvas = Image.new(
            "RGBA", (picture.width + 2 * spare, picture.height + 2 * spare), (0, 0, 0, 0)
        )
        canvas.alpha_composite(behind, (spare - margin + dx, spare - margin + dy))
        canvas.alpha_composite(picture, (spare, spare))
        return canvas, left - spare, top - spare

    def _find(self, kind: str, element: Element, text: str) -> None:
        self._painted.findings.append(Finding(kind, element.place, text))

    def _pixels(self, box: Box) -> tuple[int, int, int, int]:
        """Left, top, right, bottom on whole pixels: edges are crisp."""
        left, top = round(box[0] * self._scale), round(box[1] * self._scale)
        right = max(left + 1, round((box[0] + box[2]) * self._scale))
        bottom = max(top + 1, round((box[1] + box[3]) * self._scale))
        return left, top, right, bottom

    def _mask(self, box: Box, corners: Corners | None) -> Image.Image | None:
        if corners is None or not any(corners):
            return None
        left, top, right, bottom = self._pixels(box)
        return rounded_mask((right - left, bottom - top), self._corners(corners))

    def _corners(self, corners: Corners) -> Corners:
        a, b, c, d = (corner * self._scale for corner in corners)
        return a, b, c, d

    def _fill(self, fill: Fill, scope: Scope) -> Gradient:
        stops = tuple((at, self._colour(colour, scope)) for at, colour in fill.stops)
        return Gradient(stops, fill.angle)

    def _colour(self, colour: Expression, scope: Scope) -> Rgba:
        return read_colour(colour.text(scope), self._palette.colours)


def _holds(value: Any) -> bool:
    return bool(value)


def _scaled(motion: Motion, scale: float) -> Motion:
    """Distances in pixels of the frame."""
    if motion.is_none:
        return motion
    phases = (
        {
            name: Curve(tuple((at, value * scale, ease) for at, value, ease in curve.keys))
            if name in ("x", "y")
            else curve
            for name, curve in phase.items()
        }
        for phase in (motion.enter, motion.loop, motion.leave)
    )
    enter, loop, leave = phases
    return replace(motion, enter=enter, loop=loop, leave=leave)


def _later(motion: Motion, seconds: float) -> Motion:
    """The same entrance, some time later."""
    if not seconds or not motion.enter:
        return motion
    return replace(
        motion,
        enter={
            name: Curve(tuple((at + seconds, value, ease) for at, value, ease in curve.keys))
            for name, curve in motion.enter.items()
        },
    )
