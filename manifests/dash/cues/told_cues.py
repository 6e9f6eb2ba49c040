"""Cues that segments told, kept as long as they matter (C-11).

A break that lies ahead counts only as long as it is announced. An MPD announces its events anew
with every reload; a segment tells a thing once. So what segments told is kept until it is past.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from manifests.break_log import LIMIT
from manifests.breaks import Cue, CueKind


@dataclass(frozen=True, slots=True)
class ToldCues:
    """What segments told, by their start on the content clock."""

    segments: Mapping[Decimal, tuple[Cue, ...]] = field(default_factory=dict)

    def tell(self, start: Decimal, cues: Iterable[Cue]) -> "ToldCues":
        """Take in what the segment with this start told; of too much the oldest goes."""
        segments = {**self.segments, start: tuple(cues)[-LIMIT:]}
        count = sum(map(len, segments.values()))
        for oldest in sorted(segments):
            if count <= LIMIT:
                break
            count -= len(segments.pop(oldest))
        return ToldCues(segments)

    def forget_before(self, instant: Decimal) -> "ToldCues":
        """Drop what was told of events of which nothing is at or after an instant."""
        latest: dict[str | None, Decimal] = {}
        for cues in self.segments.values():
            for cue in cues:
                latest[cue.event_id] = max(cue.at, latest.get(cue.event_id, cue.at))

        def matters(cue: Cue) -> bool:
            # A cancellation may be told before the time of what it cancels: they go together.
            return (cue.at if cue.event_id is None else latest[cue.event_id]) >= instant

        kept = {
            start: tuple(filter(matters, cues))
            for start, cues in self.segments.items()
            if any(map(matters, cues))
        }
        return self if kept == self.segments else ToldCues(kept)

    def cues(self) -> tuple[Cue, ...]:
        """All of them, in the order in which they were told.

        What is told again before its time takes the place of what was told before (C-11).
        """
        found: list[Cue | None] = []
        starts: dict[str, tuple[Decimal, int]] = {}  # the last of each event, and its place
        for told_at in sorted(self.segments):
            for cue in self.segments[told_at]:
                if cue.kind is CueKind.OUT and cue.event_id is not None:
                    before, place = starts.get(cue.event_id, (told_at, 0))
                    if before > told_at:  # it had not come
                        found[place] = None
                    starts[cue.event_id] = (cue.at, len(found))
                found.append(cue)
        return tuple(cue for cue in found if cue is not None)
