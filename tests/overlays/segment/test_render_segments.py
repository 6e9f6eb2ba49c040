"""What a replacement keeps of its original, on films of many encoders and on real ones."""

import gc
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from film_samples import SHARED, Film, bug, decode, luma_psnr, make_film, real_film, shown

from overlays.h264.nal import SEI, join_sample, nal_type, split_sample
from overlays.h264.sei import kept_messages, write_sei
from overlays.mp4.boxes import read_boxes
from overlays.mp4.init import read_init, video_track
from overlays.mp4.rewrite import replace_samples
from overlays.mp4.samples import read_segment
from overlays.segment.profile import Profile
from overlays.segment.render import render_cmaf

BOX = (4, 0, 72, 44)  # of `bug`, and the macroblocks that it changes
FILMS = {
    "High, no B-frames": {"x264": "bframes=0"},
    "one B-frame": {"x264": "bframes=1:b-adapt=0:b-pyramid=none"},
    "two B-frames": {"x264": "bframes=2:b-adapt=0"},
    "three B-frames in a pyramid": {"x264": "bframes=3:b-adapt=0:b-pyramid=normal:ref=4"},
    "Baseline, CAVLC": {"x264": "bframes=0:cabac=0:8x8dct=0:weightp=0:ref=1"},
    "Main, no 8x8 transform": {"x264": "bframes=2:8x8dct=0"},
    "constrained intra": {"x264": "bframes=0:constrained-intra=1"},
    "chroma offset": {"x264": "chroma-qp-offset=5:bframes=0"},
    "delimiters, many references": {"x264": "aud=1:ref=5:weightp=2"},
    "several slices": {"x264": "slices=4:bframes=2"},
    "several slices, CAVLC": {"x264": "slices=3:cabac=0:bframes=0"},
    "one fragment for each picture": {"fragments": "frag_every_frame", "x264": "bframes=0"},
    "fragments of B-frames": {"fragments": "frag_every_frame", "x264": "bframes=2"},
    "24 fps": {"rate": Fraction(24)},
    "29.97 fps": {"rate": Fraction(30000, 1001), "x264": "bframes=3"},
    "30 fps": {"rate": Fraction(30)},
    "50 fps": {"rate": Fraction(50)},
    "several GOPs": {"segment_gops": 2, "x264": "bframes=2"},
    "a GOP of one picture": {"gop": 1, "frames": 6, "segment_gops": 3},
    "sound in the same segments": {"with_sound": True},
    "an odd number of macroblocks": {"size": (200, 120)},
}


def render_one(init: bytes, data: bytes, showings: list, profile: Profile | None = None) -> bytes:
    (new,) = render_cmaf(init, data, [showings], profile)
    return new


def film_of(name: str) -> Film:
    return make_film(**FILMS[name])  # type: ignore[arg-type]


def assert_same_structure(film: Film, old: bytes, new: bytes) -> None:
    before, after = film.samples(old), film.samples(new)
    assert [(s.dts, s.duration, s.is_sync) for s in before] == [
        (s.dts, s.duration, s.is_sync) for s in after
    ]
    assert {s.pts for s in before} == {s.pts for s in after}
    boxes = [(old, box) for box in read_boxes(old)], [(new, box) for box in read_boxes(new)]
    kinds = [[box.kind for _, box in side] for side in boxes]
    assert kinds[0] == kinds[1]
    for (_, one), (_, other) in zip(*boxes, strict=True):
        if one.kind not in (b"moof", b"mdat"):
            assert old[one.start : one.end] == new[other.start : other.end]
    movie = read_init(film.init)
    for track in movie:
        if track != video_track(movie).number:
            assert read_segment(old, movie).samples(track) == read_segment(new, movie).samples(
                track
            )


@pytest.mark.parametrize("name", FILMS)
def test_a_replacement_stands_where_its_original_stood(name: str) -> None:
    film = film_of(name)
    for old in film.segments:
        # a card's clock on so small a frame: a red box costs more bytes than all that moves
        new = render_one(film.init, old, [shown(bug())], Profile(rate=2))
        assert_same_structure(film, old, new)
        pictures = decode(film.init, film.samples(new))
        originals = decode(film.init, film.samples(old))
        assert luma_psnr(originals, pictures, BOX) >= 38
        middle = [picture[20, 40] for picture in pictures]
        assert np.ptp(middle) <= 8  # the box stands still and is opaque
        assert abs(float(np.mean(middle)) - 86) <= 6  # its red, in BT.601 as small films have


def test_where_nothing_is_to_be_seen_the_bytes_are_the_same() -> None:
    film = film_of("several GOPs")
    data = film.segments[0]
    assert render_one(film.init, data, []) == data
    assert render_one(film.init, data, [shown(bug(), begins_at=60)]) == data


def test_only_the_gops_that_an_overlay_touches_are_encoded() -> None:
    film = film_of("several GOPs")
    (old,) = film.segments
    start = 12 / 25
    new = render_one(film.init, old, [shown(bug(), begins_at=start)], Profile(rate=2))
    before, after = film.samples(old), film.samples(new)
    assert before[:12] == after[:12]
    assert all(one.data != other.data for one, other in zip(before[12:], after[12:], strict=True))
    assert_same_structure(film, old, new)
    decode(film.init, after)


