"""Lottie animations: checked by hand, filled through slots, drawn by ThorVG.

ThorVG shapes no text, so that text, like all else that comes from data, is painted here and handed
in as images. Its library is C++: what it is given has been bounded before. Expressions are programs
and refused.
"""

import base64
import math
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import orjson
from PIL import Image

from overlays.document import Node
from overlays.drawing.colours import Rgba
from overlays.drawing.images import read_image
from overlays.drawing.scene import Box, Element
from overlays.drawing.sprites import Area, Moment
from overlays.drawing.values import Expression
from overlays.errors import EngineMissing, ImageError, TemplateError
from overlays.layers import Rgba as Pixels
from overlays.templates.artwork import FrameRanges
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
class AssetSlot:
    """An image of the animation that elements are painted into, in the asset's own pixels."""

    asset: str
    size: tuple[float, float]
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class ColourSlot:
    """A colour of the animation, by its slot id."""

    sid: str
    value: Expression


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lottie:
    """An animation, read and bounded; not modified."""

    document: Mapping[str, Any]
    size: tuple[int, int]
    fps: float
    total: float  # frames
    box: Box  # where it lies in the template
    ranges: FrameRanges
    slots: tuple[AssetSlot | ColourSlot, ...]
    unsupported: tuple[str, ...]  # what ThorVG leaves out


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
    width, height = (int(root.number(key, least=1, most=MAX_SIDE)) for key in ("w", "h"))
    fps = root.number("fr", least=1, most=120)
    first, last = root.number("ip"), root.number("op")
    if not 1 <= last - first <= MAX_FRAMES:
        raise root.error(f"needs 1 to {MAX_FRAMES} frames", "op")
    assets = _assets(root, file, files)
    _count_layers(root.raw("layers"), assets, file, "layers", (), [0])
    colours: set[str] = set()
    unsupported: dict[str, None] = {}
    for place, value in _objects(document, ""):
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


