"""Which breaks a channel's cues have opened and closed, over all reloads (rules A-26 to A-79).

The log is a fold: every refresh shows it all cues that are in the window, again and again, and it
gives the same breaks as if each had been seen once. What viewers may already have been shown bounds
what a late cue can still change, for all viewers alike.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from manifests.breaks import AdBreak, Cue, CueKind

# C-08: a provider or distributor ad inside one of these is a spot of it, not another break.
_OUTER = frozenset((0x22, 0x34, 0x36, 0x44, 0x46))
_INNER = frozenset((0x30, 0x32))
LIMIT = 512  # breaks remembered; the oldest go first


@dataclass(frozen=True, slots=True, kw_only=True)
class CueSettings:
    """What cues leave open."""

    max_break_s: Decimal = Decimal(300)  # end of a break that nothing else ends
    near_s: Decimal = Decimal(1)  # cues this close tell of the same break (half a segment)


@dataclass(frozen=True, slots=True)
class BreakLog:
    """Breaks in the order of their start; they never overlap."""

    breaks: tuple[AdBreak, ...] = ()
    forgotten: Decimal | None = None  # cues before it were dealt with

    def observe(
        self,
        cues: Iterable[Cue],
        *,
        edge: Decimal,
        seen_edge: Decimal | None,
        settings: CueSettings,
    ) -> "BreakLog":
        """Take in the cues of a window.

        Args:
            cues: All of them, also those observed before, in the order of the playlist.
            edge: Where the window ends.
            seen_edge: Viewers may have been shown the content up to here; None: nothing yet.
            settings: See `CueSettings`.
        """
        # C-11: what lies ahead was only announced, and is announced anew or not at all.
        ahead = edge if seen_edge is None else max(edge, seen_edge)
        fold = _Fold(
            (one for one in self.breaks if one.start <= ahead),
            forgotten=self.forgotten,
            seen=seen_edge,
            settings=settings,
        )
        for cue in _in_force(cues):
            if self.forgotten is None or cue.at >= self.forgotten:
                fold.take(cue)
        fold.close_overdue(edge)
        kept = tuple(fold.breaks[-LIMIT:])
        if len(kept) == len(fold.breaks):
            return replace(self, breaks=kept)
        return BreakLog(kept, _later(self.forgotten, kept[0].start))

    def forget_before(self, instant: Decimal) -> "BreakLog":
        """Drop breaks that ended before an instant."""
        kept = tuple(one for one in self.breaks if one.in_at is None or one.in_at >= instant)
        if len(kept) == len(self.breaks):
            return self
        return BreakLog(kept, _later(self.forgotten, instant))

    def find(self, break_id: str) -> AdBreak | None:
        """The break with this id."""
        return next((one for one in self.breaks if one.id == break_id), None)

    def to_state(self) -> dict[str, Any]:
        """Plain data for a store."""
        return {
            "forgotten": _text(self.forgotten),
            "breaks": [
                [
                    one.id,
                    str(one.start),
                    str(one.out_at),
                    _text(one.planned_end),
                    _text(one.end),
                    one.duration_rank,
                    one.event_id,
                    one.type_id,
                    one.source,
                    [[kind, raw.hex()] for kind, raw in one.upids],
                    one.message,
                ]
                for one in self.breaks
            ],
        }

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> "BreakLog":
        """What `to_state` gave.

        Raises:
            KeyError, TypeError, ValueError, ArithmeticError: The data is malformed.
        """
        breaks = tuple(
            AdBreak(
                id=row[0],
                start=Decimal(row[1]),
                out_at=Decimal(row[2]),
                planned_end=_decimal(row[3]),
                end=_decimal(row[4]),
                duration_rank=row[5],
                event_id=row[6],
                type_id=row[7],
                source=row[8],
                upids=tuple((kind, bytes.fromhex(raw)) for kind, raw in row[9]),
                message=row[10],
            )
            for row in state["breaks"]
        )
        return cls(breaks, _decimal(state["forgotten"]))


def _later(before: Decimal | None, instant: Decimal) -> Decimal:
    return instant if before is None else max(before, instant)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _in_force(cues: Iterable[Cue]) -> list[Cue]:
    """Cues in the order of their time, without what is cancelled further on in the playlist.

    A cancellation counts for what was said before it, not for the same event said anew (C-11).
    """
    cancelled: dict[str, Decimal] = {}
    renewed: set[str] = set()
    kept: list[Cue] = []
    for cue in reversed(list(cues)):
        event_id = cue.event_id
        if cue.kind is CueKind.CANCEL:
            if event_id is None or event_id in renewed:
                continue
            cancelled[event_id] = cue.at
        elif cue.kind is not CueKind.IN and event_id is not None:
            if event_id in cancelled and cue.at >= cancelled[event_id]:
                continue
            renewed.add(event_id)
        kept.append(cue)
    kept.reverse()
    return sorted(kept, key=lambda cue: cue.at)


def _is_same_event(cue: Cue, one: AdBreak) -> bool:
    return cue.event_id is not None and cue.event_id == one.event_id


def _is_other_event(cue: Cue, one: AdBreak) -> bool:
    """Whether messages say so; words may name one event in several ways."""
    return bool(cue.message and one.message) and not _is_same_event(cue, one)


def _is_inside(inner: int | None, outer: int | None) -> bool:
    """C-08: whether something of the one type is a spot of a break of the other."""
    return inner in _INNER and outer in _OUTER


def _can_end(cue: Cue, one: AdBreak) -> bool:
    """C-09: the end of a segment is that of its own event and type, and of nothing around it."""
    if cue.event_id is None or cue.type_id is None or one.type_id is None:
        return True
    return cue.event_id == one.event_id and cue.type_id == one.type_id + 1


def _is_open(one: AdBreak, at: Decimal) -> bool:
    return one.in_at is None or at < one.in_at


def _start(one: AdBreak) -> Decimal:
    return one.start


class _Fold:
    """The breaks while one window's cues are taken in, in the order of their time."""

    def __init__(
        self,
        breaks: Iterable[AdBreak],
        *,
        forgotten: Decimal | None,
        seen: Decimal | None,
        settings: CueSettings,
    ) -> None:
        self.breaks = list(breaks)
        self.forgotten = forgotten
        self.seen = seen
        self.settings = settings
        self.told: set[str] = set()  # ids of the breaks whose OUT was among these cues

    def take(self, cue: Cue) -> None:
        match cue.kind:
            case CueKind.OUT:
                self._out(cue)
            case CueKind.CONT:
                self._cont(cue)
            case CueKind.IN:
                self._in(cue)
            case CueKind.CANCEL:
                self._cancel(cue)

    def close_overdue(self, edge: Decimal) -> None:
        """Close what should have ended before an instant."""
        for index in range(len(self.breaks)):
            self._close_overdue(index, edge)

    def _close_overdue(self, index: int, at: Decimal) -> None:
        """Nothing ended it and nothing will: the configured maximum does (A-79)."""
        one = self.breaks[index]
        limit = one.start + self.settings.max_break_s
        if one.in_at is None and at >= limit:
            self.breaks[index] = replace(one, planned_end=self._not_before(limit))

    def _not_before(self, instant: Decimal) -> Decimal:
        """What was shown cannot be taken back (A-01)."""
        return instant if self.seen is None else max(instant, self.seen)

    def _was_shown(self, one: AdBreak) -> bool:
        return self.seen is not None and one.out_at < self.seen

    def _near(self, at: Decimal) -> int | None:
        """The break that starts nearest to an instant, if one is near."""
        after = bisect_left(self.breaks, at, key=_start)
        around = range(max(after - 1, 0), min(after + 1, len(self.breaks)))
        distances = {index: abs(self.breaks[index].start - at) for index in around}
        index = min(distances, key=distances.__getitem__, default=None)
        return index if index is not None and distances[index] <= self.settings.near_s else None

    def _latest(self, at: Decimal) -> int | None:
        """The last break that starts at or before an instant."""
        index = bisect_right(self.breaks, at, key=_start) - 1
        if index < 0:
            return None
        self._close_overdue(index, at)
        return index

    def _out(self, cue: Cue) -> None:
        index = self._near(cue.at)
        if index is not None:
            one = self.breaks[index]
            if not _is_inside(cue.type_id, one.type_id):
                self.told.add(one.id)
                self._refresh(index, cue, takes_over=_is_inside(one.type_id, cue.type_id))
            return
        latest = self._latest(cue.at)
        if latest is not None and _is_open(self.breaks[latest], cue.at):
            one = self.breaks[latest]
            if _is_same_event(cue, one):
                self._refresh(latest, replace(cue, duration=None))  # a repeat
                return
            if _is_inside(cue.type_id, one.type_id):
                return
            self._end(latest, cue.at)
        self._open(cue.at, cue)

    def _open(self, start: Decimal, cue: Cue) -> None:
        index = bisect_right(self.breaks, start, key=_start)
        following = self.breaks[index].start if index < len(self.breaks) else None
        planned_end = None if cue.duration is None else start + cue.duration
        if following is not None and planned_end is not None:
            planned_end = min(planned_end, following)
        is_point = planned_end == start
        one = AdBreak(
            id=f"b{start.to_integral_value()}",
            start=start,
            out_at=start if is_point else self._not_before(start),
            planned_end=planned_end,
            end=following if planned_end is None else None,
            duration_rank=cue.duration_rank,
            event_id=cue.event_id,
            type_id=cue.type_id,
            upids=cue.upids,
            message=cue.message,
        )
        if any(other.id == one.id for other in self.breaks[max(index - 1, 0) : index + 1]):
            return
        self.breaks.insert(index, one)
        self.told.add(one.id)

    def _refresh(self, index: int, cue: Cue, *, takes_over: bool = False) -> None:
        """The same break said again, perhaps better: by a payload, or with its duration at last."""
        one = self.breaks[index]
        if takes_over or one.event_id is None or (one.message is None and cue.message is not None):
            one = replace(
                one,
                event_id=cue.event_id or one.event_id,
                type_id=one.type_id if cue.type_id is None else cue.type_id,
                upids=cue.upids or one.upids,
                message=cue.message or one.message,
            )
        is_better = takes_over or one.planned_end is None or cue.duration_rank < one.duration_rank
        if cue.duration is not None and is_better and one.end is None:
            one = self._replanned(index, one, cue.duration, cue.duration_rank)
        self.breaks[index] = one

    def _replanned(self, index: int, one: AdBreak, duration: Decimal, rank: int) -> AdBreak:
        """A break with another length, as far as what was shown allows."""
        planned_end = one.start + duration
        if index + 1 < len(self.breaks):
            planned_end = min(planned_end, self.breaks[index + 1].start)
        if self._was_shown(one):
            if one.planned_end is not None and self._not_before(one.planned_end) == self.seen:
                return one  # it is over
            planned_end = self._not_before(planned_end)
        out_at = one.start if planned_end == one.start else one.out_at
        return replace(one, out_at=out_at, planned_end=planned_end, duration_rank=rank)

    def _cont(self, cue: Cue) -> None:
        start = cue.at - (cue.elapsed or 0)
        latest = self._latest(cue.at)
        if latest is not None:
            one = self.breaks[latest]
            begins_later = start > one.start + self.settings.near_s
            if (
                begins_later
                and _is_other_event(cue, one)
                and not _is_inside(cue.type_id, one.type_id)
            ):
                self._out(replace(cue, at=start))  # the OUT between them was not seen
                return
            if _is_open(one, cue.at):
                self._refresh(latest, cue)
                return
            if not begins_later or (one.in_at is not None and start < one.in_at):
                return  # the tail of a break that is over
            if cue.elapsed is None and one.end is None and not one.is_point:
                limit = one.start + self.settings.max_break_s
                if cue.at < limit:
                    return  # the same, for all one can know
        if self.forgotten is None or start >= self.forgotten:
            self._open(start, cue)  # joined inside a break

    def _in(self, cue: Cue) -> None:
        latest = self._latest(cue.at)
        if latest is None:
            return
        one = self.breaks[latest]
        if one.start == cue.at and (one.id not in self.told or self._ends_before(latest)):
            latest -= 1  # back-to-back: the end of what was there before
            if latest < 0:
                return
            one = self.breaks[latest]
        if one.is_point or not _can_end(cue, one):
            return
        if one.start == cue.at and not self._was_shown(one):  # OUT and IN at one place
            self.breaks[latest] = replace(one, planned_end=one.start, out_at=one.start)
            return
        self._end(latest, cue.at)

    def _ends_before(self, index: int) -> bool:
        """Whether a break ends where this one starts."""
        before = self.breaks[index - 1].in_at if index else None
        return before is not None and self.breaks[index].start - before <= self.settings.near_s

    def _end(self, index: int, at: Decimal) -> None:
        """The first end counts, and nothing before what was shown."""
        one = self.breaks[index]
        end = self._not_before(at)
        if index + 1 < len(self.breaks):
            end = min(end, max(self.breaks[index + 1].start, at))
        if one.end is None or end < one.end:
            self.breaks[index] = replace(one, end=end)

    def _cancel(self, cue: Cue) -> None:
        for index in range(len(self.breaks) - 1, -1, -1):
            one = self.breaks[index]
            if not _is_same_event(cue, one):
                continue
            if self._was_shown(one):
                self._end(index, max(cue.at, one.start))
            else:
                del self.breaks[index]  # C-11: nothing of it was published
            return
