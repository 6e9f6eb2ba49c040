"""Sequence and picture parameter sets, as far as slices and pictures depend on them.

H.264, 7.3.2.1, 7.3.2.2 and annex E; what comes after the colours in the VUI is not read.
"""

from dataclasses import dataclass

from overlays.errors import MediaMalformed
from overlays.h264.bits import BitReader
from overlays.h264.nal import unescape

_WITH_CHROMA_FORMAT = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
EXTENDED_SAR = 255
_MOST_MBS = 139_264  # of a frame, at any level (table A-1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sps:
    """A sequence parameter set; sizes are of what is shown, in pixels."""

    number: int
    profile: int
    level: int  # 31 for 3.1
    chroma_format: int = 1
    bit_depth: int = 8  # the larger one of luma and chroma
    has_scaling_lists: bool = False
    frame_num_bits: int
    poc_type: int
    poc_lsb_bits: int = 0
    reference_frames: int
    width_mbs: int
    height_mbs: int
    frame_mbs_only: bool
    crop: tuple[int, int, int, int]  # left, right, top, bottom; pixels
    aspect: tuple[int, int, int] = (0, 0, 0)  # of a pixel: table E-1, and the extended one
    full_range: bool = False
    colour: tuple[int, int, int] = (2, 2, 2)  # H.273: primaries, transfer, matrix; 2: not said

    @property
    def width(self) -> int:
        """Of the picture as shown."""
        return 16 * self.width_mbs - self.crop[0] - self.crop[1]

    @property
    def height(self) -> int:
        """Of the picture as shown."""
        return 16 * self.height_mbs - self.crop[2] - self.crop[3]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pps:
    """A picture parameter set."""

    number: int
    sps_number: int
    cabac: bool
    bottom_field_poc: bool  # bottom_field_pic_order_in_frame_present_flag
    slice_groups: int
    default_references: tuple[int, int]  # of lists 0 and 1
    weighted: bool
    weighted_bi: int
    init_qp: int
    chroma_qp_offsets: tuple[int, int]  # Cb, Cr
    deblocking_control: bool
    constrained_intra: bool
    redundant_pictures: bool
    transform_8x8: bool = False
    has_scaling_lists: bool = False


@dataclass(frozen=True, slots=True)
class ParameterSets:
    """The two sets that a slice is decoded under."""

    sps: Sps
    pps: Pps


def read_sps(nal: bytes) -> Sps:
    """Read a sequence parameter set from its NAL unit.

    Raises:
        MediaMalformed: It ends too early.
    """
    bits = BitReader(unescape(nal))
    profile = bits.bits(8)
    bits.bits(8)
    level = bits.bits(8)
    number = bits.ue()
    chroma_format, bit_depth, has_scaling_lists = 1, 8, False
    if profile in _WITH_CHROMA_FORMAT:
        chroma_format = bits.ue()
        if chroma_format == 3:
            bits.flag()
        bit_depth = 8 + max(bits.ue(), bits.ue())
        bits.flag()  # lossless coding at QP 0, which nothing here uses
        has_scaling_lists = bits.flag()
        if has_scaling_lists:
            _skip_scaling_lists(bits, 12 if chroma_format == 3 else 8)
    frame_num_bits = bits.ue() + 4
    poc_type = bits.ue()
    poc_lsb_bits = bits.ue() + 4 if poc_type == 0 else 0
    if poc_type == 1:
        bits.flag()
        bits.se()
        bits.se()
        for _ in range(_count(bits.ue(), 255)):
            bits.se()
    reference_frames = bits.ue()
    bits.flag()
    width_mbs = _count(bits.ue() + 1, 2048)
    height_units = _count(bits.ue() + 1, 2048)
    _count(width_mbs * height_units, _MOST_MBS)
    frame_mbs_only = bits.flag()
    if not frame_mbs_only:
        bits.flag()
    bits.flag()
    crop = (0, 0, 0, 0)
    fields = 1 if frame_mbs_only else 2
    if bits.flag():
        across = 2 if chroma_format in (1, 2) else 1
        down = fields * (2 if chroma_format == 1 else 1)
        left, right, top, bottom = (bits.ue() for _ in range(4))
        crop = (across * left, across * right, down * top, down * bottom)
    aspect, full_range, colour = (0, 0, 0), False, (2, 2, 2)
    if bits.flag():
        aspect = _read_aspect(bits)
        full_range, colour = _read_colours(bits)
    return Sps(
        number=number,
        profile=profile,
        level=level,
        chroma_format=chroma_format,
        bit_depth=bit_depth,
        has_scaling_lists=has_scaling_lists,
        frame_num_bits=frame_num_bits,
        poc_type=poc_type,
        poc_lsb_bits=poc_lsb_bits,
        reference_frames=reference_frames,
        width_mbs=width_mbs,
        height_mbs=height_units * fields,
        frame_mbs_only=frame_mbs_only,
        crop=crop,
        aspect=aspect,
        full_range=full_range,
        colour=colour,
    )


