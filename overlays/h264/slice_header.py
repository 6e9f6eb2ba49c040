"""Slice headers of I and P slices of frames, read and written (H.264, 7.3.3)."""

from dataclasses import dataclass

from overlays.errors import MediaMalformed
from overlays.h264.bits import BitReader, BitWriter
from overlays.h264.nal import IDR, nal_type, unescape
from overlays.h264.parameter_sets import ParameterSets, Pps

P, I = 0, 2  # noqa: E741 - the standard's own names  # slice_type modulo 5
_LONGEST = 96  # bytes in which a header of one reference ends


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceHeader:
    """What a slice says for itself, with what it leaves to its picture parameter set filled in.

    There is one reference at most, in its natural place, and no weighting.
    """

    first_mb: int
    slice_type: int  # 5 to 9: the same of the whole picture
    frame_num: int
    idr_pic_id: int | None  # None unless IDR
    poc_lsb: int
    cabac_init: int
    qp: int
    deblocking: tuple[int, int, int]  # disable_deblocking_filter_idc, half of alpha, half of beta

    @property
    def is_p(self) -> bool:
        """Whether it predicts from another picture."""
        return self.slice_type % 5 == P


def named_sets(nal: bytes) -> int:
    """Return the number of the picture parameter set that a slice names."""
    bits = BitReader(unescape(nal[:_LONGEST]))
    bits.ue()
    bits.ue()
    return bits.ue()


def read_idr_pic_id(nal: bytes, sets: ParameterSets) -> int:
    """Return idr_pic_id of a slice of an IDR picture that is a frame."""
    bits = BitReader(unescape(nal[:_LONGEST]))
    for _ in range(3):
        bits.ue()
    bits.bits(sets.sps.frame_num_bits)
    if not sets.sps.frame_mbs_only and bits.flag():
        bits.flag()
    return bits.ue()


def read_slice_header(nal: bytes, payload: bytes, sets: ParameterSets) -> tuple[SliceHeader, int]:
    """Read the header of a slice of one reference, as our own encoder writes them.

    Args:
        nal: The unit; only its first byte is looked at.
        payload: The unit without that byte and without emulation prevention.
        sets: What it was encoded under.

    Returns:
        The header, and the number of its bits.

    Raises:
        MediaMalformed: It is not such a slice.
    """
    bits = BitReader(payload[:_LONGEST])
    sps, pps = sets.sps, sets.pps
    first_mb, slice_type = bits.ue(), bits.ue()
    if bits.ue() != pps.number or slice_type % 5 not in (P, I):
        raise MediaMalformed("a slice is not of the kind that was ordered")
    frame_num = bits.bits(sps.frame_num_bits)
    is_idr = nal_type(nal) == IDR
    idr_pic_id = bits.ue() if is_idr else None
    poc_lsb = 0
    if sps.poc_type == 0:
        poc_lsb = bits.bits(sps.poc_lsb_bits)
        if pps.bottom_field_poc:
            bits.se()
    if pps.redundant_pictures:
        bits.ue()
    if slice_type % 5 == P:
        _read_prediction(bits, pps)
    if is_idr:
        bits.bits(2)
    elif bits.flag():  # adaptive_ref_pic_marking_mode_flag
        raise MediaMalformed("a slice marks references by hand")
    cabac_init = bits.ue() if pps.cabac and slice_type % 5 == P else 0
    qp = pps.init_qp + bits.se()
    deblocking = (0, 0, 0)
    if pps.deblocking_control:
        disabled = bits.ue()
        deblocking = (1, 0, 0) if disabled == 1 else (disabled, bits.se(), bits.se())
    header = SliceHeader(
        first_mb=first_mb,
        slice_type=slice_type,
        frame_num=frame_num,
        idr_pic_id=idr_pic_id,
        poc_lsb=poc_lsb,
        cabac_init=cabac_init,
        qp=qp,
        deblocking=deblocking,
    )
    return header, bits.position


def _read_prediction(bits: BitReader, pps: Pps) -> None:
    references = bits.ue() + 1 if bits.flag() else pps.default_references[0]
    if references != 1 or bits.flag():  # ref_pic_list_modification_flag_l0
        raise MediaMalformed("a slice has more than one reference, or not the last picture")
    if pps.weighted:
        bits.ue()
        bits.ue()
        if bits.flag() or bits.flag():
            raise MediaMalformed("a slice weighs its reference")


def write_slice_header(header: SliceHeader, sets: ParameterSets) -> BitWriter:
    """Write the header of a reference picture's slice under other parameter sets.

    `header.deblocking` is left out where the sets have no place for it.
    """
    bits = BitWriter()
    sps, pps = sets.sps, sets.pps
    bits.ue(header.first_mb)
    bits.ue(header.slice_type)
    bits.ue(pps.number)
    bits.bits(header.frame_num % (1 << sps.frame_num_bits), sps.frame_num_bits)
    if header.idr_pic_id is not None:
        bits.ue(header.idr_pic_id)
    if sps.poc_type == 0:
        bits.bits(header.poc_lsb % (1 << sps.poc_lsb_bits), sps.poc_lsb_bits)
        if pps.bottom_field_poc:
            bits.se(0)  # both fields at the same instant
    if pps.redundant_pictures:
        bits.ue(0)  # a primary picture
    if header.is_p:
        override = pps.default_references[0] != 1
        bits.flag(override)
        if override:
            bits.ue(0)
        bits.flag(False)  # references in their natural order
        if pps.weighted:  # weights of one: no denominators, no flags
            bits.ue(0)
            bits.ue(0)
            bits.bits(0, 2)
    bits.bits(0, 1 if header.idr_pic_id is None else 2)  # sliding window; a short-term reference
    if pps.cabac and header.is_p:
        bits.ue(header.cabac_init)
    bits.se(header.qp - pps.init_qp)
    if pps.deblocking_control:
        disabled, alpha, beta = header.deblocking
        bits.ue(disabled)
        if disabled != 1:
            bits.se(alpha)
            bits.se(beta)
    return bits
