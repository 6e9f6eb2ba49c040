"""Lottie templates: drawn through ThorVG, filled through slots, and refused where hostile."""

import base64
import json
from collections.abc import Mapping
from copy import deepcopy
from fractions import Fraction
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image

from overlays.errors import TemplateError
from overlays.templates.check import check_template
from overlays.templates.lottie_document import MAX_BYTES, check_lottie
from overlays.templates.model import Template
from overlays.templates.stage import make_layer
from tests.overlays.golden import template_of

pytest.importorskip("thorvg_cython", reason="ThorVG draws Lottie: the extra `media`")


def fixed(value: Any) -> dict[str, Any]:
    return {"a": 0, "k": value}


def placed(x: Any, y: Any) -> dict[str, Any]:
    return {
        "o": fixed(100), "r": fixed(0), "p": fixed([x, y, 0]), "a": fixed([0, 0, 0]),
        "s": fixed([100, 100, 100]),
    }  # fmt: skip


SQUARE = {
    "ty": "gr",
    "it": [
        {"ty": "rc", "s": fixed([100, 40]), "p": fixed([0, 0]), "r": fixed(0)},
        {"ty": "fl", "c": {**fixed([0, 1, 0, 1]), "sid": "accent"}, "o": fixed(100), "r": 1},
        {"ty": "tr", **placed(0, 0)},
    ],
}
SLIDE = {"a": 1, "k": [{"t": 0, "s": [-100, 90, 0]}, {"t": 25, "s": [160, 90, 0]}]}
SHAPES = {
    "ty": 4, "nm": "bar", "ind": 1, "ip": 0, "op": 50, "st": 0,
    "ks": {**placed(0, 0), "p": SLIDE}, "shapes": [SQUARE],
}  # fmt: skip
IMAGE = {
    "ty": 2,
    "nm": "name",
    "ind": 2,
    "ip": 0,
    "op": 50,
    "st": 0,
    "refId": "name",
    "ks": placed(20, 20),
}


def png(colour: str) -> bytes:
    file = BytesIO()
    Image.new("RGB", (8, 4), colour).save(file, "PNG")
    return file.getvalue()


PLAIN: dict[str, Any] = {
    "v": "5.7.0", "fr": 25, "ip": 0, "op": 50, "w": 320, "h": 180,
    "assets": [{"id": "name", "w": 80, "h": 40, "u": "", "p": "name.png", "e": 0}],
    "layers": [IMAGE, SHAPES],
}  # fmt: skip
FRAMES = {"in": [0, 25], "hold": [25, 25], "out": [25, 49]}


def lottie_template(
    document: Mapping[str, Any] = PLAIN, *, slots: Any = (), frames: Any = FRAMES, **other: Any
) -> Template:
    return template_of(
        {"a.json": json.dumps(document).encode(), "name.png": png("#0000ff")},
        kind="lottie",
        elements=other.pop("elements", []),
        phases={"in": 1},
        lottie={"file": "a.json", "frames": frames, "slots": list(slots)},
        **other,
    )


def pixel(template: Template, time: Fraction, x: int, y: int, data: Any = None) -> list[int]:
    layer = make_layer(template, template.canonical(data or {}), (320, 180))
    picture = layer.at(time)
    assert picture is not None
    frame = np.zeros((180, 320, 4), np.uint8)
    height, width = picture.pixels.shape[:2]
    frame[picture.top : picture.top + height, picture.left : picture.left + width] = picture.pixels
    return [int(value) for value in frame[y, x]]


def test_an_animation_moves_and_then_holds() -> None:
    template = lottie_template()
    assert pixel(template, Fraction(0), 160, 90) == [0, 0, 0, 0]
    assert pixel(template, Fraction(2), 160, 90) == [0, 255, 0, 255]
    layer = make_layer(template, template.canonical({}), (320, 180))
    assert layer.at(Fraction(0)) is not layer.at(Fraction(1, 2))
    assert layer.at(Fraction(2)) is layer.at(Fraction(100))


