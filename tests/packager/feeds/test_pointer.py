"""Where the value is in a feed's document (RFC 6901)."""

import pytest

from packager.feeds.pointer import NotThere, read_pointer, value_in

DOCUMENT = b'{"": 0, "match": {"score": [2, "1"], "a/b": true, "m~n": 1.5, "7": "seven"}}'
FOUND = {
    "/match/score/1": "1",
    "/match/score/0": 2,
    "/match/a~1b": True,
    "/match/m~0n": 1.5,
    "/match/7": "seven",
    "/": 0,
}


@pytest.mark.parametrize(("text", "value"), FOUND.items())
def test_a_pointer_finds_a_value(text: str, value: object) -> None:
    assert value_in(DOCUMENT, read_pointer(text)) == value


def test_the_empty_pointer_is_the_document() -> None:
    assert value_in("3", read_pointer("")) == 3


@pytest.mark.parametrize("text", ["score", "match/score", "/a~2", "/a~"])
def test_what_is_no_pointer_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="JSON pointer"):
        read_pointer(text)


@pytest.mark.parametrize(
    "text", ["/club", "/match/score/2", "/match/score/-", "/match/score/01", "/match/a~1b/0"]
)
def test_a_place_without_a_value_is_told(text: str) -> None:
    with pytest.raises(NotThere, match="nothing at /"):
        value_in(DOCUMENT, read_pointer(text))


@pytest.mark.parametrize("body", [b"", b"<html>", b'{"a": ', b"\xff", b"[" * 100_000])
def test_what_is_not_json_is_told(body: bytes) -> None:
    with pytest.raises(NotThere, match="not JSON"):
        value_in(body, ("a",))
