"""D-20, D-21: which macros are replaced in what a client is to call."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.decisions.macros import NAMES
from packager.tracking.client_urls import LEFT, client_url

KNOWN = {"ADSERVINGID": "a b", "UNIVERSALADID": ("ad-id.org X1", "y,z"), "DEVICEIP": "-2"}

CASES = {
    "known": ("https://t.test/?i=[ADSERVINGID]", "https://t.test/?i=a%20b"),
    "a list": ("https://t.test/?[UNIVERSALADID]", "https://t.test/?ad-id.org%20X1,y%2Cz"),
    "withheld": ("https://t.test/?[DEVICEIP]", "https://t.test/?-2"),
    "unknown here": ("https://t.test/?[GDPRCONSENT]", "https://t.test/?-1"),
    "the client's": ("https://t.test/?[ADPLAYHEAD]&[TIMESTAMP]", None),
    "fired by the client": ("https://t.test/?[SERVERSIDE]", "https://t.test/?0"),
    "no macro": ("https://t.test/[a]/[NOSUCH]?[]", None),
    "next to each other": ("[ADSERVINGID][ERRORCODE][CONTENTID]", "a%20b[ERRORCODE]-1"),
}


@pytest.mark.parametrize(("url", "expected"), CASES.values(), ids=CASES)
def test_macros_are_replaced_where_the_server_knows(url: str, expected: str | None) -> None:
    assert client_url(url, KNOWN) == (url if expected is None else expected)


def test_a_value_for_what_only_the_request_knows_is_not_used() -> None:
    """A random number that we drew would be the same in every request."""
    values = {"CACHEBUSTING": 12345678, "SERVERSIDE": 1}
    assert client_url("[CACHEBUSTING][SERVERSIDE]", values) == "[CACHEBUSTING]0"


def test_what_is_left_are_macros_of_the_standard() -> None:
    assert LEFT <= NAMES


@given(st.text("[]AB=", max_size=20), st.sampled_from(sorted(NAMES)), st.text(max_size=5))
def test_a_url_without_macros_stays_and_every_macro_of_the_standard_is_settled(
    text: str, name: str, value: str
) -> None:
    assert client_url(text, {}) == text
    left = f"[{name}]"
    settled = client_url(f"{text}{left}", {name: value})
    assert (settled == text + left) == (name in LEFT)
