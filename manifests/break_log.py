"""Which breaks a channel's cues have opened and closed, over all reloads (rules A-26 to A-79).

The log is a fold: every refresh shows it all cues that are in the window, again and again, and it
gives the same breaks as if each had been seen once. What viewers may already have been shown bounds
what a late cue can still change, for all viewers alike.
"""

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
            cues: All of them, also those observed before.
            edge: Where the window ends.
            seen_edge: Viewers may have been shown the content up to here; None: nothing yet.
            settings: See `CueSettings`.
        """
        fold = _Fold(list(self.breaks), seen_edge, settings)
        for cue in sorted(cues, key=lambda cue: cue.at):
            if self.forgotten is None or cue.at >= self.forgotten:
                fold.take(cue)
        fold.close_overdue(edge)
        if len(fold.breaks) > LIMIT:
            oldest = fold.breaks[-LIMIT].start
            return replace(self, breaks=tuple(fold.breaks)).forget_before(oldest)
        return replace(self, breaks=tuple(fold.breaks))

    def forget_before(self, instant: Decimal) -> "BreakLog":
        """Drop breaks that ended before an instant."""
        kept = tuple(one for one in self.breaks if one.in_at is None or one.in_at >= instant)
        if len(kept) == len(self.breaks):
            return self
        forgotten = instant if self.forgotten is None else max(self.forgotten, instant)
        return BreakLog(kept, forgotten)

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


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


class _Fold:
    """The breaks while one window's cues are taken in."""

    def __init__(
        self, breaks: list[AdBreak], seen_edge: Decimal | None, settings: CueSettings
    ) -> None:
        self.breaks = breaks
        self.seen = seen_edge
        self.settings = settings

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
        """Nothing ended it and nothing will: the configured maximum does (A-79)."""
        for index, one in enumerate(self.breaks):
            limit = one.start + self.settings.max_break_s
            if one.planned_end is None and one.end is None and edge >= limit:
                self.breaks[index] = replace(one, planned_end=max(limit, self._not_before(limit)))

    def _not_before(self, instant: Decimal) -> Decimal:
        """What was shown cannot be taken back (A-01)."""
        return instant if self.seen is None else max(instant, self.seen)

    def _near(self, at: Decimal) -> int | None:
        for index, one in enumerate(self.breaks):
            if abs(one.start - at) <= self.settings.near_s:
                return index
        return None

    def _latest(self, at: Decimal) -> int | None:
        """The last break that starts at or before an instant."""
        for index in range(len(self.breaks) - 1, -1, -1):
            if self.breaks[index].start <= at:
                return index
        return None

    def _is_open(self, index: int, at: Decimal) -> bool:
        one = self.breaks[index]
        return one.in_at is None or at < one.in_at

    def _out(self, cue: Cue) -> None:
        index = self._near(cue.at)
        if index is not None:
            self._refresh(index, cue)
            return
        latest = self._latest(cue.at)
        if latest is not None and self._is_open(latest, cue.at):
            one = self.breaks[latest]
            if cue.event_id is not None and cue.event_id == one.event_id:
                self._refresh(latest, replace(cue, duration=None))  # a repeat
                return
            if cue.type_id in _INNER and one.type_id in _OUTER:
                return
            self._end(latest, cue.at)
        self._open(cue.at, cue)

    def _open(self, start: Decimal, cue: Cue) -> None:
        planned_end = None if cue.duration is None else start + cue.duration
        following = next((one.start for one in self.breaks if one.start > start), None)
        if following is not None and planned_end is not None:
            planned_end = min(planned_end, following)
        is_point = planned_end == start
        out_at = start if is_point else self._not_before(start)
        self.breaks.append(
            AdBreak(
                id=f"b{start.to_integral_value()}",
                start=start,
                out_at=out_at,
                planned_end=planned_end,
                end=following if planned_end is None else None,
                duration_rank=cue.duration_rank,
                event_id=cue.event_id,
                type_id=cue.type_id,
                upids=cue.upids,
                message=cue.message,
            )
        )
        self.breaks.sort(key=lambda one: one.start)

    def _refresh(self, index: int, cue: Cue) -> None:
        """The same break said again, perhaps better: by a payload, or with its duration at last."""
        one = self.breaks[index]
        if one.event_id is None or (one.message is None and cue.message is not None):
            one = replace(
                one,
                event_id=cue.event_id or one.event_id,
                type_id=one.type_id if cue.type_id is None else cue.type_id,
                upids=cue.upids or one.upids,
                message=cue.message or one.message,
            )
        better = one.planned_end is None or cue.duration_rank < one.duration_rank
        if cue.duration is not None and better and one.end is None:
            planned_end = one.start + cue.duration
            if index + 1 < len(self.breaks):
                planned_end = min(planned_end, self.breaks[index + 1].start)
            if cue.duration:
                planned_end = self._not_before(planned_end)
            one = replace(one, planned_end=planned_end, duration_rank=cue.duration_rank)
        self.breaks[index] = one

    def _cont(self, cue: Cue) -> None:
        start = cue.at - (cue.elapsed or 0)
        latest = self._latest(cue.at)
        if latest is not None:
            one = self.breaks[latest]
            same = cue.event_id is not None and cue.event_id == one.event_id
            if self._is_open(latest, cue.at) or same or start <= one.start + self.settings.near_s:
                self._refresh(latest, cue)
                return
            if one.in_at is not None and start < one.in_at:
                return  # the tail of a break that is over
        self._open(start, cue)  # joined inside a break

    def _in(self, cue: Cue) -> None:
        latest = self._latest(cue.at)
        if latest is None:
            return
        one = self.breaks[latest]
        if one.end is not None or one.is_point:
            return
        if cue.at <= one.start:  # OUT and IN at one place: a point
            self.breaks[latest] = replace(one, planned_end=one.start, out_at=one.start)
            return
        self._end(latest, cue.at)

    def _end(self, index: int, at: Decimal) -> None:
        one = self.breaks[index]
        if one.end is None:
            late = self._not_before(at)
            if index + 1 < len(self.breaks):
                late = min(late, max(self.breaks[index + 1].start, at))
            self.breaks[index] = replace(one, end=late)

    def _cancel(self, cue: Cue) -> None:
        for index, one in enumerate(self.breaks):
            if one.event_id is None or one.event_id != cue.event_id or one.end is not None:
                continue
            if self.seen is None or one.out_at >= self.seen:
                del self.breaks[index]  # C-11: nothing of it was published
            else:
                self._end(index, max(cue.at, one.start))
            return
