"""Colours, expressions and curves: the small values that elements are made of."""

from typing import Any

import pytest

from overlays.drawing.colours import read_colour
from overlays.drawing.easing import EASINGS, Curve
from overlays.drawing.values import read_expression

DATA = {"home": {"name": "Łódź", "goals": 3}, "gap": 1.25, "rows": [{"n": "a"}], "on": True}
TEXTS = {
    "plain": ("x", "x"),
    "a path": ("{home.name} {home.goals}", "Łódź 3"),
    "braces": ("{{{home.goals}}}", "{3}"),
    "a place in a list": ("{rows.0.n}{rows.5.n}", "a"),
    "what is absent is nothing": ("[{nothing.at.all}]", "[]"),
    "an object is nothing": ("{home}", ""),
    "signs and digits": ("{gap:+.1f} {home.goals:02}", "+1.2 03"),
    "upper case": ("{home.name:upper}", "ŁÓDŹ"),
    "a float": ("{gap}", "1.25"),
}


@pytest.mark.parametrize(("text", "expected"), TEXTS.values(), ids=TEXTS)
def test_expressions_put_data_into_text(text: str, expected: str) -> None:
    assert read_expression(text).text(DATA) == expected


@pytest.mark.parametrize(
    "text", ["{", "}", "{a b}", "{a.__class__!r}", "{0}", "{gap:999999999d}", "{}"]
)
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="write"):
        read_expression(text)


def test_an_expression_of_one_place_is_the_value_itself() -> None:
    assert read_expression("{gap}").value(DATA) == 1.25
    assert read_expression("{rows}").value(DATA) is DATA["rows"]


COLOURS: dict[str, Any] = {
    "#ff8000": (255, 128, 0, 255),
    "#ff800080": (255, 128, 0, 128),
    "$ink": (16, 16, 16, 255),
    "$ink/0.5": (16, 16, 16, 128),
    "on:$ink": (255, 255, 255, 255),
    "on:#ffd800": (16, 18, 24, 255),
}


@pytest.mark.parametrize("text", COLOURS)
def test_colours_are_read(text: str) -> None:
    assert read_colour(text, {"ink": "#101010"}) == COLOURS[text]


@pytest.mark.parametrize("text", ["red", "#fff", "$none", "#ff8000/2", "", "#gggggg"])
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"colour|palette|opacity|float"):
        read_colour(text, {})


@pytest.mark.parametrize("name", EASINGS)
def test_every_easing_begins_at_0_and_ends_at_1(name: str) -> None:
    assert EASINGS[name](0.0) == pytest.approx(0)
    assert EASINGS[name](1.0) == pytest.approx(1)


def test_a_curve_stands_still_before_and_after_its_keyframes() -> None:
    curve = Curve(((1.0, 10.0, "linear"), (2.0, 20.0, "linear")))
    assert [curve.at(t) for t in (0.0, 1.0, 1.5, 2.0, 9.0)] == [10, 10, 15, 20, 20]
