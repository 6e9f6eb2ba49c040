import contextlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.errors import MediaMalformed
from overlays.h264.parameter_sets import ParameterSets, read_pps, read_sps
from overlays.h264.retarget import Demands, check_pictures, demands_of
from overlays.h264.write_sets import write_sets

# of the test vectors "testpic" (GPAC, x264) and "croatia" (CTA WAVE), as in their avcC
TESTPIC_SPS = bytes.fromhex("6764001facd9405005bb016a04040a80000003008000001e078c18cb")
TESTPIC_PPS = bytes.fromhex("68ebecb22c")
WAVE_SPS = bytes.fromhex(
    "67640028acb200f0044fcbffffffffffb501010130100004ac4a000095895149803c60c920"
)


def test_a_sequence_parameter_set_is_read() -> None:
    sps = read_sps(TESTPIC_SPS)
    assert (sps.profile, sps.level, sps.number) == (100, 31, 0)
    assert (sps.width, sps.height) == (1280, 720)
    assert (sps.frame_num_bits, sps.poc_type, sps.poc_lsb_bits) == (4, 0, 6)
    assert (sps.reference_frames, sps.frame_mbs_only, sps.has_scaling_lists) == (4, True, False)
    assert (sps.chroma_format, sps.bit_depth) == (1, 8)
    assert sps.colour == (2, 2, 5)


def test_cropping_and_colours_are_read() -> None:
    sps = read_sps(WAVE_SPS)
    assert (sps.width, sps.height, sps.height_mbs) == (1920, 1080, 68)
    assert sps.crop == (0, 0, 0, 8)
    assert (sps.poc_type, sps.colour, sps.full_range) == (2, (1, 1, 1), False)


def test_a_picture_parameter_set_is_read() -> None:
    pps = read_pps(TESTPIC_PPS)
    assert (pps.number, pps.sps_number, pps.cabac, pps.slice_groups) == (0, 0, True, 1)
    assert (pps.default_references, pps.weighted, pps.weighted_bi) == ((3, 1), True, 2)
    assert (pps.init_qp, pps.chroma_qp_offsets) == (26, (-2, -2))
    assert (pps.deblocking_control, pps.constrained_intra) == (True, False)
    assert (pps.transform_8x8, pps.has_scaling_lists) == (True, False)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_malformed(content: bytes) -> None:
    for read, head in ((read_sps, b"\x67"), (read_pps, b"\x68")):
        with contextlib.suppress(MediaMalformed):
            read(head + content)


@pytest.mark.parametrize("size", range(1, 12))
def test_sets_that_end_too_early_are_malformed(size: int) -> None:
    with pytest.raises(MediaMalformed):
        read_sps(TESTPIC_SPS[:size])


@pytest.mark.parametrize("transform_8x8", [False, True])
@pytest.mark.parametrize("cabac", [False, True])
@pytest.mark.parametrize("crop", [(0, 0, 0, 0), (0, 4, 0, 8)])
@pytest.mark.parametrize("aspect", [(0, 0, 0), (1, 0, 0), (255, 40, 33)])
@pytest.mark.parametrize("colour", [(2, 2, 2), (1, 1, 1)])
def test_sets_that_were_written_are_read(
    transform_8x8: bool,
    cabac: bool,
    crop: tuple[int, int, int, int],
    aspect: tuple[int, int, int],
    colour: tuple[int, int, int],
) -> None:
    original = replace(
        read_sps(TESTPIC_SPS), number=3, crop=crop, aspect=aspect, colour=colour, full_range=cabac
    )
    demands = Demands(
        width=original.width,
        height=original.height,
        level=31,
        cabac=cabac,
        transform_8x8=transform_8x8,
        constrained_intra=False,
        chroma_qp_offset=-2,
        min_qp=1,
        full_range=cabac,
    )
    nals = write_sets(30, original, demands)
    sps, pps = read_sps(nals[0]), read_pps(nals[1])
    check_pictures(sps)
    assert demands_of(ParameterSets(sps, pps)) == demands
    assert (sps.number, pps.number, pps.sps_number) == (30, 30, 30)
    assert (sps.aspect, sps.colour, sps.crop) == (aspect, colour, crop)
    assert (sps.width_mbs, sps.height_mbs) == (original.width_mbs, original.height_mbs)
    assert sps.reference_frames == 1
    assert pps.default_references == (1, 1)
