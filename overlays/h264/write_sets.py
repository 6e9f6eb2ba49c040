"""Parameter sets written for slices of our own encoder: nothing is in them but what these need.

H.264, 7.3.2.1, 7.3.2.2 and annex E. Every picture refers to the one before and is shown in the
order it is sent, so that no order is told (picture order count of type 2).
"""

from overlays.h264.bits import BitWriter
from overlays.h264.nal import PPS, SPS, escape
from overlays.h264.parameter_sets import EXTENDED_SAR, Sps
from overlays.h264.retarget import Demands

_BASELINE, _MAIN, _HIGH = 66, 77, 100
_CONSTRAINTS = {_BASELINE: 0xC0, _MAIN: 0x40, _HIGH: 0}  # what lesser profiles decode, too
_REFERENCE = 0x60  # nal_ref_idc
_FRAME_NUM_BITS = 12
_MOST_MV_BITS = 15
_UNSPECIFIED_FORMAT = 5
_UNSAID = (2, 2, 2)


def write_sets(number: int, sps: Sps, demands: Demands) -> tuple[bytes, bytes]:
    """Write parameter sets of a number, which both have.

    Args:
        number: From 0 to 31.
        sps: Of the original: the size, aspect and colours of its pictures stay.
        demands: What the encoder is told.
    """
    return _write_sps(number, sps, demands), _write_pps(number, demands)


def _write_sps(number: int, sps: Sps, demands: Demands) -> bytes:
    profile = _HIGH if demands.transform_8x8 else _MAIN if demands.cabac else _BASELINE
    bits = BitWriter()
    for octet in (profile, _CONSTRAINTS[profile], demands.level):
        bits.bits(octet, 8)
    bits.ue(number)
    if profile == _HIGH:
        bits.ue(1)  # 4:2:0
        bits.ue(0)
        bits.ue(0)  # 8 bits
        bits.bits(0, 2)  # not lossless, no scaling lists
    bits.ue(_FRAME_NUM_BITS - 4)
    bits.ue(2)  # picture order count
    bits.ue(1)  # reference
    bits.flag(False)
    bits.ue(sps.width_mbs - 1)
    bits.ue(sps.height_mbs - 1)
    bits.flag(True)  # frames only
    bits.flag(True)
    bits.flag(any(sps.crop))
    if any(sps.crop):
        for pixels in sps.crop:
            bits.ue(pixels // 2)
    bits.flag(True)
    _write_usability(bits, sps)
    return escape(_REFERENCE | SPS, _closed(bits))


def _write_usability(bits: BitWriter, sps: Sps) -> None:
    aspect, *ratio = sps.aspect
    bits.flag(aspect != 0)
    if aspect:
        bits.bits(aspect, 8)
        for side in ratio if aspect == EXTENDED_SAR else ():
            bits.bits(side, 16)
    bits.flag(False)  # overscan
    is_coloured = sps.colour != _UNSAID
    bits.flag(is_coloured or sps.full_range)
    if is_coloured or sps.full_range:
        bits.bits(_UNSPECIFIED_FORMAT, 3)
        bits.flag(sps.full_range)
        bits.flag(is_coloured)
        for code in sps.colour if is_coloured else ():
            bits.bits(code, 8)
    bits.bits(0, 5)  # places of chroma, timing, two buffers, fields
    bits.flag(True)  # restrictions
    bits.flag(True)  # vectors reach beyond the picture
    bits.ue(0)
    bits.ue(0)
    bits.ue(_MOST_MV_BITS)
    bits.ue(_MOST_MV_BITS)
    bits.ue(0)  # pictures that are sent before one that is shown earlier
    bits.ue(1)  # pictures that are kept


def _write_pps(number: int, demands: Demands) -> bytes:
    bits = BitWriter()
    bits.ue(number)
    bits.ue(number)
    bits.flag(demands.cabac)
    bits.flag(False)
    bits.ue(0)  # one slice group
    bits.ue(0)  # one reference
    bits.ue(0)
    bits.bits(0, 3)  # no weights
    bits.se(0)  # QP 26
    bits.se(0)
    bits.se(demands.chroma_qp_offset)
    bits.flag(True)  # slices say how they are filtered
    bits.flag(demands.constrained_intra)
    bits.flag(False)
    if demands.transform_8x8:
        bits.flag(True)
        bits.flag(False)
        bits.se(demands.chroma_qp_offset)
    return escape(_REFERENCE | PPS, _closed(bits))


def _closed(bits: BitWriter) -> bytes:
    """With a stop bit, up to the end of its byte."""
    bits.flag(True)
    padding = -bits.length % 8
    return (bits.value << padding).to_bytes((bits.length + padding) // 8)
