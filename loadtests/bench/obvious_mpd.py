"""The obvious way to splice an MPD, as well as it can be done for each request: Weft's rival.

It parses the origin's MPD, cuts its Period, puts ads between the parts and serialises all of it.
Kinder to itself than a real one: there is one Period, every segment says its time, nothing is
inherited, URLs stay relative, and cues are neither looked for nor removed.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from manifests.creative import CmafMedia, Creative
from manifests.dash.durations import read_duration, write_duration
from manifests.dash.model import NAMESPACE

Pod = tuple[Creative, ...]

_PERIOD, _S, _TEMPLATE, _TIMELINE = (
    f"{{{NAMESPACE}}}{name}" for name in ("Period", "S", "SegmentTemplate", "SegmentTimeline")
)


def naive(body: bytes, edits: Sequence[tuple[Decimal, Decimal]], pod: Pod) -> bytes:
    """Splice an MPD in the obvious way.

    Args:
        body: The origin's MPD.
        edits: For each break, where it begins and ends in the Period, in seconds; both are the
            same where ads are inserted.
        pod: What comes there.
    """
    root = etree.fromstring(body)
    period = root.find(_PERIOD)
    place = root.index(period)
    # The segments are taken out, so that a copy of the Period is a small one.
    listed = [_Listed.taken_from(template) for template in period.iter(_TEMPLATE)]
    root.remove(period)
    inserted = Decimal(0)
    made = []
    borders = [Decimal(0), *(at for edit in edits for at in edit), None]
    for number, (begin, end) in enumerate(zip(borders[::2], borders[1::2], strict=True)):
        if number:
            out_at, in_at = edits[number - 1]
            at = out_at + inserted
            for index, creative in enumerate(pod):
                made.append(_ad(period, creative, f"b{number}.{index}", at))
                at += creative.duration
            if in_at == out_at:
                inserted = at - out_at
        if begin is not None and begin != end:
            part = _part(period, listed, begin, end)
            if part is not None:
                part.set("start", write_duration(begin + inserted))
                part.set("id", f"{period.get('id')}~{number}" if number else period.get("id"))
                made.append(part)
    root[place:place] = made
    if inserted:
        length = read_duration(root.get("mediaPresentationDuration")) + inserted
        root.set("mediaPresentationDuration", write_duration(length))
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


@dataclass(slots=True)
class _Listed:
    """The segments of one Representation."""

    timescale: int
    number: int
    rows: list[etree._Element]
    starts: list[int]
    end: int

    @classmethod
    def taken_from(cls, template: etree._Element) -> "_Listed":
        timeline = template.find(_TIMELINE)
        rows = list(timeline)
        timeline[:] = []
        starts = [int(row.get("t")) for row in rows]
        return cls(
            timescale=int(template.get("timescale")),
            number=int(template.get("startNumber")),
            rows=rows,
            starts=starts,
            end=starts[-1] + int(rows[-1].get("d")),
        )


def _part(
    period: etree._Element, listed: Sequence[_Listed], begin: Decimal, end: Decimal | None
) -> etree._Element | None:
    """A part of the Period; None: nothing is listed in it."""
    part = deepcopy(period)
    for template, one in zip(part.iter(_TEMPLATE), listed, strict=True):
        first = int(begin * one.timescale)
        if first >= one.end:
            return None
        at = max(bisect_right(one.starts, first) - 1, 0)
        until = len(one.rows) if end is None else bisect_left(one.starts, end * one.timescale)
        timeline = template.find(_TIMELINE)
        if one.rows[at].getparent() is not None:  # cut in two: the part before has it, too
            timeline.append(deepcopy(one.rows[at]))
            timeline.extend(one.rows[at + 1 : until])
        else:
            timeline.extend(one.rows[at:until])
        template.set("presentationTimeOffset", str(first))
        template.set("startNumber", str(one.number + at))
    return part


def _ad(period: etree._Element, creative: Creative, name: str, start: Decimal) -> etree._Element:
    """A creative as a Period, like the content's."""
    made = deepcopy(period)
    made.set("id", name)
    made.set("start", write_duration(start))
    for events in made.findall(f"{{{NAMESPACE}}}EventStream"):
        made.remove(events)
    for template in made.iter(_TEMPLATE):
        media = creative.renditions[template.getparent().get("id")].cmaf
        assert media is not None
        _point_to(template, media)
    return made


def _point_to(template: etree._Element, media: CmafMedia) -> None:
    template.set("timescale", str(media.timescale))
    template.set("presentationTimeOffset", "0")
    template.set("startNumber", str(media.start_number))
    template.set("media", media.base + media.media)
    template.set("initialization", media.base + media.initialization)
    timeline = template.find(_TIMELINE)
    timeline.extend(timeline.makeelement(_S, {"d": str(ticks)}) for ticks in media.durations)
    timeline[0].set("t", "0")
