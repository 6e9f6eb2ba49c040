"""States, not viewers: what looks alike has one key, what does not has another."""

import unicodedata
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.errors import DataError
from overlays.states import Shown, part_of_life, state_key
from overlays.templates.model import Template
from tests.overlays.golden import template_of

DATA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "Nobody"},
        "gap": {"type": "number", "x-weft-quantise": 0.1, "default": 0},
        "share": {"type": "number", "default": 0},
        "team": {"type": "string", "gddType": "color-rrggbb", "default": "#000000"},
        "rows": {"type": "array", "x-weft-keep": 2, "items": {"type": "string"}},
        "face": {"type": "string", "gddType": "file-path/image-path", "x-weft-private": True},
    },
}
TEMPLATE = template_of(data=DATA)


def key(data: Any, images: dict[str, bytes] | None = None, *, template: Template = TEMPLATE) -> str:
    shown = Shown(template, template.canonical(data, images), "hold")
    return state_key([shown], segment="s", rendition="720p", profile="p")


ALIKE: dict[str, tuple[Any, Any]] = {
    "defaults": ({}, {"name": "Nobody", "gap": 0}),
    "what the template does not know": ({"name": "A"}, {"name": "A", "session": "f00"}),
    "order": ({"name": "A", "gap": 1}, {"gap": 1, "name": "A"}),
    "less than a step": ({"gap": 1.23}, {"gap": 1.18}),
    "1 and 1.0": ({"share": 1}, {"share": 1.0}),
    "0 and -0": ({"share": 0.0}, {"share": -0.0}),
    "composed and decomposed": ({"name": "é"}, {"name": "e\u0301"}),
    "white space": ({"name": " A\tB "}, {"name": "A B"}),
    "direction marks": ({"name": "A"}, {"name": "\u202eA\u202c"}),
    "rows that are not drawn": ({"rows": ["a", "b", "c"]}, {"rows": ["a", "b", "d"]}),
    "the case of a colour": ({"team": "#FF00aa"}, {"team": "#ff00AA"}),
}


@pytest.mark.parametrize(("one", "other"), ALIKE.values(), ids=ALIKE)
def test_what_looks_alike_has_one_key(one: Any, other: Any) -> None:
    assert key(one) == key(other)


OTHERWISE: dict[str, tuple[Any, Any]] = {
    "text": ({"name": "A"}, {"name": "B"}),
    "case": ({"name": "A"}, {"name": "a"}),
    "a step": ({"gap": 1.24}, {"gap": 1.26}),
    "a number that is drawn in full": ({"share": 0.5}, {"share": 0.5000001}),
    "a row": ({"rows": ["a", "b"]}, {"rows": ["b", "a"]}),
    "a place between two texts": ({"rows": ["ab", ""]}, {"rows": ["a", "b"]}),
}


@pytest.mark.parametrize(("one", "other"), OTHERWISE.values(), ids=OTHERWISE)
def test_what_looks_otherwise_has_another_key(one: Any, other: Any) -> None:
    assert key(one) != key(other)


def test_a_picture_counts_by_its_bytes_not_by_its_name() -> None:
    assert key({"face": "a"}, {"a": b"1"}) == key({"face": "b"}, {"b": b"1"})
    assert key({"face": "a"}, {"a": b"1"}) != key({"face": "a"}, {"a": b"2"})


def test_everything_around_the_data_counts_too() -> None:
    one = Shown(TEMPLATE, TEMPLATE.canonical({}), "hold")
    other = Shown(template_of(data=DATA, version="2"), one.data, "hold")
    later = Shown(TEMPLATE, one.data, "at 0")
    plain = {"segment": "s", "rendition": "r", "profile": "p"}
    keys = [
        state_key([one], **plain),
        state_key([other], **plain),
        state_key([later], **plain),
        state_key([one, other], **plain),
        state_key([other, one], **plain),
        state_key([one, one], **plain),
        *(state_key([one], **{**plain, name: "x"}) for name in plain),
    ]
    assert len(set(keys)) == len(keys)


@given(st.text(max_size=40))
def test_normalising_a_text_never_changes_its_key(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert key({"name": unicodedata.normalize(form, text)}) == key({"name": text})


@given(st.integers(-(10**9), 10**9), st.integers(-49, 49))
def test_numbers_have_one_key_exactly_if_they_are_drawn_alike(tenths: int, hundredths: int) -> None:
    near = (tenths * 100 + hundredths) / 1000
    assert key({"gap": near}) == key({"gap": tenths / 10})
    assert key({"gap": (tenths + 1) / 10}) != key({"gap": tenths / 10})


@given(
    st.lists(st.text("abc", max_size=3), max_size=2),
    st.lists(st.text("abc", max_size=3), max_size=2),
)
def test_lists_have_one_key_exactly_if_they_are_equal(one: list[str], other: list[str]) -> None:
    assert (key({"rows": one}) == key({"rows": other})) == (one == other)


@pytest.mark.parametrize("number", [float("nan"), float("inf"), 1e300])
def test_a_number_that_nobody_can_draw_is_refused(number: float) -> None:
    with pytest.raises(DataError, match="gap"):
        TEMPLATE.canonical({"gap": number})


def test_problems_are_told_with_their_places() -> None:
    with pytest.raises(DataError) as caught:
        TEMPLATE.canonical({"name": 5, "rows": ["a", 7]})
    assert [problem.partition(":")[0] for problem in caught.value.problems] == ["name", "rows.1"]
    assert TEMPLATE.schema.private == {"face"}


PARTS = {
    "before and into it": (-1, 1, None, "at -1"),
    "while it comes": (0, 2, None, "at 0"),
    "in the hold": (2, 4, None, "hold"),
    "later in the hold": (200, 204, 300, "hold"),
    "into the way out": (200, 204, 204, "at 200 of 204"),
    "up to the way out": (198, 202, 203, "hold"),
}


@pytest.mark.parametrize(("begins", "ends", "lasts", "part"), PARTS.values(), ids=PARTS)
def test_segments_in_which_nothing_moves_share_their_part(
    begins: int, ends: int, lasts: int | None, part: str
) -> None:
    template = template_of(phases={"in": 1, "out": 1})
    until = None if lasts is None else Fraction(lasts)
    assert part_of_life(template, Fraction(begins), Fraction(ends), lasts=until) == part


def test_a_loop_shares_its_parts_modulo_its_length() -> None:
    template = template_of(phases={"in": 1, "hold": {"loop": 4}})
    parts = [part_of_life(template, Fraction(n), Fraction(n + 2), lasts=None) for n in (1, 3, 5, 9)]
    assert parts == ["loop 0", "loop 2", "loop 0", "loop 0"]
