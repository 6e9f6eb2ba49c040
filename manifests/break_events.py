"""Which cues and breaks tell of one event, and which cues count (splice rules C-08, C-09, C-11)."""

from collections.abc import Iterable
from decimal import Decimal

from manifests.breaks import AdBreak, Cue, CueKind

# C-08: a provider or distributor ad inside one of these is a spot of it, not another break.
_OUTER = frozenset((0x22, 0x34, 0x36, 0x44, 0x46))
_INNER = frozenset((0x30, 0x32))
# At one place: what ends there was there before, and what goes on there has started.
_ORDER = {CueKind.IN: 0, CueKind.OUT: 1, CueKind.CANCEL: 1, CueKind.CONT: 2}


def in_force(cues: Iterable[Cue]) -> list[Cue]:
    """Cues in the order of their time, without what is cancelled.

    A cancellation counts for what the playlist said of the event before it and for what goes on
    behind it, not for the same event when it starts anew (C-11).
    """
    listed = list(cues)
    cancelled: dict[str, Decimal] = {}  # by what follows
    renewed: set[str] = set()
    kept: list[Cue] = []
    for cue in reversed(listed):
        event_id = cue.event_id
        if event_id is not None and cue.kind is CueKind.CANCEL:
            cancelled[event_id] = cue.at
        elif event_id is not None and cue.kind is not CueKind.IN:
            if event_id in cancelled and cue.at >= cancelled[event_id]:
                continue
            if cue.kind is CueKind.OUT:
                renewed.add(event_id)
        if cue.kind is not CueKind.CANCEL or not (event_id is None or event_id in renewed):
            kept.append(cue)
    over: set[str] = set()
    found: list[Cue] = []
    for cue in reversed(kept):
        event_id = cue.event_id or ""
        if cue.kind is CueKind.CANCEL:
            over.add(event_id)
        if cue.kind is not CueKind.CONT or event_id not in over:
            found.append(cue)
    return sorted(found, key=lambda cue: (cue.at, _ORDER[cue.kind]))


def is_same_event(cue: Cue, one: AdBreak) -> bool:
    """Whether a cue names the event of a break."""
    return cue.event_id is not None and cue.event_id == one.event_id


def is_other_event(cue: Cue, other: AdBreak | Cue) -> bool:
    """Whether messages say so; words may name one event in several ways."""
    if cue.event_id is None or other.event_id is None or not cue.message or not other.message:
        return False
    return cue.event_id != other.event_id


def is_inside(inner: int | None, outer: int | None) -> bool:
    """C-08: whether something of the one type is a spot of a break of the other."""
    return inner in _INNER and outer in _OUTER


def can_end(end: Cue, other: AdBreak | Cue) -> bool:
    """Whether an IN or a cancellation may be about a break.

    C-09: the end of a segment is that of its own event and type, and of nothing around it.
    """
    if end.kind is CueKind.CANCEL:
        return not is_other_event(end, other)
    if end.event_id is None or end.type_id is None or other.type_id is None:
        return True
    return end.event_id == other.event_id and end.type_id == other.type_id + 1
