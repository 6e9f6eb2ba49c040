"""EventStreams of a Period (5.10.2)."""

from fractions import Fraction

from lxml import etree

from manifests.dash.model import Event, EventStream
from manifests.dash.reading.attribute_values import mpd_tag, read_optional_unsigned, read_unsigned

EVENT = mpd_tag("Event")


def read_event_stream(element: etree._Element) -> EventStream:
    """Read an EventStream with the times of its Events (B-50).

    Raises:
        MpdSyntaxError: A time is not a number, or the timescale is 0.
    """
    timescale = read_unsigned([element], "timescale", 1, least=1)
    pto = read_unsigned([element], "presentationTimeOffset", 0)
    return EventStream(
        scheme=str(element.get("schemeIdUri", "")).strip(),
        value=str(element.get("value", "")),
        timescale=timescale,
        pto=pto,
        events=tuple(_read_event(one, timescale, pto) for one in element.iterchildren(EVENT)),
        element=element,
    )


def _read_event(element: etree._Element, timescale: int, pto: int) -> Event:
    at = read_unsigned([element], "presentationTime", 0) - pto
    duration = read_optional_unsigned([element], "duration")
    return Event(
        at=Fraction(at, timescale),
        duration=None if duration is None else Fraction(duration, timescale),
        id=element.get("id"),
        element=element,
    )
