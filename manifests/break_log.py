"""Which breaks a channel's cues have opened and closed, over all reloads (rules A-26 to A-79).

The log is a fold: every refresh shows it all cues that are in the window, again and again, and it
gives the same breaks as if each had been seen once. What viewers may already have been shown bounds
what a late cue can still change, for all viewers alike.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from manifests.break_fold import CueSettings, fold
from manifests.breaks import AdBreak, Cue

__all__ = ["LIMIT", "BreakLog", "CueSettings"]

LIMIT = 512  # breaks remembered; the oldest go first


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
        breaks = fold(
            self.breaks,
            cues,
            forgotten=self.forgotten,
            edge=edge,
            seen_edge=seen_edge,
            settings=settings,
        )
        kept = tuple(breaks[-LIMIT:])
        if len(kept) == len(breaks):
            return BreakLog(kept, self.forgotten)
        return BreakLog(kept, _later(self.forgotten, kept[0].start))

    def forget_before(self, instant: Decimal) -> "BreakLog":
        """Drop breaks that ended before an instant."""
        kept = tuple(one for one in self.breaks if one.in_at is None or one.in_at >= instant)
        if len(kept) == len(self.breaks):
            return self
        return BreakLog(kept, _later(self.forgotten, instant))

    def back_before(self, instant: Decimal) -> int:
        """How many breaks, from the first on, have brought content back before an instant."""
        return bisect_left(self.breaks, instant, key=_back_at)

    def back_by(self, instant: Decimal) -> int:
        """How many breaks, from the first on, have brought content back at an instant."""
        return bisect_right(self.breaks, instant, key=_back_at)

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


def _back_at(ad_break: AdBreak) -> Decimal:
    return Decimal("Infinity") if ad_break.in_at is None else ad_break.in_at


def _later(before: Decimal | None, instant: Decimal) -> Decimal:
    return instant if before is None else max(before, instant)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _decimal(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)
