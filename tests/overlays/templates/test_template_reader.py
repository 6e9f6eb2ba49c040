"""A template that cannot be used says which file, which place in it, and what to do."""

from typing import Any

import pytest

from overlays.errors import TemplateError
from overlays.templates.reader import read_template
from packager.templates.folder import shelf
from tests.overlays.golden import template_of

BOX = {"type": "box", "box": [0, 0, 10, 10], "fill": "#ff0000"}
TEXT = {"type": "text", "box": [0, 0, 10, 10], "text": "{name}", "size": 10}


def nested(depth: int) -> dict[str, Any]:
    inner = BOX
    for _ in range(depth):
        inner = {"type": "group", "box": [0, 0, 10, 10], "elements": [inner]}
    return inner


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": (
        {"elemnts": []},
        r"template.json: elemnts: is not known; did you mean elements",
    ),
    "an unknown key of an element": (
        {"elements": [{**BOX, "colour": "#ffffff"}]},
        r"elements\[0\].colour: is not known",
    ),
    "an unknown kind": ({"kind": "drawin"}, "kind: must be one of .*did you mean drawing"),
    "no size": ({"size": [1920]}, "size: must be a list of 2 numbers"),
    "a giant": ({"size": [100_000, 100_000]}, "size: must be between"),
    "a wrong id": ({"id": "../x"}, "id: must be lower case"),
    "no elements": ({"elements": []}, "elements: a drawing needs elements"),
    "a box without area": (
        {"elements": [{**BOX, "box": [0, 0, 0, 5]}]},
        r"elements\[0\].box: needs",
    ),
    "elements without end": ({"elements": [nested(12)]}, "nested more than 8 deep"),
    "a brace too many": ({"elements": [{**TEXT, "text": "{name"}]}, r"elements\[0\].text: .*write"),
    "a font nobody has": (
        {"elements": [{**TEXT, "font": "Arial"}]},
        "font: must be one of regular, bold",
    ),
    "a font that is not there": (
        {"fonts": {"own": {"files": ["own.ttf"]}}},
        "fonts.own.files: own.ttf is not in the template's folder",
    ),
    "a bundled name": ({"fonts": {"bold": {"files": ["x"]}}}, "fonts.bold: is bundled"),
    "keyframes backwards": (
        {"elements": [{**BOX, "in": {"x": [[1, 0], [0, 1]]}}]},
        r"elements\[0\].in.x\[1\]: seconds go up",
    ),
    "an unknown easing": (
        {"elements": [{**BOX, "in": {"x": [[0, 0], [1, 1, "bounce"]]}}]},
        "'bounce' is no easing",
    ),
    "a loop without a length": (
        {"elements": [{**BOX, "loop": {"opacity": [[0, 1], [1, 0]]}}]},
        "phases.hold.loop: must say",
    ),
    "a schema that is none": ({"data": {"type": "objekt"}}, "data.type: 'objekt'"),
    "a schema of a list": ({"data": {"type": "array"}}, "data: must be"),
    "a schema that refers to others": (
        {"data": {"type": "object", "properties": {"a": {"$ref": "http://x.example/"}}}},
        r"data.properties.a: \$ref is not followed",
    ),
    "an unknown GDD type": (
        {"data": {"type": "object", "properties": {"a": {"type": "string", "gddType": "text"}}}},
        "gddType: 'text' is not known: one of",
    ),
    "a misspelt extension": (
        {"data": {"type": "object", "properties": {"a": {"type": "number", "x-weft-quantize": 1}}}},
        "x-weft-quantize: is not known",
    ),
    "a palette by nothing": (
        {"palettes": {"by": "look", "of": {}}},
        "look is no property of the data",
    ),
    "palettes that differ": (
        {"palettes": {"of": {"a": {"x": "#000000"}, "b": {"y": "#000000"}}}},
        "palettes.of.b: must name the same colours",
    ),
    "a video that is left alone": (
        {"video": {"ease": "in"}},
        "video: needs a `box`.*or a `palette`",
    ),
    "a video's palette by nothing": (
        {"video": {"palette": {"by": "look", "of": {"a": {}}}}},
        "video.palette.by: look is no property",
    ),
    "a video's colours": (
        {"video": {"palette": {"of": {"a": {"hue": 181}}}}},
        "video.palette.of.a.hue: must be between -180 and 180",
    ),
    "a video's unknown level": (
        {"video": {"palette": {"of": {"a": {"gamma": 2}}}}},
        "video.palette.of.a.gamma: is not known",
    ),
    "a palette's colour": (
        {"palettes": {"of": {"a": {"x": "red"}}}},
        "palettes.of.a.x: must be #rrggbb",
    ),
    "no samples": ({"samples": []}, "samples: must list files"),
    "a sample that is not there": ({"samples": ["none.json"]}, "none.json: is missing"),
    "a thumbnail that is not there": ({"thumbnail": "x.png"}, "thumbnail: x.png is not in"),
    "a lottie without one": ({"kind": "lottie"}, "lottie.file: is missing"),
    "a clip of nothing": ({"kind": "clip", "clip": {}}, "clip: needs `file`, a film, or `folder`"),
}


@pytest.mark.parametrize(("document", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_told_with_its_place(document: dict[str, Any], said: str) -> None:
    with pytest.raises(TemplateError, match=said):
        template_of(**document)


def test_a_sample_that_does_not_fit_is_told_with_its_file() -> None:
    with pytest.raises(TemplateError, match=r"plain.json: name: 5 is not of type 'string'"):
        template_of({"plain.json": b'{"name": 5}'})


def test_broken_json_is_told_with_its_line() -> None:
    with pytest.raises(TemplateError, match=r"template.json: line 2"):
        read_template({"template.json": b'{\n"id" 5}'}, shelf())
    with pytest.raises(TemplateError, match=r"template.json: is missing"):
        read_template({}, shelf())
    with pytest.raises(TemplateError, match=r"template.json: line"):
        read_template({"template.json": b"[" * 100_000}, shelf())


def test_a_picture_of_the_template_is_looked_at_when_it_is_read() -> None:
    with pytest.raises(TemplateError, match=r"logo.png: not a picture"):
        template_of({"logo.png": b"GIF89a"})


def test_a_template_may_bring_a_font_which_comes_before_the_bundled_ones() -> None:
    hebrew = next(font for font in shelf().families["bold"] if "Hebrew" in font.name)
    template = template_of(
        {"fonts/own.ttf": hebrew.data}, fonts={"own": {"files": ["fonts/own.ttf"]}}
    )
    names = [font.name for font in template.families["own"]]
    assert names == ["fonts/own.ttf", *(font.name for font in shelf().families["bold"])]


def test_the_digest_changes_with_every_file_and_its_name() -> None:
    digests = {
        template_of(files).digest
        for files in ({}, {"a": b"1"}, {"b": b"1"}, {"a": b"2"}, {"plain.json": b'{"name": "x"}'})
    }
    assert len(digests) == 5
    assert template_of().digest == template_of().digest