def test_times_of_overlays_are_times_of_presentation() -> None:
    film = film_of("High, no B-frames")
    data = film.segments[1]  # begins at 12 / 25 s
    new = render_one(film.init, data, [shown(bug(), 15 / 25, 18 / 25)], Profile(rate=2))
    pictures = decode(film.init, film.samples(new))
    red = [abs(float(picture[20, 40]) - 86) <= 8 for picture in pictures]
    assert red == [False] * 3 + [True] * 3 + [False] * 6


def test_variants_of_one_segment_are_what_each_is_alone() -> None:
    film = film_of("two B-frames")
    data = film.segments[0]
    sets = [[shown(bug())], [shown(bug(left=100))], []]
    together = render_cmaf(film.init, data, sets, Profile(rate=2))
    assert together == tuple(
        render_one(film.init, data, showings, Profile(rate=2)) for showings in sets
    )
    assert together[2] == data
    assert together[0] != together[1]


def test_frames_go_when_they_are_done_and_wait_for_no_collector() -> None:
    film = film_of("two B-frames")
    gc.collect()
    gc.disable()
    try:
        render_one(film.init, film.segments[0], [shown(bug())], Profile(rate=2))
        assert not any(isinstance(one, av.VideoFrame) for one in gc.get_objects())
    finally:
        gc.enable()


def test_a_replacement_can_follow_and_precede_originals() -> None:
    film = film_of("three B-frames in a pyramid")
    first, second = film.segments
    new = render_one(film.init, first, [shown(bug())], Profile(rate=2))
    samples = [*film.samples(new), *film.samples(second)]
    assert len(decode(film.init, samples)) == len(samples)


def test_captions_stay_with_the_instant_at_which_they_are_shown() -> None:
    film = film_of("two B-frames")
    movie = read_init(film.init)
    segment = read_segment(film.segments[0], movie)
    samples = [
        replace(
            sample,
            data=join_sample(
                [write_sei(b"\1\1x" + caption(sample.pts)), *split_sample(sample.data, 4)], 4
            ),
        )
        for sample in film.samples(segment.data)
    ]
    captioned = replace_samples(segment, video_track(movie).number, samples)
    new = film.samples(render_one(film.init, captioned, [shown(bug())], Profile(rate=2)))
    assert [s.pts for s in new] == sorted(s.pts for s in samples) != [s.pts for s in samples]
    for sample in new:
        (sei,) = (nal for nal in split_sample(sample.data, 4) if nal_type(nal) == SEI)
        assert kept_messages(sei) == caption(sample.pts)
        assert sei == write_sei(caption(sample.pts))  # the timing of the old bytes is gone


def caption(pts: int) -> bytes:
    return b"\4\x07\xb5\0\x31" + pts.to_bytes(4)


def test_times_may_be_told_by_the_manifest() -> None:
    film = film_of("High, no B-frames")
    showings = [shown(bug(), begins_at=1000, ends_at=1001)]
    at_once = render_cmaf(film.init, film.segments[1], [showings], Profile(rate=2))
    assert at_once == (film.segments[1],)
    told = render_cmaf(
        film.init, film.segments[1], [showings], Profile(rate=2), starts_at=Fraction(1000)
    )
    assert told == render_cmaf(film.init, film.segments[1], [[shown(bug())]], Profile(rate=2))


LADDER, WAVE = "testpic-ladder", "wave-25fps/video25fps"
REAL = {
    "testpic 1": (f"{LADDER}/360/1.m4s", 42.5),
    "testpic 3": (f"{LADDER}/360/3.m4s", 42.5),
    "720p": (f"{LADDER}/720/2.m4s", 42.5),
    "WAVE": (f"{WAVE}/0.m4s", 42.5),
    # six IDR pictures a second, made by a slow encoder, are nearly all of its bytes
    "low delay": (f"{LADDER}/LD_360/2.m4s", 39),
}
FILM, FILM_1080 = "bbb-480p-30s.mp4", "bbb-1080p-30s.mp4"
SHORT = "480p, a short GOP"
# Slow encoders leave nothing to spare where much moves: less than 42.5 dB is what there is.
BUSY = {
    SHORT: (FILM, 1, 40),
    "480p, 175 pictures": (FILM, 3, 38),
    "1080p": (FILM_1080, 1, 38),
}
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the shared media are not beside the checkout"
)


def assert_as_good(film: Film, old: bytes, floor: float) -> None:
    new = render_one(film.init, old, [shown(bug(96, 64, 100, 40))])
    assert_same_structure(film, old, new)
    assert len(new) <= len(old)
    before, after = (decode(film.init, film.samples(segment)) for segment in (old, new))
    assert luma_psnr(before, after, (80, 48, 144, 80)) >= floor


@needs_shared
@pytest.mark.parametrize("name", REAL)
def test_real_segments_are_as_good_at_no_more_bytes(name: str) -> None:
    path, floor = REAL[name]
    data = (SHARED / path).read_bytes()
    assert_as_good(Film((SHARED / path).with_name("init.mp4").read_bytes(), (data,)), data, floor)


@needs_shared
@pytest.mark.parametrize(
    "name", [SHORT, *(pytest.param(n, marks=pytest.mark.long) for n in BUSY if n != SHORT)]
)
def test_a_busy_film_loses_little(name: str) -> None:
    path, gop, floor = BUSY[name]
    film = real_film(path, range(gop, gop + 1))
    (old,) = film.segments
    assert any(sample.cts != film.samples(old)[0].cts for sample in film.samples(old))  # B-frames
    assert_as_good(film, old, floor)
