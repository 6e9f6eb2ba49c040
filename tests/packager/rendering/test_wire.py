import io
import struct

import pytest

from packager.rendering import wire
from packager.rendering.wire import WireError, receive, send


def sent(head: dict[str, object], *blobs: bytes) -> bytes:
    pipe = io.BytesIO()
    send(pipe, head, blobs)
    return pipe.getvalue()


def test_messages_arrive_one_after_the_other() -> None:
    pipe = io.BytesIO(sent({"n": 1}, b"abc", b"") + sent({}))
    assert receive(pipe) == ({"n": 1}, [b"abc", b""])
    assert receive(pipe) == ({}, [])
    assert receive(pipe) is None


@pytest.mark.parametrize("kept", [1, 3, 5, -1])
def test_what_breaks_off_is_no_message(kept: int) -> None:
    with pytest.raises(WireError, match="ended"):
        receive(io.BytesIO(sent({"n": 1}, b"abc")[:kept]))


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b"{}", b'{"blobs": 1}', b'{"blobs": ["x"]}', b'{"blobs": [-1]}', b"\xff"],
)
def test_a_head_that_is_not_ours_is_no_message(text: bytes) -> None:
    with pytest.raises(WireError):
        receive(io.BytesIO(struct.pack(">I", len(text)) + text))


def test_a_message_has_a_largest_size() -> None:
    with pytest.raises(WireError, match="head"):
        receive(io.BytesIO(struct.pack(">I", wire.MAX_HEAD_BYTES + 1)))
    text = b'{"blobs": [%d]}' % (wire.MAX_BYTES + 1)
    with pytest.raises(WireError, match="more bytes"):
        receive(io.BytesIO(struct.pack(">I", len(text)) + text))
