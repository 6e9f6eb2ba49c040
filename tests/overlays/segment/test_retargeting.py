"""Retargeted slices are decoded to the very pixels that their encoder meant."""

import itertools
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from film_samples import SHARED, make_film, real_film

from overlays.errors import MediaMalformed, Refusal, RetargetRefused
from overlays.h264.nal import escape, join_stream
from overlays.h264.parameter_sets import ParameterSets
from overlays.h264.retarget import check_same_meaning, demands_of, retarget_picture
from overlays.h264.slice_header import SliceHeader, write_slice_header
from overlays.segment.cmaf import open_cmaf
from overlays.segment.decode import decode_gop
from overlays.segment.encode import Encoded, encode
from overlays.segment.gops import Gop
from overlays.segment.profile import Profile

SOURCES = {
    "High CABAC": "bframes=3:ref=4",
    "no 8x8 transform": "bframes=2:8x8dct=0",
    "Baseline CAVLC": "bframes=0:cabac=0:8x8dct=0:weightp=0",
    "High CAVLC": "bframes=1:cabac=0",
    "one reference": "bframes=0:ref=1:weightp=0",
    "weights": "weightp=2:ref=3",
    "low initial QP": "crf=10:bframes=0",
    "high initial QP": "crf=40:bframes=0",
    "chroma offset": "chroma-qp-offset=-7:bframes=0",
    "constrained intra": "constrained-intra=1:bframes=0",
    "other number": "sps-id=3:bframes=0",
}


def film_gop(x264: str, **options: object) -> Gop:
    film = make_film(x264, **options)  # type: ignore[arg-type]
    return open_cmaf(film.init, film.segments[-1]).gops[0]


REAL = {
    "testpic": "testpic-ladder/360/1.m4s",
    "WAVE": "wave-25fps/video25fps/0.m4s",
    "Big Buck Bunny": "bbb-480p-30s.mp4",
}


def real_gop(path: Path) -> Gop:
    if path.suffix == ".mp4":
        film = real_film(path.name, range(1, 2))
        return open_cmaf(film.init, film.segments[0]).gops[0]
    return open_cmaf(path.with_name("init.mp4").read_bytes(), path.read_bytes()).gops[0]


def encoded_for(gop: Gop) -> Encoded:
    frames = decode_gop(gop).frames
    return encode(
        frames, [0], demands_of(gop.sets), Profile(), idr_qp=24, allowed_bytes=4 * gop.size
    )


def pixels(
    set_nals: tuple[bytes, ...], pictures: tuple[tuple[bytes, ...], ...]
) -> list[np.ndarray]:
    codec = av.CodecContext.create("h264", "r")
    codec.thread_count = 1
    frames = []
    for number, nals in enumerate(pictures):
        frames += codec.decode(av.Packet(join_stream([*(() if number else set_nals), *nals])))
    frames += codec.decode(None)
    assert not any(frame.is_corrupt for frame in frames)
    return [frame.to_ndarray() for frame in frames]


def retargeted(
    encoded: Encoded, target: ParameterSets, idr_pic_id: int = 1
) -> tuple[tuple[bytes, ...], ...]:
    return tuple(
        retarget_picture(
            nals, source=encoded.sets, target=target, number=number, idr_pic_id=idr_pic_id
        )
        for number, nals in enumerate(encoded.pictures)
    )


@pytest.mark.parametrize("x264", SOURCES.values(), ids=SOURCES)
def test_pixels_are_those_of_the_encoders_own_sets(x264: str) -> None:
    assert_same_pixels(film_gop(x264))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared media are not beside the checkout")
@pytest.mark.parametrize("path", REAL.values(), ids=REAL)
def test_pixels_are_the_same_under_the_sets_of_real_segments(path: str) -> None:
    assert_same_pixels(real_gop(SHARED / path))


def assert_same_pixels(gop: Gop) -> None:
    encoded = encoded_for(gop)
    check_same_meaning(encoded.sets, gop.sets)
    assert encoded.set_nals != gop.set_nals
    own = pixels(encoded.set_nals, encoded.pictures)
    under_target = pixels(gop.set_nals, retargeted(encoded, gop.sets))
    assert len(own) == len(gop.units)
    assert np.array_equal(own, under_target)


def test_numbers_that_overflow_their_bits_start_again() -> None:
    gop = film_gop("bframes=0", frames=80, gop=80, size=(64, 64))
    assert 1 << gop.sets.sps.frame_num_bits < 80
    encoded = encoded_for(gop)
    own = pixels(encoded.set_nals, encoded.pictures)
    assert np.array_equal(own, pixels(gop.set_nals, retargeted(encoded, gop.sets)))


