"""Lottie documents: read, and bounded before a library in C++ sees them.

Precompositions and repeaters multiply, so that a few lines can ask for millions of shapes.
Expressions are programs, and refused. What is left to go wrong in that library is for the limits of
the worker process: nothing here can be sure of it.
"""

import base64
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from PIL import Image

from overlays.document import Node
from overlays.drawing.images import read_image
from overlays.errors import ImageError, TemplateError
from overlays.text.draw import png

MAX_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 64
MAX_VALUES: Final = 300_000
MAX_DRAWN: Final = 20_000  # layers and groups, with all that precompositions and repeaters multiply
MAX_SIDE: Final = 4096
MAX_FRAMES: Final = 36_000
MAX_NUMBER: Final = 1e6
_TEXT_LAYER, _IMAGE_LAYER, _PRECOMPOSITION = 5, 2, 0
_LAYERS = {0, 1, 2, 3, 4}  # precomposition, solid, image, null, shapes
_EFFECTS = {20: "tint", 21: "fill", 23: "tritone", 25: "drop shadow", 29: "Gaussian blur"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A Lottie document that may be given to ThorVG."""

    document: Mapping[str, Any]
    size: tuple[int, int]
    fps: float
    total: float
    assets: Mapping[str, tuple[float, float]]  # images: id to width and height
    colours: frozenset[str]  # slot ids
    unsupported: tuple[str, ...]


def check_lottie(file: str, data: bytes, files: Mapping[str, bytes]) -> Checked:
    """Read a Lottie file and bound what drawing it can cost.

    Args:
        file: Its name in the template.
        data: Its bytes.
        files: Of the template: images are taken from there and put into the document.

    Raises:
        TemplateError: It is broken, larger than its limits, or has expressions, text or media that
            do not belong to the template.
    """
    if len(data) > MAX_BYTES:
        raise TemplateError(file, "", f"has {len(data)} bytes: {MAX_BYTES} at most")
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise TemplateError(file, f"line {error.lineno}", error.msg) from None
    _bound(document, file)
    root = Node(document, file=file)
    for place, value in objects(document):
        _well_formed(value, place, file)
    width, height = (int(root.number(key, least=1, most=MAX_SIDE)) for key in ("w", "h"))
    fps = root.number("fr", least=1, most=120)
    first, last = root.number("ip"), root.number("op")
    if not 1 <= last - first <= MAX_FRAMES:
        raise root.error(f"needs 1 to {MAX_FRAMES} frames", "op")
    assets = _assets(root, file, files)
    _count_layers(root.raw("layers"), assets, file, "layers", (), [0])
    colours: set[str] = set()
    unsupported: dict[str, None] = {}
    for place, value in objects(document):
        _features(value, place, file, colours, unsupported)
    images = {
        name: (float(asset.get("w", 1)), float(asset.get("h", 1)))
        for name, asset in assets.items()
        if "p" in asset
    }
    return Checked(
        document, (width, height), fps, last - first, images, frozenset(colours), tuple(unsupported)
    )


def _bound(document: Any, file: str) -> None:
    """Walk all values, without recursion: depth, count and magnitude."""
    count = 0
    stack: list[tuple[Any, int]] = [(document, 0)]
    while stack:
        value, depth = stack.pop()
        count += 1
        if count > MAX_VALUES:
            raise TemplateError(file, "", f"has more than {MAX_VALUES} values: simplify its paths")
        if depth > MAX_DEPTH:
            raise TemplateError(file, "", f"is nested more than {MAX_DEPTH} deep")
        if isinstance(value, dict):
            stack += [(inner, depth + 1) for inner in value.values()]
        elif isinstance(value, list):
            stack += [(inner, depth + 1) for inner in value]
        elif isinstance(value, int | float) and not abs(value) <= MAX_NUMBER:
            raise TemplateError(file, "", f"has the number {value:g}: {MAX_NUMBER:g} at most")


def _well_formed(value: Mapping[str, Any], place: str, file: str) -> None:
    """Lists hold what ThorVG expects in them: on some of what it does not, it never returns."""
    for key, inner in value.items():
        if not isinstance(inner, list):
            if key in ("layers", "shapes", "it"):
                raise TemplateError(file, f"{place}.{key}".lstrip("."), "must be a list")
            continue
        if key == "layers":
            fits = all(isinstance(item, dict) and type(item.get("ty")) is int for item in inner)
        elif key in ("shapes", "it"):
            fits = all(isinstance(item, dict) and isinstance(item.get("ty"), str) for item in inner)
        elif key == "k":
            fits = all(map(_is_number, inner)) or all(
                isinstance(item, dict) and _is_number(item.get("t")) for item in inner
            )
        else:
            fits = None not in inner
        if not fits:
            raise TemplateError(
                file, f"{place}.{key}".lstrip("."), "holds what does not belong there"
            )


def _is_number(value: Any) -> bool:
    return type(value) in (int, float)


def objects(value: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """All objects within a value, each with its place."""
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from objects(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from objects(inner, f"{place}[{number}]")


def _assets(root: Node, file: str, files: Mapping[str, bytes]) -> dict[str, dict[str, Any]]:
    """Assets by id; their images are read, and put into the document as PNG."""
    found: dict[str, dict[str, Any]] = {}
    for node in root.nodes("assets", most=500):
        asset = root.raw("assets")[len(found)]
        name = node.text("id")
        if name in found:
            raise node.error(f"{name!r} is there twice", "id")
        found[name] = asset
        if "layers" in asset:
            continue
        source = node.text("p")
        for key in ("w", "h"):
            node.number(key, least=1, most=MAX_SIDE)
        try:
            picture = read_image(_image_bytes(node, source, files))
        except ImageError as error:
            raise node.error(str(error), "p") from None
        asset.update(embedded(picture))
    return found


def _image_bytes(node: Node, source: str, files: Mapping[str, bytes]) -> bytes:
    if source.startswith("data:"):
        try:
            return base64.b64decode(source.partition(",")[2], validate=True)
        except ValueError:
            raise node.error("is not base64", "p") from None
    name = (node.text("u", "") + source).removeprefix("./")
    if name not in files:
        raise node.error(f"{name} is no file of the template: embed the image or add it", "p")
    return files[name]


def embedded(picture: Image.Image) -> dict[str, Any]:
    """The keys of an image asset that holds a picture itself."""
    data = base64.b64encode(png(picture)).decode()
    return {"u": "", "e": 1, "p": f"data:image/png;base64,{data}"}


def _count_layers(
    layers: Any,
    assets: Mapping[str, dict[str, Any]],
    file: str,
    place: str,
    within: tuple[str, ...],
    count: list[int],
) -> None:
    """Count layers as often as they are drawn: a few lines can ask for millions."""
    if not isinstance(layers, list):
        raise TemplateError(file, place, "must be a list")
    for number, layer in enumerate(layers):
        here = f"{place}[{number}]"
        if not isinstance(layer, dict) or layer.get("ty") not in _LAYERS | {_TEXT_LAYER}:
            raise TemplateError(file, here, "is of no kind of layer that is drawn here")
        if layer["ty"] == _TEXT_LAYER:
            raise TemplateError(
                file, here, "is a text layer: make it an image, and fill it through `slots`"
            )
        count[0] += _copies(layer.get("shapes", []), file, here)
        if count[0] > MAX_DRAWN:
            raise TemplateError(file, here, f"draws more than {MAX_DRAWN} layers and groups in all")
        if layer["ty"] in (_PRECOMPOSITION, _IMAGE_LAYER):
            name = layer.get("refId")
            if not isinstance(name, str) or name not in assets:
                raise TemplateError(file, f"{here}.refId", f"there is no asset {name!r}")
            if layer["ty"] == _PRECOMPOSITION:
                if name in within or len(within) >= 8:
                    raise TemplateError(file, f"{here}.refId", "precompositions nest without end")
                inner = assets[name].get("layers")
                _count_layers(inner, assets, file, here, (*within, name), count)


def _copies(shapes: Any, file: str, place: str) -> int:
    """How often the shapes of a layer are drawn, by repeaters within groups within repeaters."""
    if not isinstance(shapes, list):
        raise TemplateError(file, place, "shapes must be a list")
    times = 1
    for shape in shapes:
        if isinstance(shape, dict) and shape.get("ty") == "rp":
            times *= max(1, math.ceil(max(_numbers(shape.get("c", {})), default=1)))
    inner = sum(
        _copies(shape["it"], file, place)
        for shape in shapes
        if isinstance(shape, dict) and isinstance(shape.get("it"), list)
    )
    return times * max(1, inner)


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _numbers(inner)
    elif isinstance(value, int | float):
        yield float(value)


def _features(
    value: Mapping[str, Any],
    place: str,
    file: str,
    colours: set[str],
    unsupported: dict[str, None],
) -> None:
    if "k" in value and isinstance(value.get("x"), str):
        raise TemplateError(file, place, "is an expression: bake it into keyframes")
    sid = value.get("sid")
    if isinstance(sid, str) and "k" in value:
        colours.add(sid)
    if value.get("ddd") == 1 and "ks" in value:
        unsupported[f"{place}: a layer in three dimensions"] = None
    effects = value.get("ef")
    if isinstance(effects, list) and "ks" in value:
        for effect in effects:
            kind = effect.get("ty") if isinstance(effect, dict) else None
            if kind not in _EFFECTS:
                name = effect.get("nm", kind) if isinstance(effect, dict) else kind
                unsupported[f"{place}: the effect {name}"] = None
    if value.get("ty") in ("mm", "pb", "op", "tw", "zz"):
        names = {"mm": "merge paths", "pb": "pucker", "op": "offset path", "tw": "twist"}
        unsupported[f"{place}: {names.get(value['ty'], 'zig zag')}"] = None
