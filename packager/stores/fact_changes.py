"""What became of a session's facts and choices after it began: a bounded history of changes.

What was published stays as it was, so a fact is asked for with an instant, and a change counts from
its own instant on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from packager.parameters import Pairs
from packager.personalization.settled import Settled

Changed = tuple[tuple[str, str | None], ...]  # None: not said any more

MAX_CHANGES = 16
MAX_BYTES = 2048  # of the names and values of all; the latest change stays, whatever its size


@dataclass(frozen=True, slots=True)
class FactChange:
    """What a viewer said at one instant, and what was chosen for them then."""

    at_ms: int  # POSIX milliseconds
    facts: Changed
    settled: Settled | None = None  # the choices from then on; None: as they were

    @property
    def size_bytes(self) -> int:
        """Bytes of its names and values."""
        pairs = (*self.facts, *(() if self.settled is None else self.settled.values))
        return sum(len(name) + len((value or "").encode()) for name, value in pairs)


def folded(facts: Pairs, changes: Sequence[FactChange]) -> Pairs:
    """Facts after changes, sorted by name."""
    if not changes:
        return facts
    words: dict[str, str | None] = dict(facts)
    for change in changes:
        words |= dict(change.facts)
    return tuple(sorted((name, value) for name, value in words.items() if value is not None))


def settled_after(settled: Settled, changes: Sequence[FactChange]) -> Settled:
    """Choices after changes."""
    for change in reversed(changes):
        if change.settled is not None:
            return change.settled
    return settled


def kept_of(changes: tuple[FactChange, ...]) -> tuple[FactChange, ...]:
    """No more changes than are kept, the latest ones."""
    kept = changes[-MAX_CHANGES:]
    while len(kept) > 1 and sum(change.size_bytes for change in kept) > MAX_BYTES:
        kept = kept[1:]
    return kept
