"""Layers over time: what moves, what stands still, and where it lies."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from overlays.errors import DataError
from overlays.layers import Layer
from overlays.templates.model import Template, Tone
from overlays.templates.stage import TemplateLayer, make_layer
from tests.overlays.golden import template_of

RED = {"type": "box", "box": [20, 20, 100, 40], "fill": "#ff0000"}
MOVING: dict[str, Any] = {
    "phases": {"in": 1, "out": 1},
    "fps": 25,
    "elements": [{**RED, "in": {"x": [[0, -20], [1, 0]]}, "out": {"opacity": [[0, 1], [1, 0]]}}],
}


def layer_of(
    template: Template, size: tuple[int, int] = (320, 180), *, lasts: Fraction | None = None
) -> TemplateLayer:
    return make_layer(template, template.canonical({}), size, lasts=lasts)


def test_what_stands_still_is_the_same_object_at_all_times() -> None:
    layer: Layer = layer_of(template_of())
    first = layer.at(Fraction(0))
    assert first is not None
    assert all(layer.at(Fraction(number, 25)) is first for number in range(100))


def test_in_the_hold_the_object_stays_and_in_between_it_changes_with_each_frame() -> None:
    layer = layer_of(template_of(**MOVING), lasts=Fraction(4))
    lefts = [picture.left for picture in map(layer.at, (Fraction(0), Fraction(1, 2))) if picture]
    assert lefts == [0, 10]
    assert layer.at(Fraction(1)) is layer.at(Fraction(29, 10))
    fading = layer.at(Fraction(88, 25))
    assert fading is not None
    assert int(fading.pixels[20, 50, 3]) == pytest.approx(255 * 0.48, abs=2)


def test_a_film_of_more_frames_than_the_template_gets_each_of_them_twice() -> None:
    layer = layer_of(template_of(**MOVING))
    assert layer.at(Fraction(10, 50)) is layer.at(Fraction(11, 50))
    assert layer.at(Fraction(12, 50)) is not layer.at(Fraction(10, 50))


def test_nothing_is_there_before_and_after() -> None:
    layer = layer_of(template_of(**MOVING), lasts=Fraction(4))
    assert layer.at(Fraction(-1, 25)) is None
    assert layer.at(Fraction(4)) is None


def test_without_a_known_end_it_stays() -> None:
    layer = layer_of(template_of(**MOVING))
    assert layer.at(Fraction(1)) is layer.at(Fraction(10_000))


@pytest.mark.parametrize(
    ("size", "area"),
    [
        ((320, 180), (20, 20, 120, 60)),
        ((640, 360), (40, 40, 240, 120)),
        ((160, 90), (10, 10, 60, 30)),
        ((240, 180), (15, 37, 90, 67)),  # 4:3: in the middle, as wide as it fits
    ],
)
def test_a_template_is_scaled_into_each_rendition(
    size: tuple[int, int], area: tuple[int, int, int, int]
) -> None:
    picture = layer_of(template_of(), size).at(Fraction(0))
    assert picture is not None
    height, width = picture.pixels.shape[:2]
    left, top = picture.left, picture.top
    assert (left, top, left + width, top + height) == pytest.approx(area, abs=1)
    assert (picture.pixels == (255, 0, 0, 255)).all()


def test_what_lies_outside_the_frame_is_not_drawn() -> None:
    outside = {**RED, "box": [300, 170, 500, 500]}
    picture = layer_of(template_of(elements=[outside])).at(Fraction(0))
    assert picture is not None
    assert picture.pixels.shape == (10, 20, 4)
    assert layer_of(template_of(elements=[{**RED, "box": [400, 0, 9, 9]}])).at(Fraction(0)) is None


def test_a_loop_comes_back_to_the_same_pixels() -> None:
    template = template_of(
        phases={"hold": {"loop": 2}},
        elements=[{**RED, "loop": {"x": [[0, 0], [1, 40], [2, 0]]}}],
    )
    layer = layer_of(template)
    lefts = [picture.left for t in (0, 1, 2, 3, 1002) if (picture := layer.at(Fraction(t)))]
    assert lefts == [20, 60, 20, 60, 20]


def test_a_group_that_clips_hides_what_leaves_it() -> None:
    inner = {"type": "box", "box": [-50, 0, 80, 40], "fill": "#00ff00"}
    group = {"type": "group", "box": [100, 50, 60, 40], "elements": [inner]}
    wide = layer_of(template_of(elements=[group])).at(Fraction(0))
    cut = layer_of(template_of(elements=[{**group, "clip": True}])).at(Fraction(0))
    assert wide is not None
    assert cut is not None
    assert (wide.left, wide.pixels.shape[1]) == (50, 80)
    assert (cut.left, cut.pixels.shape[1]) == (100, 30)


def test_a_bar_shows_its_share() -> None:
    data = {"type": "object", "properties": {"done": {"type": "number"}}}
    bar = {"type": "bar", "box": [0, 0, 200, 10], "value": "{done}", "fill": "#ffffff"}
    template = template_of(data=data, elements=[bar])
    for done, width in ((0.25, 50), (1, 200), (7, 200)):
        layer = make_layer(template, template.canonical({"done": done}), (320, 180))
        picture = layer.at(Fraction(0))
        assert picture is not None
        assert picture.pixels.shape[1] == width
    nothing = make_layer(template, template.canonical({"done": -1}), (320, 180))
    assert nothing.at(Fraction(0)) is None


def test_rows_are_drawn_one_below_the_other_up_to_their_most() -> None:
    data = {
        "type": "object",
        "properties": {"rows": {"type": "array", "items": {"type": "string"}}},
    }
    rows = {
        "type": "rows", "box": [0, 0, 100, 100], "source": "{rows}", "row_height": 20, "most": 3,
        "elements": [{"type": "box", "box": [0, 0, 50, 10], "fill": "#ffffff"}],
    }  # fmt: skip
    template = template_of(data=data, elements=[rows])
    layer = make_layer(template, template.canonical({"rows": ["a"] * 9}), (320, 180))
    picture = layer.at(Fraction(0))
    assert picture is not None
    assert np.flatnonzero(picture.pixels[:, 0, 3]).tolist() == [
        *range(10),
        *range(20, 30),
        *range(40, 50),
    ]


def test_the_content_of_an_l_frame_shrinks_as_the_frame_enters() -> None:
    template = template_of(
        fps=50, phases={"in": 1, "out": 1}, video={"box": [0, 0, 240, 134], "ease": "linear"}
    )
    layer = layer_of(template, lasts=Fraction(10))
    assert layer.video_at(Fraction(0)) == (0, 0, 320, 180)
    assert layer.video_at(Fraction(1, 2)) == (0, 0, 280, 158)
    assert layer.video_at(Fraction(5)) == (0, 0, 240, 134)
    assert layer.video_at(Fraction(19, 2)) == (0, 0, 280, 158)
    assert layer_of(template_of()).video_at(Fraction(5)) is None


LOOK = {"type": "object", "properties": {"look": {"type": "string"}}}
GREY = {"ease": "linear", "palette": {"by": "look", "of": {"off": {}, "grey": {"saturation": 0}}}}


def test_the_content_takes_on_the_colours_that_the_data_names() -> None:
    phases = {"in": 1, "out": 1}
    template = template_of(fps=50, phases=phases, data=LOOK, video=GREY, elements=[])
    grey = make_layer(template, template.canonical({"look": "grey"}), (64, 36), lasts=Fraction(10))
    seen = [grey.tone_at(Fraction(time, 2)) for time in (0, 1, 10, 19, 20)]
    assert seen == [None, Tone(saturation=0.5), Tone(saturation=0), Tone(saturation=0.5), None]
    assert grey.at(Fraction(5)) is None
    assert grey.video_at(Fraction(5)) is None
    for data in ({"look": "off"}, {"look": "pink"}, {}):  # the first one where none is named
        assert make_layer(template, template.canonical(data), (64, 36)).tone_at(Fraction(5)) is None


def test_what_a_viewer_said_is_told_to_authors_and_not_to_logs() -> None:
    """P10"""
    data = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 5}}}
    template = template_of(data=data, elements=[RED])
    with pytest.raises(DataError) as caught:
        template.canonical({"name": "Jane Roe"})
    assert str(caught.value) == "name: breaks 'maxLength'"
    assert "Jane Roe" in caught.value.problems[0]


def test_a_picture_in_the_data_that_is_a_bomb_is_refused() -> None:
    data = {
        "type": "object",
        "properties": {"face": {"type": "string", "gddType": "file-path/image-path"}},
    }
    image = {"type": "image", "box": [0, 0, 50, 50], "source": "{face}"}
    template = template_of(data=data, elements=[image, RED])
    canonical = template.canonical({"face": "x"}, {"x": b"\x89PNG\r\n\x1a\n broken"})
    with pytest.raises(DataError, match="a picture: ") as caught:
        make_layer(template, canonical, (320, 180))
    assert caught.value.problems[0].startswith("x: ")
    missing = make_layer(template, template.canonical({"face": "gone"}), (320, 180))
    assert [finding.kind for finding in missing.findings] == ["missing_image"]
    assert missing.at(Fraction(0)) is not None


REVEALED = {
    "left": (20, 20, 70, 60),
    "right": (70, 20, 120, 60),
    "top": (20, 20, 120, 40),
    "bottom": (20, 40, 120, 60),
    "centre": (45, 20, 95, 60),
}


@pytest.mark.parametrize("side", REVEALED)
def test_an_element_is_revealed_from_a_side(side: str) -> None:
    half = {**RED, "reveal_from": side, "in": {"reveal": [[0, 0.5]]}}
    picture = layer_of(template_of(elements=[half])).at(Fraction(0))
    assert picture is not None
    height, width = picture.pixels.shape[:2]
    left, top = picture.left, picture.top
    assert (left, top, left + width, top + height) == REVEALED[side]


def test_an_outline_lies_inside_the_edge_of_its_box() -> None:
    outlined = {**RED, "radius": 8, "outline": {"colour": "#0000ff", "width": 4}}
    picture = layer_of(template_of(elements=[outlined])).at(Fraction(0))
    assert picture is not None
    assert picture.pixels.shape == (40, 100, 4)
    assert picture.pixels[20, :6].tolist() == [[0, 0, 255, 255]] * 4 + [[255, 0, 0, 255]] * 2
    assert picture.pixels[0, 0, 3] == 0  # the corner is round


def test_pictures_cannot_be_changed() -> None:
    picture = layer_of(template_of()).at(Fraction(0))
    assert picture is not None
    with pytest.raises(ValueError, match="read-only"):
        picture.pixels[0, 0] = 0
