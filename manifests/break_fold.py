"""How cues open, lengthen, end and cancel breaks (splice rules A-26 to A-28, A-79, C-08 to C-11).

Every rule here gives the same result when it meets a cue again: a window is shown over and over.
What viewers were shown stays as it was.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from manifests.break_events import can_end, in_force, is_inside, is_other_event, is_same_event
from manifests.breaks import AdBreak, Cue, CueKind

# A break that is cancelled has ended the one before it. What the next reload would make of that
# is made of it at once; after two looks there is hardly ever anything left to change.
_LOOKS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CueSettings:
    """What cues leave open."""

    max_break_s: Decimal = Decimal(300)  # end of a break that nothing else ends
    near_s: Decimal = Decimal(1)  # cues this close tell of the same break (half a segment)


def fold(
    breaks: Iterable[AdBreak],
    cues: Iterable[Cue],
    *,
    forgotten: Decimal | None,
    edge: Decimal,
    seen_edge: Decimal | None,
    settings: CueSettings,
) -> list[AdBreak]:
    """Take a window's cues into the breaks that are known.

    Args:
        breaks: In the order of their start.
        cues: In the order of the playlist.
        forgotten: Breaks before it are no longer among them; cues before it are ignored.
        edge: Where the window ends.
        seen_edge: Viewers may have been shown the content up to here; None: nothing yet.
        settings: See `CueSettings`.

    Returns:
        The breaks, in the order of their start.
    """
    # C-11: what lies ahead was only announced, and is announced anew or not at all.
    ahead = edge if seen_edge is None else max(edge, seen_edge)
    found = list(breaks)
    counted = [cue for cue in in_force(cues) if forgotten is None or cue.at >= forgotten]
    for _ in range(_LOOKS):
        state = _Fold(
            (one for one in found if one.start <= ahead),
            forgotten=forgotten,
            seen=seen_edge,
            settings=settings,
        )
        for cue in counted:
            state.take(cue)
        state.close_overdue(edge)
        if state.breaks == found:
            break
        found = state.breaks
    return found


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
        self.ended: dict[CueKind, Cue] = {}  # the last IN and the last cancellation
        self.nothing_new: Decimal | None = None  # where a start repeated, or was inside a break

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
        """The first break that starts near an instant."""
        near = self.settings.near_s
        index = bisect_left(self.breaks, at - near, key=_start)
        is_near = index < len(self.breaks) and self.breaks[index].start <= at + near
        return index if is_near else None

    def _latest(self, at: Decimal) -> int | None:
        """The last break that starts at or before an instant."""
        index = bisect_right(self.breaks, at, key=_start) - 1
        if index < 0:
            return None
        self._close_overdue(index, at)
        return index

    def _out(self, cue: Cue) -> None:
        latest = self._latest(cue.at)
        inside = None if latest is None or not _is_open(self.breaks[latest], cue.at) else latest
        if inside is not None and self._is_repeat(cue, self.breaks[inside]):
            if not is_inside(cue.type_id, self.breaks[inside].type_id):
                self._refresh(inside, replace(cue, duration=None))
            self.nothing_new = cue.at
            return
        near = self._near(cue.at)
        if near is not None:
            one = self.breaks[near]
            if near and is_same_event(cue, self.breaks[near - 1]) and one.event_id is not None:
                return  # a repeat, where another one starts
            if not is_inside(cue.type_id, one.type_id):
                self._refresh(near, cue, takes_over=is_inside(one.type_id, cue.type_id))
            return
        if inside is not None:
            one = self.breaks[inside]
            if is_inside(cue.type_id, one.type_id):
                self.nothing_new = cue.at
                return
            if self._is_too_late(cue) or self._is_beside_message(cue):
                return
            self._end(inside, cue.at)
        self._open(cue.at, cue)

    def _is_repeat(self, cue: Cue, one: AdBreak) -> bool:
        """The same event, told again further on."""
        return is_same_event(cue, one) and cue.at > one.start + self.settings.near_s

    def _is_too_late(self, cue: Cue) -> bool:
        """A-06: an insertion point inside a break, behind what viewers have been shown."""
        return cue.duration == 0 and self._not_before(cue.at) > cue.at

    def _is_beside_message(self, cue: Cue) -> bool:
        """Words for a start that a message just told to be nothing new."""
        if cue.event_id is not None or self.nothing_new is None:
            return False
        return cue.at - self.nothing_new <= self.settings.near_s

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

    def _refresh(self, index: int, cue: Cue, *, takes_over: bool = False) -> None:
        """The same break said again, perhaps better: by a payload, or with its duration at last."""
        one = self.breaks[index]
        is_truer = cue.kind is CueKind.OUT and bool(cue.message) and not one.message
        if takes_over or is_truer:
            one = replace(
                one,
                event_id=cue.event_id or one.event_id,
                type_id=one.type_id if cue.type_id is None else cue.type_id,
                upids=cue.upids or one.upids,
                message=cue.message or one.message,
            )
        elif one.event_id is None:
            one = replace(
                one,
                event_id=cue.event_id,
                type_id=cue.type_id if one.type_id is None else one.type_id,
                upids=one.upids or cue.upids,
                message=one.message or cue.message,
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
        near = self.settings.near_s
        elapsed = cue.elapsed or Decimal(0)
        if cue.duration is not None and elapsed >= cue.duration:
            return  # over, by its own account
        start = cue.at - elapsed
        is_tail = False  # of a break that is over
        for ended in self.ended.values():
            if can_end(ended, cue):
                is_tail = is_tail or start < ended.at - near
                start = max(start, ended.at)
        latest = self._latest(cue.at)
        if latest is not None:
            one = self.breaks[latest]
            is_tail = is_tail or start <= one.start + near
            is_spot = is_inside(cue.type_id, one.type_id)
            is_other = is_other_event(cue, one)
            if is_other and not is_spot and not is_tail:
                self._out(replace(cue, at=start))  # the OUT between them was not seen
                return
            if _is_open(one, cue.at):
                if not is_spot and not is_other:
                    is_length = cue.duration is not None and one.start + cue.duration > cue.at
                    self._refresh(latest, cue if is_length else replace(cue, duration=None))
                return
            is_tail = is_tail or self._is_tail(cue, start, one)
        if not is_tail and (self.forgotten is None or start >= self.forgotten):
            self._open(start, cue)  # joined inside a break

    def _is_tail(self, cue: Cue, start: Decimal, one: AdBreak) -> bool:
        """Whether a continuation behind a break's end belongs to it, for all one can know."""
        if one.in_at is not None and start < one.in_at:
            return True
        is_ended = one.end is not None and one.end <= cue.at
        if cue.elapsed is not None or is_ended or one.is_point:
            return False
        return cue.at < one.start + self.settings.max_break_s

    def _in(self, cue: Cue) -> None:
        self.ended[cue.kind] = cue
        index = bisect_left(self.breaks, cue.at, key=_start) - 1  # none that only starts here
        if index < 0:
            return
        self._close_overdue(index, cue.at)
        one = self.breaks[index]
        if not one.is_point and can_end(cue, one):
            self._end(index, cue.at)

    def _end(self, index: int, at: Decimal) -> None:
        """The first end counts, and nothing before what was shown."""
        one = self.breaks[index]
        end = self._not_before(at)
        if index + 1 < len(self.breaks):
            end = min(end, self.breaks[index + 1].out_at)
        if one.end is None or end < one.end:
            self.breaks[index] = replace(one, end=end)

    def _cancel(self, cue: Cue) -> None:
        for index in range(len(self.breaks) - 1, -1, -1):
            one = self.breaks[index]
            if not is_same_event(cue, one):
                continue
            if self._was_shown(one):
                self._end(index, max(cue.at, one.start))
            else:
                del self.breaks[index]  # C-11: nothing of it was published
                self.ended[cue.kind] = cue
            return


def _is_open(one: AdBreak, at: Decimal) -> bool:
    return all(end is None or at < end for end in (one.planned_end, one.end))


def _start(one: AdBreak) -> Decimal:
    return one.start
