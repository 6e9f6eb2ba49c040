"""JSON pointers, which say where in a document a value is: ``/match/score/0`` (RFC 6901)."""

import re

import orjson

Pointer = tuple[str, ...]

_ESCAPED = re.compile(r"~(?![01])")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


class NotThere(ValueError):
    """A document is not JSON, or has nothing at a place."""


def read_pointer(text: str) -> Pointer:
    """Read a pointer; the empty one is that of the whole document.

    Raises:
        ValueError: It is none.
    """
    if text and not text.startswith("/"):
        raise ValueError("a JSON pointer begins with a slash: /match/score")
    if _ESCAPED.search(text):
        raise ValueError("in a JSON pointer, ~ is written ~0 and / in a name ~1")
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def value_in(body: bytes | str, pointer: Pointer) -> object:
    """Read a JSON document and give what is at a place in it.

    Raises:
        NotThere: It is not JSON, or has nothing there.
    """
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise NotThere("the document is not JSON") from error
    for depth, part in enumerate(pointer, start=1):
        if isinstance(found, dict) and part in found:
            found = found[part]
        elif isinstance(found, list) and _INDEX.fullmatch(part) and int(part) < len(found):
            found = found[int(part)]
        else:
            raise NotThere(f"the document has nothing at /{'/'.join(pointer[:depth])}")
    return found
