"""SegmentBase, SegmentList and SegmentTemplate: where they stand, and a cut written into them.

They may stand in the Period, in an AdaptationSet and in a Representation, and what is written
lower overrides what is written higher (5.3.9.1). Before one is changed, it is made sure that it
holds all that there is to change for everybody that inherits from it (rule B-16).
"""

import copy
from collections.abc import Iterable, Iterator, Mapping

from lxml import etree

from manifests.dash.model import Addressing, Run
from manifests.dash.periods.children import children, local_name, make_child, place_child, remove
from manifests.dash.periods.period_tag import escape
from manifests.dash.periods.timeline_cut import Cut
from manifests.dash.reading.xlink import is_removed

KINDS = ("SegmentTemplate", "SegmentList", "SegmentBase")  # the first one found is the one
TEMPLATES = ("media", "initialization", "index", "bitstreamSwitching")  # attributes that name URLs
ORDER = (
    "Initialization",
    "RepresentationIndex",
    "FailoverContent",
    "SegmentTimeline",
    "BitstreamSwitching",
    "SegmentURL",
)
BELOW = {"Period": "AdaptationSet", "AdaptationSet": "Representation"}

Cuts = Mapping[etree._Element, tuple[Addressing, Cut]]  # of Representations


def information(level: etree._Element) -> etree._Element | None:
    """The segment information that is written in a Period, AdaptationSet or Representation."""
    for kind in KINDS:
        for found in children(level, kind):
            if not is_removed(found):
                return found
    return None


def write_cuts(period: etree._Element, cuts: Cuts) -> None:
    """Write how the Representations of a Period are cut.

    Args:
        period: Changed.
        cuts: For its Representations. Others that share their segment information are cut with
            them; others that do not are left as they are.
    """
    for element, addressing, cut in _settle(period, cuts):
        _write(element, addressing, cut)


def _settle(level: etree._Element, cuts: Cuts) -> Iterator[tuple[etree._Element, Addressing, Cut]]:
    """Find elements that hold all for everything below them; what is split is copied down."""
    below = list(children(level, BELOW[local_name(level)])) if local_name(level) in BELOW else []
    element = information(level)
    if local_name(level) == "Representation":
        if level in cuts:
            yield (element if element is not None else _make_base(level), *cuts[level])
        return
    if element is not None:
        if not any(_has_own(other) for other in below):
            for representation in _representations(level):
                if representation in cuts:
                    yield (element, *cuts[representation])
                    return
            return
        for other in below:
            _inherit(element, other)
        remove(element)
    for other in below:
        yield from _settle(other, cuts)


def _make_base(representation: etree._Element) -> etree._Element:
    """Add a SegmentBase to what has nothing but a BaseURL."""
    return make_child(representation, "SegmentBase", at=len(representation))


def _has_own(level: etree._Element) -> bool:
    """Whether segment information is written in a level or below it."""
    if information(level) is not None:
        return True
    return any(information(one) is not None for one in children(level, "Representation"))


def _representations(level: etree._Element) -> Iterator[etree._Element]:
    if local_name(level) == "AdaptationSet":
        yield from children(level, "Representation")
    for below in children(level, "AdaptationSet"):
        yield from children(below, "Representation")


def _inherit(element: etree._Element, level: etree._Element) -> None:
    """Write into a level what it inherits from an element above it."""
    own = information(level)
    if own is None:
        first = next(children(level, "Representation"), None)
        at = len(level) if first is None else level.index(first)
        twin = copy.deepcopy(element)
        twin.tail = None
        place_child(level, twin, at=at)
        return
    if own.tag != element.tag:
        return  # nothing is inherited from another kind
    written = {child.tag for child in own}
    # One tells where segments are, the other would too: what is written lower is true.
    timeline = next(children(own, "SegmentTimeline"), None)
    for name, value in element.attrib.items():
        if name not in own.attrib and not (name == "duration" and timeline is not None):
            own.set(name, value)
    for child in element.iterchildren("*"):
        name = local_name(child)
        if child.tag in written or (name == "SegmentTimeline" and "duration" in own.attrib):
            continue
        twin = copy.deepcopy(child)
        twin.tail = None
        if name in ORDER:
            place_child(own, twin, behind=ORDER[: ORDER.index(name) + 1])
        else:
            place_child(own, twin, behind=ORDER[:3])


def _write(element: etree._Element, addressing: Addressing, cut: Cut) -> None:
    is_second = cut.pto != addressing.pto
    if is_second:
        element.set("presentationTimeOffset", str(cut.pto))
        element.attrib.pop("eptDelta", None)  # was of the segment that the Period began with
    if is_second or cut.count is not None:
        element.attrib.pop("pdDelta", None)
        element.attrib.pop("presentationDuration", None)
    if cut.is_converted:
        element.attrib.pop("duration", None)
    if cut.timeline is not None:
        number = addressing.start_number + cut.first
        write_timeline(element, cut.timeline, is_open=cut.is_open, number=number)
    if addressing.is_list:
        _trim_list(element, cut.first, cut.count)
    elif "$Number" in (addressing.media or ""):
        if cut.first:
            element.set("startNumber", str(addressing.start_number + cut.first))
        is_told = "endNumber" in element.attrib or cut.ends_early
        if is_told and cut.count is not None and not cut.is_open:
            last = addressing.start_number + cut.first + cut.count - 1
            element.set("endNumber", str(max(0, last)))


def write_timeline(
    element: etree._Element,
    runs: Iterable[Run],
    *,
    is_open: bool = False,
    number: int | None = None,
) -> None:
    """Write a SegmentTimeline, in the place of the one that there may be (rules B-11, B-14).

    The first S, and each that does not go on where the one before it ends, tells its time.

    Args:
        element: A SegmentTemplate or SegmentList; changed.
        runs: In order.
        is_open: The last one goes on to the Period's end.
        number: Of the first segment, for @n where the SegmentTimeline had it; None: not for us.
    """
    old = next(children(element, "SegmentTimeline"), None)
    lines: list[str] = []
    end: int | None = None
    for run in runs:
        start = "" if run.start == end else f' t="{run.start}"'
        repeat = f' r="{run.count - 1}"' if run.count > 1 else ""
        lines.append(f'<S{start} d="{run.duration}"{repeat}/>')
        end = run.end
    # Read from text: there may be tens of thousands, and made one by one they take far longer.
    namespace = escape(etree.QName(element).namespace or "")
    written = etree.fromstring(
        f'<SegmentTimeline xmlns="{namespace}">{"".join(lines)}</SegmentTimeline>'
    )
    if is_open and lines:
        written[-1].set("r", "-1")
    if old is None:
        place_child(element, written, behind=ORDER[:3])
        return
    if lines and number is not None and any("n" in s.attrib for s in children(old, "S")):
        written[0].set("n", str(number))
    written.tail = old.tail
    del old[:]  # taking them out one with the other takes longer than all the rest
    element.replace(old, written)


def _trim_list(element: etree._Element, first: int, count: int | None) -> None:
    """Take SegmentURLs out (rule B-12).

    @startNumber stays: players that heed it in a SegmentList count time from it.
    """
    for index, url in enumerate(children(element, "SegmentURL")):
        if index < first or (count is not None and index >= first + count):
            element.remove(url)
