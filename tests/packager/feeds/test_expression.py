"""JMESPath over what feeds say, which may be anything."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.config.fact_settings import Fact
from packager.config.feed_settings import PolledFeed
from packager.facts.values import text_of_json
from packager.feeds.expression import read_expression
from packager.feeds.pointer import NotThere

DOCUMENT = b'{"events": [{"type": "goal", "team": "A"}, {"type": "card"}, {"type": "goal"}]}'


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("events[0].team", "A"),
        ("length(events[?type=='goal'])", 2),
        ("events[-1].type", "goal"),
        ("events[].type", ["goal", "card", "goal"]),
        ("type(events)", "array"),
    ],
)
def test_an_expression_finds_what_a_pointer_cannot_say(text: str, value: object) -> None:
    assert read_expression(text).value_in(DOCUMENT) == value


@pytest.mark.parametrize("text", ["", "a[?", "a..b", "nope(", "`", "x" * 1001, "[" * 900])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"JMESPath|characters"):
        read_expression(text)


@pytest.mark.parametrize(
    ("text", "document"),
    [
        ("events[9]", DOCUMENT),
        ("length(a)", b'{"a": 5}'),
        ("nope(@)", DOCUMENT),
        ("a", b"{"),
        ("sum(a)", b'{"a": ["x"]}'),
    ],
)
def test_where_nothing_is_found_that_is_said(text: str, document: bytes) -> None:
    with pytest.raises(NotThere):
        read_expression(text).value_in(document)


@given(st.binary(max_size=60), st.sampled_from(["a.b", "length(@)", "sort_by(@, &a)[0]", "@"]))
def test_any_document_has_a_value_or_none_and_nothing_else(document: bytes, text: str) -> None:
    with contextlib.suppress(NotThere):
        read_expression(text).value_in(document)


def test_a_feed_has_lists_for_facts_that_are_lists_alone() -> None:
    feed = PolledFeed(url="https://feed.example/", expression=read_expression("events[].type"))
    found, tags = feed.value_in(DOCUMENT), Fact(name="tags", kind="strings")
    assert tags.read(text_of_json(found, tags.kind)) == ("goal", "card")
    with pytest.raises(ValueError, match="is no text"):
        text_of_json(found, "string")
    with pytest.raises(ValueError, match="is no text"):
        text_of_json([1], "strings")
    with pytest.raises(ValueError, match="comma"):
        text_of_json(["a,b"], "strings")
