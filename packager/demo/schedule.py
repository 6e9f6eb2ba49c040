"""When each segment and each break of the demo's channel happens: a function of time alone.

The channel began at its epoch and repeats the loop ever since, with no discontinuity: segment n is
segment `n % length` of the loop, moved to where the repetition `n // length` stands. Instants are
seconds since the epoch, exact.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from functools import cached_property
from itertools import accumulate

from packager.demo.media import DemoMedia, LoopRendition


class Dialect(StrEnum):
    """How breaks are signalled in the playlists (splice rules A-70 to A-72)."""

    CUE = "cue"  # CUE-OUT:20, CUE-OUT-CONT:4/20, CUE-IN
    DATERANGE = "daterange"  # EXT-X-DATERANGE with SCTE35-OUT and SCTE35-IN
    BOTH = "both"  # the two above, of one event
    ENHANCED = "enhanced"  # OATCLS-SCTE35 and its companions


class Addressing(StrEnum):
    """How the segments are listed in the MPD (splice rules B-11, B-13)."""

    TIMELINE = "timeline"  # SegmentTimeline and $Number$
    NUMBER = "number"  # @duration and $Number$: nothing is listed, the clock tells


class Offer(StrEnum):
    """What the channel's cues offer time for (splice rule C-06)."""

    ADS = "ads"  # in place of the programme
    OVERLAYS = "overlays"  # on it


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginSettings:
    """How the demo's channel behaves; the defaults are what `weft demo` shows."""

    epoch: datetime = datetime(2026, 1, 1, tzinfo=UTC)  # segment 0 starts here
    window_s: int = 60  # of a live playlist
    break_every_s: int = 60
    break_at_s: int = 30  # from the epoch to the first break
    break_s: int = 20  # as announced
    early_return_s: int | None = None  # every second break ends already after so many seconds
    offer: Offer = Offer.ADS
    dialect: Dialect = Dialect.BOTH
    vod_loops: int = 1  # how often the loop is repeated in the VOD
    addressing: Addressing = Addressing.TIMELINE
    mid_segment_s: Fraction = Fraction(0)  # the MPD moves the first of every two breaks so far

    def __post_init__(self) -> None:
        if not 0 < self.break_s < self.break_every_s:
            raise ValueError("a break must be shorter than the time from one to the next")
        if self.early_return_s is not None and not 0 < self.early_return_s < self.break_s:
            raise ValueError("an early return comes before the announced end")
        if self.offer is not Offer.ADS and self.dialect is not Dialect.DATERANGE:
            raise ValueError("the other dialects offer time for ads alone")
        if self.window_s < 6 or self.vod_loops < 1:
            raise ValueError("a window has at least 6 s, a VOD at least one loop")
        if not 0 <= self.mid_segment_s < min(self.break_s, self.break_every_s - self.break_s):
            raise ValueError("moved into a segment, a break neither is over nor meets the next")


@dataclass(frozen=True, slots=True)
class DemoBreak:
    """One break of the channel, at borders of segments; `back` is not inside it."""

    number: int  # from 0
    out: int  # first segment of the break
    back: int  # first segment after it
    start: Fraction
    end: Fraction
    announced_s: int

    @property
    def event_id(self) -> int:
        """The SCTE 35 event: unique for years."""
        return self.number + 1

    @property
    def is_early(self) -> bool:
        """Whether it ends before its announced end."""
        return self.end - self.start < self.announced_s


@dataclass(frozen=True)
class Schedule:
    """The times of one channel."""

    media: DemoMedia
    settings: OriginSettings

    @cached_property
    def length(self) -> int:
        """Segments in the loop."""
        return len(self.media.videos[0].durations)

    @property
    def vod_segments(self) -> int:
        """Segments in the VOD."""
        return self.length * self.settings.vod_loops

    @cached_property
    def _starts(self) -> dict[str, tuple[Fraction, ...]]:
        """Seconds from the loop's start to each segment's, and to the end, by rendition."""
        return {
            item.name: tuple(
                Fraction(ticks, item.timescale) for ticks in accumulate(item.durations, initial=0)
            )
            for item in self.media.renditions
        }

    def start(self, number: int, rendition: LoopRendition | None = None) -> Fraction:
        """When segment `number` starts in a rendition (the first video, if none is given)."""
        item = rendition or self.media.videos[0]
        loop, index = divmod(number, self.length)
        return loop * self.media.loop_s + self._starts[item.name][index]

    def duration(self, number: int, rendition: LoopRendition) -> Fraction:
        """Seconds of segment `number`."""
        return Fraction(rendition.durations[number % self.length], rendition.timescale)

    def shift_ticks(self, number: int, rendition: LoopRendition) -> int:
        """How far segment `number` lies, on the time axis, behind the same segment of the loop."""
        return round(number // self.length * self.media.loop_s * rendition.timescale)

    def ticks(self, number: int, rendition: LoopRendition) -> int:
        """The decode time that segment `number` is served with, in the rendition's timescale."""
        before = sum(rendition.durations[: number % self.length])
        return self.shift_ticks(number, rendition) + before

    def date(self, seconds: Fraction) -> str:
        """The instant so long after the epoch, as manifests have it: to the millisecond."""
        at = self.settings.epoch + timedelta(milliseconds=round(seconds * 1000))
        return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def first_from(self, instant: Fraction) -> int:
        """The first segment that starts at `instant` or later."""
        loop, rest = divmod(instant, self.media.loop_s)
        return loop * self.length + bisect_left(self._starts[self.media.videos[0].name], rest)

    def complete(self, now: Fraction) -> int:
        """The number of the first segment that is not complete at `now`: it is on air."""
        loop, rest = divmod(now, self.media.loop_s)
        return loop * self.length + bisect_right(self._starts[self.media.videos[0].name], rest) - 1

    def published(self, now: Fraction) -> range:
        """The segments in a live playlist at `now`: complete ones, as many as the window holds."""
        end = self.complete(now)
        if end <= 0:
            return range(0)
        return range(max(0, self.first_from(self.start(end) - self.settings.window_s)), end)

    def break_number(self, number: int) -> DemoBreak:
        """Break `number`, moved to the borders of segments that follow."""
        settings = self.settings
        start = Fraction(settings.break_at_s + number * settings.break_every_s)
        early = settings.early_return_s
        length = early if early is not None and number % 2 else settings.break_s
        out, back = self.first_from(start), self.first_from(start + length)
        return DemoBreak(number, out, back, self.start(out), self.start(back), settings.break_s)

    def break_of(self, segment: int) -> DemoBreak | None:
        """The break that has begun last when `segment` starts; None before the first."""
        number = (self.start(segment) - self.settings.break_at_s) // self.settings.break_every_s
        return self.break_number(number) if number >= 0 else None

    def breaks(self, first: int, end: int) -> tuple[DemoBreak, ...]:
        """The breaks that have a part in the segments from `first` up to, without, `end`."""
        if first >= end:
            return ()
        settings = self.settings
        lowest = (self.start(first) - settings.break_at_s) // settings.break_every_s
        highest = (self.start(end) - settings.break_at_s) // settings.break_every_s
        candidates = map(self.break_number, range(max(0, lowest), highest + 1))
        return tuple(item for item in candidates if item.out < end and item.back > first)