def test_slots_take_colours_and_text_from_data() -> None:
    text = {"type": "text", "box": [0, 0, 80, 40], "text": "{name}", "size": 30}
    slots = [{"asset": "name", "elements": [text]}, {"colour": "accent", "value": "#ff0000"}]
    template = lottie_template(slots=slots)
    assert pixel(template, Fraction(2), 160, 90) == [255, 0, 0, 255]
    seen = {
        name: make_layer(template, template.canonical({"name": name}), (320, 180)).at(Fraction(2))
        for name in ("Anna", "שלום")
    }
    assert all(picture is not None and picture.pixels[..., 2].max() for picture in seen.values())
    anna, shalom = seen.values()
    assert anna is not None
    assert shalom is not None
    assert anna.pixels.tobytes() != shalom.pixels.tobytes()


@pytest.mark.parametrize("size", [(640, 360), (160, 90)])
def test_a_slot_lies_at_the_same_place_in_every_rendition(size: tuple[int, int]) -> None:
    box = {"type": "box", "box": [0, 0, 80, 40], "fill": "#ffffff"}
    template = lottie_template(slots=[{"asset": "name", "elements": [box]}])
    picture = make_layer(template, template.canonical({}), size).at(Fraction(2))
    assert picture is not None
    white = np.argwhere((picture.pixels == 255).all(axis=-1))
    scale = size[0] / 320
    (top, left), (bottom, right) = white.min(axis=0), white.max(axis=0) + 1
    seen = [left + picture.left, top + picture.top, right + picture.left, bottom + picture.top]
    expected = [20 * scale, 20 * scale, 100 * scale, 60 * scale]
    assert [int(edge) for edge in seen] == pytest.approx(expected, abs=1)


def test_elements_are_drawn_over_the_animation() -> None:
    box = {"type": "box", "box": [150, 80, 20, 20], "fill": "#ffffff"}
    assert pixel(lottie_template(elements=[box]), Fraction(2), 160, 90) == [255, 255, 255, 255]


def test_only_what_an_animation_touches_is_drawn() -> None:
    layer = make_layer(lottie_template(), lottie_template().canonical({}), (320, 180))
    assert layer.reach is not None
    assert layer.reach[3] < 120


def test_a_hold_that_moves_is_a_loop_of_its_frames() -> None:
    template = lottie_template(frames={"in": [0, 0], "hold": [0, 25]})
    assert template.phases.loop_s == 1
    layer = make_layer(template, template.canonical({}), (320, 180))
    one, other = layer.at(Fraction(11, 10)), layer.at(Fraction(51, 10))
    assert one is not None
    assert other is not None
    assert one.pixels.tobytes() == other.pixels.tobytes()


def changed(path: str, value: Any) -> dict[str, Any]:
    document = deepcopy(PLAIN)
    *way, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    inner: Any = document
    for step in way:
        inner = inner[step]
    inner[last] = value
    return document


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


COMPOSED = {"ty": 0, "refId": "0", "ks": placed(0, 0), "ip": 0, "op": 50, "st": 0}
ROOM = {"w": 10, "h": 10}
DOUBLING = [{"id": str(n), "layers": [{**COMPOSED, "refId": str(n + 1)}] * 9} for n in range(6)] + [
    {"id": "6", "layers": [SHAPES] * 9}
]
REPEATERS = {
    "ty": "gr",
    "it": [
        {"ty": "gr", "it": [SQUARE, {"ty": "rp", "c": fixed(1000)}]},
        {"ty": "rp", "c": fixed(1000)},
    ],
}
ENDLESS = [{"id": "0", "layers": [COMPOSED]}]

