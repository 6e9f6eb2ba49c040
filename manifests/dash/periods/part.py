"""Parts of an origin's Period as Periods of their own: what stands before, between, after breaks.

A session's MPD has a Period for each part. Its start tag is written for the session, all the rest
is made once and shared (`manifests.dash.periods.period_tag`).
"""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from lxml import etree

from manifests.dash.late_sets import Late
from manifests.dash.model import AdaptationSet, Addressing, Period, Representation
from manifests.dash.periods.children import BEFORE_SUPPLEMENT, children, make_child, remove
from manifests.dash.periods.dressing import Dressing, dress
from manifests.dash.periods.event_cut import cut_events
from manifests.dash.periods.period_tag import period_body, shell
from manifests.dash.periods.segment_information import write_cuts
from manifests.dash.periods.timeline_cut import Cut, Interval, cut_segments

CONTINUITY = "urn:mpeg:dash:period-continuity:2015"
CONNECTIVITY = "urn:mpeg:dash:period-connectivity:2015"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of one origin Period, as it is to stand in a session's MPD."""

    period: Period
    id: str
    start: Decimal  # @start in the session's MPD
    begin: Decimal = Decimal(0)  # seconds into the origin Period where it begins: a cut point
    end: Decimal | None = None  # where it ends: a cut point, or behind the Period; None: with it
    duration: Decimal | None = None  # @duration to write; None: none
    after: str | None = None  # @id of the earlier part of the same Period (B-18)
    after_begin: Decimal = Decimal(0)  # seconds into the Period where that part begins
    is_continuous: bool = False  # media run on from that part without a hole: an insertion
    # Seconds into the Period; segments that end later are not listed, as a break is being
    # decided. Only where the MPD lists segments, so not with @duration and $Number$.
    listed_until: Decimal | None = None
    # The same for some Representations, by @id: they were late when the Period was cut.
    late: Late = ()

    @property
    def interval(self) -> Interval:
        """Which seconds of the Period it has."""
        period = self.period
        return Interval(
            begin=self.begin,
            end=self.end,
            listed_until=self.listed_until,
            length=None if period.end is None else period.end - period.start,
        )

    @property
    def is_whole(self) -> bool:
        """All of the Period, as it is."""
        return self.interval.is_whole and not self.late

    def interval_of(self, representation: Representation) -> Interval:
        """Which seconds of a Representation it has."""
        interval = self.interval
        limits = [until for name, until in self.late if name == representation.id]
        if interval.listed_until is not None:
            limits.append(interval.listed_until)
        return replace(interval, listed_until=min(limits, default=None))


def part_body(part: Part, dressing: Dressing) -> bytes:
    """Everything after the start tag, with the end tag; it has nothing of @id, @start, @duration.

    The Period must allow to be cut where the part begins and ends
    (`manifests.dash.periods.cut_point`).

    Raises:
        MpdSyntaxError: A BaseURL is no URL.
    """
    original = part.period.element
    period = copy.deepcopy(original)
    shell(original).append(period)
    period.tail = None
    if not part.is_whole:
        _cut(period, part)
    dress(period, dressing)
    return period_body(period, original)


def is_sidecar(one: AdaptationSet, representation: Representation) -> bool:
    """Whether this is a text file without segments, timed from the Period's start (B-17)."""
    addressing = representation.addressing
    return (
        one.kind == "text"
        and (addressing is None or addressing.mode == "indexed")
        and not representation.mime_type.endswith("/mp4")
    )


def _cut(period: etree._Element, part: Part) -> None:
    twins = _twins(part.period.element, period)
    cuts: dict[etree._Element, tuple[Addressing, Cut]] = {}
    for one, representation in part.period.representations():
        twin = twins[representation.element]
        if is_sidecar(one, representation):  # B-17: whole in the first part, in no other
            if part.begin:
                remove(twin)
            continue
        if representation.addressing is not None:
            cut = cut_segments(representation.addressing, part.interval_of(representation))
            cuts[twin] = representation.addressing, cut
    for one in part.period.sets:
        twin = twins[one.element]
        if one.representations and next(children(twin, "Representation"), None) is None:
            remove(twin)
        elif part.begin:
            representations = children(twin, "Representation")
            _connect(twin, part, [cuts[one] for one in representations if one in cuts])
    write_cuts(period, cuts)
    for stream in part.period.event_streams:
        cut_events(twins[stream.element], stream, part.begin, part.end)


def _connect(twin: etree._Element, part: Part, cuts: Sequence[tuple[Addressing, Cut]]) -> None:
    """Say how an AdaptationSet goes on from the earlier part (rule B-18)."""
    # What the origin said was about the Period before this one, and about its beginning.
    for old in children(twin, "SupplementalProperty"):
        if old.get("schemeIdUri") == CONTINUITY:
            remove(old)
    if part.after is None or "id" not in twin.attrib or not cuts:
        return
    before = Interval(begin=part.after_begin, length=part.interval.length)
    if any(_is_converted(how, before) != cut.is_converted for how, cut in cuts):
        return  # the addressing mode changed
    runs_on = part.is_continuous and all(cut.on_border for _, cut in cuts)
    supplement = make_child(twin, "SupplementalProperty", behind=BEFORE_SUPPLEMENT)
    supplement.set("schemeIdUri", CONTINUITY if runs_on else CONNECTIVITY)
    supplement.set("value", part.after)


def _is_converted(addressing: Addressing, interval: Interval) -> bool:
    return addressing.mode in ("duration", "list") and (
        cut_segments(addressing, interval).is_converted
    )


def _twins(
    original: etree._Element, period: etree._Element
) -> Mapping[etree._Element, etree._Element]:
    """From each AdaptationSet, Representation and EventStream to its copy."""
    twins: dict[etree._Element, etree._Element] = {}
    for above, copied in zip(original, period, strict=True):
        twins[above] = copied
        if above.tag == f"{{{etree.QName(original).namespace}}}AdaptationSet":
            twins.update(zip(above, copied, strict=True))
    return twins
