"""Reading the elements of a drawing from a template."""

from collections.abc import Collection, Iterable
from itertools import pairwise
from typing import Any, cast, get_args

from overlays.document import Node
from overlays.drawing.easing import EASINGS, Curve
from overlays.drawing.scene import (
    PROPERTIES,
    Bar,
    Corners,
    Element,
    Fill,
    Group,
    Motion,
    Picture,
    Rectangle,
    Rows,
    Shadow,
    Side,
    Text,
)
from overlays.drawing.values import Expression, read_expression
from overlays.text.layout import Align, Direction, VerticalAlign

MAX_DEPTH = 8
MAX_ROWS = 50
_KINDS = ("box", "text", "image", "bar", "group", "rows")


def read_elements(
    nodes: Iterable[Node], *, families: Collection[str], depth: int = 0
) -> tuple[Element, ...]:
    """Read elements, from back to front.

    Args:
        nodes: One object for each.
        families: Of fonts that texts may name.
        depth: Of groups and rows around them.

    Raises:
        TemplateError: One cannot be read.
    """
    found = []
    for node in nodes:
        if depth > MAX_DEPTH:
            raise node.error(f"is nested more than {MAX_DEPTH} deep")
        found.append(_element(node, families, depth))
        node.finish()
    return tuple(found)


def _element(node: Node, families: Collection[str], depth: int) -> Element:
    kind = node.choice("type", _KINDS)
    left, top, width, height = node.numbers("box", 4)
    if width <= 0 or height <= 0:
        raise node.error("needs a width and a height above 0", "box")
    base: dict[str, Any] = {
        "place": node.place,
        "box": (left, top, width, height),
        "opacity": node.number("opacity", 1.0, least=0, most=1),
        "motion": _motion(node),
        "when": read_text(node, "when") if node.has("when") else None,
    }
    match kind:
        case "box":
            return Rectangle(
                **base,
                fill=_fill(node, "fill"),
                radius=_corners(node, "radius"),
                outline=_outline(node),
                shadow=_shadow(node),
            )
        case "text":
            return _text(node, base, families)
        case "image":
            return Picture(
                **base,
                source=read_text(node, "source"),
                cover=node.choice("fit", ("cover", "contain"), "contain") == "cover",
                radius=_corners(node, "radius"),
            )
        case "bar":
            return Bar(
                **base,
                value=read_text(node, "value"),
                fill=_fill(node, "fill"),
                track=_fill(node, "track") if node.has("track") else None,
                radius=_corners(node, "radius"),
                side=cast(Side, node.choice("from", get_args(Side), "left")),
            )
        case "group":
            elements = read_elements(node.nodes("elements"), families=families, depth=depth + 1)
            clip = _corners(node, "radius") if node.flag("clip", False) else None
            return Group(**base, elements=elements, clip=clip)
        case _:
            return Rows(
                **base,
                source=read_text(node, "source"),
                height=node.number("row_height", least=1),
                most=int(node.number("most", MAX_ROWS, least=1, most=MAX_ROWS)),
                elements=read_elements(node.nodes("elements"), families=families, depth=depth + 1),
                stagger=node.number("stagger", 0.0, least=0, most=5),
            )


def _text(node: Node, base: dict[str, Any], families: Collection[str]) -> Text:
    size = node.number("size", least=4, most=1000)
    return Text(
        **base,
        text=read_text(node, "text"),
        font=node.choice("font", families, "bold"),
        size=size,
        min_size=node.number("min_size", size * 0.7, least=4, most=size),
        colour=_parsed(node, "colour", node.text("colour", "#ffffff")),
        align=cast(Align, node.choice("align", get_args(Align), "start")),
        valign=cast(VerticalAlign, node.choice("valign", get_args(VerticalAlign), "middle")),
        lines=int(node.number("lines", 1, least=1, most=20)),
        line_height=node.number("line_height", 1.25, least=0.8, most=4),
        tracking=node.number("tracking", 0.0, least=-0.1, most=1),
        direction=cast(Direction, node.choice("direction", get_args(Direction), "auto")),
        upper=node.flag("upper", False),
        shadow=_shadow(node),
    )


def read_text(node: Node, key: str) -> Expression:
    """A text with places for data.

    Raises:
        TemplateError: It is missing, or cannot be read.
    """
    return _parsed(node, key, node.text(key))


def _parsed(node: Node, key: str, text: str) -> Expression:
    try:
        return read_expression(text)
    except ValueError as error:
        raise node.error(str(error), key) from None


def _corners(node: Node, key: str) -> Corners:
    if isinstance(node.raw(key, 0), list):
        return cast(Corners, node.numbers(key, 4))
    radius = node.number(key, 0.0, least=0)
    return radius, radius, radius, radius


def _fill(node: Node, key: str) -> Fill:
    if isinstance(node.raw(key), str):
        return Fill(stops=((0.0, read_text(node, key)),))
    inner = node.node(key)
    stops = tuple(
        (stop.number("at", least=0, most=1), read_text(stop, "colour"))
        for stop in inner.nodes("stops", most=16)
    )
    if not stops or any(a[0] > b[0] for a, b in pairwise(stops)):
        raise inner.error("needs stops, from 0 to 1 in order", "stops")
    fill = Fill(stops=stops, angle=inner.number("angle", 0.0, least=-360, most=360))
    inner.finish()
    return fill


def _outline(node: Node) -> tuple[Expression, float] | None:
    if not node.has("outline"):
        return None
    inner = node.node("outline")
    found = read_text(inner, "colour"), inner.number("width", least=0.5, most=200)
    inner.finish()
    return found


def _shadow(node: Node) -> Shadow | None:
    if not node.has("shadow"):
        return None
    inner = node.node("shadow")
    found = Shadow(
        colour=_parsed(inner, "colour", inner.text("colour", "#00000080")),
        blur=inner.number("blur", 12.0, least=0, most=100),
        x=inner.number("x", 0.0),
        y=inner.number("y", 0.0),
    )
    inner.finish()
    return found


def _motion(node: Node) -> Motion:
    phases: dict[str, dict[str, Curve]] = {}
    for phase in ("in", "loop", "out"):
        inner = node.node(phase)
        phases[phase] = {name: _curve(inner, name) for name in PROPERTIES if inner.has(name)}
        inner.finish()
    return Motion(
        enter=phases["in"],
        loop=phases["loop"],
        leave=phases["out"],
        reveal_from=cast(Side, node.choice("reveal_from", get_args(Side), "left")),
    )


def _curve(node: Node, name: str) -> Curve:
    keys = node.raw(name)
    if not isinstance(keys, list) or not keys or len(keys) > 64:
        raise node.error("must be a list of keyframes: [[seconds, value, easing], ...]", name)
    found: list[tuple[float, float, str]] = []
    for place, key in enumerate(keys):
        at = f"{name}[{place}]"
        numbers = key[:2] if isinstance(key, list) and len(key) in (2, 3) else []
        if not numbers or not all(type(number) in (int, float) for number in numbers):
            raise node.error("must be [seconds, value] or [seconds, value, easing]", at)
        easing = key[2] if len(key) == 3 else "linear"
        if not isinstance(easing, str) or easing not in EASINGS:
            raise node.error(f"{easing!r} is no easing: one of {', '.join(EASINGS)}", at)
        if not 0 <= numbers[0] <= 600 or (found and numbers[0] <= found[-1][0]):
            raise node.error("seconds go up, from 0 to 600", at)
        if not abs(numbers[1]) <= 1e5:
            raise node.error("is out of all bounds", at)
        found.append((float(numbers[0]), float(numbers[1]), easing))
    return Curve(tuple(found))
