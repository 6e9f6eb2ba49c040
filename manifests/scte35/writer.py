"""Writing messages, for the commands that an origin sends around breaks."""

from manifests.scte35.bits import BitWriter, crc32_mpeg
from manifests.scte35.model import (
    IDENTIFIER,
    SUB_SEGMENT_TYPES,
    AvailDescriptor,
    OtherDescriptor,
    SegmentationDescriptor,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    TimeSignal,
)

_LARGEST = 4093  # bytes after the length of a section


def write_splice_info(info: SpliceInfo) -> bytes:
    """Write a message as a section, with its checksum.

    Args:
        info: With `SpliceNull`, `SpliceInsert` (written in program mode) or `TimeSignal`; its
            descriptors segmentation, avail or other ones.

    Raises:
        ValueError: Another command or descriptor, a number too large for its field, or fields
            that a message cannot have together.
    """
    command_type, command = _write_command(info.command)
    descriptors = b"".join(map(_write_descriptor, info.descriptors))
    length = 17 + len(command) + len(descriptors)  # of all that follows its own field
    if length > _LARGEST:
        raise ValueError(f"{length} bytes are more than a section can have")
    bits = BitWriter()
    bits.write(0xFC, 8)
    bits.write(0b00_11, 4)  # no syntax indicator, not private, SAP type not specified
    bits.write(length, 12)
    bits.write(0, 8)  # protocol version
    bits.write(0, 7)  # not encrypted, no algorithm
    bits.write(info.pts_adjustment, 33)
    bits.reserve(8)  # index of the control word
    bits.write(info.tier, 12)
    bits.write(len(command), 12)
    bits.write(command_type, 8)
    bits.append(command)
    bits.write(len(descriptors), 16)
    bits.append(descriptors)
    section = bits.to_bytes()
    return section + crc32_mpeg(section).to_bytes(4, "big")


def _write_command(command: SpliceCommand) -> tuple[int, bytes]:
    """The type of a command and its content."""
    bits = BitWriter()
    match command:
        case SpliceNull():
            return 0x00, b""
        case SpliceInsert():
            _write_insert(bits, command)
            return 0x05, bits.to_bytes()
        case TimeSignal():
            _write_splice_time(bits, command.pts_ticks)
            return 0x06, bits.to_bytes()
        case _:
            raise ValueError(f"{type(command).__name__} is read but not written")


def _write_insert(bits: BitWriter, insert: SpliceInsert) -> None:
    bits.write(insert.event_id, 32)
    bits.flag(insert.cancel)
    bits.reserve(7)
    if insert.cancel:
        return
    if insert.immediate and insert.pts_ticks is not None:
        raise ValueError("an immediate splice has no time")
    bits.flag(insert.out_of_network)
    bits.flag(True)  # the whole program
    bits.flag(insert.duration_ticks is not None)
    bits.flag(insert.immediate)
    bits.reserve(4)
    if not insert.immediate:
        _write_splice_time(bits, insert.pts_ticks)
    if insert.duration_ticks is not None:
        bits.flag(insert.auto_return)
        bits.reserve(6)
        bits.write(insert.duration_ticks, 33)
    bits.write(insert.unique_program_id, 16)
    bits.write(insert.avail_num, 8)
    bits.write(insert.avails_expected, 8)


def _write_splice_time(bits: BitWriter, pts_ticks: int | None) -> None:
    bits.flag(pts_ticks is not None)
    if pts_ticks is None:
        bits.reserve(7)
    else:
        bits.reserve(6)
        bits.write(pts_ticks, 33)


def _write_descriptor(descriptor: SpliceDescriptor) -> bytes:
    match descriptor:
        case SegmentationDescriptor():
            tag, data = 0x02, IDENTIFIER + _write_segmentation(descriptor)
        case AvailDescriptor():
            tag, data = 0x00, IDENTIFIER + _write_avail(descriptor)
        case OtherDescriptor():
            tag, data = descriptor.tag, descriptor.data
        case _:
            raise ValueError(f"{type(descriptor).__name__} is read but not written")
    bits = BitWriter()
    bits.write(tag, 8)
    bits.write(len(data), 8)
    return bits.to_bytes() + data


def _write_avail(descriptor: AvailDescriptor) -> bytes:
    bits = BitWriter()
    bits.write(descriptor.provider_avail_id, 32)
    return bits.to_bytes()


def _write_segmentation(descriptor: SegmentationDescriptor) -> bytes:
    bits = BitWriter()
    bits.write(descriptor.event_id, 32)
    bits.flag(descriptor.cancel)
    bits.reserve(7)
    if descriptor.cancel:
        return bits.to_bytes()
    bits.flag(True)  # the whole program
    bits.flag(descriptor.duration_ticks is not None)
    bits.flag(descriptor.delivery_not_restricted)
    _write_restrictions(bits, descriptor)
    if descriptor.duration_ticks is not None:
        bits.write(descriptor.duration_ticks, 40)
    if len(descriptor.upids) > 1:
        raise ValueError("several upids are one of type 0x0D")
    upid_type, upid = descriptor.upids[0] if descriptor.upids else (0, b"")
    bits.write(upid_type, 8)
    bits.write(len(upid), 8)
    bits.append(upid)
    bits.write(descriptor.type_id, 8)
    bits.write(descriptor.segment_num, 8)
    bits.write(descriptor.segments_expected, 8)
    _write_sub_segments(bits, descriptor)
    return bits.to_bytes()


def _write_restrictions(bits: BitWriter, descriptor: SegmentationDescriptor) -> None:
    restrictions = BitWriter()
    restrictions.flag(descriptor.web_delivery_allowed)
    restrictions.flag(descriptor.no_regional_blackout)
    restrictions.flag(descriptor.archive_allowed)
    restrictions.write(descriptor.device_restrictions, 2)
    if descriptor.delivery_not_restricted and restrictions.value != 0b11111:
        raise ValueError("a delivery both restricted and not restricted")
    bits.write(restrictions.value, 5)


def _write_sub_segments(bits: BitWriter, descriptor: SegmentationDescriptor) -> None:
    number, expected = descriptor.sub_segment_num, descriptor.sub_segments_expected
    if number is None and expected is None:
        return
    if number is None or expected is None or descriptor.type_id not in SUB_SEGMENT_TYPES:
        raise ValueError(f"sub-segments of a segment of type 0x{descriptor.type_id:02X}")
    bits.write(number, 8)
    bits.write(expected, 8)
