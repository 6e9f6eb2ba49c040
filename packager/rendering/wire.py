"""What a worker and its parent say to each other on pipes: a JSON head, then bytes as they are."""

import struct
from collections.abc import Sequence
from typing import Any, BinaryIO

import orjson

MAX_HEAD_BYTES = 4 * 1024 * 1024
MAX_BYTES = 256 * 1024 * 1024  # of one message

_LENGTH = struct.Struct(">I")

Message = tuple[dict[str, Any], list[bytes]]


class WireError(Exception):
    """What came is no message, or not a whole one."""


def send(pipe: BinaryIO, head: dict[str, Any], blobs: Sequence[bytes] = ()) -> None:
    """Write a message.

    Raises:
        OSError: The other side is gone.
    """
    text = orjson.dumps({**head, "blobs": [len(blob) for blob in blobs]})
    pipe.write(_LENGTH.pack(len(text)) + text)
    for blob in blobs:
        pipe.write(blob)
    pipe.flush()


def receive(pipe: BinaryIO) -> Message | None:
    """Wait for a message; None where the other side has closed the pipe between two.

    Raises:
        WireError: It is none.
        OSError: The pipe cannot be read.
    """
    first = pipe.read(_LENGTH.size)
    if not first:
        return None
    if len(first) < _LENGTH.size:
        raise WireError("the other side ended within a message")
    (length,) = _LENGTH.unpack(first)
    if length > MAX_HEAD_BYTES:
        raise WireError(f"a head of {length} bytes")
    try:
        head = orjson.loads(_exactly(pipe, length))
        lengths = [int(length) for length in head.pop("blobs")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise WireError("a head that is not ours") from error
    if sum(lengths) > MAX_BYTES or min(lengths, default=0) < 0:
        raise WireError("more bytes than a message may have")
    return head, [_exactly(pipe, length) for length in lengths]


def _exactly(pipe: BinaryIO, length: int) -> bytes:
    data = pipe.read(length)
    if len(data) < length:
        raise WireError("the other side ended within a message")
    return data
