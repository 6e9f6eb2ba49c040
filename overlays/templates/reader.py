"""Reading a template: the files of its folder become a `Template`, checked whole."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Literal, TypeVar, cast

import orjson

from overlays.document import Node
from overlays.drawing.colours import is_colour
from overlays.drawing.easing import EASINGS
from overlays.drawing.images import read_image
from overlays.drawing.reader import read_elements
from overlays.drawing.scene import Element, Group, Rows, Scene
from overlays.errors import DataError, FontError, ImageError, TemplateError
from overlays.templates.art_reader import read_box, read_clip, read_lottie
from overlays.templates.clip import Clip
from overlays.templates.lottie import Lottie
from overlays.templates.model import (
    SAFE_AREAS,
    Palettes,
    Phases,
    Sample,
    Template,
    Tone,
    Video,
)
from overlays.templates.schema import DataSchema, read_schema
from overlays.text.fonts import Font, read_font
from overlays.text.shelf import WEIGHTS, Shelf

FILE = "template.json"
MAX_DOCUMENT_BYTES = 1 << 20
_ENGINE = b"weft-templates-1"  # goes up when the same template comes to be drawn otherwise
_ID = re.compile(r"[a-z][a-z0-9_-]{0,63}")
_Set = TypeVar("_Set")
_PICTURES = (".png", ".jpg", ".jpeg", ".webp")


def read_template(files: Mapping[str, bytes], shelf: Shelf) -> Template:
    """Read a template.

    Args:
        files: Path below the template's folder (with `/`) to bytes.
        shelf: Bundled fonts.

    Raises:
        TemplateError: Something in it cannot be used: which file, which place, what to do.
        EngineMissing: It needs a library that is not installed.
    """
    root = Node(_document(files, FILE), file=FILE)
    width, height = (int(side) for side in root.numbers("size", 2))
    if not (16 <= width <= 7680 and 16 <= height <= 4320):
        raise root.error("must be between 16 x 16 and 7680 x 4320 pixels", "size")
    families = _families(root, files, shelf)
    kind = cast(
        Literal["drawing", "lottie", "clip"], root.choice("kind", ("drawing", "lottie", "clip"))
    )
    schema = read_schema(root.raw("data"), file=FILE, place="data")
    palettes = _palettes(root, schema)
    video = _video(root, schema)
    scene = Scene(elements=read_elements(root.nodes("elements"), families=families))
    whole = (0.0, 0.0, float(width), float(height))
    art: Lottie | Clip | None = None
    if kind == "lottie":
        art = read_lottie(root, files, families, whole)
    elif kind == "clip":
        art = read_clip(root, files, whole)
    elif not scene.elements and video is None:
        raise root.error("a drawing needs elements", "elements")
    phases = _phases(root, art)
    if not phases.loop_s and _loops(scene.elements):
        raise root.error(
            "must say after how many seconds it repeats: elements have a `loop`", "phases.hold.loop"
        )
    template = Template(
        id=_id(root),
        version=root.text("version"),
        title=root.text("title", ""),
        kind=kind,
        size=(width, height),
        phases=phases,
        schema=schema,
        palettes=palettes,
        families=families,
        scene=scene,
        art=art,
        video=video,
        pictures=_pictures(files),
        samples=_samples(root, files),
        thumbnail=_thumbnail(root, files),
        safe_area=root.choice("safe_area", SAFE_AREAS, "graphics"),
        digest=_digest(files, shelf),
    )
    root.finish()
    for sample in template.samples:
        try:
            template.canonical(sample.data)
        except DataError as error:
            raise TemplateError(sample.name, "", "; ".join(error.problems)) from None
    return template


def _document(files: Mapping[str, bytes], name: str) -> Any:
    if name not in files:
        raise TemplateError(name, "", "is missing")
    if len(files[name]) > MAX_DOCUMENT_BYTES:
        raise TemplateError(name, "", f"has more than {MAX_DOCUMENT_BYTES >> 20} MiB")
    try:
        return orjson.loads(files[name])
    except orjson.JSONDecodeError as error:
        raise TemplateError(name, f"line {error.lineno}, column {error.colno}", error.msg) from None


def _id(root: Node) -> str:
    found = root.text("id")
    if not _ID.fullmatch(found):
        raise root.error("must be lower case letters, digits, - and _, 64 at most", "id")
    return found


def _phases(root: Node, art: Lottie | Clip | None) -> Phases:
    fps = root.number("fps", 25.0, least=1, most=120)
    node = root.node("phases")
    hold = node.node("hold")
    found = Phases(
        enter_s=_seconds(node, "in"),
        leave_s=_seconds(node, "out"),
        loop_s=_seconds(hold, "loop") or (art.ranges.loop_s if art else Fraction(0)),
        fps=Fraction(str(fps)).limit_denominator(1001),
    )
    hold.finish()
    node.finish()
    return found


def _loops(elements: Sequence[Element]) -> bool:
    return any(
        element.motion.loop or (isinstance(element, Group | Rows) and _loops(element.elements))
        for element in elements
    )


def _seconds(node: Node, key: str) -> Fraction:
    return Fraction(str(node.number(key, 0.0, least=0, most=600)))


def _families(root: Node, files: Mapping[str, bytes], shelf: Shelf) -> dict[str, tuple[Font, ...]]:
    """Families of the template, each with the bundled fonts behind its own."""
    node = root.node("fonts")
    found = dict(shelf.families)
    for name in node.names():
        if name in found:
            raise node.error("is bundled: give your own another name", name)
        family = node.node(name)
        fallback = family.choice("fallback", WEIGHTS, "bold")
        own = []
        paths = family.raw("files")
        if not isinstance(paths, list) or not paths:
            raise family.error("must be a list of files in the template's folder", "files")
        for path in paths:
            if not isinstance(path, str) or path not in files:
                raise family.error(f"{path} is not in the template's folder", "files")
            try:
                own.append(read_font(path, files[path]))
            except FontError as error:
                raise family.error(str(error), "files") from None
        family.finish()
        found[name] = (*own, *shelf.families[fallback])
    return found


def _sets(node: Node, schema: DataSchema, read: Callable[[Node], _Set]) -> Palettes[_Set]:
    """Read `by`, a property of the data, and `of`, what it names."""
    by = node.text("by") if node.has("by") else None
    if by is not None and by not in schema.schema["properties"]:
        raise node.error(f"{by} is no property of the data", "by")
    of = node.node("of")
    sets = {name: read(of.node(name)) for name in of.names()}
    node.finish()
    return Palettes(by=by, of=sets)


def _palettes(root: Node, schema: DataSchema) -> Palettes[Mapping[str, str]]:
    node = root.node("palettes")
    found = _sets(node, schema, _colours)
    for name, colours in found.of.items():
        if colours.keys() != next(iter(found.of.values())).keys():
            raise node.node("of").error("must name the same colours as the first palette", name)
    return found


def _colours(node: Node) -> Mapping[str, str]:
    colours = {token: node.text(token) for token in node.names()}
    for token, colour in colours.items():
        if not is_colour(colour):
            raise node.error("must be #rrggbb or #rrggbbaa", token)
    return colours


def _video(root: Node, schema: DataSchema) -> Video | None:
    if not root.has("video"):
        return None
    node = root.node("video")
    if not (node.has("box") or node.has("palette")):
        raise node.error("needs a `box` for the content, or a `palette`")
    found = Video(
        box=read_box(node, (0.0, 0.0, 0.0, 0.0)) if node.has("box") else None,
        palettes=_sets(node.node("palette"), schema, _tone),
        easing=node.choice("ease", EASINGS, "in_out"),
    )
    node.finish()
    return found


def _tone(node: Node) -> Tone:
    found = Tone(
        hue=node.number("hue", 0.0, least=-180, most=180),
        saturation=node.number("saturation", 1.0, least=0, most=4),
        contrast=node.number("contrast", 1.0, least=0, most=4),
        brightness=node.number("brightness", 0.0, least=-1, most=1),
    )
    node.finish()
    return found


def _pictures(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Pictures that elements and samples can name."""
    found = {}
    for name, data in files.items():
        if name.endswith(_PICTURES):
            try:
                read_image(data)
            except ImageError as error:
                raise TemplateError(name, "", str(error)) from None
            found[name] = data
    return found


def _samples(root: Node, files: Mapping[str, bytes]) -> tuple[Sample, ...]:
    names = root.raw("samples", [])
    if not isinstance(names, list) or not names:
        raise root.error(
            'must list files with data to look at, such as "samples/plain.json"', "samples"
        )
    return tuple(Sample(str(name), _document(files, str(name))) for name in names)


def _thumbnail(root: Node, files: Mapping[str, bytes]) -> str | None:
    name = root.text("thumbnail") if root.has("thumbnail") else None
    if name is not None and name not in files:
        raise root.error(f"{name} is not in the template's folder", "thumbnail")
    return name


def _digest(files: Mapping[str, bytes], shelf: Shelf) -> str:
    digest = hashlib.sha256(_ENGINE)
    digest.update(shelf.digest.encode())
    for name in sorted(files):
        digest.update(hashlib.sha256(name.encode()).digest())
        digest.update(hashlib.sha256(files[name]).digest())
    return digest.hexdigest()
