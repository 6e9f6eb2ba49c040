"""Reading what a template says of its art: a Lottie animation or a clip."""

from collections.abc import Mapping

from overlays.document import Node
from overlays.drawing.reader import read_elements, read_text
from overlays.drawing.scene import Box
from overlays.templates.artwork import read_ranges
from overlays.templates.clip import MAX_FRAMES, Clip, film_format, film_length, sequence
from overlays.templates.lottie import AssetSlot, ColourSlot, Lottie
from overlays.templates.lottie_document import check_lottie
from overlays.text.fonts import Font


def read_box(node: Node, whole: Box) -> Box:
    """A box of the template; all of it where none is given."""
    left, top, width, height = node.numbers("box", 4, whole)
    if width <= 0 or height <= 0:
        raise node.error("needs a width and a height above 0", "box")
    return left, top, width, height


def read_lottie(
    root: Node, files: Mapping[str, bytes], families: Mapping[str, tuple[Font, ...]], whole: Box
) -> Lottie:
    """Read `lottie`: an animation, its frames and its slots.

    Raises:
        TemplateError: It cannot be used.
    """
    node = root.node("lottie")
    name = node.text("file")
    if name not in files:
        raise node.error(f"{name} is not in the template's folder", "file")
    checked = check_lottie(name, files[name], files)
    slots: list[AssetSlot | ColourSlot] = []
    for slot in node.nodes("slots", most=100):
        if slot.has("asset"):
            asset = slot.choice("asset", checked.assets)
            elements = read_elements(slot.nodes("elements"), families=families)
            slots.append(AssetSlot(asset, checked.assets[asset], elements))
        else:
            sid = slot.choice("colour", checked.colours)
            slots.append(ColourSlot(sid, read_text(slot, "value")))
        slot.finish()
    found = Lottie(
        document=checked.document,
        size=checked.size,
        fps=checked.fps,
        total=checked.total,
        box=read_box(node, whole),
        ranges=read_ranges(node.node("frames"), total=checked.total, fps=checked.fps),
        slots=tuple(slots),
        unsupported=checked.unsupported,
    )
    node.finish()
    return found


def read_clip(root: Node, files: Mapping[str, bytes], whole: Box) -> Clip:
    """Read `clip`: a film or a folder of pictures, and its frames.

    Raises:
        TemplateError: It cannot be used.
        EngineMissing: It is a film, and PyAV is not installed.
    """
    node = root.node("clip")
    name = node.text("file", "") or node.text("folder", "")
    if node.has("file") == node.has("folder"):
        raise node.error("needs `file`, a film, or `folder`, one picture per frame")
    pictures: tuple[bytes, ...] = ()
    film = b""
    if node.has("file"):
        if film_format(name) is None or name not in files:
            raise node.error("must be a .mov, .mp4 or .webm file in the template's folder", "file")
        film = files[name]
        total, fps = film_length(name, film)
    else:
        pictures = sequence(files, name.rstrip("/") + "/")
        total, fps = len(pictures), node.number("fps", least=1, most=120)
        if not 1 <= total <= MAX_FRAMES:
            raise node.error(f"has {total} pictures: 1 to {MAX_FRAMES}", "folder")
    found = Clip(
        file=name,
        pictures=pictures,
        film=film,
        box=read_box(node, whole),
        ranges=read_ranges(node.node("frames"), total=total, fps=fps),
    )
    node.finish()
    return found
