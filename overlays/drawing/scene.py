"""What a drawing consists of: elements in boxes, from back to front, and how they move.

Lengths are pixels of the template; colours are texts for `read_colour`, with places for data.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from overlays.drawing.easing import Curve
from overlays.drawing.values import Expression
from overlays.text.layout import Align, Direction, VerticalAlign

Box = tuple[float, float, float, float]
"""Left, top, width, height."""
Corners = tuple[float, float, float, float]
Side = Literal["left", "right", "top", "bottom", "centre"]
PROPERTIES = ("opacity", "x", "y", "reveal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Motion:
    """How an element moves in each phase: property to curve.

    `opacity` and `reveal` are shares, `x` and `y` are added to the place.
    """

    enter: Mapping[str, Curve] = field(default_factory=dict)
    loop: Mapping[str, Curve] = field(default_factory=dict)
    leave: Mapping[str, Curve] = field(default_factory=dict)
    reveal_from: Side = "left"

    @property
    def is_none(self) -> bool:
        """Nothing moves, ever."""
        return not (self.enter or self.loop or self.leave)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """A colour, or several along a line."""

    stops: tuple[tuple[float, Expression], ...]
    angle: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """What a box throws behind it."""

    colour: Expression
    blur: float
    x: float
    y: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """What all elements have."""

    place: str  # in the document, for reports
    box: Box
    opacity: float = 1.0
    motion: Motion = field(default_factory=Motion)
    when: Expression | None = None  # shown where this is there, not empty and not 0 or false


@dataclass(frozen=True, slots=True, kw_only=True)
class Rectangle(Element):
    """A filled box."""

    fill: Fill
    radius: Corners
    outline: tuple[Expression, float] | None = None  # colour, width
    shadow: Shadow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Element):
    """A text that is fitted into the box."""

    text: Expression
    font: str  # a family of the template
    size: float
    min_size: float
    colour: Expression
    align: Align = "start"
    valign: VerticalAlign = "middle"
    lines: int = 1
    line_height: float = 1.25
    tracking: float = 0.0
    direction: Direction = "auto"
    upper: bool = False
    shadow: Shadow | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Element):
    """A picture of the template or of the data."""

    source: Expression
    cover: bool
    radius: Corners


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar(Element):
    """Progress: a share of a track."""

    value: Expression
    fill: Fill
    track: Fill | None
    radius: Corners
    side: Side = "left"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group(Element):
    """Elements placed from the corner of the box, moved as one; cut off at it where it clips."""

    elements: tuple[Element, ...]
    clip: Corners | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows(Element):
    """The same elements for each row of a list, below one another."""

    source: Expression
    height: float  # from one row to the next
    most: int
    elements: tuple[Element, ...]
    stagger: float = 0.0  # seconds that each row comes later than the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """A whole drawing."""

    elements: tuple[Element, ...]
