"""Fragmented MP4: read, written back, and with other samples; no picture is decoded here."""

from dataclasses import replace

import pytest
from film_samples import SHARED, make_film

from overlays.mp4.boxes import Box, edit, read_boxes, write_box
from overlays.mp4.init import read_init, video_track
from overlays.mp4.rewrite import replace_samples
from overlays.mp4.samples import Sample, Segment, read_segment

LAYOUTS = {
    "a fragment for each GOP": {"x264": "bframes=2"},
    "a fragment for each picture": {"x264": "bframes=2", "fragments": "frag_every_frame"},
    "sound beside it": {"with_sound": True, "x264": "bframes=2"},
    "several GOPs": {"segment_gops": 2},
    "separate moofs": {"with_sound": True, "fragments": "separate_moof+frag_keyframe"},
}


def read(name: str) -> tuple[Segment, int]:
    film = make_film(**LAYOUTS[name])  # type: ignore[arg-type]
    movie = read_init(film.init)
    return read_segment(film.segments[0], movie), video_track(movie).number


def grown(samples: tuple[Sample, ...]) -> list[Sample]:
    return [replace(s, data=s.data + bytes(n % 5)) for n, s in enumerate(samples)]


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_segment_is_written_back_as_it_was(name: str) -> None:
    segment, track = read(name)
    assert segment.samples(track)
    assert replace_samples(segment, track, segment.samples(track)) == segment.data


@pytest.mark.parametrize("name", LAYOUTS)
def test_samples_of_other_sizes_are_read_back(name: str) -> None:
    segment, track = read(name)
    film = make_film(**LAYOUTS[name])  # type: ignore[arg-type]
    movie = read_init(film.init)
    samples = grown(segment.samples(track))
    again = read_segment(replace_samples(segment, track, samples), movie)
    assert list(again.samples(track)) == samples
    for other in movie.keys() - {track}:
        assert again.samples(other) == segment.samples(other)


def test_composition_offsets_may_become_negative() -> None:
    segment, track = read("a fragment for each GOP")
    samples = [replace(s, cts=s.cts - 5000) for s in segment.samples(track)]
    movie = read_init(make_film(**LAYOUTS["a fragment for each GOP"]).init)  # type: ignore[arg-type]
    again = read_segment(replace_samples(segment, track, samples), movie)
    assert [s.cts for s in again.samples(track)] == [s.cts for s in samples]
    assert min(s.cts for s in samples) < 0


def test_flags_of_single_samples_are_written_where_there_were_none() -> None:
    segment, track = read("a fragment for each picture")
    samples = [
        replace(s, flags=0x01010000 + (n << 6)) for n, s in enumerate(segment.samples(track))
    ]
    movie = read_init(make_film(**LAYOUTS["a fragment for each picture"]).init)  # type: ignore[arg-type]
    again = read_segment(replace_samples(segment, track, samples), movie)
    assert list(again.samples(track)) == samples


def test_samples_at_other_times_are_not_taken() -> None:
    segment, track = read("several GOPs")
    samples = list(segment.samples(track))
    for wrong in (
        samples[:-1],
        [*samples, samples[-1]],
        [replace(s, dts=s.dts + 1) for s in samples],
    ):
        with pytest.raises(ValueError, match="times"):
            replace_samples(segment, track, wrong)


def test_boxes_that_nobody_knows_stay_and_indexes_go() -> None:
    film = make_film("bframes=2")
    movie = read_init(film.init)
    track = video_track(movie).number
    emsg = write_box(b"emsg", b"anything at all")
    styp, strange = write_box(b"styp", b"msdhmsdh"), write_box(b"zzzz", b"?")
    sidx, prft = write_box(b"sidx", bytes(40)), write_box(b"prft", bytes(20))
    data = b"".join((styp, sidx, emsg, prft, film.segments[0], strange))
    segment = read_segment(data, movie)
    new = replace_samples(segment, track, grown(segment.samples(track)))
    kinds = [box.kind for box in read_boxes(new)]
    assert kinds == [b"styp", b"emsg", b"prft", b"moof", b"mdat", b"zzzz"]
    assert new.startswith(styp + emsg + prft)
    assert new.endswith(strange)
    assert [s.data for s in read_segment(new, movie).samples(track)] == [
        s.data for s in grown(segment.samples(track))
    ]


def test_tables_of_the_old_samples_go_with_them() -> None:
    film = make_film("bframes=2")
    movie = read_init(film.init)
    track = video_track(movie).number
    (moof, mdat) = read_boxes(film.segments[0])
    data = film.segments[0]

    def change(box: Box) -> bytes | None:
        if box.kind == b"traf":
            tables = write_box(b"sdtp", bytes(16)), write_box(b"subs", bytes(8))
            kept = write_box(b"sgpd", bytes(12))
            return write_box(b"traf", data[box.content : box.end], *tables, kept)
        return None

    larger = edit(data, moof, change, lambda box: 0 if box.kind == b"moof" else None)
    shift = len(larger) - (moof.end - moof.start)
    at = larger.index(b"trun") + 12
    offset = int.from_bytes(larger[at : at + 4]) + shift
    data = larger[:at] + offset.to_bytes(4) + larger[at + 4 :] + data[mdat.start :]
    segment = read_segment(data, movie)
    new = replace_samples(segment, track, grown(segment.samples(track)))
    assert list(read_segment(new, movie).samples(track)) == grown(segment.samples(track))
    assert b"sgpd" in new
    assert b"sdtp" not in new
    assert b"subs" not in new


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared media are not beside the checkout")
@pytest.mark.parametrize(
    "folder", ["testpic-ladder/360", "testpic-ladder/LD_360", "testpic-ladder/A48"]
)
def test_real_segments_are_written_back_as_they_were(folder: str) -> None:
    movie = read_init((SHARED / folder / "init.mp4").read_bytes())
    (track,) = movie
    for number in range(1, 5):
        segment = read_segment((SHARED / folder / f"{number}.m4s").read_bytes(), movie)
        samples = segment.samples(track)
        assert samples
        assert samples[-1].dts + samples[-1].duration > samples[0].dts
        assert replace_samples(segment, track, samples) == segment.data


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared media are not beside the checkout")
def test_edit_lists_are_followed_to_the_time_of_presentation() -> None:
    movie = read_init((SHARED / "testpic-ladder/360/init.mp4").read_bytes())
    track = video_track(movie)
    segment = read_segment((SHARED / "testpic-ladder/360/1.m4s").read_bytes(), movie)
    first = min(sample.pts for sample in segment.samples(track.number))
    assert first / track.timescale + track.shift == 0
