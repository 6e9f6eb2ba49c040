"""Events of a part of a Period (rule B-50)."""

from decimal import Decimal
from fractions import Fraction

from lxml import etree

from manifests.dash.model import Event, EventStream
from manifests.dash.periods.children import children

SCALED = ("presentationTime", "duration")


def cut_events(
    element: etree._Element, stream: EventStream, begin: Decimal, end: Decimal | None
) -> None:
    """Leave the events that begin in a part of the Period, or are still active where it begins.

    Times of events stay and the stream's offset moves, so that an event which is in two parts is
    the same one in both. If the offset would lie between two ticks, all ticks get shorter.

    Args:
        element: A copy of the stream's, changed.
        stream: The origin's.
        begin: Where the part begins, in seconds into the Period.
        end: Where it ends; None: as the Period does.

    Raises:
        ValueError: The copy is not one of the stream.
    """
    gone = {event.element for event in stream.events if not _is_in(event, Fraction(begin), end)}
    for original, twin in zip(stream.element, list(element), strict=True):
        if original in gone:
            element.remove(twin)
    if not begin:
        return
    offset = stream.pto + Fraction(begin) * stream.timescale
    finer = offset.denominator
    element.set("presentationTimeOffset", str(offset.numerator))
    if finer == 1:
        return
    element.set("timescale", str(stream.timescale * finer))
    for event in children(element, "Event"):
        for name in SCALED:
            if name in event.attrib:
                event.set(name, str(int(event.attrib[name]) * finer))


def _is_in(event: Event, begin: Fraction, end: Decimal | None) -> bool:
    if end is not None and event.at >= Fraction(end):
        return False
    if not begin or event.at >= begin:
        return True
    return event.duration is not None and event.at + event.duration > begin
