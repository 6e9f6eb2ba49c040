"""Every reason for which a segment is left as it is."""

import contextlib
import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from film_samples import Film, bug, decode, luma_psnr, make_film, shown

from overlays.errors import (
    EncodingFailed,
    MediaMalformed,
    OverlayError,
    Refusal,
    RetargetRefused,
    SegmentRefused,
)
from overlays.h264.bits import BitWriter
from overlays.h264.nal import PPS, escape
from overlays.h264.parameter_sets import ParameterSets, read_pps
from overlays.h264.retarget import check_pictures, demands_of
from overlays.mp4.boxes import Box, edit, read_boxes, write_box
from overlays.segment.cmaf import open_cmaf
from overlays.segment.decode import decode_gop
from overlays.segment.gops import AccessUnit, read_gops
from overlays.segment.own_sets import augmented_init, make_own_sets, own_sets_beside
from overlays.segment.profile import Profile
from overlays.segment.render import render_cmaf

PLAIN = "bframes=0"


def render(film: Film, number: int = 0, **options: object) -> bytes:
    showings = [shown(bug())]
    (new,) = render_cmaf(film.init, film.segments[number], [showings], **options)  # type: ignore[arg-type]
    return new


def reason_of(call: Callable[[], object]) -> Refusal:
    with pytest.raises(SegmentRefused) as refused:
        call()
    assert refused.value.reason in str(refused.value)
    return refused.value.reason


def with_box(data: bytes, parent: bytes, kind: bytes) -> bytes:
    """Put an empty box at the end of every box of a kind in a moof."""

    def change(box: Box) -> bytes | None:
        if box.kind == parent:
            return write_box(parent, data[box.content : box.end], write_box(kind, bytes(8)))
        return None

    return b"".join(
        edit(data, box, change, lambda box: 0 if box.kind == b"moof" else None)
        for box in read_boxes(data)
    )


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (b"hvc1", Refusal.CODEC),
        (b"hev1", Refusal.CODEC),
        (b"av01", Refusal.CODEC),
        (b"encv", Refusal.ENCRYPTED),
    ],
)
def test_other_codecs_and_encrypted_samples_are_refused(entry: bytes, reason: Refusal) -> None:
    film = make_film(PLAIN)
    other = replace(film, init=film.init.replace(b"avc1", entry))
    assert reason_of(lambda: render(other)) is reason


@pytest.mark.parametrize("kind", [b"senc", b"saiz", b"saio"])
def test_fragments_that_tell_of_encryption_are_refused(kind: bytes) -> None:
    film = make_film(PLAIN)
    other = replace(film, segments=(with_box(film.segments[0], b"traf", kind),))
    assert reason_of(lambda: render(other)) is Refusal.ENCRYPTED


def test_sound_alone_is_refused() -> None:
    film = make_film(PLAIN)
    other = replace(film, init=film.init.replace(b"vide", b"soun"))
    assert reason_of(lambda: render(other)) is Refusal.NO_VIDEO


def test_a_segment_without_samples_is_refused() -> None:
    film = make_film(PLAIN)
    other = replace(film, segments=(write_box(b"styp", b"msdh\0\0\0\0"),))
    assert reason_of(lambda: render(other)) is Refusal.NO_VIDEO


def test_a_segment_that_does_not_begin_with_an_idr_picture_is_refused() -> None:
    film = make_film(PLAIN, fragments="frag_every_frame")
    boxes = read_boxes(film.segments[0])
    other = replace(film, segments=(film.segments[0][boxes[2].start :],))
    assert reason_of(lambda: render(other)) is Refusal.OPEN_GOP


def test_an_open_gop_is_refused() -> None:
    film = make_film("bframes=2:b-adapt=0:open-gop=1", gop=10, frames=30, segment_gops=9)
    assert reason_of(lambda: render(film)) is Refusal.OPEN_GOP


def test_offsets_from_the_beginning_of_a_file_are_refused() -> None:
    film = make_film(PLAIN)
    data = film.segments[0]
    at = data.index(b"tfhd") + 5
    flags = int.from_bytes(data[at : at + 3]) & ~0x20000 | 1
    other = replace(film, segments=(data[:at] + flags.to_bytes(3) + data[at + 3 :],))
    assert reason_of(lambda: render(other)) is Refusal.LAYOUT


def test_samples_outside_of_an_mdat_are_refused() -> None:
    film = make_film(PLAIN)
    other = replace(film, segments=(film.segments[0].replace(b"mdat", b"free", 1),))
    assert reason_of(lambda: render(other)) is Refusal.LAYOUT


def units_of(film: Film) -> tuple[tuple[AccessUnit, ...], tuple[bytes, ...]]:
    opened = open_cmaf(film.init, film.segments[0])
    return tuple(u for gop in opened.gops for u in gop.units), opened.configuration.sets


