"""What became of a session's facts after it began: a bounded history of changes.

What was published stays as it was, so a fact is asked for with an instant, and a change counts from
its own instant on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from packager.parameters import Pairs

Changed = tuple[tuple[str, str | None], ...]  # None: not said any more

MAX_CHANGES = 16
MAX_BYTES = 2048  # of the names and values of all; the latest change stays, whatever its size


@dataclass(frozen=True, slots=True)
class FactChange:
    """What a viewer said at one instant."""

    at_ms: int  # POSIX milliseconds
    facts: Changed

    @property
    def size_bytes(self) -> int:
        """Bytes of its names and values."""
        return sum(len(name) + len((value or "").encode()) for name, value in self.facts)


def folded(facts: Pairs, changes: Sequence[FactChange]) -> Pairs:
    """Facts after changes, sorted by name."""
    if not changes:
        return facts
    words: dict[str, str | None] = dict(facts)
    for change in changes:
        words |= dict(change.facts)
    return tuple(sorted((name, value) for name, value in words.items() if value is not None))


def bounded(facts: Pairs, changes: tuple[FactChange, ...]) -> tuple[Pairs, tuple[FactChange, ...]]:
    """The same with no more changes than are kept: the oldest ones count from the start then."""
    kept = changes[-MAX_CHANGES:]
    while len(kept) > 1 and sum(change.size_bytes for change in kept) > MAX_BYTES:
        kept = kept[1:]
    return folded(facts, changes[: len(changes) - len(kept)]), kept
