from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from media_samples import (
    AAC_FRAME_S,
    EVERY_CONTAINER,
    audio_source,
    beeps,
    number_of,
    picture,
    play_rendition,
    rung,
    video_source,
    video_spec,
)

from packager.packaging.encode import EncodedRendition, VideoSource, encode_ladder
from packager.packaging.ladder import TS_ORIGIN, Rung

FRAMES = 60  # 2.4 s at 25/s: two whole segments and a part


@pytest.fixture(scope="module")
def renditions(tmp_path_factory: pytest.TempPathFactory) -> tuple[EncodedRendition, ...]:
    sound = audio_source(beeps(5, at=(0.5, 1.5)))
    out = tmp_path_factory.mktemp("ladder")
    return encode_ladder(video_source(FRAMES), sound, EVERY_CONTAINER, out)


def named(renditions: tuple[EncodedRendition, ...], kind: str, container: str) -> EncodedRendition:
    return next(r for r in renditions if (r.rung.kind, r.rung.container) == (kind, container))


MEDIA = [(r.kind, r.container) for r in EVERY_CONTAINER if r.kind != "subtitles"]
PICTURES = [(kind, container) for kind, container in MEDIA if kind != "audio"]
SOUNDS = [(kind, container) for kind, container in MEDIA if kind != "video"]


@pytest.mark.parametrize(("kind", "container"), PICTURES)
def test_every_picture_is_decoded_once_and_in_place(
    renditions: tuple[EncodedRendition, ...], kind: str, container: str
) -> None:
    """G-01, G-03: the first one has time 0 (TS: the origin), and times run on."""
    played = play_rendition(named(renditions, kind, container))["video"]
    start = Fraction(TS_ORIGIN if container == "ts" else 0, 90_000)
    assert played.times == [start + Fraction(number, 25) for number in range(FRAMES)]
    assert [number_of(level) for level in played.levels] == list(range(FRAMES))


@pytest.mark.parametrize(("kind", "container"), SOUNDS)
def test_sound_is_where_it_was_and_ends_with_the_picture(
    renditions: tuple[EncodedRendition, ...], kind: str, container: str
) -> None:
    """G-04: priming is cut away, so nothing is late, and the end is the nearest frame's."""
    played = play_rendition(named(renditions, kind, container))["audio"]
    # FFmpeg passes over the time tag of packed audio, and starts at 0
    start = Fraction(TS_ORIGIN if container == "ts" else 0, 90_000)
    assert played.clicks == pytest.approx([float(start) + 0.5, float(start) + 1.5], abs=0.001)
    assert abs(played.end - start - Fraction(FRAMES, 25)) <= AAC_FRAME_S / 2
    steps = {after - before for before, after in pairwise(played.times)}
    assert all(abs(step - AAC_FRAME_S) <= Fraction(1, 90_000) for step in steps)


@pytest.mark.parametrize(("kind", "container"), MEDIA)
def test_durations_are_those_of_the_media(
    renditions: tuple[EncodedRendition, ...], kind: str, container: str
) -> None:
    rendition = named(renditions, kind, container)
    rate = 48_000 / Fraction(1024) if kind == "audio" else Fraction(25)
    counts = [segment.duration * rate for segment in rendition.segments]
    assert all(count.denominator == 1 for count in counts)
    total = sum(segment.duration for segment in rendition.segments)
    assert abs(total - Fraction(FRAMES, 25)) <= AAC_FRAME_S / 2
    for number, segment in enumerate(rendition.segments):
        data = (rendition.folder / segment.name).read_bytes()
        assert segment.name == f"{number + 1}{Path(segment.name).suffix}"
        assert segment.size == len(data)


@pytest.mark.parametrize(("kind", "container"), MEDIA)
def test_every_segment_can_be_decoded_alone(
    renditions: tuple[EncodedRendition, ...], kind: str, container: str
) -> None:
    """G-06, G-08: it starts at a random access point, after PAT and PMT in TS."""
    rendition = named(renditions, kind, container)
    for number, segment in enumerate(rendition.segments):
        tracks = play_rendition(rendition, number)
        if kind != "audio":
            first = number * 25
            numbers = [number_of(level) for level in tracks["video"].levels]
            assert numbers == list(range(first, first + int(segment.duration * 25)))
        if kind != "video":
            assert len(tracks["audio"].times) > 0


