"""Where breaks end that are Periods of their own: origins that cut there may say nothing else."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from manifests.break_events import is_inside
from manifests.breaks import Cue, CueKind
from manifests.splicing.timeline import FRAME_S

_LOOKED_AT = 8  # breaks that start with a Period, and more Periods of one: more than any has
_MOST_PERIODS = 64

Times = Mapping[str | None, Sequence[Decimal]]  # by event id, sorted


@dataclass(frozen=True, slots=True)
class PeriodCues:
    """What the events of one Period say."""

    start: Decimal  # of the Period, on the content clock
    end: Decimal | None
    cues: tuple[Cue, ...]


def times_of(kind: CueKind, cues: Iterable[Cue]) -> Times:
    """When each event has cues of one kind."""
    times: dict[str | None, list[Decimal]] = {}
    for cue in sorted((cue for cue in cues if cue.kind is kind), key=lambda cue: cue.at):
        times.setdefault(cue.event_id, []).append(cue.at)
    return times


def ends_of_periods(told: Sequence[PeriodCues]) -> Iterator[Cue]:
    """Find the ends that no event tells.

    A break that starts with its Period and has neither a duration nor a return ends where the
    Period does, if that is known; or where the last Period does that belongs to it.

    Args:
        told: What the Periods of an MPD say, in their order.

    Yields:
        A return for each such break.
    """
    if len(told) < 2:
        return  # the only Period is all of the content
    returns = times_of(CueKind.IN, (cue for one in told for cue in one.cues))
    starts = times_of(CueKind.OUT, (cue for one in told for cue in one.cues))
    openings = [_openings(one) for one in told]
    for index, one in enumerate(told):
        for cue in openings[index]:
            if cue.duration is not None or abs(cue.at - one.start) > FRAME_S:
                continue
            end = _end(cue, told[index:], openings[index + 1 : index + _MOST_PERIODS])
            if end is not None and not _is_told(cue, end, returns, starts):
                type_id = None if cue.type_id is None else cue.type_id + 1  # C-06
                yield Cue(
                    kind=CueKind.IN,
                    at=end,
                    event_id=cue.event_id,
                    type_id=type_id,
                    dialect=cue.dialect,
                )


def _openings(one: PeriodCues) -> tuple[Cue, ...]:
    """The breaks that start with a Period, or before it and go on in it; the best of each event."""
    found: dict[str | None, Cue] = {}
    for cue in one.cues:
        if cue.kind is CueKind.OUT and cue.at <= one.start + FRAME_S:
            known = found.get(cue.event_id)
            if known is None or known.duration is None:
                found[cue.event_id] = cue
    return tuple(found.values())[:_LOOKED_AT]


def _end(
    cue: Cue, told: Sequence[PeriodCues], following: Sequence[tuple[Cue, ...]]
) -> Decimal | None:
    """Where the last Period ends that has the event again, or a spot of it (B-50, C-08)."""
    last = 0
    for others in following:
        if not any(
            other.event_id == cue.event_id or is_inside(other.type_id, cue.type_id)
            for other in others
        ):
            break
        last += 1
    return told[last].end


def _is_told(cue: Cue, end: Decimal, returns: Times, starts: Times) -> bool:
    """Whether an event tells of the return, before the same id comes again."""
    back = _first(returns, cue.event_id, cue.at, is_after=True)
    again = _first(starts, cue.event_id, end)
    return back is not None and (again is None or back <= again)


def _first(
    times: Times, event_id: str | None, at: Decimal, *, is_after: bool = False
) -> Decimal | None:
    """The first of an event's times from an instant on, or after it."""
    found = times.get(event_id, ())
    index = bisect_right(found, at) if is_after else bisect_left(found, at)
    return found[index] if index < len(found) else None