def read_pps(nal: bytes) -> Pps:
    """Read a picture parameter set of 4:2:0 video from its NAL unit.

    What slice groups are made of is not read: where `slice_groups` is not 1, all that follows is
    meaningless.

    Raises:
        MediaMalformed: It ends too early.
    """
    bits = BitReader(unescape(nal))
    number, sps_number = bits.ue(), bits.ue()
    cabac, bottom_field_poc = bits.flag(), bits.flag()
    slice_groups = bits.ue() + 1
    if slice_groups > 1:
        return Pps(
            number=number,
            sps_number=sps_number,
            cabac=cabac,
            bottom_field_poc=bottom_field_poc,
            slice_groups=slice_groups,
            default_references=(1, 1),
            weighted=False,
            weighted_bi=0,
            init_qp=26,
            chroma_qp_offsets=(0, 0),
            deblocking_control=False,
            constrained_intra=False,
            redundant_pictures=False,
        )
    references = (bits.ue() + 1, bits.ue() + 1)
    weighted, weighted_bi = bits.flag(), bits.bits(2)
    init_qp = 26 + bits.se()
    bits.se()
    offset = second_offset = bits.se()
    deblocking_control, constrained_intra, redundant = bits.flag(), bits.flag(), bits.flag()
    transform_8x8, has_scaling_lists = False, False
    if bits.more_data():
        transform_8x8 = bits.flag()
        has_scaling_lists = bits.flag()
        if has_scaling_lists:
            _skip_scaling_lists(bits, 6 + 2 * transform_8x8)
        second_offset = bits.se()
    return Pps(
        number=number,
        sps_number=sps_number,
        cabac=cabac,
        bottom_field_poc=bottom_field_poc,
        slice_groups=1,
        default_references=references,
        weighted=weighted,
        weighted_bi=weighted_bi,
        init_qp=init_qp,
        chroma_qp_offsets=(offset, second_offset),
        deblocking_control=deblocking_control,
        constrained_intra=constrained_intra,
        redundant_pictures=redundant,
        transform_8x8=transform_8x8,
        has_scaling_lists=has_scaling_lists,
    )


def _count(number: int, most: int) -> int:
    if number > most:
        raise MediaMalformed(f"a parameter set has {number} of what there are at most {most}")
    return number


def _skip_scaling_lists(bits: BitReader, lists: int) -> None:
    for index in range(lists):
        if not bits.flag():
            continue
        scale = 8
        for _ in range(16 if index < 6 else 64):
            scale = (scale + bits.se()) % 256
            if scale == 0:  # the rest repeats the last one
                break


def _read_aspect(bits: BitReader) -> tuple[int, int, int]:
    aspect = bits.bits(8) if bits.flag() else 0
    return (aspect, bits.bits(16), bits.bits(16)) if aspect == EXTENDED_SAR else (aspect, 0, 0)


def _read_colours(bits: BitReader) -> tuple[bool, tuple[int, int, int]]:
    if bits.flag():  # overscan
        bits.flag()
    if not bits.flag():  # video signal type
        return False, (2, 2, 2)
    bits.bits(3)
    full_range = bits.flag()
    colour = (bits.bits(8), bits.bits(8), bits.bits(8)) if bits.flag() else (2, 2, 2)
    return full_range, colour
