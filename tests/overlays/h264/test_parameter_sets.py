import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.errors import MediaMalformed
from overlays.h264.parameter_sets import read_pps, read_sps

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
