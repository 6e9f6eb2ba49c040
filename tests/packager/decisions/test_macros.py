import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from packager.decisions.macros import NAMES, MacroValue, encode_component, expand_macros

IAB_LIST = Path(__file__).parents[3] / ".." / "shared/reference/schemas/vast/macros-data.json"

CASES: dict[str, tuple[str, dict[str, MacroValue], str]] = {
    "a value": ("http://a.test/?c=[CACHEBUSTING]", {"CACHEBUSTING": "01234567"}, "c=01234567"),
    "a number": ("http://a.test/?s=[SERVERSIDE]", {"SERVERSIDE": 1}, "s=1"),
    "encoded": ("http://a.test/?d=[DOMAIN]", {"DOMAIN": "a b&c=[IFA]/é"},
                "d=a%20b%26c%3D%5BIFA%5D%2F%C3%A9"),
    "a list item by item": ("http://a.test/?m=[MEDIAMIME]", {"MEDIAMIME": ("video/mp4", "a,b")},
                            "m=video%2Fmp4,a%2Cb"),
    "an empty list": ("http://a.test/?m=[MEDIAMIME]", {"MEDIAMIME": ()}, "m="),
    "unknown": ("http://a.test/?i=[IFA]&l=[LATLONG]", {}, "i=-1&l=-1"),
    "not a macro": ("http://a.test/?x=[foo]&y=[FOO]&z=[0]&[", {}, "x=[foo]&y=[FOO]&z=[0]&["),
    "no text at all": ("http://a.test/?d=[DOMAIN]", {"DOMAIN": "\ud800"}, "d=%3F"),
    "twice": ("http://a.test/?[IFA][IFA]", {"IFA": "x"}, "xx"),
}  # fmt: skip


@pytest.mark.parametrize(("url", "values", "query"), CASES.values(), ids=CASES)
def test_macros_become_encoded_values_d_20(
    url: str, values: dict[str, MacroValue], query: str
) -> None:
    assert expand_macros(url, values) == f"http://a.test/?{query}"


def test_all_macros_of_the_iab_are_known() -> None:
    if not IAB_LIST.exists():
        pytest.skip("the shared list of VAST macros is not beside the checkout")
    assert {macro["name"] for macro in json.loads(IAB_LIST.read_text())["macros"]} == NAMES


@settings(deadline=None)
@given(st.text())
def test_an_encoded_value_is_one_word_of_ascii_d_20(value: str) -> None:
    encoded = encode_component(value)
    assert encoded.isascii()
    assert not set(encoded) & set('&=[]{}/?#+ "<>\\\r\n\t,;:@')


def test_only_what_ecmascript_leaves_is_left_d_20() -> None:
    ascii = "".join(map(chr, range(128)))
    left = [letter for letter in ascii if encode_component(letter) == letter]
    assert "".join(left).translate(str.maketrans("", "", "!'()*-._~")).isalnum()
    assert len(left) == 26 * 2 + 10 + 9
