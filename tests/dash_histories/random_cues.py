"""Random breaks as SCTE 35 events of an MPD, and events of others (B-50, B-51)."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from manifests.scte35 import (
    SegmentationDescriptor,
    SpliceInfo,
    SpliceInsert,
    TimeSignal,
    to_base64,
    write_splice_info,
)

Element = Callable[..., str]
SCHEMES = {
    "bin": "urn:scte:scte35:2014:xml+bin",
    "signal": "urn:scte:scte35:2014:xml+bin",
    "xml": "urn:scte:scte35:2013:xml",
    "direct": "urn:scte:scte35:2013:xml",
}
SHAPES = ("plain", "plain", "bare", "early", "late", "cancelled", "no return", "late return")


@dataclass(frozen=True, slots=True)
class Planned:
    """An event that will be said."""

    name: int  # of the break, or of the event
    at: Fraction  # on the MPD's timeline
    length: Fraction  # seconds; 0: none is told
    appears: Fraction
    kind: str  # "out", "in", "cancel" or "other"
    key: int  # the Event's id


def plan_breaks(
    draw: random.Random, first: Fraction, last: Fraction, step: Fraction, *, wild: bool
) -> tuple[tuple[tuple[Fraction, Fraction], ...], tuple[Planned, ...]]:
    """Breaks between two instants: where they begin and end, and what is said of them when."""
    spans, found = [], []
    at = first + 6 * step + Fraction(draw.randint(0, 20000), 1000)
    name = 1
    while at < last - 8:
        length = Fraction(draw.choice((8, 12, 15, 30)))
        if draw.random() < 0.3:
            length += Fraction(draw.randint(-1500, 1500), 1000)
        match draw.randint(0, 3):
            case 0:  # on a segment's border, where segments are even
                at = first + round((at - first) / step) * step
            case 1:
                at = Fraction(round(at * 25), 25)
        at = Fraction(round(at * 1000), 1000)
        end = min(at + length, last - 2)
        shape = draw.choice(SHAPES) if wild else "plain"
        ahead = Fraction(draw.choice((20, 10, 5)))
        told = Fraction(0) if shape == "bare" else end - at
        appears = at + draw.choice((1, 3, 7)) if shape == "late" else at - ahead
        found.append(Planned(name, at, told, appears, "out", 100 + 3 * name))
        back = end
        if shape in ("early", "bare", "late return"):
            over = {"early": Fraction(2, 3), "bare": Fraction(1), "late return": Fraction(5, 4)}
            back = Fraction(round((at + (end - at) * over[shape]) * 1000), 1000)
            seen = back + draw.choice((-4, -1, 0, 2))
            found.append(Planned(name, back, Fraction(0), seen, "in", 101 + 3 * name))
        if shape == "cancelled":
            seen = at + draw.choice((-3, -1, 1))
            found.append(Planned(name, at, Fraction(0), seen, "cancel", 102 + 3 * name))
        else:
            spans.append((at, end))
        at = max(end, back) + draw.choice((0, 3, 10, 25) if wild else (15, 25))
        name += 1
    return tuple(spans), tuple(found)


def plan_events(draw: random.Random, first: Fraction, last: Fraction) -> tuple[Planned, ...]:
    """Events that have nothing to do with breaks."""
    found = []
    for number in range(int((last - first) / 6)):
        at = first + Fraction(draw.randint(0, int(last - first) * 1000), 1000)
        length = Fraction(draw.choice((1, 500, 4000, 20000)), 1000)
        found.append(Planned(number, at, length, at - 8, "other", 5000 + number))
    return tuple(sorted(found, key=lambda one: one.at))


def write_streams(
    element: Element,
    planned: list[Planned],
    start: Fraction,
    *,
    dialect: str,
    seed: int,
    index: int,
) -> list[str]:
    """The EventStreams of a Period that starts at an instant."""
    found = []
    draw = random.Random(f"streams {seed} {index}")
    cues = [one for one in planned if one.kind != "other"]
    others = [one for one in planned if one.kind == "other"]
    for scheme, value, events in (
        (SCHEMES[dialect], "", cues),
        ("urn:acme:events:2020", "1", others),
    ):
        scale = draw.choice((1000, 90000, 10000000))
        offset = draw.choice((0, 0, 77 * scale))
        if not events:
            continue
        attributes = {"schemeIdUri": scheme, "timescale": str(scale)}
        if value:
            attributes["value"] = value
        if offset:
            attributes["presentationTimeOffset"] = str(offset)
        bodies = [_event(element, one, start, scale, offset, dialect) for one in events]
        found.append(element("EventStream", attributes, *bodies))
    return found


def _event(
    element: Element, one: Planned, start: Fraction, scale: int, offset: int, dialect: str
) -> str:
    attributes = {"presentationTime": str(round((one.at - start) * scale) + offset)}
    if one.length:
        attributes["duration"] = str(round(one.length * scale))
    attributes["id"] = str(one.key)
    if one.kind == "other":
        return element("Event", attributes, f"said at {float(one.at):g}")
    return element("Event", attributes, _message(one, dialect))


def _message(one: Planned, dialect: str) -> str:
    ticks = round(one.length * 90000)
    if dialect in ("bin", "signal"):
        text = to_base64(write_splice_info(_info(one, ticks, dialect)))
        space = "http://www.scte.org/schemas/35/2016"
        return f'<Signal xmlns="{space}"><Binary>{text}</Binary></Signal>'
    if one.kind == "cancel":
        insert = f'<SpliceInsert spliceEventId="{one.name}" spliceEventCancelIndicator="true"/>'
    else:
        is_out = "true" if one.kind == "out" else "false"
        duration = f'<BreakDuration autoReturn="true" duration="{ticks}"/>' if ticks else ""
        insert = (
            f'<SpliceInsert spliceEventId="{one.name}" spliceEventCancelIndicator="false" '
            f'outOfNetworkIndicator="{is_out}" spliceImmediateFlag="false" uniqueProgramId="1" '
            f'availNum="0" availsExpected="0"><Program><SpliceTime ptsTime="900000"/></Program>'
            f"{duration}</SpliceInsert>"
        )
    section = '<SpliceInfoSection {}protocolVersion="0" ptsAdjustment="0" tier="4095">{}'
    space = "http://www.scte.org/schemas/35"
    if dialect == "direct":
        return section.format(f'xmlns="{space}" ', insert) + "</SpliceInfoSection>"
    return f'<Signal xmlns="{space}">{section.format("", insert)}</SpliceInfoSection></Signal>'


def _info(one: Planned, ticks: int, dialect: str) -> SpliceInfo:
    if dialect == "signal":
        segmentation = SegmentationDescriptor(
            event_id=one.name,
            cancel=one.kind == "cancel",
            type_id=0x35 if one.kind == "in" else 0x34,
            duration_ticks=ticks or None,
        )
        if one.kind == "cancel":
            segmentation = SegmentationDescriptor(event_id=one.name, cancel=True)
        return SpliceInfo(command=TimeSignal(pts_ticks=900000), descriptors=(segmentation,))
    if one.kind == "cancel":
        return SpliceInfo(command=SpliceInsert(event_id=one.name, cancel=True))
    insert = SpliceInsert(
        event_id=one.name,
        out_of_network=one.kind == "out",
        pts_ticks=900000,
        duration_ticks=ticks or None,
        auto_return=bool(ticks),
    )
    return SpliceInfo(command=insert)
