"""One rendition of an origin as a single sequence: its numbers and its clock never jump back.

The values only. `following` carries them from one version of the playlist to the next.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from manifests.hls.model import MediaPlaylist, Segment
from manifests.uris import without_query

# An origin may list no more than three target durations (rule A-08). Of them a session may lack an
# ad that is not over yet, and what an early return left open: so much more stays in the list.
KEPT = 5  # target durations; a segment that is gone can be had for as long (rule A-09)


@dataclass(frozen=True, slots=True)
class Shift:
    """What turns the origin's own numbers and dates into uninterrupted ones."""

    msn: int = 0
    dsn: int = 0
    time_s: Decimal = Decimal(0)
    restarts: int = 0  # how often the origin began again
    since_msn: int = 0  # the first number of the current beginning, if there were restarts


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The window of one rendition, numbered and timed without interruption.

    `dsns[i]` and `marks[i]` (DISCONTINUITY tags before it) belong to `segments[i]`, whose media
    sequence number is `first_msn + i` and which lasts from `starts[i]` to `starts[i + 1]`.
    """

    playlist: MediaPlaylist  # the latest version
    segments: tuple[Segment, ...]
    first_msn: int
    dsns: tuple[int, ...]
    marks: tuple[int, ...]
    starts: tuple[Decimal, ...]  # seconds on the content clock; one more than segments
    utc: bool  # the content clock is program date-time
    shift: Shift = Shift()

    @property
    def edge(self) -> Decimal:
        """Where the last segment ends."""
        return self.starts[-1]

    def border(self, at: Decimal) -> int:
        """The index of the border (segment start, or the end) nearest to an instant.

        What is more than half before the instant lies before the border, also beside a hole.
        """

        def middle(index: int) -> Decimal:
            return self.starts[index] + self.segments[index].duration / 2

        return bisect_left(range(len(self.segments)), at, key=middle)

    def first_border(self, at: Decimal, tolerance_s: Decimal) -> Decimal | None:
        """The first border at or after an instant (rule A-26); None if it is not listed yet."""
        index = bisect_left(self.starts, at - tolerance_s)
        return self.starts[index] if index < len(self.starts) else None

    def without_first(self, count: int) -> "Track":
        """Without its first `count` segments."""
        return replace(
            self,
            segments=self.segments[count:],
            first_msn=self.first_msn + count,
            dsns=self.dsns[count:],
            marks=self.marks[count:],
            starts=self.starts[count:],
        )

    def kept_from(self, index: int, playlist: MediaPlaylist, fresh: Sequence[Segment]) -> int:
        """The first index to keep before `fresh`, at most `index`: enough is listed (A-08)."""
        needed = KEPT * Decimal(playlist.target_duration)
        listed = sum((segment.duration for segment in fresh), self.edge)
        while index > 0 and listed - self.starts[index] < needed:
            index -= 1
        return index


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackMemory:
    """What another process must know to number a track on without a jump."""

    shift: Shift
    next_msn: int
    last_dsn: int
    edge: Decimal
    window_start: Decimal
    last_path: str  # of the last segment's URI
    utc: bool

    @classmethod
    def of(cls, track: Track) -> "TrackMemory":
        """Take what matters from a track that has segments."""
        return cls(
            shift=track.shift,
            next_msn=track.first_msn + len(track.segments),
            last_dsn=track.dsns[-1],
            edge=track.edge,
            window_start=track.starts[0],
            last_path=without_query(track.segments[-1].uri),
            utc=track.utc,
        )
