"""What one SCTE 35 event says of breaks, in an MPD or in a segment (rules B-50, B-51, A-79)."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from lxml import etree

from manifests.breaks import Cue, CueKind
from manifests.cues.payloads import Message, read_message, read_xml_message
from manifests.cues.rules import CueRules
from manifests.cues.signals import EVENT_DURATION, NO_DURATION
from manifests.scte35.xml_nodes import Node

# Schemes of event streams that are ad cues; all that stands in one is read, whatever the scheme.
CUE_SCHEMES = frozenset(
    f"urn:scte:scte35:{edition}:{form}"
    for edition in (2013, 2014)
    for form in ("xml", "bin", "xml+bin")
)
_RULE = "B-51"


def is_cue_scheme(scheme: str) -> bool:
    """Whether a scheme (schemeIdUri) is that of ad cues: its streams are removed (B-52)."""
    return scheme.strip() in CUE_SCHEMES


def read_bodies(event: etree._Element, at: Decimal, rules: CueRules) -> Iterator[Message | None]:
    """Read the messages in an Event of a SCTE 35 scheme.

    A message is a SpliceInfoSection or a Binary, alone or in a Signal, whatever the scheme; or it
    is the text of the Event, or its @messageData.

    Args:
        event: Not modified.
        at: When they take effect, on the content clock.
        rules: Which signals count.

    Yields:
        What each says; None for one that cannot be read.
    """
    node = Node(event)
    bodies = [*_bodies(node)]
    for body in bodies:
        if body.name == "Binary":
            yield read_message(body.text, at, rules)
        else:
            yield read_xml_message(body.element, at, rules)
    if not bodies and (text := node.text or node.word("messageData")):
        yield read_message(text, at, rules)


def _bodies(node: Node) -> Iterator[Node]:
    for child in node.children("Signal", "SpliceInfoSection", "Binary"):
        if child.name == "Signal":
            yield from child.children("SpliceInfoSection", "Binary")
        else:
            yield child


def cues_of_event(
    messages: Iterable[Message | None],
    *,
    at: Decimal,
    duration: Decimal | None,
    event_id: str | None,
) -> tuple[Cue, ...]:
    """What an event says, by its messages and by what it says itself.

    Args:
        messages: Those in it; None for one that cannot be read.
        at: Its time on the content clock.
        duration: Its own, seconds; it counts where the messages have none.
        event_id: Its own; it counts where no message can be read.

    Returns:
        Its cues. Where no message can be read, a break as long as the event says (A-79); nothing
        if it does not say how long.
    """
    read = [message for message in messages if message is not None]
    duration = duration or None  # 0 is what senders write who do not know it
    rank = EVENT_DURATION
    if read:
        said = (replace(cue, dialect=_RULE) for message in read for cue in message.cues)
        return tuple(
            replace(cue, duration=duration, duration_rank=rank)
            if cue.kind is CueKind.OUT and cue.duration is None and duration is not None
            else cue
            for cue in said
        )
    if duration is None:
        return ()
    own = Cue(
        kind=CueKind.OUT,
        at=at,
        duration=duration,
        duration_rank=rank,
        event_id=event_id,
        dialect=_RULE,
    )
    return (own,)


def own_cue(scheme: str, *, at: Decimal, duration: Decimal | None, event_id: str | None) -> Cue:
    """What an event of a scheme says that an operator has named: a break as long as it lasts.

    Args:
        scheme: Its schemeIdUri; events of others may have the same id.
        at: Its time on the content clock.
        duration: Its own, seconds; without one it has no end that is known.
        event_id: Its own.
    """
    return Cue(
        kind=CueKind.OUT,
        at=at,
        duration=duration or None,
        duration_rank=EVENT_DURATION if duration else NO_DURATION,
        event_id=None if event_id is None else f"{scheme.strip()} {event_id}",
        dialect="B-50",
    )
