"""Boxes: the nested pieces of an MP4 file (ISO 14496-12, 4.2)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from struct import pack

from overlays.errors import MediaMalformed


@dataclass(frozen=True, slots=True)
class Box:
    """Where a box stands in the bytes it was read from."""

    kind: bytes
    start: int
    content: int  # where its content begins
    end: int


def read_boxes(data: bytes, start: int = 0, end: int | None = None) -> tuple[Box, ...]:
    """Return the boxes that follow each other from `start` to `end`.

    Raises:
        MediaMalformed: A box reaches beyond `end`.
    """
    found = []
    end = len(data) if end is None else end
    while start < end:
        size = int.from_bytes(data[start : start + 4])
        content = start + 8
        if size == 1:
            size = int.from_bytes(data[content : content + 8])
            content += 8
        elif size == 0:
            size = end - start
        if start + size > end or content > start + size:
            raise MediaMalformed(f"a box at byte {start} reaches beyond what holds it")
        found.append(Box(data[start + 4 : start + 8], start, content, start + size))
        start += size
    return tuple(found)


def children(data: bytes, box: Box, skip: int = 0) -> tuple[Box, ...]:
    """Return the boxes in a box, behind `skip` bytes of its own."""
    return read_boxes(data, box.content + skip, box.end)


def descend(data: bytes, boxes: tuple[Box, ...], *path: bytes) -> Iterator[Box]:
    """Yield every box at the end of a path of kinds, each inside the one before."""
    for box in boxes:
        if box.kind == path[0]:
            if len(path) == 1:
                yield box
            else:
                yield from descend(data, children(data, box), *path[1:])


def write_box(kind: bytes, *content: bytes) -> bytes:
    """Write a box."""
    size = 8 + sum(map(len, content))
    if size < 1 << 32:
        return b"".join((pack(">I", size), kind, *content))
    return b"".join((pack(">I4sQ", 1, kind, size + 8), *content))


def write_full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    """Write a box that begins with a version and flags."""
    return write_box(kind, pack(">I", version << 24 | flags), *content)


def edit(
    data: bytes,
    box: Box,
    change: Callable[[Box], bytes | None],
    skip: Callable[[Box], int | None],
) -> bytes:
    """Write a box again with some boxes inside it changed.

    Args:
        data: What the box was read from.
        box: The box.
        change: Gives what stands for a box; None for what is to be looked into or kept.
        skip: Gives how many bytes of its own a box has before others; None: it has no others.
    """
    changed = change(box)
    if changed is not None:
        return changed
    own = skip(box)
    if own is None:
        return data[box.start : box.end]
    inner = (edit(data, child, change, skip) for child in children(data, box, own))
    return write_box(box.kind, data[box.content : box.content + own], *inner)
