"""Slices made to decode under parameter sets that they were not encoded with.

A replacement that keeps the original's parameter sets keeps its init section too: players see one
stream. The macroblocks depend on few fields of the sets; an encoder told of them (`demands`) writes
macroblocks that mean the same under both, and only slice headers are written anew.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from overlays.errors import MediaMalformed, Refusal, RetargetRefused, SegmentRefused
from overlays.h264.bits import BitWriter
from overlays.h264.nal import IDR, SLICE, escape, nal_type, unescape
from overlays.h264.parameter_sets import ParameterSets, Sps
from overlays.h264.slice_header import read_slice_header, write_slice_header

_FLATTEST_FILTERED_QP = 16  # below, the deblocking filter does nothing (table 8-16)


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What an encoder must be told, so that its macroblocks suit given parameter sets."""

    width: int
    height: int
    level: int
    cabac: bool
    transform_8x8: bool
    constrained_intra: bool
    chroma_qp_offset: int
    min_qp: int  # low enough QPs let an encoder switch off deblocking, which some sets cannot say
    full_range: bool


def check_pictures(sps: Sps) -> None:
    """Refuse pictures that are not progressive 4:2:0 of 8 bits.

    Raises:
        SegmentRefused: INTERLACED, CHROMA_FORMAT, BIT_DEPTH or CROPPING.
    """
    left, right, top, bottom = sps.crop
    refusals = {
        Refusal.INTERLACED: not sps.frame_mbs_only,
        Refusal.CHROMA_FORMAT: sps.chroma_format != 1,
        Refusal.BIT_DEPTH: sps.bit_depth != 8,
        Refusal.CROPPING: left or top or right >= 16 or bottom >= 16,
    }
    for reason, holds in refusals.items():
        if holds:
            raise SegmentRefused(reason)


def demands_of(sets: ParameterSets) -> Demands:
    """Return what the macroblocks under these sets depend on.

    Raises:
        SegmentRefused: See `check_pictures`.
        RetargetRefused: No encoder of ours writes for such sets.
    """
    sps, pps = sets.sps, sets.pps
    check_pictures(sps)
    refusals = {
        Refusal.SCALING_LISTS: sps.has_scaling_lists or pps.has_scaling_lists,
        Refusal.POC_TYPE: sps.poc_type == 1,
        Refusal.SLICE_GROUPS: pps.slice_groups != 1,
        Refusal.CHROMA_OFFSETS: pps.chroma_qp_offsets[0] != pps.chroma_qp_offsets[1],
    }
    for reason, holds in refusals.items():
        if holds:
            raise RetargetRefused(reason)
    return Demands(
        width=sps.width,
        height=sps.height,
        level=sps.level,
        cabac=pps.cabac,
        transform_8x8=pps.transform_8x8,
        constrained_intra=pps.constrained_intra,
        chroma_qp_offset=pps.chroma_qp_offsets[0],
        min_qp=1 if pps.deblocking_control else _FLATTEST_FILTERED_QP,
        full_range=sps.full_range,
    )


def check_same_meaning(source: ParameterSets, target: ParameterSets) -> None:
    """Hold an encoder to what it was told.

    Raises:
        RetargetRefused: SETS_DIFFER: macroblocks would mean something else under `target`.
    """
    differing = [
        name
        for name in ("cabac", "transform_8x8", "constrained_intra", "chroma_qp_offsets")
        if getattr(source.pps, name) != getattr(target.pps, name)
    ]
    differing += [
        name
        for name in ("width_mbs", "height_mbs", "frame_mbs_only", "chroma_format", "bit_depth")
        if getattr(source.sps, name) != getattr(target.sps, name)
    ]
    if source.sps.has_scaling_lists or source.pps.has_scaling_lists:
        differing.append("scaling lists")
    if differing:
        raise RetargetRefused(Refusal.SETS_DIFFER, ", ".join(differing))


def retarget_picture(
    nals: Sequence[bytes],
    *,
    source: ParameterSets,
    target: ParameterSets,
    number: int,
    idr_pic_id: int,
) -> tuple[bytes, ...]:
    """Rewrite the slices of one picture for other parameter sets.

    Args:
        nals: NAL units of the picture; those that are not slices are left out.
        source: The sets that the encoder used, held to `check_same_meaning`.
        target: The sets that the slices shall name.
        number: Of the picture since its IDR picture: each is a reference and shown in this order.
        idr_pic_id: For an IDR picture; IDR pictures that follow each other have different ones.

    Raises:
        RetargetRefused: NO_REFERENCES, or SETS_DIFFER of deblocking.
        MediaMalformed: A slice is not of one reference, or not of a frame.
    """
    slices = [nal for nal in nals if nal_type(nal) in (SLICE, IDR)]
    return tuple(_retarget(nal, source, target, number, idr_pic_id) for nal in slices)


def _retarget(
    nal: bytes, source: ParameterSets, target: ParameterSets, number: int, idr_pic_id: int
) -> bytes:
    payload = unescape(nal)
    header, size = read_slice_header(nal, payload, source)
    if header.is_p and not target.sps.reference_frames:
        raise RetargetRefused(Refusal.NO_REFERENCES)
    if not target.pps.deblocking_control and (
        any(header.deblocking[1:]) or (header.deblocking[0] and header.qp >= _FLATTEST_FILTERED_QP)
    ):
        raise RetargetRefused(Refusal.SETS_DIFFER, "deblocking")
    written = write_slice_header(
        replace(
            header,
            frame_num=number,
            poc_lsb=2 * number,
            idr_pic_id=None if header.idr_pic_id is None else idr_pic_id,
        ),
        target,
    )
    if not nal[0] & 0x60:
        raise MediaMalformed("a picture that others refer to is marked as none")
    join = _join_cabac if target.pps.cabac else _join_cavlc
    return escape(nal[0], join(written, payload, size))


def _join_cabac(header: BitWriter, payload: bytes, size: int) -> bytes:
    """What follows the header begins at a byte; up to there are ones (cabac_alignment_one_bit)."""
    padding = -header.length % 8
    value = (header.value + 1 << padding) - 1
    return value.to_bytes((header.length + padding) // 8) + payload[-(-size // 8) :]


def _join_cavlc(header: BitWriter, payload: bytes, size: int) -> bytes:
    """What follows the header follows it at once, up to the stop bit: all is moved by some bits.

    No macroblock may have raw samples (I_PCM): these are aligned to bytes.
    """
    left = 8 * len(payload) - size
    value = header.value << left | int.from_bytes(payload) & ((1 << left) - 1)
    length = header.length + left
    padding = -length % 8
    return (value << padding).to_bytes((length + padding) // 8).rstrip(b"\0")