HOSTILE: dict[str, tuple[Any, str]] = {
    "an expression": (
        changed("layers.1.ks.p.x", "var $bm_rt; while(true){}"),
        r"layers\[1\].ks.p: is an expression",
    ),
    "nesting": (changed("meta", deep(200)), "nested more than 64 deep"),
    "nesting beyond the parser": (b"[" * 2000 + b"]" * 2000, "line 1"),
    "a giant": (changed("w", 10**6), "w: must be between 1 and 4096"),
    "a number beyond all bounds": (changed("layers.1.ks.p.k.0.s.0", 1e300), "1e\\+300"),
    "a million frames": (changed("op", 50_000), "op: needs 1 to 36000 frames"),
    "no frames": (changed("op", 0), "op: needs 1 to"),
    "many values": (changed("meta", [0] * 300_001), "more than 300000 values"),
    "precompositions that multiply": (
        {**PLAIN, "assets": DOUBLING, "layers": [COMPOSED]},
        "draws more than 20000",
    ),
    "precompositions in a circle": (
        {**PLAIN, "assets": ENDLESS, "layers": [COMPOSED]},
        "nest without end",
    ),
    "repeaters that multiply": (changed("layers.1.shapes", [REPEATERS]), "draws more than 20000"),
    "an image from elsewhere": (
        changed("assets.0.p", "http://169.254.169.254/x.png"),
        "is no file of the template",
    ),
    "an image outside of the folder": (changed("assets.0.p", "../../etc/x.png"), "is no file of"),
    "an image that is none": (
        changed("assets.0.p", "data:image/png;base64," + base64.b64encode(b"MZ").decode()),
        r"assets\[0\].p: not a picture",
    ),
    "base64 that is none": (changed("assets.0.p", "data:image/png;base64,???"), "is not base64"),
    "a text layer": (changed("layers.0.ty", 5), "is a text layer: make it an image"),
    "a film": (changed("layers.0.ty", 9), "is of no kind of layer"),
    "an asset that is not there": (changed("layers.0.refId", "gone"), "there is no asset 'gone'"),
    "layers that are none": (changed("layers", 5), "layers: must be a list"),
    "no object": ([], "must be an object"),
    # On these ThorVG 1.0.5 never returns, or ends the process.
    "null among numbers": (changed("layers.0.ks.p.k.0", None), r"layers\[0\].ks.p.k: holds what"),
    "a keyframe of nothing": (changed("layers.0.ks.a.k", [{}]), r"ks.a.k: holds what does not"),
    "a shape that is none": (changed("layers.1.shapes", [[5]]), r"layers\[1\].shapes: holds what"),
    "a group of numbers": (changed("layers.1.shapes.0.it.1", [5]), r"shapes\[0\].it: holds what"),
    "a layer whose kind is true": (changed("layers.0.ty", True), "layers: holds what does not"),
}


@pytest.mark.parametrize(("document", "said"), HOSTILE.values(), ids=HOSTILE)
def test_what_is_hostile_is_refused_before_thorvg_sees_it(document: Any, said: str) -> None:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(TemplateError, match=said):
        check_lottie("a.json", data, {"name.png": png("#0000ff")})


def test_a_file_beyond_the_limit_is_refused_unread() -> None:
    with pytest.raises(TemplateError, match="bytes"):
        check_lottie("a.json", b" " * (MAX_BYTES + 1), {})


def test_what_thorvg_does_not_draw_is_reported() -> None:
    layer = {**SHAPES, "ef": [{"ty": 5, "nm": "Roughen Edges"}], "ddd": 1}
    template = lottie_template({**PLAIN, "layers": [IMAGE, layer]})
    (checked,) = check_template(template, [(320, 180)])
    said = [finding.text for finding in checked.findings if finding.kind == "unsupported"]
    assert len(said) == 2
    assert "Roughen Edges" in "".join(said)


def test_a_slot_that_the_animation_has_not_is_told_with_those_it_has() -> None:
    with pytest.raises(TemplateError, match=r"lottie.slots\[0\].colour: must be one of accent"):
        lottie_template(slots=[{"colour": "akzent", "value": "#ff0000"}])
    with pytest.raises(TemplateError, match="must be one of name"):
        lottie_template(slots=[{"asset": "face", "elements": []}])