def test_segments_begin_at_the_same_instant_in_every_rendition(
    renditions: tuple[EncodedRendition, ...],
) -> None:
    """A-50, A-51: to half an AAC frame."""
    for rendition in renditions:
        ends = [
            sum(segment.duration for segment in rendition.segments[: n + 1])
            for n in range(len(rendition.segments))
        ]
        assert len(ends) == 3
        for end, expected in zip(ends, (1, 2, Fraction(FRAMES, 25)), strict=True):
            assert abs(end - expected) <= AAC_FRAME_S / 2


def test_subtitles_are_empty_segments_on_the_clock_of_the_media(
    renditions: tuple[EncodedRendition, ...],
) -> None:
    """A-55."""
    rendition = named(renditions, "subtitles", "webvtt")
    text = f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{TS_ORIGIN},LOCAL:00:00:00.000\n\n"
    assert [(rendition.folder / s.name).read_text() for s in rendition.segments] == [text] * 3
    assert sum(segment.duration for segment in rendition.segments) == Fraction(FRAMES, 25)


def test_rates_that_divide_share_their_borders_and_others_take_the_nearest_picture(
    tmp_path: Path,
) -> None:
    rates = (Fraction(25), Fraction(50), Fraction(30_000, 1001))
    rungs = [rung("video", "cmaf", video=video_spec(rate=rate)) for rate in rates]
    made = encode_ladder(video_source(50), None, rungs, tmp_path)
    assert [len(play_rendition(r)["video"].times) for r in made] == [50, 100, 60]
    for rendition, rate in zip(made, rates, strict=True):
        assert abs(rendition.segments[0].duration - 1) <= 1 / rate / 2


def test_what_has_no_sound_gets_silence(tmp_path: Path) -> None:
    made = encode_ladder(video_source(30), None, [rung("muxed", "cmaf")], tmp_path)
    played = play_rendition(made[0])["audio"]
    assert played.clicks == []
    assert abs(played.end - Fraction(30, 25)) <= AAC_FRAME_S / 2


def test_sound_that_ends_early_goes_on_in_silence(tmp_path: Path) -> None:
    sound = audio_source(beeps(0.4, at=(0.2,)))
    made = encode_ladder(video_source(50), sound, [rung("audio", "cmaf")], tmp_path)
    played = play_rendition(made[0])["audio"]
    assert played.clicks == pytest.approx([0.2], abs=0.001)
    assert abs(played.end - 2) <= AAC_FRAME_S / 2


def test_sound_is_brought_to_the_rate_and_channels_of_the_rung(tmp_path: Path) -> None:
    sound = audio_source(beeps(2, at=(1.0,), rate=44_100, channels=1), rate=44_100)
    made = encode_ladder(video_source(50), sound, [rung("audio", "cmaf")], tmp_path)
    assert play_rendition(made[0])["audio"].clicks == pytest.approx([1.0], abs=0.001)


def test_segments_are_written_while_pictures_still_come(tmp_path: Path) -> None:
    """Ten minutes need the memory of ten seconds."""
    of: Rung = rung("video", "cmaf")

    def frames() -> Iterator[np.ndarray]:
        for number in range(200):
            yield picture(number)
        assert (tmp_path / "picture" / "4.m4s").is_file()

    source = VideoSource(160, 90, Fraction(25), frames())
    told: list[float] = []
    made = encode_ladder(source, None, [of], tmp_path, names={of: "picture"}, progress=told.append)
    assert made[0].folder == tmp_path / "picture"
    assert told == sorted(told)
    assert told[-1] == pytest.approx(8)


def test_pictures_may_come_as_planes(tmp_path: Path) -> None:
    planes = np.full((135, 160), 128, np.uint8)
    planes[:90] = 200
    source = VideoSource(160, 90, Fraction(25), iter([planes] * 10), "yuv420p")
    made = encode_ladder(source, None, [rung("video", "cmaf")], tmp_path)
    assert play_rendition(made[0])["video"].levels == pytest.approx([200] * 10, abs=2)


def test_a_blink_of_sound_at_the_very_end_is_left_out(tmp_path: Path) -> None:
    rungs = [
        rung("video", "cmaf", video=video_spec(rate=120), grid=120),
        rung("audio", "cmaf", grid=120),
    ]
    video, audio = encode_ladder(video_source(121, 120), None, rungs, tmp_path)
    assert [len(video.segments), len(audio.segments)] == [2, 1]
