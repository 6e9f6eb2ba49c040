"""Events in segments: `emsg` boxes (ISO/IEC 23009-1, 5.10.3.3), some of them SCTE 35 (B-51, B-52).

They stand before the media of a segment, so its head is enough to have them. An MPD that has the
events itself makes this unnecessary. Who reads them shows a break log every message until its time
is past: a break ahead counts only as long as it is told (C-11), and segments may tell it once.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from manifests.breaks import Cue
from manifests.cues.payloads import read_message
from manifests.cues.rules import CueRules
from manifests.dash.cues.event_cues import cues_of_event, is_cue_scheme
from manifests.dash.model import Period, Representation
from manifests.errors import ManifestError
from manifests.scte35.text import to_base64
from manifests.scte35.xml_nodes import Node
from manifests.timing import to_seconds

MOST_MESSAGES = 32  # that are read of one segment
MOST_BYTES = 64 << 10  # of one message; larger ones are passed over
_MEDIA = (b"moof", b"mdat")  # no message counts behind them
_UNKNOWN = 0xFFFF_FFFF  # duration


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMessage:
    """One `emsg` box."""

    scheme: str
    value: str
    timescale: int
    time: int  # ticks; since the segment's start, or with `is_absolute` on the media timeline
    is_absolute: bool  # version 1
    duration: int | None  # ticks
    id: int
    data: bytes


def read_event_messages(head: bytes) -> tuple[EventMessage, ...]:
    """Read the messages of a segment.

    Args:
        head: The segment, or its first bytes. A box that does not end in them is left out.

    Returns:
        The messages before the media, in their order: `MOST_MESSAGES` at most. What is no box
        ends the reading; what is no such message is passed over.
    """
    found: list[EventMessage] = []
    for kind, body in _boxes(memoryview(head)):
        if kind in _MEDIA or len(found) == MOST_MESSAGES:
            break
        if kind == b"emsg" and len(body) <= MOST_BYTES:
            message = _read_message(bytes(body))
            if message is not None:
                found.append(message)
    return tuple(found)


def _boxes(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Type and content of each whole box (ISO/IEC 14496-12, 4.2)."""
    while len(data) >= 8:
        size, kind, start = int.from_bytes(data[:4], "big"), bytes(data[4:8]), 8
        if size == 1:
            size, start = int.from_bytes(data[8:16], "big"), 16
        elif size == 0:
            size = len(data)  # up to the end
        if size < start or size > len(data):
            return
        yield kind, data[start:size]
        data = data[size:]


def _read_message(body: bytes) -> EventMessage | None:
    if len(body) < 4:
        return None
    version, fields = body[0], body[4:]
    if version == 0:
        scheme, value, numbers = _words(fields)
        widths, is_absolute = (4, 4, 4, 4), False
    elif version == 1:
        scheme, value, numbers = "", "", fields
        widths, is_absolute = (4, 8, 4, 4), True
    else:
        return None
    if len(numbers) < sum(widths):
        return None
    values = []
    for width in widths:
        values.append(int.from_bytes(numbers[:width], "big"))
        numbers = numbers[width:]
    if is_absolute:
        scheme, value, numbers = _words(numbers)
    timescale, time, duration, number = values
    if not timescale or not scheme:
        return None
    return EventMessage(
        scheme=scheme,
        value=value,
        timescale=timescale,
        time=time,
        is_absolute=is_absolute,
        duration=None if duration == _UNKNOWN else duration,
        id=number,
        data=numbers,
    )


def _words(data: bytes) -> tuple[str, str, bytes]:
    """Scheme and value, each up to a zero, and what follows them."""
    scheme, _, rest = data.partition(b"\0")
    value, _, rest = rest.partition(b"\0")
    return scheme.decode("utf-8", "replace"), value.decode("utf-8", "replace"), rest


def cues_of(
    message: EventMessage,
    *,
    segment_start: Decimal,
    period_start: Decimal,
    pto: Fraction,
    rules: CueRules,
) -> tuple[Cue, ...]:
    """What a message says of breaks; of a scheme that is not SCTE 35, nothing.

    Args:
        message: As read.
        segment_start: Where its segment starts, on the content clock; version 0 counts from it.
        period_start: Where the Period starts, on the content clock.
        pto: presentationTimeOffset of its Representation, seconds; version 1 counts from it (B-01).
        rules: Which signals count.
    """
    if not is_cue_scheme(message.scheme):
        return ()
    into = Fraction(message.time, message.timescale)
    try:
        if message.is_absolute:
            at = period_start + to_seconds(into - pto)
        else:
            at = segment_start + to_seconds(into)
    except ManifestError:
        return ()  # in another age
    duration = None
    if message.duration is not None:
        duration = to_seconds(Fraction(message.duration, message.timescale))
    body = read_message(to_base64(message.data), at, rules)
    return cues_of_event([body], at=at, duration=duration, event_id=str(message.id))


def inband_representation(period: Period) -> Representation | None:
    """Which segments to look into for the cues of a Period.

    Returns:
        The Representation with the lowest bandwidth of those that have SCTE 35 in their segments.
        None: no need to look, the MPD has the Period's events; or none has them.
    """
    if any(stream.events and is_cue_scheme(stream.scheme) for stream in period.event_streams):
        return None
    carriers = [
        representation
        for one, representation in period.representations()
        if representation.addressing is not None
        and (_announces(Node(one.element)) or _announces(Node(representation.element)))
    ]
    return min(carriers, key=lambda one: one.bandwidth, default=None)


def _announces(node: Node) -> bool:
    return any(
        is_cue_scheme(child.word("schemeIdUri")) for child in node.children("InbandEventStream")
    )
