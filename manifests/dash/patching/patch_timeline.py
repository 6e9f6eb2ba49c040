"""What a SegmentTimeline lost and got between two versions, as operations of a patch (B-48).

An S element is known by the media time at which its first segment starts, so two versions are
compared in one walk through both. Where it stays, but not as it was, all of it is replaced:
dash.js keeps single attributes that a patch sets as text, and then adds up text.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from lxml import etree

from manifests.dash.model import NAMESPACE
from manifests.dash.patching.patch_document import Operation, Unpatchable

_S = f"{{{NAMESPACE}}}S"


@dataclass(frozen=True, slots=True)
class _Edit:
    """S elements that follow one another and give way to others."""

    at: int  # index of the first one in the old timeline
    removed: int
    added: tuple[etree._Element, ...]


def timeline_operations(
    old: etree._Element, new: etree._Element, selector: str
) -> Iterator[Operation]:
    """What turns a SegmentTimeline into a later one; the last place comes first.

    Args:
        old: As it was.
        new: As it is to be.
        selector: Of the SegmentTimeline.

    Raises:
        Unpatchable: It has other elements than S, or times that do not rise.
    """
    before, after = _elements(old), _elements(new)
    edits = [*_edits(before, _starts(before), after, _starts(after))]
    for edit in reversed(edits):  # so that earlier positions are still those of the old timeline
        yield from _operations(edit, len(before), selector)


def timeline_end(timeline: etree._Element) -> int | None:
    """Where the last segment of a SegmentTimeline ends, in media ticks; None: it has none.

    Raises:
        Unpatchable: It has other elements than S, or goes on to the Period's end (@r is negative).
    """
    elements = _elements(timeline)
    if not elements:
        return None
    last = elements[-1]
    repeated = _integer(last, "r", 0)
    if repeated < 0:
        raise Unpatchable("S@r is negative: the timeline ends with its Period")
    return _starts(elements)[-1] + _integer(last, "d") * (repeated + 1)


def _elements(timeline: etree._Element) -> list[etree._Element]:
    found = [child for child in timeline if isinstance(child.tag, str)]
    if any(one.tag != _S for one in found):
        raise Unpatchable("a SegmentTimeline with other elements than S")
    return found


def _starts(elements: Sequence[etree._Element]) -> list[int]:
    """The media time of each S element's first segment."""
    starts: list[int] = []
    expected: int | None = 0
    for one in elements:
        start = _integer(one, "t", expected)
        if starts and start <= starts[-1]:
            raise Unpatchable(f"S elements that do not rise: {start} follows {starts[-1]}")
        starts.append(start)
        count = _integer(one, "r", 0) + 1
        expected = start + _integer(one, "d") * count if count > 0 else None
    return starts


def _integer(element: etree._Element, name: str, default: int | None = None) -> int:
    text = element.get(name)
    if text is None and default is not None:
        return default
    try:
        return int(text or "")
    except ValueError:
        raise Unpatchable(f"S@{name} is {text!r}") from None


def _edits(
    before: Sequence[etree._Element],
    starts: Sequence[int],
    after: Sequence[etree._Element],
    new_starts: Sequence[int],
) -> Iterator[_Edit]:
    """Runs of S elements that are not in both, in the order of the old timeline."""
    index = begin = 0
    added: list[etree._Element] = []
    for one, start in zip(after, new_starts, strict=True):
        while index < len(before) and starts[index] < start:
            index += 1
        same = index < len(before) and starts[index] == start
        if same and dict(before[index].attrib) == dict(one.attrib):
            if index > begin or added:
                yield _Edit(begin, index - begin, tuple(added))
                added = []
            index += 1
            begin = index
        else:
            added.append(one)
            index += same
    if begin < len(before) or added:
        yield _Edit(begin, len(before) - begin, tuple(added))


def _operations(edit: _Edit, length: int, selector: str) -> Iterator[Operation]:
    """One edit as operations on a timeline that nothing before it has changed yet.

    Args:
        edit: What to do.
        length: How many S elements the old timeline has.
        selector: Of the timeline.
    """
    replaced = min(edit.removed, len(edit.added))
    for number, element in enumerate(edit.added[:replaced], start=edit.at + 1):
        yield Operation(kind="replace", selector=f"{selector}/S[{number}]", elements=(element,))
    last = edit.at + replaced  # position of the S in front of what is still to do
    yield from repeat(
        Operation(kind="remove", selector=f"{selector}/S[{last + 1}]"), edit.removed - replaced
    )
    rest = edit.added[replaced:]
    if rest and last == length:
        yield Operation(kind="add", selector=selector, elements=rest)
    elif rest and last == 0:
        yield Operation(kind="add", selector=selector, elements=rest, position="prepend")
    elif rest:
        yield Operation(
            kind="add", selector=f"{selector}/S[{last}]", elements=rest, position="after"
        )