def test_pictures_of_the_same_time_are_refused() -> None:
    units, sets = units_of(make_film(PLAIN))
    twice = (*units[:3], replace(units[3], pts=units[2].pts), *units[4:])
    assert reason_of(lambda: read_gops(twice, sets)) is Refusal.TIMES


def test_gops_that_overlap_in_time_are_refused() -> None:
    units, sets = units_of(make_film(PLAIN, segment_gops=2))
    late = (*units[:3], replace(units[3], pts=units[20].pts + 1), *units[4:])
    assert reason_of(lambda: read_gops(late, sets)) is Refusal.TIMES


def test_slices_whose_sets_are_nowhere_are_refused() -> None:
    units, sets = units_of(make_film(PLAIN))
    assert reason_of(lambda: read_gops(units, sets[:1])) is Refusal.SETS_MISSING
    assert reason_of(lambda: read_gops(units, ())) is Refusal.SETS_MISSING


def test_sets_that_change_inside_a_gop_are_refused() -> None:
    units, sets = units_of(make_film(PLAIN))
    _, other_sets = units_of(make_film("bframes=0:ref=2:constrained-intra=1"))
    same = (*units[:3], replace(units[3], nals=(*sets, *units[3].nals)), *units[4:])
    assert len(read_gops(same, sets)) == 1
    changed = (*units[:3], replace(units[3], nals=(*other_sets, *units[3].nals)), *units[4:])
    assert reason_of(lambda: read_gops(changed, sets)) is Refusal.SETS_CHANGE


@pytest.mark.parametrize(
    ("x264", "options", "reason"),
    [
        ("interlaced=1:bframes=0", {}, Refusal.INTERLACED),
        ("bframes=0", {"pix_fmt": "yuv422p"}, Refusal.CHROMA_FORMAT),
        ("bframes=0", {"pix_fmt": "yuv444p"}, Refusal.CHROMA_FORMAT),
        ("bframes=0", {"pix_fmt": "yuv420p10le"}, Refusal.BIT_DEPTH),
    ],
    ids=["interlaced", "4:2:2", "4:4:4", "10 bits"],
)
def test_other_pictures_are_refused(x264: str, options: dict[str, str], reason: Refusal) -> None:
    film = make_film(x264, **options)  # type: ignore[arg-type]
    assert reason_of(lambda: render(film)) is reason
    assert reason_of(lambda: render(film, augmented=True)) is reason


@pytest.mark.parametrize("crop", [(2, 0, 0, 0), (0, 0, 2, 0), (0, 16, 0, 0), (0, 0, 0, 18)])
def test_odd_cropping_is_refused(crop: tuple[int, int, int, int]) -> None:
    film = make_film(PLAIN)
    sps = open_cmaf(film.init, film.segments[0]).gops[0].sets.sps
    check_pictures(sps)
    assert reason_of(lambda: check_pictures(replace(sps, crop=crop))) is Refusal.CROPPING


