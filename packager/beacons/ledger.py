"""The ledger: what became of every beacon that was ever owed (failures.md, P6).

    owed = delivered + expired(reason) + refused(reason) + pending

Each side is counted by itself, in the transaction in which it happens, so that the equation can be
checked and is not merely defined.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

# expired: given up; refused: never taken on, or never to be tried again; pending: also those that
# are on their way
Outcome = Literal["delivered", "expired", "refused", "pending"]
Side = Literal["owed", "delivered", "expired", "refused", "pending"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
SIDES: tuple[Side, ...] = get_args(Side)


@dataclass(frozen=True, slots=True)
class Entry:
    """How many beacons of one event are on one side, for one reason."""

    event: str
    side: Side
    reason: str  # a code of packager.reasons, of what expired or was refused; else empty
    beacons: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """The counts of one moment."""

    entries: tuple[Entry, ...] = ()
    oldest_owed_at: datetime | None = None  # of what waits and expires first

    def count(self, side: Side, *, event: str | None = None, reason: str | None = None) -> int:
        """How many beacons are on a side; of one event, for one reason, if these are given."""
        return sum(
            entry.beacons
            for entry in self.entries
            if entry.side == side
            and event in (None, entry.event)
            and reason in (None, entry.reason)
        )

    @property
    def events(self) -> tuple[str, ...]:
        """The events that were ever owed, in alphabetical order."""
        return tuple(sorted({entry.event for entry in self.entries}))

    @property
    def balances(self) -> bool:
        """Whether, for every event, what is owed is what became of it (P6)."""
        return all(
            self.count("owed", event=event) == sum(self.count(s, event=event) for s in OUTCOMES)
            for event in self.events
        )

    def plus(self, entries: Iterable[Entry]) -> "Ledger":
        """The ledger with further counts in it."""
        sums: dict[tuple[str, Side, str], int] = {}
        for entry in (*self.entries, *entries):
            place = (entry.event, entry.side, entry.reason)
            sums[place] = sums.get(place, 0) + entry.beacons
        return Ledger(
            entries=tuple(Entry(*place, beacons) for place, beacons in sorted(sums.items())),
            oldest_owed_at=self.oldest_owed_at,
        )
