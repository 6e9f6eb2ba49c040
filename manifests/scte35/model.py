"""What a SCTE 35 message says: one command and the descriptors beside it.

Times and durations are `int` ticks of 90 kHz, times modulo 2**33, as in the message: a time has
not had `pts_adjustment` added; `adjusted_ticks` adds it.
"""

from dataclasses import dataclass

PTS_CYCLE = 1 << 33  # about 26.5 hours
ALL_TIERS = 0xFFF
IDENTIFIER = b"CUEI"  # of the descriptors that SCTE 35 defines
# C-14: the types of segments that may have sub-segments
SUB_SEGMENT_TYPES = frozenset((0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x44, 0x46))


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceNull:
    """A heartbeat; says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BandwidthReservation:
    """Keeps bandwidth for later messages; says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceInsert:
    """The programme leaves for, or returns from, an avail (C-03).

    Of a cancellation only `event_id` and `cancel` mean something.
    """

    event_id: int
    cancel: bool = False
    out_of_network: bool = False  # a break starts; False: it ends
    immediate: bool = False  # at once; there is no time then
    pts_ticks: int | None = None  # in component mode that of the first component with a time
    duration_ticks: int | None = None
    auto_return: bool = False  # C-04: the break ends by itself after the duration
    unique_program_id: int = 0
    avail_num: int = 0
    avails_expected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSignal:
    """A time for the segmentation descriptors beside it; `None` means at once (C-05)."""

    pts_ticks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledSplice:
    """One event of a `SpliceSchedule`; as `SpliceInsert`, but long ahead and in wall-clock time."""

    event_id: int
    cancel: bool = False
    out_of_network: bool = False
    gps_s: int | None = None  # seconds since 1980-01-06T00:00Z, leap seconds counted
    duration_ticks: int | None = None
    auto_return: bool = False
    unique_program_id: int = 0
    avail_num: int = 0
    avails_expected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceSchedule:
    """Advance notice of splices (C-05)."""

    events: tuple[ScheduledSplice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrivateCommand:
    """A command of someone's own."""

    identifier: int  # registered with SMPTE, 32 bits
    data: bytes = b""


SpliceCommand = (
    SpliceNull | SpliceSchedule | SpliceInsert | TimeSignal | BandwidthReservation | PrivateCommand
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentationDescriptor:
    """A segment of the content starts, ends or is cancelled (C-05 to C-10, C-13, C-14).

    Of a cancellation only `event_id` and `cancel` mean something. Without restrictions
    (`delivery_not_restricted`) all deliveries are allowed, and the fields say so.
    """

    event_id: int
    cancel: bool = False
    type_id: int = 0
    duration_ticks: int | None = None  # 40 bits
    upids: tuple[tuple[int, bytes], ...] = ()  # (type, raw); none or one, a MID is one
    web_delivery_allowed: bool = True
    no_regional_blackout: bool = True
    archive_allowed: bool = True
    device_restrictions: int = 3  # groups 0, 1 and 2 are restricted; 3: none is
    delivery_not_restricted: bool = True
    segment_num: int = 0
    segments_expected: int = 0
    sub_segment_num: int | None = None
    sub_segments_expected: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AvailDescriptor:
    """The provider's own number of an avail."""

    provider_avail_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DtmfDescriptor:
    """Tones for receivers that know no messages."""

    preroll_tenths: int  # tenths of a second
    chars: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeDescriptor:
    """The sender's wall clock."""

    tai_s: int
    tai_ns: int
    utc_offset_s: int  # TAI - UTC


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioComponent:
    """One audio stream of an `AudioDescriptor`; the numbers are codes of ATSC A/52."""

    component_tag: int
    language: bytes  # ISO 639, three letters
    bit_stream_mode: int
    num_channels: int
    full_service: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioDescriptor:
    """Which audio streams the segment has."""

    components: tuple[AudioComponent, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherDescriptor:
    """A descriptor with a tag or an identifier that SCTE 35 does not define (C-13)."""

    tag: int
    data: bytes  # all that follows its length: identifier and content


SpliceDescriptor = (
    SegmentationDescriptor
    | AvailDescriptor
    | DtmfDescriptor
    | TimeDescriptor
    | AudioDescriptor
    | OtherDescriptor
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpliceInfo:
    """One message: a `splice_info_section`."""

    pts_adjustment: int = 0  # ticks, to be added to every time of the message (C-01)
    tier: int = ALL_TIERS  # 12 bits: whom it is for
    command: SpliceCommand
    descriptors: tuple[SpliceDescriptor, ...] = ()


def adjusted_ticks(info: SpliceInfo) -> int | None:
    """When the message takes effect on the clock of its stream (C-01).

    Returns:
        Ticks of 90 kHz modulo 2**33; `None` where the command has no time.
    """
    match info.command:
        case SpliceInsert(pts_ticks=int(ticks)) | TimeSignal(pts_ticks=int(ticks)):
            return (ticks + info.pts_adjustment) % PTS_CYCLE
        case _:
            return None


def pts_delta(a: int, b: int) -> int:
    """How far `a` is after `b`, in ticks, across the wrap of the clock (C-02).

    Returns:
        At least -2**32 and less than 2**32; negative where `a` comes first.
    """
    return (a - b + PTS_CYCLE // 2) % PTS_CYCLE - PTS_CYCLE // 2
