"""What an MPD says (ISO/IEC 23009-1, section 5): values, beside the tree that they were read from.

Everything that Weft does not understand stays in the trees: `element` is the very element of the
document, with all that was written in it. Nobody changes it; who writes makes a copy.
Instants and durations of the presentation are `Decimal` seconds, media times are `int` ticks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from lxml import etree

NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"

Mode = Literal["timeline", "duration", "list", "indexed"]


@dataclass(frozen=True, slots=True)
class Run:
    """Segments of equal duration that follow each other: one S element (5.3.9.6)."""

    start: int  # media ticks of the first one
    duration: int  # ticks of each
    count: int  # 1 or more

    @property
    def end(self) -> int:
        """Where the last one ends, in media ticks."""
        return self.start + self.duration * self.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressing:
    """How a Representation's segments are found, with everything inherited (5.3.9.1).

    - `timeline`: SegmentTemplate or SegmentList with a SegmentTimeline; `runs` has all segments.
    - `duration`: SegmentTemplate with @duration and $Number$; `runs` is empty.
    - `list`: SegmentList with @duration; `runs` has all segments.
    - `indexed`: SegmentBase, or one segment that is all there is; `runs` is empty.
    """

    mode: Mode
    timescale: int = 1
    pto: int = 0  # presentationTimeOffset, ticks
    start_number: int = 1
    ept_delta: int = 0  # @eptDelta: where the first segment starts, from `pto` (mode `duration`)
    runs: tuple[Run, ...] = ()  # by start; there may be gaps, and overlaps of less than a segment
    is_open: bool = False  # the last run goes on without end (negative @r, no end of the Period)
    duration: int | None = None  # ticks of each segment, in modes `duration` and `list`
    end_number: int | None = None
    by_time: bool = False  # the template has $Time$
    is_list: bool = False  # SegmentList: one SegmentURL for each segment
    media: str | None = None  # the template, as written
    initialization: str | None = None  # template or URL, as written
    availability_offset: Fraction | None = Fraction(0)  # seconds; None: INF

    @property
    def start(self) -> int | None:
        """Where the first listed segment starts, in media ticks."""
        return self.runs[0].start if self.runs else None

    @property
    def end(self) -> int | None:
        """Where the last listed segment ends, in media ticks."""
        return self.runs[-1].end if self.runs else None

    def seconds(self, ticks: int) -> Fraction:
        """Seconds from the Period's start at a media time (B-01)."""
        return Fraction(ticks - self.pto, self.timescale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Representation:
    """One encoding of an AdaptationSet's content (5.3.5); attributes are inherited already."""

    id: str
    bandwidth: int
    element: etree._Element = field(compare=False, repr=False)
    addressing: Addressing | None  # None: neither template, list, base nor BaseURL of its own
    bases: tuple[str, ...]  # absolute, alternatives in document order (5.6)
    mime_type: str = ""
    codecs: str = ""
    width: int | None = None
    height: int | None = None
    frame_rate: Fraction | None = None
    sample_rate: int | None = None  # audioSamplingRate, Hz
    channels: int | None = None  # from AudioChannelConfiguration, where it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class AdaptationSet:
    """Interchangeable Representations of one content component (5.3.3)."""

    id: str | None
    element: etree._Element = field(compare=False, repr=False)
    kind: Literal["video", "audio", "text", "image", "other"]
    representations: tuple[Representation, ...]
    language: str | None = None
    is_encrypted: bool = False  # it or a Representation has ContentProtection
    is_trick_mode: bool = False  # it is only for trick play
    roles: tuple[str, ...] = ()  # of urn:mpeg:dash:role:2011, in document order


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One Event of an EventStream (5.10.2)."""

    at: Fraction  # seconds from the Period's start (B-50)
    duration: Fraction | None  # seconds
    id: str | None
    element: etree._Element = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStream:
    """The Events of one scheme in one Period."""

    scheme: str
    value: str
    timescale: int
    pto: int
    events: tuple[Event, ...]
    element: etree._Element = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """An interval of the presentation (5.3.2)."""

    id: str  # as written, or made from the start (B-05)
    start: Decimal  # seconds on the MPD's timeline
    end: Decimal | None  # None: not known yet
    element: etree._Element = field(compare=False, repr=False)
    sets: tuple[AdaptationSet, ...]
    event_streams: tuple[EventStream, ...] = ()
    bases: tuple[str, ...] = ()  # absolute, alternatives

    def representations(self) -> Iterator[tuple[AdaptationSet, Representation]]:
        """Every Representation with its set, in document order."""
        for one in self.sets:
            for representation in one.representations:
                yield one, representation


@dataclass(frozen=True, slots=True, kw_only=True)
class Mpd:
    """A Media Presentation Description (5.3.1)."""

    url: str  # where it came from, after redirects
    element: etree._Element = field(compare=False, repr=False)  # the root
    is_dynamic: bool
    periods: tuple[Period, ...]
    bases: tuple[str, ...]  # absolute, alternatives
    availability_start: Decimal | None = None  # AST, seconds since 1970
    publish_time: Decimal | None = None  # seconds since 1970
    duration: Decimal | None = None  # mediaPresentationDuration
    minimum_update_s: Decimal | None = None  # None: never updated again (B-40)
    time_shift_s: Decimal | None = None  # timeShiftBufferDepth
    max_segment_s: Decimal | None = None
    size_bytes: int = 0  # of the document
