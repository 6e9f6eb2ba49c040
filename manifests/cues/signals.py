"""What one line or Event says, before it is known which of them speak of the same event."""

from dataclasses import dataclass, replace
from decimal import Decimal

from manifests.breaks import Cue

# Precedence of durations (A-79, C-10): smaller wins
NOTHING_BETWEEN = -1  # OUT and IN stand at one place: whatever a message says, a point
SEGMENTATION_DURATION = 0
BREAK_DURATION = 1
DATERANGE_DURATION = 2
EVENT_DURATION = 2  # of an Event in an MPD: what its sender says beside the message, as well
PLANNED_DURATION = 3
TEXT_DURATION = 4
NO_DURATION = 9


@dataclass(frozen=True, slots=True)
class Refusal:
    """A message opens a break here that is to be left alone (C-08, C-09), whatever text says."""

    at: Decimal


Signal = Cue | Refusal


def merge(first: Cue, second: Cue) -> Cue:
    """Two reports of one event, of the kind and in the place of the first.

    The duration is the one that takes precedence; all else is as in the report with a message.
    """
    true, other = (second, first) if second.message and not first.message else (first, second)
    longer = true
    if other.duration is not None and (
        true.duration is None or other.duration_rank < true.duration_rank
    ):
        longer = other
    return replace(
        true,
        kind=first.kind,
        at=first.at,
        dialect=first.dialect,
        duration=longer.duration,
        duration_rank=longer.duration_rank,
        elapsed=other.elapsed if true.elapsed is None else true.elapsed,
        event_id=true.event_id or other.event_id,
        type_id=other.type_id if true.type_id is None else true.type_id,
        upids=true.upids or other.upids,
    )


def are_different(first: Cue, second: Cue) -> bool:
    """Whether two cues at one place are surely of different events: their messages say so."""
    return (
        bool(first.message and second.message)
        and None not in (first.event_id, second.event_id)
        and first.event_id != second.event_id
    )
