"""Cues, and the ad breaks that they open (splice rules A-70 to A-79, C-01 to C-16).

Instants are Decimal seconds on the content clock: seconds since 1970 where the content has
program date-time, else seconds since the first segment.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import Enum


class CueKind(Enum):
    """What a cue says of the content at its place."""

    OUT = "out"  # a break starts
    CONT = "cont"  # inside a break
    IN = "in"  # the break ends
    CANCEL = "cancel"  # an announced break will not happen


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One signal in a playlist, whatever its dialect."""

    kind: CueKind
    at: Decimal  # where it takes effect, on the content clock
    duration: Decimal | None = None  # seconds; 0: an insertion point
    duration_rank: int = 9  # precedence of the duration's source, smaller wins (A-79, C-10)
    elapsed: Decimal | None = None  # seconds since the break's start, on CONT
    event_id: str | None = None
    type_id: int | None = None  # segmentation type, where the cue has one (C-06)
    dialect: str = ""  # the rule that describes it, "A-72"
    auto_return: bool = True  # C-04
    upids: tuple[tuple[int, bytes], ...] = ()  # C-13: (type, raw)
    message: str | None = None  # the SCTE 35 section, base64, when there was one


@dataclass(frozen=True, slots=True, kw_only=True)
class AdBreak:
    """An interval (or point) of the content that may be replaced, filled or inserted into."""

    id: str  # stable: the same in every process that reads the same content; [A-Za-z0-9._-]
    start: Decimal  # where the content says that it begins
    out_at: Decimal  # where viewers may leave: later than `start` if it was found late
    planned_end: Decimal | None  # equal to start: a point; None: unknown
    end: Decimal | None = None  # where a cue brought the content back, or late
    duration_rank: int = 9
    event_id: str | None = None
    type_id: int | None = None
    source: str = "cue"  # "cue", "schedule", or "join" for a pre-roll of a live session
    upids: tuple[tuple[int, bytes], ...] = ()
    message: str | None = None

    @property
    def is_point(self) -> bool:
        """Whether ads go between two segments and nothing is removed (A-73)."""
        return self.planned_end == self.start

    @property
    def joins(self) -> bool:
        """Whether it is one session's own: the pre-roll with which a live session begins."""
        return self.source == "join"

    @property
    def in_at(self) -> Decimal | None:
        """Where content comes back, as far as is known; an IN after the plan changes nothing."""
        if self.end is None or self.planned_end is None:
            return self.planned_end if self.end is None else self.end
        return min(self.end, max(self.planned_end, self.out_at))

    @property
    def length(self) -> Decimal | None:
        """Seconds to fill, as far as is known."""
        return None if self.in_at is None else max(self.in_at - self.out_at, Decimal(0))


PREROLL_ID = "preroll"  # of live sessions; each has one at most


def joined_break(out_at: Decimal, in_at: Decimal) -> AdBreak:
    """The pre-roll of a live session, in place of content between two instants."""
    return AdBreak(id=PREROLL_ID, start=out_at, out_at=out_at, planned_end=in_at, source="join")
