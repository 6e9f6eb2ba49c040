"""Reading the descriptors of a message (ANSI/SCTE 35, section 10; splice rules C-13, C-14)."""

from manifests.scte35.bits import BitReader
from manifests.scte35.model import (
    IDENTIFIER,
    SUB_SEGMENT_TYPES,
    AudioComponent,
    AudioDescriptor,
    AvailDescriptor,
    DtmfDescriptor,
    OtherDescriptor,
    SegmentationDescriptor,
    SpliceDescriptor,
    TimeDescriptor,
)


def read_descriptor(tag: int, data: bytes) -> SpliceDescriptor:
    """Read one descriptor.

    Args:
        tag: Its first byte.
        data: What follows its length. Bytes beyond those that are defined are ignored.

    Raises:
        CueError: It is shorter than its own fields say.
    """
    if not data.startswith(IDENTIFIER):
        return OtherDescriptor(tag=tag, data=data)
    bits = BitReader(data[len(IDENTIFIER) :])
    match tag:
        case 0x00:
            return AvailDescriptor(provider_avail_id=bits.read(32))
        case 0x01:
            return _read_dtmf(bits)
        case 0x02:
            return _read_segmentation(bits)
        case 0x03:
            return TimeDescriptor(
                tai_s=bits.read(48), tai_ns=bits.read(32), utc_offset_s=bits.read(16)
            )
        case 0x04:
            return _read_audio(bits)
        case _:
            return OtherDescriptor(tag=tag, data=data)


def read_mid(upid: bytes) -> tuple[tuple[int, bytes], ...]:
    """Split a upid of type 0x0D into the upids that it lists (C-13).

    Returns:
        Pairs of type and raw bytes, in the order written.

    Raises:
        CueError: A length in it reaches beyond its end.
    """
    bits = BitReader(upid)
    parts = []
    while bits.remaining_bits:
        upid_type = bits.read(8)
        parts.append((upid_type, bits.take(bits.read(8))))
    return tuple(parts)


def _read_segmentation(bits: BitReader) -> SegmentationDescriptor:
    event_id = bits.read(32)
    cancel = bits.flag()
    bits.skip(7)
    if cancel:
        return SegmentationDescriptor(event_id=event_id, cancel=True)
    of_program, has_duration, not_restricted = (bits.flag() for _ in range(3))
    restrictions = bits.read(5)
    if not_restricted:
        restrictions = 0b11111  # reserved bits then; read as what they mean, all is allowed
    if not of_program:
        bits.skip(48 * bits.read(8))  # component tag and time offset: deprecated
    duration_ticks = bits.read(40) if has_duration else None
    upid_type = bits.read(8)
    upid = bits.take(bits.read(8))
    type_id, segment_num, segments_expected = (bits.read(8) for _ in range(3))
    has_sub_segments = type_id in SUB_SEGMENT_TYPES and bits.remaining_bits >= 16
    return SegmentationDescriptor(
        event_id=event_id,
        type_id=type_id,
        duration_ticks=duration_ticks,
        upids=((upid_type, upid),) if upid_type or upid else (),
        web_delivery_allowed=bool(restrictions & 0b10000),
        no_regional_blackout=bool(restrictions & 0b01000),
        archive_allowed=bool(restrictions & 0b00100),
        device_restrictions=restrictions & 0b00011,
        delivery_not_restricted=not_restricted,
        segment_num=segment_num,
        segments_expected=segments_expected,
        sub_segment_num=bits.read(8) if has_sub_segments else None,
        sub_segments_expected=bits.read(8) if has_sub_segments else None,
    )


def _read_dtmf(bits: BitReader) -> DtmfDescriptor:
    preroll_tenths = bits.read(8)
    count = bits.read(3)
    bits.skip(5)
    return DtmfDescriptor(preroll_tenths=preroll_tenths, chars=bits.take(count))


def _read_audio(bits: BitReader) -> AudioDescriptor:
    count = bits.read(4)
    bits.skip(4)
    return AudioDescriptor(
        components=tuple(
            AudioComponent(
                component_tag=bits.read(8),
                language=bits.take(3),
                bit_stream_mode=bits.read(3),
                num_channels=bits.read(4),
                full_service=bits.flag(),
            )
            for _ in range(count)
        )
    )
