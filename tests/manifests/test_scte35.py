"""SCTE 35 messages (splice rules, part C). Sections are put together here by hand, bit by bit."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manifests.errors import CueError
from manifests.scte35 import (
    AudioComponent,
    AudioDescriptor,
    AvailDescriptor,
    BandwidthReservation,
    DtmfDescriptor,
    OtherDescriptor,
    PrivateCommand,
    ScheduledSplice,
    SegmentationDescriptor,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    TimeDescriptor,
    TimeSignal,
    adjusted_ticks,
    pts_delta,
    read_mid,
    read_splice_info,
    to_base64,
    to_hex,
    write_splice_info,
)
from manifests.scte35.bits import BitReader, crc32_mpeg

WRAP = 1 << 33

# C-16: the samples of the standard, and what it says of them
VECTORS = {
    "provider placement opportunity starts": (
        "/DA0AAAAAAAA///wBQb+cr0AUAAeAhxDVUVJSAAAjn/PAAGlmbAICAAAAAAsoKGKNAIAmsnRfg==",
        SpliceInfo(
            command=TimeSignal(pts_ticks=1_924_989_008),
            descriptors=(
                SegmentationDescriptor(
                    event_id=0x4800008E,
                    type_id=0x34,
                    duration_ticks=307 * 90_000,
                    upids=((0x08, bytes.fromhex("000000002CA0A18A")),),
                    delivery_not_restricted=False,
                    web_delivery_allowed=False,
                    segment_num=2,
                ),
            ),
        ),
        21388.766756,
    ),
    "splice_insert with an avail descriptor": (
        "/DAvAAAAAAAA///wFAVIAACPf+/+c2nALv4AUsz1AAAAAAAKAAhDVUVJAAABNWLbowo=",
        SpliceInfo(
            command=SpliceInsert(
                event_id=0x4800008F,
                out_of_network=True,
                pts_ticks=1_936_310_318,
                duration_ticks=5_426_421,
                auto_return=True,
            ),
            descriptors=(AvailDescriptor(provider_avail_id=0x135),),
        ),
        21514.559089,
    ),
    "provider placement opportunity ends": (
        "/DAvAAAAAAAA///wBQb+dGKQoAAZAhdDVUVJSAAAjn+fCAgAAAAALKChijUCAKnMZ1g=",
        SpliceInfo(
            command=TimeSignal(pts_ticks=1_952_616_608),
            descriptors=(
                SegmentationDescriptor(
                    event_id=0x4800008E,
                    type_id=0x35,
                    upids=((0x08, bytes.fromhex("000000002CA0A18A")),),
                    delivery_not_restricted=False,
                    segment_num=2,
                ),
            ),
        ),
        21695.740089,
    ),
    "one programme ends and the next one starts": (
        "/DBIAAAAAAAA///wBQb+ek2ItgAyAhdDVUVJSAAAGH+fCAgAAAAALMvDRBEAAAIXQ1VFSUgAABl/nwgIAAAAACyk"
        "26AQAACZcuND",
        SpliceInfo(
            command=TimeSignal(pts_ticks=2_051_901_622),
            descriptors=(
                SegmentationDescriptor(
                    event_id=0x48000018,
                    type_id=0x11,
                    upids=((0x08, bytes.fromhex("000000002CCBC344")),),
                    delivery_not_restricted=False,
                ),
                SegmentationDescriptor(
                    event_id=0x48000019,
                    type_id=0x10,
                    upids=((0x08, bytes.fromhex("000000002CA4DBA0")),),
                    delivery_not_restricted=False,
                ),
            ),
        ),
        22798.906911,
    ),
}


def packed(*fields: tuple[int, int]) -> bytes:
    """Fields of (value, bits) one after the other, filling whole bytes."""
    text = "".join(f"{value:0{bits}b}" for value, bits in fields)
    assert len(text) % 8 == 0
    return int(text, 2).to_bytes(len(text) // 8, "big") if text else b""


def slow_crc(data: bytes) -> int:
    """The checksum as the standard describes it: a shift register of 32 bits."""
    register = 0xFFFF_FFFF
    for byte in data:
        for bit in range(7, -1, -1):
            feedback = (register >> 31) ^ (byte >> bit & 1)
            register = (register << 1 & 0xFFFF_FFFF) ^ (0x04C1_1DB7 if feedback else 0)
    return register


def section(
    command_type: int = 0x00,
    command: bytes = b"",
    descriptors: bytes = b"",
    *,
    command_length: int | None = None,
    loop_length: int | None = None,
    version: int = 0,
    encrypted: int = 0,
    pts_adjustment: int = 0,
    tier: int = 0xFFF,
    table_id: int = 0xFC,
    stuffing: bytes = b"",
) -> bytes:
    """A section with the right checksum, whatever else is wrong with it."""
    body = packed((version, 8), (encrypted, 1), (0, 6), (pts_adjustment, 33), (0xFF, 8))
    body += packed(
        (tier, 12),
        (len(command) if command_length is None else command_length, 12),
        (command_type, 8),
    )
    body += command
    body += (len(descriptors) if loop_length is None else loop_length).to_bytes(2, "big")
    body += descriptors + stuffing
    start = packed((table_id, 8), (0b0011, 4), (len(body) + 4, 12)) + body
    return start + slow_crc(start).to_bytes(4, "big")


def descriptor(tag: int, content: bytes, identifier: bytes = b"CUEI") -> bytes:
    data = identifier + content
    return bytes((tag, len(data))) + data


def first_descriptor(loop: bytes) -> SpliceDescriptor:
    """What the first of the descriptors is read as, beside an immediate time_signal."""
    return read_splice_info(section(0x06, b"\x7f", loop)).descriptors[0]


def command_of(command_type: int, command: bytes) -> SpliceCommand:
    return read_splice_info(section(command_type, command)).command


# Samples of the standard and the ways to write them


@pytest.mark.parametrize(("text", "info", "seconds"), VECTORS.values(), ids=VECTORS)
def test_a_sample_of_the_standard_is_read_and_written_back(
    text: str, info: SpliceInfo, seconds: float
) -> None:
    """C-16."""
    assert read_splice_info(text) == info
    assert to_base64(write_splice_info(info)) == text
    ticks = adjusted_ticks(info)
    assert ticks is not None
    assert round(ticks / 90_000, 6) == seconds


FORMS = {
    "bytes": lambda raw: raw,
    "base64": to_base64,
    "base64 without padding": lambda raw: to_base64(raw).rstrip("="),
    "base64 safe for URLs": lambda raw: to_base64(raw).replace("/", "_").replace("+", "-"),
    "base64 over several lines": lambda raw: (
        f"\n  {to_base64(raw)[:20]}\n  {to_base64(raw)[20:]}\n"
    ),
    "hexadecimal": to_hex,
    "hexadecimal in small letters": lambda raw: to_hex(raw).lower(),
    "hexadecimal with a capital X": lambda raw: "0X" + raw.hex(),
    "followed by other bytes": lambda raw: raw + b"\xff" * 100,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_message_is_read_in_every_form(form: Callable[[bytes], bytes | str]) -> None:
    text, info, _ = VECTORS["splice_insert with an avail descriptor"]
    assert "+" in text
    assert "/" in text
    assert text.endswith("=")
    assert read_splice_info(form(write_splice_info(info))) == info


def test_hexadecimal_is_written_in_capitals_after_0x() -> None:
    assert to_hex(b"\xfc\x30\x0a") == "0xFC300A"


NOT_TEXT = {
    "empty": "",
    "a single letter": "A",
    "a letter outside the alphabet": "/DA0AAAA!AAA",
    "not ASCII": "/DA0ÄÖÜ",
    "padding in the middle": "/DA=AAAA",
    "an odd number of digits": "0xFC3",
    "not a digit": "0xFC3G",
    "only the prefix": "0x",
    "text of another kind": "https://ads.example/break",
}


@pytest.mark.parametrize("text", NOT_TEXT.values(), ids=NOT_TEXT)
def test_text_that_holds_no_message_is_refused(text: str) -> None:
    with pytest.raises(CueError):
        read_splice_info(text)


def test_text_longer_than_any_message_is_refused_unread() -> None:
    with pytest.raises(CueError, match="more than a message"):
        read_splice_info(to_base64(section()) + " " * 20_000)


# The section


def test_the_checksum_is_the_one_of_mpeg() -> None:
    """C-01; the check value is the one that catalogues of checksums give."""
    assert crc32_mpeg(b"123456789") == slow_crc(b"123456789") == 0x0376_E6E7


def test_each_damaged_bit_is_noticed() -> None:
    """C-01."""
    good = section(0x06, b"\x7f")
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit >> 3] ^= 0x80 >> (bit & 7)
        with pytest.raises(CueError):
            read_splice_info(bytes(bad))


def test_a_message_cut_anywhere_is_refused() -> None:
    """C-01."""
    good = write_splice_info(VECTORS["splice_insert with an avail descriptor"][1])
    for length in range(len(good)):
        with pytest.raises(CueError):
            read_splice_info(good[:length])


def short_section(length: int) -> bytes:
    """A section of `length` bytes after its own length, with the right checksum."""
    start = packed((0xFC, 8), (0b0011, 4), (length, 12)) + bytes(max(0, length - 4))
    return start + slow_crc(start).to_bytes(4, "big")


@pytest.mark.parametrize("length", range(17))
def test_a_section_too_short_for_its_fields_is_refused(length: int) -> None:
    with pytest.raises(CueError):
        read_splice_info(short_section(length))


def test_the_smallest_section_is_read() -> None:
    assert read_splice_info(short_section(17)).command == SpliceNull()


REFUSED = {
    "encrypted": section(encrypted=1),
    "another table": section(table_id=0x00),
    "a later protocol": section(version=1),
    "an unknown command": section(0x42, b"\x00" * 8),
    "a reserved command": section(0x01),
    "a command that ends too early": section(0x05, b"\x00" * 4),
    "a command length beyond the section": section(0x06, b"\x7f", command_length=0x7FE),
    "a time cut by the command length": section(0x06, b"\xfe\x00\x00"),
    "a descriptor loop beyond the section": section(loop_length=1),
    "a descriptor without a length": section(descriptors=b"\x02"),
    "a descriptor beyond its loop": section(descriptors=b"\x02\x05CUEI"),
    "a segmentation descriptor without content": section(descriptors=b"\x02\x04CUEI"),
    "a private command without identifier": section(0xFF, b"\x00\x01\x02"),
    "a private command of unknown length": section(0xFF, b"\x00" * 8, command_length=0xFFF),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_a_section_that_cannot_be_followed_is_refused(data: bytes) -> None:
    """C-01: encryption, and lengths that bound all reads."""
    with pytest.raises(CueError):
        read_splice_info(data)


def test_the_descriptor_loop_ends_where_its_length_says() -> None:
    """C-01: what follows the loop is stuffing, not a descriptor."""
    avail = descriptor(0x00, packed((7, 32)))
    info = read_splice_info(section(descriptors=avail, stuffing=avail))
    assert info.descriptors == (AvailDescriptor(provider_avail_id=7),)


def test_a_command_ends_where_its_length_says() -> None:
    """C-01: bytes that a later edition adds to a command are passed over."""
    info = read_splice_info(section(0x06, b"\x7f\xaa\xbb", descriptor(0x00, packed((7, 32)))))
    assert info.command == TimeSignal(pts_ticks=None)
    assert info.descriptors == (AvailDescriptor(provider_avail_id=7),)


def test_a_command_of_unknown_length_is_read_by_its_fields() -> None:
    data = section(
        0x06, packed((1, 1), (63, 6), (90_000, 33)), descriptor(0, packed((7, 32))),
        command_length=0xFFF,
    )  # fmt: skip
    info = read_splice_info(data)
    assert info.command == TimeSignal(pts_ticks=90_000)
    assert info.descriptors == (AvailDescriptor(provider_avail_id=7),)


def test_tier_and_adjustment_are_told() -> None:
    """C-01."""
    info = read_splice_info(section(tier=0x123, pts_adjustment=WRAP - 1))
    assert (info.tier, info.pts_adjustment) == (0x123, WRAP - 1)


# Times


@pytest.mark.parametrize(
    ("ticks", "adjustment", "adjusted"),
    [(100, 0, 100), (100, 90_000, 90_100), (WRAP - 1, 1, 0), (WRAP - 1, WRAP - 1, WRAP - 2)],
)
def test_the_adjustment_is_added_modulo_the_wrap(
    ticks: int, adjustment: int, adjusted: int
) -> None:
    """C-01."""
    insert = SpliceInsert(event_id=1, pts_ticks=ticks)
    for command in (TimeSignal(pts_ticks=ticks), insert):
        info = SpliceInfo(pts_adjustment=adjustment, command=command)
        assert adjusted_ticks(info) == adjusted
        assert read_splice_info(write_splice_info(info)).command == command  # raw in the value


@pytest.mark.parametrize(
    "command",
    [TimeSignal(), SpliceInsert(event_id=1, immediate=True), SpliceNull(), SpliceSchedule()],
    ids=lambda command: type(command).__name__,
)
def test_a_command_without_a_time_has_no_adjusted_one(command: SpliceCommand) -> None:
    assert adjusted_ticks(SpliceInfo(pts_adjustment=5, command=command)) is None


@pytest.mark.parametrize(
    ("a", "b", "delta"),
    [
        (5, 3, 2),
        (3, 5, -2),
        (1, WRAP - 1, 2),
        (WRAP - 1, 1, -2),
        (1 << 32, 0, -(1 << 32)),
        (0, 1 << 32, -(1 << 32)),
        ((1 << 32) - 1, 0, (1 << 32) - 1),
    ],
)
def test_times_compare_across_the_wrap(a: int, b: int, delta: int) -> None:
    """C-02."""
    assert pts_delta(a, b) == delta


# Commands


def test_an_insert_starts_a_break_at_a_time() -> None:
    """C-03, C-04: with a duration as safety net only."""
    command = command_of(
        0x05,
        packed(
            *((77, 32), (0, 1), (127, 7), (1, 1), (1, 1), (1, 1), (0, 1), (15, 4)),
            *((1, 1), (63, 6), (WRAP - 1, 33)),
            *((0, 1), (63, 6), (2_700_000, 33)),
            *((0xABCD, 16), (2, 8), (3, 8)),
        ),
    )
    assert command == SpliceInsert(
        event_id=77,
        out_of_network=True,
        pts_ticks=WRAP - 1,
        duration_ticks=2_700_000,
        auto_return=False,
        unique_program_id=0xABCD,
        avail_num=2,
        avails_expected=3,
    )


def test_an_immediate_insert_ends_a_break_without_a_time() -> None:
    """C-03: `splice_immediate`, so no splice_time follows."""
    fields = ((77, 32), (0, 8), (0, 1), (1, 1), (0, 1), (1, 1), (15, 4), (9, 16), (0, 8), (0, 8))
    assert command_of(0x05, packed(*fields)) == SpliceInsert(
        event_id=77, immediate=True, unique_program_id=9
    )


def test_an_insert_without_a_specified_time_has_none() -> None:
    """C-03: not immediate, yet `time_specified_flag` is 0."""
    fields = ((77, 32), (0, 8), (0b1100, 4), (15, 4), (0x7F, 8), (9, 16), (0, 8), (0, 8))
    assert command_of(0x05, packed(*fields)) == SpliceInsert(
        event_id=77, out_of_network=True, unique_program_id=9
    )


def test_a_cancelled_insert_is_only_an_event_id() -> None:
    """C-03."""
    assert command_of(0x05, packed((77, 32), (1, 1), (127, 7))) == SpliceInsert(
        event_id=77, cancel=True
    )


def test_an_insert_in_component_mode_takes_the_first_time() -> None:
    """C-03: three components; the first has no time of its own."""
    command = command_of(
        0x05,
        packed(
            *((77, 32), (0, 8), (0b1010, 4), (15, 4), (3, 8)),
            *((1, 8), (0x7F, 8)),
            *((2, 8), (1, 1), (63, 6), (450_000, 33)),
            *((3, 8), (1, 1), (63, 6), (360_000, 33)),
            *((1, 1), (63, 6), (900_000, 33)),
            *((9, 16), (1, 8), (1, 8)),
        ),
    )
    assert command == SpliceInsert(
        event_id=77,
        out_of_network=True,
        pts_ticks=450_000,
        duration_ticks=900_000,
        auto_return=True,
        unique_program_id=9,
        avail_num=1,
        avails_expected=1,
    )


def test_an_immediate_insert_in_component_mode_has_no_times() -> None:
    """C-03."""
    fields = ((77, 32), (0, 8), (0b1001, 4), (15, 4), (2, 8), (1, 8), (2, 8))
    command = command_of(0x05, packed(*fields, (9, 16), (1, 8), (1, 8)))
    assert command == SpliceInsert(
        event_id=77,
        out_of_network=True,
        immediate=True,
        unique_program_id=9,
        avail_num=1,
        avails_expected=1,
    )


COMMANDS = {
    "splice_null": (0x00, b"", SpliceNull()),
    "bandwidth_reservation": (0x07, b"", BandwidthReservation()),
    "immediate time_signal": (0x06, b"\x7f", TimeSignal(pts_ticks=None)),
    "time_signal at zero": (0x06, packed((127, 7), (0, 33)), TimeSignal(pts_ticks=0)),
    "private_command": (0xFF, b"ABCD\x01\x02", PrivateCommand(identifier=0x41424344, data=b"\1\2")),
    "private_command alone": (0xFF, b"ABCD", PrivateCommand(identifier=0x41424344)),
    "empty splice_schedule": (0x04, b"\x00", SpliceSchedule()),
}


@pytest.mark.parametrize(("command_type", "data", "command"), COMMANDS.values(), ids=COMMANDS)
def test_the_plainer_commands_are_read(
    command_type: int, data: bytes, command: SpliceCommand
) -> None:
    """C-05."""
    assert command_of(command_type, data) == command


def test_a_schedule_tells_its_events_in_seconds_of_gps() -> None:
    """C-05: a whole programme, a cancellation, components, and components that are none."""
    command = command_of(
        0x04,
        packed(
            (4, 8),
            *((1, 32), (0, 8), (0b111, 3), (31, 5), (1_400_000_000, 32)),
            *((1, 1), (63, 6), (2_700_000, 33), (5, 16), (1, 8), (2, 8)),
            *((2, 32), (1, 1), (127, 7)),
            *((3, 32), (0, 8), (0b000, 3), (31, 5), (2, 8), (1, 8), (4_000_000_000, 32)),
            *((2, 8), (7, 32), (6, 16), (0, 8), (0, 8)),
            *((4, 32), (0, 8), (0b100, 3), (31, 5), (0, 8), (6, 16), (0, 8), (0, 8)),
        ),
    )
    assert command == SpliceSchedule(
        events=(
            ScheduledSplice(
                event_id=1,
                out_of_network=True,
                gps_s=1_400_000_000,
                duration_ticks=2_700_000,
                auto_return=True,
                unique_program_id=5,
                avail_num=1,
                avails_expected=2,
            ),
            ScheduledSplice(event_id=2, cancel=True),
            ScheduledSplice(event_id=3, gps_s=4_000_000_000, unique_program_id=6),
            ScheduledSplice(event_id=4, out_of_network=True, unique_program_id=6),
        )
    )


# Descriptors


def segmentation(
    *,
    flags: int = 0b111,
    restrictions: int = 0b11111,
    components: bytes = b"",
    duration: bytes = b"\0\0\0\0\1",
    upid: tuple[int, bytes] = (0, b""),
    end: bytes = b"\x34\x01\x02",
) -> bytes:
    """A segmentation descriptor; flags: whole programme, has duration, not restricted."""
    content = packed((42, 32), (0, 1), (127, 7), (flags, 3), (restrictions, 5))
    content += components + duration + bytes((upid[0], len(upid[1]))) + upid[1] + end
    return descriptor(0x02, content)


def first_segmentation(loop: bytes) -> SegmentationDescriptor:
    found = first_descriptor(loop)
    assert isinstance(found, SegmentationDescriptor)
    return found


def test_a_segmentation_is_an_event_each() -> None:
    """C-05: several in one section, in the order written, between other descriptors."""
    loop = segmentation() + descriptor(0x00, packed((7, 32))) + segmentation(end=b"\x30\x00\x00")
    descriptors = read_splice_info(section(0x06, b"\x7f", loop)).descriptors
    assert [getattr(found, "type_id", None) for found in descriptors] == [0x34, None, 0x30]


def test_a_cancelled_segmentation_is_only_an_event_id() -> None:
    """C-09."""
    found = first_descriptor(descriptor(0x02, packed((42, 32), (1, 1), (127, 7))))
    assert found == SegmentationDescriptor(event_id=42, cancel=True)


@pytest.mark.parametrize("bits", range(32))
def test_delivery_restrictions_are_told(bits: int) -> None:
    """C-09."""
    found = first_segmentation(segmentation(flags=0b110, restrictions=bits))
    assert not found.delivery_not_restricted
    assert found.web_delivery_allowed == bool(bits & 16)
    assert found.no_regional_blackout == bool(bits & 8)
    assert found.archive_allowed == bool(bits & 4)
    assert found.device_restrictions == bits % 4


@pytest.mark.parametrize("reserved", [0b00000, 0b11111])
def test_unrestricted_delivery_allows_everything_whatever_the_reserved_bits(reserved: int) -> None:
    """C-09."""
    assert first_segmentation(
        segmentation(flags=0b111, restrictions=reserved)
    ) == SegmentationDescriptor(
        event_id=42, type_id=0x34, duration_ticks=1, segment_num=1, segments_expected=2
    )


def test_a_duration_has_forty_bits_or_is_absent() -> None:
    """C-10."""
    longest = first_segmentation(segmentation(duration=b"\xff" * 5))
    assert longest.duration_ticks == (1 << 40) - 1
    assert first_segmentation(segmentation(flags=0b101, duration=b"")).duration_ticks is None


def test_the_components_of_a_segmentation_are_passed_over() -> None:
    """C-14: component tag and pts_offset, twice."""
    components = b"\x02" + packed((1, 8), (127, 7), (90_000, 33)) * 2
    found = first_segmentation(segmentation(flags=0b011, components=components))
    assert found == first_segmentation(segmentation())


MID = bytes((0x03, 12)) + b"ABCD1234567H" + bytes((0x0E, 3)) + b"a=b" + bytes((0x08, 0))
UPIDS = {
    "none": ((0x00, b""), ()),
    "Ad-ID": ((0x03, b"ABCD1234567H"), ((0x03, b"ABCD1234567H"),)),
    "URI": ((0x0F, b"urn:x:1"), ((0x0F, b"urn:x:1"),)),
    "UUID": ((0x10, bytes(range(16))), ((0x10, bytes(range(16))),)),
    "MPU": ((0x0C, b"ABCD\x00private"), ((0x0C, b"ABCD\x00private"),)),
    "MID": ((0x0D, MID), ((0x0D, MID),)),
    "unknown": ((0xEE, b"\xff\x00"), ((0xEE, b"\xff\x00"),)),
    "a type without content": ((0x09, b""), ((0x09, b""),)),
    "content without a type": ((0x00, b"x"), ((0x00, b"x"),)),
}


@pytest.mark.parametrize(("upid", "upids"), UPIDS.values(), ids=UPIDS)
def test_upids_are_kept_raw(upid: tuple[int, bytes], upids: tuple[tuple[int, bytes], ...]) -> None:
    """C-13."""
    found = first_segmentation(segmentation(upid=upid))
    assert found.upids == upids
    assert (found.type_id, found.segment_num, found.segments_expected) == (0x34, 1, 2)


def test_a_mid_lists_its_upids() -> None:
    """C-13."""
    assert read_mid(MID) == ((0x03, b"ABCD1234567H"), (0x0E, b"a=b"), (0x08, b""))
    assert read_mid(b"") == ()


@pytest.mark.parametrize("upid", [b"\x03", b"\x03\x05ABCD", MID + b"\x01"])
def test_a_damaged_mid_is_refused(upid: bytes) -> None:
    """C-13."""
    with pytest.raises(CueError):
        read_mid(upid)


SUB_SEGMENTS = {
    "a start with sub-segments": (b"\x34\x01\x02\x03\x04", (3, 4)),
    "an older start, without": (b"\x34\x01\x02", (None, None)),
    "a start cut within them": (b"\x34\x01\x02\x03", (None, None)),
    "a provider ad": (b"\x30\x01\x02\x03\x04", (3, 4)),
    "an overlay": (b"\x3a\x01\x02\x03\x04", (3, 4)),
    "an ad block": (b"\x46\x01\x02\x03\x04", (3, 4)),
    "an end, which has none": (b"\x35\x01\x02\x03\x04", (None, None)),
    "a programme, which has none": (b"\x10\x01\x02\x03\x04", (None, None)),
}


@pytest.mark.parametrize(("end", "numbers"), SUB_SEGMENTS.values(), ids=SUB_SEGMENTS)
def test_sub_segments_exist_only_if_the_length_says_so(
    end: bytes, numbers: tuple[int | None, int | None]
) -> None:
    """C-14; the descriptor that follows is found in any case."""
    loop = segmentation(end=end) + segmentation(end=b"\x22\x00\x00")
    first, second = read_splice_info(section(0x06, b"\x7f", loop)).descriptors
    assert isinstance(first, SegmentationDescriptor)
    assert isinstance(second, SegmentationDescriptor)
    assert (first.sub_segment_num, first.sub_segments_expected) == numbers
    assert second.type_id == 0x22


DESCRIPTORS = {
    "avail": (descriptor(0x00, packed((309, 32))), AvailDescriptor(provider_avail_id=309)),
    "DTMF": (
        descriptor(0x01, packed((177, 8), (4, 3), (31, 5)) + b"121#"),
        DtmfDescriptor(preroll_tenths=177, chars=b"121#"),
    ),
    "time": (
        descriptor(0x03, packed((1_800_000_037, 48), (999_999_999, 32), (37, 16))),
        TimeDescriptor(tai_s=1_800_000_037, tai_ns=999_999_999, utc_offset_s=37),
    ),
    "audio": (
        descriptor(
            0x04,
            packed((2, 4), (15, 4))
            + packed((5, 8), (0x656E67, 24), (7, 3), (10, 4), (1, 1))
            + packed((6, 8), (0x737061, 24), (0, 3), (2, 4), (0, 1)),
        ),
        AudioDescriptor(
            components=(
                AudioComponent(
                    component_tag=5,
                    language=b"eng",
                    bit_stream_mode=7,
                    num_channels=10,
                    full_service=True,
                ),
                AudioComponent(
                    component_tag=6,
                    language=b"spa",
                    bit_stream_mode=0,
                    num_channels=2,
                    full_service=False,
                ),
            )
        ),
    ),
    "unknown tag": (descriptor(0x63, b"new"), OtherDescriptor(tag=0x63, data=b"CUEInew")),
    "someone's own": (
        descriptor(0x02, b"data", identifier=b"ABCD"),
        OtherDescriptor(tag=0x02, data=b"ABCDdata"),
    ),
    "without an identifier": (b"\xf0\x02ab", OtherDescriptor(tag=0xF0, data=b"ab")),
    "empty": (b"\xf0\x00", OtherDescriptor(tag=0xF0, data=b"")),
}


@pytest.mark.parametrize(("data", "expected"), DESCRIPTORS.values(), ids=DESCRIPTORS)
def test_other_descriptors_are_read_or_skipped_by_their_length(
    data: bytes, expected: SpliceDescriptor
) -> None:
    """C-13: the next descriptor is found behind each of them."""
    descriptors = read_splice_info(section(0x06, b"\x7f", data + segmentation())).descriptors
    assert descriptors[0] == expected
    assert descriptors[1:] == (first_segmentation(segmentation()),)


# Writing

NOT_WRITTEN = {
    "a schedule": SpliceInfo(command=SpliceSchedule()),
    "a private command": SpliceInfo(command=PrivateCommand(identifier=1)),
    "a time that is immediate": SpliceInfo(
        command=SpliceInsert(event_id=1, immediate=True, pts_ticks=1)
    ),
    "an event id of 33 bits": SpliceInfo(command=SpliceInsert(event_id=1 << 32)),
    "a negative time": SpliceInfo(command=TimeSignal(pts_ticks=-1)),
    "a time beyond the wrap": SpliceInfo(command=TimeSignal(pts_ticks=WRAP)),
    "a tier of 13 bits": SpliceInfo(command=SpliceNull(), tier=1 << 12),
    "a DTMF descriptor": SpliceInfo(
        command=SpliceNull(), descriptors=(DtmfDescriptor(preroll_tenths=1, chars=b""),)
    ),
    "an avail of 33 bits": SpliceInfo(
        command=SpliceNull(), descriptors=(AvailDescriptor(provider_avail_id=1 << 32),)
    ),
    "a descriptor of 256 bytes": SpliceInfo(
        command=SpliceNull(), descriptors=(OtherDescriptor(tag=0xF0, data=bytes(256)),)
    ),
    "more than a section holds": SpliceInfo(
        command=SpliceNull(), descriptors=(OtherDescriptor(tag=0xF0, data=bytes(253)),) * 16
    ),
    "several upids": SpliceInfo(
        command=TimeSignal(),
        descriptors=(SegmentationDescriptor(event_id=1, upids=((3, b"a"), (3, b"b"))),),
    ),
    "a restriction without restrictions": SpliceInfo(
        command=TimeSignal(),
        descriptors=(SegmentationDescriptor(event_id=1, web_delivery_allowed=False),),
    ),
    "half of the sub-segments": SpliceInfo(
        command=TimeSignal(),
        descriptors=(SegmentationDescriptor(event_id=1, type_id=0x34, sub_segment_num=1),),
    ),
    "sub-segments of an end": SpliceInfo(
        command=TimeSignal(),
        descriptors=(
            SegmentationDescriptor(
                event_id=1, type_id=0x35, sub_segment_num=1, sub_segments_expected=1
            ),
        ),
    ),
}


@pytest.mark.parametrize("info", NOT_WRITTEN.values(), ids=NOT_WRITTEN)
def test_what_a_message_cannot_say_is_not_written(info: SpliceInfo) -> None:
    with pytest.raises(ValueError, match=r"."):
        write_splice_info(info)


def test_the_largest_section_is_written_and_read() -> None:
    # 4093 bytes, of which 17 are no descriptors; a descriptor has 2 bytes before its data
    data = [bytes(255)] * 15 + [bytes(4093 - 17 - 15 * 257 - 2)]
    info = SpliceInfo(
        command=SpliceNull(),
        descriptors=tuple(OtherDescriptor(tag=0xF0, data=each) for each in data),
    )
    section_bytes = write_splice_info(info)
    assert len(section_bytes) == 3 + 4093
    assert read_splice_info(to_hex(section_bytes)) == info


# Properties


def number(bits: int) -> st.SearchStrategy[int]:
    return st.integers(0, (1 << bits) - 1)


ticks = st.none() | number(33)
cancelled_inserts = st.builds(SpliceInsert, event_id=number(32), cancel=st.just(True))
inserts = st.builds(
    lambda *, immediate, pts_ticks, duration_ticks, auto_return, **fields: SpliceInsert(
        immediate=immediate,
        pts_ticks=None if immediate else pts_ticks,
        duration_ticks=duration_ticks,
        auto_return=auto_return and duration_ticks is not None,
        **fields,
    ),
    event_id=number(32),
    out_of_network=st.booleans(),
    immediate=st.booleans(),
    pts_ticks=ticks,
    duration_ticks=ticks,
    auto_return=st.booleans(),
    unique_program_id=number(16),
    avail_num=number(8),
    avails_expected=number(8),
)
restrictions: st.SearchStrategy[dict[str, int]] = st.just({}) | st.fixed_dictionaries(
    {
        "delivery_not_restricted": st.just(False),
        "web_delivery_allowed": st.booleans(),
        "no_regional_blackout": st.booleans(),
        "archive_allowed": st.booleans(),
        "device_restrictions": number(2),
    }
)
types = st.fixed_dictionaries({"type_id": number(8)}) | st.fixed_dictionaries(
    {
        "type_id": st.sampled_from((0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x44, 0x46)),
        "sub_segment_num": number(8),
        "sub_segments_expected": number(8),
    }
)
upids = st.tuples() | st.tuples(st.tuples(st.integers(1, 255), st.binary(max_size=200)))
segmentations = st.builds(
    lambda restrictions, types, **fields: SegmentationDescriptor(**restrictions, **types, **fields),
    restrictions,
    types,
    event_id=number(32),
    duration_ticks=st.none() | number(40),
    upids=upids,
    segment_num=number(8),
    segments_expected=number(8),
)
cancellations = st.builds(SegmentationDescriptor, event_id=number(32), cancel=st.just(True))
avails = st.builds(AvailDescriptor, provider_avail_id=number(32))
others = st.builds(
    OtherDescriptor,
    tag=number(8),
    data=st.binary(max_size=250).filter(lambda data: not data.startswith(b"CUEI")),
)
infos = st.builds(
    SpliceInfo,
    pts_adjustment=number(33),
    tier=number(12),
    command=st.builds(SpliceNull)
    | inserts
    | cancelled_inserts
    | st.builds(TimeSignal, pts_ticks=ticks),
    descriptors=st.lists(segmentations | cancellations | avails | others, max_size=5).map(tuple),
)


@given(infos)
def test_what_was_written_is_read_back(info: SpliceInfo) -> None:
    data = write_splice_info(info)
    assert read_splice_info(data) == info
    assert read_splice_info(to_base64(data)) == info
    assert read_splice_info(to_hex(data)) == info
    assert write_splice_info(read_splice_info(data)) == data


def is_read_or_refused(data: bytes | str) -> None:
    try:
        info = read_splice_info(data)
    except CueError:
        return
    assert isinstance(info, SpliceInfo)
    ticks = adjusted_ticks(info)
    assert ticks is None or 0 <= ticks < WRAP


@given(st.binary() | st.text() | st.text().map("0x{}".format))
def test_anything_is_read_or_refused(data: bytes | str) -> None:
    """H-12."""
    is_read_or_refused(data)


@given(
    command_type=st.sampled_from((0x00, 0x04, 0x05, 0x06, 0x07, 0xFF)) | number(8),
    command=st.binary(max_size=64),
    command_length=st.none() | number(12),
    descriptors=st.lists(
        st.tuples(st.integers(0, 5), st.binary(max_size=48)).map(lambda pair: descriptor(*pair))
        | st.binary(max_size=16),
        max_size=4,
    ).map(b"".join),
    loop_length=st.none() | number(16),
)
def test_any_content_of_a_sound_section_is_read_or_refused(
    command_type: int,
    command: bytes,
    command_length: int | None,
    descriptors: bytes,
    loop_length: int | None,
) -> None:
    """H-12, C-01: the checksum is right, so the fields themselves are reached."""
    data = section(
        command_type,
        command,
        descriptors,
        command_length=command_length,
        loop_length=loop_length,
    )
    is_read_or_refused(data)


@given(st.binary(max_size=8), st.lists(st.integers(0, 40), max_size=8))
def test_a_bit_reader_reads_the_bits_in_order(data: bytes, widths: list[int]) -> None:
    text = "".join(f"{byte:08b}" for byte in data)
    bits = BitReader(data)
    for width in widths:
        if width > len(text):
            with pytest.raises(CueError):
                bits.read(width)
            break
        assert bits.read(width) == int(text[:width] or "0", 2)
        text = text[width:]
        assert bits.remaining_bits == len(text)