@pytest.mark.parametrize("cabac", [0, 1])
def test_every_shift_of_the_payload_is_decoded(cabac: int) -> None:
    """idr_pic_id has 1 to 17 bits: what follows the header falls on each bit of a byte."""
    gop = film_gop(f"bframes=0:cabac={cabac}", frames=12)
    encoded = encoded_for(gop)
    own = pixels(encoded.set_nals, encoded.pictures)
    for idr_pic_id, qp in itertools.product((0, 1, 5, 12, 60000), (20, 25, 40)):
        pps = replace(gop.sets.pps, init_qp=qp)
        target = ParameterSets(gop.sets.sps, pps)
        slices = retargeted(encoded, target, idr_pic_id)
        back = [
            retarget_picture(
                nals, source=target, target=encoded.sets, number=number, idr_pic_id=idr_pic_id
            )
            for number, nals in enumerate(slices)
        ]
        assert np.array_equal(own, pixels(encoded.set_nals, tuple(back)))


def test_slices_say_what_the_target_leaves_to_them() -> None:
    """Weights, reference counts and the like that no source here has, written and read back."""
    gop = film_gop("bframes=0", frames=12)
    encoded = encoded_for(gop)
    pps = replace(
        gop.sets.pps,
        weighted=True,
        default_references=(5, 2),
        bottom_field_poc=True,
        redundant_pictures=True,
    )
    strange = ParameterSets(replace(gop.sets.sps, frame_num_bits=9, poc_lsb_bits=7), pps)
    slices = retargeted(encoded, strange)
    back = tuple(
        retarget_picture(nals, source=strange, target=encoded.sets, number=number, idr_pic_id=0)
        for number, nals in enumerate(slices)
    )
    own = pixels(encoded.set_nals, encoded.pictures)
    assert np.array_equal(own, pixels(encoded.set_nals, back))


def test_sets_without_references_take_no_p_slices() -> None:
    gop = film_gop("bframes=0", frames=12)
    target = ParameterSets(replace(gop.sets.sps, reference_frames=0), gop.sets.pps)
    with pytest.raises(RetargetRefused) as refused:
        retargeted(encoded_for(gop), target)
    assert refused.value.reason is Refusal.NO_REFERENCES


@pytest.mark.parametrize(
    "change",
    [
        {"cabac": False},
        {"transform_8x8": False},
        {"constrained_intra": True},
        {"chroma_qp_offsets": (3, 3)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_an_encoder_that_did_not_do_as_told_is_found_out(change: dict[str, object]) -> None:
    gop = film_gop("bframes=0", frames=12)
    other = ParameterSets(gop.sets.sps, replace(gop.sets.pps, **change))  # type: ignore[arg-type]
    with pytest.raises(RetargetRefused) as refused:
        check_same_meaning(other, gop.sets)
    assert refused.value.reason is Refusal.SETS_DIFFER


def test_deblocking_that_sets_cannot_say_is_refused() -> None:
    gop = film_gop("bframes=0", frames=12)
    encoded = encoded_for(gop)
    silent = ParameterSets(gop.sets.sps, replace(gop.sets.pps, deblocking_control=False))
    assert retargeted(encoded, silent)  # as it is by default
    frames = decode_gop(gop).frames
    demands = replace(demands_of(gop.sets), min_qp=1)
    unfiltered = encode(frames, [0], demands, Profile(), idr_qp=5, allowed_bytes=1 << 20)
    assert retargeted(unfiltered, silent)  # off where it has no effect
    assert demands_of(silent).min_qp == 16
    header = SliceHeader(
        first_mb=0,
        slice_type=7,
        frame_num=0,
        idr_pic_id=0,
        poc_lsb=0,
        cabac_init=0,
        qp=20,
        deblocking=(1, 0, 0),
    )
    bits = write_slice_header(header, gop.sets)
    padding = 64 - bits.length
    nal = escape(0x65, (bits.value << padding | 1 << 5).to_bytes(8))
    with pytest.raises(RetargetRefused):
        retarget_picture([nal], source=gop.sets, target=silent, number=0, idr_pic_id=0)


def test_a_slice_of_other_sets_is_not_taken_for_one_of_these() -> None:
    gop = film_gop("bframes=0", frames=12)
    encoded = encoded_for(gop)
    other = replace(encoded.sets, pps=replace(encoded.sets.pps, number=9))
    with pytest.raises(MediaMalformed):
        retarget_picture(encoded.pictures[1], source=other, target=gop.sets, number=1, idr_pic_id=0)