def test_slice_groups_are_refused() -> None:
    film = make_film(PLAIN)
    sps = open_cmaf(film.init, film.segments[0]).gops[0].sets.sps
    bits = BitWriter()
    for code in (0, 0):
        bits.ue(code)
    bits.bits(0, 2)
    bits.ue(1)  # two groups
    bits.bits(1, 1)
    padding = -bits.length % 8
    payload = (bits.value << padding).to_bytes((bits.length + padding) // 8)
    pps = read_pps(escape(0x60 | PPS, payload))
    assert pps.slice_groups == 2
    assert reason_of(lambda: demands_of(ParameterSets(sps, pps))) is Refusal.SLICE_GROUPS


@pytest.mark.parametrize(
    ("sps_change", "pps_change", "reason"),
    [
        ({"poc_type": 1}, {}, Refusal.POC_TYPE),
        ({"has_scaling_lists": True}, {}, Refusal.SCALING_LISTS),
        ({}, {"has_scaling_lists": True}, Refusal.SCALING_LISTS),
        ({}, {"chroma_qp_offsets": (2, 3)}, Refusal.CHROMA_OFFSETS),
    ],
    ids=["poc type", "lists of the sps", "lists of the pps", "chroma offsets"],
)
def test_sets_that_no_encoder_of_ours_writes_for_are_refused(
    sps_change: dict[str, object], pps_change: dict[str, object], reason: Refusal
) -> None:
    film = make_film(PLAIN)
    sets = open_cmaf(film.init, film.segments[0]).gops[0].sets
    changed = ParameterSets(
        replace(sets.sps, **sps_change),  # type: ignore[arg-type]
        replace(sets.pps, **pps_change),  # type: ignore[arg-type]
    )
    with pytest.raises(RetargetRefused) as refused:
        demands_of(changed)
    assert refused.value.reason is reason


def test_where_all_numbers_of_sets_are_taken_there_are_none_of_our_own() -> None:
    film = make_film(PLAIN)
    sps, _ = open_cmaf(film.init, film.segments[0]).configuration.sets
    pps = []
    for number in range(32):
        bits = BitWriter()
        bits.ue(number)
        bits.ue(0)
        bits.bits(0b00, 2)
        for code in (0, 0, 0):  # one slice group, one reference in each list
            bits.ue(code)
        bits.bits(0, 3)
        for _ in range(3):
            bits.se(0)
        bits.bits(0b1001, 4)
        padding = -bits.length % 8
        payload = (bits.value << padding).to_bytes((bits.length + padding) // 8)
        pps.append(escape(0x60 | PPS, payload))
    assert [read_pps(nal).number for nal in pps] == list(range(32))
    assert make_own_sets([sps, *pps[:31]]).number == 31
    assert reason_of(lambda: make_own_sets([sps, *pps])) is Refusal.SETS_FULL
    assert reason_of(lambda: make_own_sets([sps])) is Refusal.SETS_MISSING


def test_a_replacement_that_does_not_become_small_enough_is_refused() -> None:
    film = make_film(PLAIN)
    assert reason_of(lambda: render(film, profile=Profile(rate=0.01))) is Refusal.TOO_MANY_BYTES


def test_a_gop_that_does_not_fit_into_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_film(PLAIN)
    macroblocks = 12 * 12 * 7
    monkeypatch.setattr("overlays.segment.render._MOST_BYTES", 384 * macroblocks)
    render(film, profile=Profile(rate=2))
    monkeypatch.setattr("overlays.segment.render._MOST_BYTES", 384 * macroblocks - 1)
    assert reason_of(lambda: render(film)) is Refusal.TOO_LONG


@pytest.mark.parametrize("seed", range(40))
def test_bytes_that_were_tampered_with_raise_an_overlay_error_or_nothing(seed: int) -> None:
    film = make_film("bframes=2", with_sound=True)
    draw = random.Random(seed)
    init, data = bytearray(film.init), bytearray(film.segments[0])
    for part, most in ((init, len(init)), (data, 900)):
        for _ in range(draw.randint(0, 3)):
            part[draw.randrange(most)] = draw.randrange(256)
    with contextlib.suppress(OverlayError):
        open_cmaf(bytes(init), bytes(data))


def test_a_damaged_original_is_not_drawn_on() -> None:
    film = make_film(PLAIN)
    data = bytearray(film.segments[0])
    start = data.index(b"mdat") + 2000
    data[start : start + 400] = bytes(range(1, 201)) * 2
    with pytest.raises(OverlayError):
        render(replace(film, segments=(bytes(data),)))


@pytest.mark.parametrize("cut", [3, 40, 200, 700])
def test_bytes_that_end_too_early_are_malformed(cut: int) -> None:
    film = make_film(PLAIN)
    with pytest.raises(MediaMalformed):
        render(replace(film, segments=(film.segments[0][:cut],)))
    with pytest.raises(MediaMalformed):
        render(replace(film, init=film.init[:cut]))


SCALED = "cqm=jvt:bframes=2"


def test_sets_of_our_own_beside_the_originals_serve_where_these_cannot() -> None:
    film = make_film(SCALED)
    with pytest.raises(RetargetRefused) as refused:
        render(film)
    assert refused.value.reason is Refusal.SCALING_LISTS
    init = augmented_init(film.init)
    assert init is not None
    assert init == augmented_init(film.init)
    new = [render(film, number, augmented=True, profile=Profile(rate=2)) for number in (0, 1)]
    for sequence in ([new[0], film.segments[1]], [film.segments[0], new[1]], new):
        samples = [sample for data in sequence for sample in film.samples(data)]
        pictures = decode(init, samples)
        originals = decode(film.init, [s for data in film.segments for s in film.samples(data)])
        assert luma_psnr(originals, pictures, (4, 0, 72, 44)) >= 38


def test_where_the_originals_serve_there_are_no_sets_of_ours() -> None:
    film = make_film(PLAIN)
    assert augmented_init(film.init) is None
    assert render(film, augmented=True) == render(film)
    assert own_sets_beside(()) is None  # they come with the pictures


def test_an_augmented_init_section_keeps_everything_else() -> None:
    film = make_film(SCALED, with_sound=True)
    init = augmented_init(film.init)
    assert init is not None
    before, after = (open_cmaf(data, film.segments[0]) for data in (film.init, init))
    assert after.gops == before.gops
    assert after.configuration.sps[0] == before.configuration.sps[0]
    assert len(after.configuration.sps) == len(after.configuration.pps) == 2
    kinds = [[box.kind for box in read_boxes(data)] for data in (film.init, init)]
    assert kinds[0] == kinds[1]
    assert after.time_of(512) == before.time_of(512) == Fraction(512, before.track.timescale)


def test_an_original_that_cannot_be_decoded_is_told_as_such() -> None:
    film = make_film(PLAIN)
    gop = open_cmaf(film.init, film.segments[0]).gops[0]
    empty = replace(gop, units=(replace(gop.units[0], nals=(b"\x65\x80",)),))
    with pytest.raises(EncodingFailed):
        decode_gop(empty)
