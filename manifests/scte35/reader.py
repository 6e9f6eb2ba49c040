"""Reading messages: `splice_info_section` of ANSI/SCTE 35 (splice rules C-01 to C-14)."""

from manifests.errors import CueError
from manifests.scte35.bits import BitReader, crc32_mpeg
from manifests.scte35.descriptors import read_descriptor
from manifests.scte35.model import (
    BandwidthReservation,
    PrivateCommand,
    ScheduledSplice,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    TimeSignal,
)
from manifests.scte35.text import read_text

_TABLE_ID = 0xFC
_SMALLEST = 20  # bytes: splice_null without descriptors
_UNKNOWN_LENGTH = 0xFFF  # what senders of before 2009 write as the length of a command


def read_splice_info(data: bytes | str) -> SpliceInfo:
    """Read one message.

    Args:
        data: The section; or the section in base64 (either alphabet, with or without padding), or
            in hexadecimal after ``0x``. Bytes that follow the section are ignored.

    Raises:
        CueError: It is no such section, damaged, encrypted, or has an unknown command.
    """
    bits = _open_section(read_text(data) if isinstance(data, str) else data)
    if (version := bits.read(8)) != 0:
        raise CueError(f"protocol version {version}")
    if bits.flag():
        raise CueError("encrypted")
    bits.skip(6)  # encryption algorithm
    pts_adjustment = bits.read(33)
    bits.skip(8)  # index of the control word
    tier = bits.read(12)
    command_length = bits.read(12)
    command_type = bits.read(8)
    command_bits = bits if command_length == _UNKNOWN_LENGTH else bits.sub(command_length)
    command = _read_command(command_type, command_bits, bounded=command_bits is not bits)
    return SpliceInfo(
        pts_adjustment=pts_adjustment,
        tier=tier,
        command=command,
        descriptors=_read_descriptors(bits.sub(bits.read(16))),
    )


def _open_section(data: bytes) -> BitReader:
    """A reader of what lies between the length of the section and its checksum (C-01)."""
    header = BitReader(data[:3])
    if (table_id := header.read(8)) != _TABLE_ID:
        raise CueError(f"table id 0x{table_id:02X}")
    header.skip(4)  # syntax indicator, private indicator, SAP type
    end = 3 + header.read(12)
    if not _SMALLEST <= end <= len(data):
        raise CueError(f"a section of {end} bytes, {len(data)} are there")
    if crc32_mpeg(data[: end - 4]) != int.from_bytes(data[end - 4 : end], "big"):
        raise CueError("checksum does not match")
    return BitReader(data[3 : end - 4])


def _read_command(command_type: int, bits: BitReader, *, bounded: bool) -> SpliceCommand:
    match command_type:
        case 0x00:
            return SpliceNull()
        case 0x04:
            return SpliceSchedule(events=tuple(_read_scheduled(bits) for _ in range(bits.read(8))))
        case 0x05:
            return _read_insert(bits)
        case 0x06:
            return TimeSignal(pts_ticks=_read_splice_time(bits))
        case 0x07:
            return BandwidthReservation()
        case 0xFF if bounded:
            return PrivateCommand(
                identifier=bits.read(32), data=bits.take(bits.remaining_bits // 8)
            )
        case _:
            raise CueError(f"command 0x{command_type:02X}")


def _read_insert(bits: BitReader) -> SpliceInsert:
    event_id = bits.read(32)
    cancel = bits.flag()
    bits.skip(7)
    if cancel:
        return SpliceInsert(event_id=event_id, cancel=True)
    out_of_network, of_program, has_duration, immediate = (bits.flag() for _ in range(4))
    bits.skip(4)
    pts_ticks = None
    if not of_program:
        pts_ticks = _read_component_times(bits, immediate=immediate)
    elif not immediate:
        pts_ticks = _read_splice_time(bits)
    auto_return, duration_ticks = _read_break_duration(bits) if has_duration else (False, None)
    return SpliceInsert(
        event_id=event_id,
        out_of_network=out_of_network,
        immediate=immediate,
        pts_ticks=pts_ticks,
        duration_ticks=duration_ticks,
        auto_return=auto_return,
        unique_program_id=bits.read(16),
        avail_num=bits.read(8),
        avails_expected=bits.read(8),
    )


def _read_scheduled(bits: BitReader) -> ScheduledSplice:
    event_id = bits.read(32)
    cancel = bits.flag()
    bits.skip(7)
    if cancel:
        return ScheduledSplice(event_id=event_id, cancel=True)
    out_of_network, of_program, has_duration = (bits.flag() for _ in range(3))
    bits.skip(5)
    gps_s: int | None
    if of_program:
        gps_s = bits.read(32)
    else:
        # Each component has a tag of 8 bits and a time; the break is where the first one is.
        times = [bits.read(40) & 0xFFFF_FFFF for _ in range(bits.read(8))]
        gps_s = times[0] if times else None
    auto_return, duration_ticks = _read_break_duration(bits) if has_duration else (False, None)
    return ScheduledSplice(
        event_id=event_id,
        out_of_network=out_of_network,
        gps_s=gps_s,
        duration_ticks=duration_ticks,
        auto_return=auto_return,
        unique_program_id=bits.read(16),
        avail_num=bits.read(8),
        avails_expected=bits.read(8),
    )


def _read_component_times(bits: BitReader, *, immediate: bool) -> int | None:
    """The first time among the components, each of which has a tag of 8 bits."""
    first = None
    for _ in range(bits.read(8)):
        bits.skip(8)
        ticks = None if immediate else _read_splice_time(bits)
        first = ticks if first is None else first
    return first


def _read_splice_time(bits: BitReader) -> int | None:
    if bits.flag():
        bits.skip(6)
        return bits.read(33)
    bits.skip(7)
    return None


def _read_break_duration(bits: BitReader) -> tuple[bool, int]:
    auto_return = bits.flag()
    bits.skip(6)
    return auto_return, bits.read(33)


def _read_descriptors(bits: BitReader) -> tuple[SpliceDescriptor, ...]:
    descriptors = []
    while bits.remaining_bits:
        tag = bits.read(8)
        descriptors.append(read_descriptor(tag, bits.take(bits.read(8))))
    return tuple(descriptors)
