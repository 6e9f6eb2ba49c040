"""Server-sent events, however their bytes arrive (HTML Living Standard, section 9.2.6)."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packager.feeds.events import MAX_EVENT_BYTES, Event, EventReader, EventTooLarge

STREAM = (
    b"\xef\xbb\xbf: hello\n\n"
    b"data: 1\n\n"
    b"event: score\r\ndata: {\r\ndata:  }\r\nid: 7\r\n\r\n"
    b"retry: 1500\revent: gone\r\rdata\n\nnonsense: x\ndata:\xc3\xa9\n\ndata: cut"
)
EVENTS = [
    Event("message", "1"),
    Event("score", "{\n }"),
    Event("message", ""),
    Event("message", "é"),
]


def read(*pieces: bytes) -> tuple[list[Event], EventReader]:
    reader = EventReader()
    return [event for piece in pieces for event in reader.feed(piece)], reader


@given(st.sets(st.integers(0, len(STREAM))))
def test_events_are_the_same_wherever_the_stream_is_cut(cuts: set[int]) -> None:
    places = sorted({0, *cuts, len(STREAM)})
    events, reader = read(*(STREAM[a:b] for a, b in pairwise(places)))
    assert events == EVENTS
    assert (reader.last_id, reader.retry_s) == ("7", 1.5)


def test_a_stream_goes_on_after_the_last_event_of_the_one_before() -> None:
    reader = EventReader("41")
    assert list(reader.feed(b"data: x\n\n")) == [Event("message", "x")]
    assert reader.last_id == "41"


@pytest.mark.parametrize("line", [b"data: " + b"x" * 1000 + b"\n", b"x" * 1000, b":" * 999 + b"\n"])
def test_an_event_is_bounded(line: bytes) -> None:
    with pytest.raises(EventTooLarge):
        read(*[line] * (MAX_EVENT_BYTES // len(line) + 1))


def test_many_events_may_be_larger_than_one() -> None:
    events, _ = read(*[b"data: " + b"x" * 1000 + b"\n\n"] * 100)
    assert len(events) == 100