def _objects(value: Any, place: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield place, value
        for key, inner in value.items():
            yield from _objects(inner, f"{place}.{key}" if place else key)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _objects(inner, f"{place}[{number}]")


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
        asset.update(_embedded(picture))
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


def _embedded(picture: Image.Image) -> dict[str, Any]:
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


def with_slots(
    lottie: Lottie,
    paint: Callable[[AssetSlot], Image.Image],
    colour: Callable[[Expression], Rgba],
) -> bytes:
    """The document with its slots filled.

    Args:
        lottie: Not modified.
        paint: Paints what goes into an image, at any size of its proportions.
        colour: Reads a colour.
    """
    document = deepcopy(dict(lottie.document))
    colours = {
        slot.sid: [part / 255 for part in colour(slot.value)]
        for slot in lottie.slots
        if isinstance(slot, ColourSlot)
    }
    images = {slot.asset: slot for slot in lottie.slots if isinstance(slot, AssetSlot)}
    for asset in document.get("assets", ()):
        if asset["id"] in images:
            asset.update(_embedded(paint(images[asset["id"]])))
    if colours:
        for _, value in _objects(document, ""):
            if value.get("sid") in colours and "k" in value:
                value["k"] = colours[value.pop("sid")]
                value["a"] = 0
    return orjson.dumps(document)


class LottieNode:
    """One animation at one size, ready to be drawn frame by frame."""

    def __init__(self, lottie: Lottie, document: bytes, area: Area) -> None:
        """Load it.

        Args:
            lottie: For its frames.
            document: With its slots filled.
            area: Where its box lies in the frame.

        Raises:
            EngineMissing: ThorVG is not installed.
            TemplateError: ThorVG does not read it.
        """
        thorvg = _thorvg()
        self._ranges = lottie.ranges
        width, height = area[2] - area[0], area[3] - area[1]
        left, top, right, bottom = _touched(thorvg, document, self._ranges, (width, height))
        self._corner = (area[0] + left, area[1] + top)
        self._size = (right - left, bottom - top)
        self._animation, picture = _loaded(thorvg, document)
        picture.set_size(width, height)
        picture.translate(-left, -top)
        # Straight alpha, in the order R, G, B, A of bytes.
        self._canvas = thorvg.SwCanvas(*self._size, thorvg.Colorspace.ABGR8888S)
        self._canvas.add(picture)

    @property
    def reach(self) -> Area:
        """All pixels that it may touch at any time."""
        left, top = self._corner
        return left, top, left + self._size[0], top + self._size[1]

    @property
    def moves(self) -> bool:
        """Whether it moves in the hold phase."""
        return self._ranges.moves

    def pixels(self, moment: Moment) -> Pixels:
        """All of its reach at a moment; a new array."""
        _draw(self._animation, self._canvas, self._ranges.frame(moment))
        width, height = self._size
        flat = np.frombuffer(self._canvas.buffer, np.uint8)
        return flat.reshape(height, width, 4).copy()

    def draw(self, canvas: Image.Image, origin: tuple[int, int], moment: Moment) -> None:
        """Lay it onto a canvas, in place."""
        picture = Image.fromarray(self.pixels(moment))
        x, y = self._corner[0] - origin[0], self._corner[1] - origin[1]
        cut = (max(0, -x), max(0, -y))
        if cut[0] < picture.width and cut[1] < picture.height:
            canvas.alpha_composite(picture, (max(0, x), max(0, y)), cut)


def _loaded(thorvg: Any, document: bytes) -> tuple[Any, Any]:
    animation = thorvg.LottieAnimation()
    picture = animation.get_picture()
    if int(picture.load_data(document, "lottie+json")) != 0:
        raise TemplateError("lottie", "", "ThorVG cannot read this animation")
    return animation, picture


def _touched(thorvg: Any, document: bytes, ranges: FrameRanges, size: tuple[int, int]) -> Area:
    """The part of its box that an animation ever draws in: looked for in small, with a margin.

    Only that part is drawn and blended; most graphics leave most of the frame free.
    """
    scale = min(1.0, 240 / max(size))
    small = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    animation, picture = _loaded(thorvg, document)
    canvas = thorvg.SwCanvas(*small, thorvg.Colorspace.ABGR8888)
    picture.set_size(*small)
    canvas.add(picture)
    touched = np.zeros((small[1], small[0]), bool)
    frames = {
        frame
        for first, last in (ranges.enter, ranges.hold, ranges.leave)
        for frame in (*np.arange(first, last, max(1.0, (last - first) / 200)), last)
    }
    for frame in sorted(frames):
        _draw(animation, canvas, float(frame))
        alpha = np.frombuffer(canvas.buffer, np.uint8).reshape(small[1], small[0], 4)[..., 3]
        touched |= alpha > 0
    rows, columns = np.flatnonzero(touched.any(axis=1)), np.flatnonzero(touched.any(axis=0))
    if not len(rows):
        return 0, 0, 1, 1
    margin = 2  # of small pixels: thin lines, and what moves between the frames looked at
    return (
        max(0, int((columns[0] - margin) / scale)),
        max(0, int((rows[0] - margin) / scale)),
        min(size[0], math.ceil((columns[-1] + 1 + margin) / scale)),
        min(size[1], math.ceil((rows[-1] + 1 + margin) / scale)),
    )


def _draw(animation: Any, canvas: Any, frame: float) -> None:
    animation.set_frame(frame)
    canvas.update()
    canvas.draw(True)
    canvas.sync()


@cache
def _thorvg() -> Any:
    try:
        import thorvg_cython
    except ImportError:
        raise EngineMissing("Lottie templates need ThorVG: pip install 'weft[media]'") from None
    # One thread: the same bytes in any process. The engine lives as long as the process.
    thorvg_cython.Engine(0).init(0)
    return thorvg_cython
