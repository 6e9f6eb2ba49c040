import multiprocessing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from overlays.testcard import code_region, nearest_code
from packager.demo import build, pool
from packager.demo.build import Recipe, ensure_demo_media, make_clip, make_loop_part
from packager.demo.content import BUMPER, CREATIVES, SAMPLE_RATE, clip_samples, loop_samples
from packager.demo.loop_file import make_file_loop
from packager.demo.media import DemoMedia
from packager.packaging.errors import CreativeRefused

av = pytest.importorskip("av", reason="drawing the demo's media needs PyAV")

SMALL = Recipe(rungs=("360p",), loop_s=16)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoMedia:
    return ensure_demo_media(tmp_path_factory.mktemp("media"), SMALL)


def code_of(picture: np.ndarray) -> str | None:
    height, width = picture.shape[:2]
    left, top, right, bottom = code_region((width, height))
    return nearest_code(
        tuple(picture[top + 4 : bottom - 4, left + 4 : right - 4].mean(axis=(0, 1)))
    )


def test_the_loop_is_whole_in_every_track(made: DemoMedia) -> None:
    assert [item.name for item in made.renditions] == ["360p", "audio"]
    assert made.loop_s == 16
    for item in made.renditions:
        assert Fraction(sum(item.durations), item.timescale) == 16  # no gap where it starts again
        assert len(item.segments) == 8
    assert made.videos[0].codecs.startswith("avc1.")
    assert made.videos[0].average_bandwidth <= made.videos[0].bandwidth


def test_the_clips_are_what_they_are_said_to_be(made: DemoMedia) -> None:
    for clip in (*made.creatives, made.slate, made.bumper):
        with av.open(made.path(clip)) as file:
            video = file.streams.video[0]
            pictures = list(file.decode(video))
            assert (video.width, video.height) == (clip.width, clip.height)
            assert len(pictures) == clip.duration_s * clip.frame_rate
            shown = {code_of(picture.to_ndarray(format="rgb24")) for picture in pictures[::25]}
            assert shown == {clip.code}
            sounds = file.streams.audio
            assert [sound.rate for sound in sounds] == [clip.sample_rate] * bool(clip.sample_rate)


def test_media_that_are_there_are_not_made_again(
    made: DemoMedia, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "_make_all", None)

    assert ensure_demo_media(made.folder.parent, SMALL) == made


def test_what_was_begun_and_not_finished_is_not_taken_for_media(
    made: DemoMedia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / made.folder.name
    folder.mkdir()
    (folder / "demo.json").write_text("{")
    monkeypatch.setattr(build, "_make_all", lambda *_: made.renditions)

    assert ensure_demo_media(tmp_path, SMALL).renditions == made.renditions
    assert [item.name for item in tmp_path.iterdir()] == [made.folder.name]


def test_another_recipe_has_other_media(tmp_path: Path) -> None:
    file = tmp_path / "film.mp4"
    file.write_bytes(b"one")
    first = Recipe(file=file).digest()
    file.write_bytes(b"two")

    assert len({first, Recipe(file=file).digest(), Recipe().digest(), SMALL.digest()}) == 4


def test_progress_reaches_the_end_and_a_failing_worker_is_heard_of(tmp_path: Path) -> None:
    shares: list[float] = []
    text = tmp_path / "film.mp4"
    text.write_bytes(b"not a film")

    with pytest.raises(CreativeRefused):
        ensure_demo_media(tmp_path / "made", Recipe(file=text), progress=shares.append)

    assert list((tmp_path / "made").iterdir()) == []
    assert all(0 <= share <= 1 for share in shares)


def test_a_rendition_shows_the_code_of_content(tmp_path: Path) -> None:
    video, audio = make_loop_part(tmp_path, "360p", seconds=2, audio=True)

    data = (tmp_path / "360p" / video.init).read_bytes()
    data += (tmp_path / "360p" / video.segments[0]).read_bytes()
    (tmp_path / "joined.mp4").write_bytes(data)
    with av.open(tmp_path / "joined.mp4") as file:
        pictures = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(pictures) == 50
    assert {code_of(picture) for picture in pictures} == {"content"}
    assert audio.kind == "audio"


def test_a_file_becomes_a_loop_of_whole_segments(tmp_path: Path) -> None:
    make_clip(tmp_path, CREATIVES[2])  # 5 s of 960x540, and no sound
    shares: list[float] = []

    renditions = make_file_loop(tmp_path, tmp_path / CREATIVES[2].file, shares.append)

    assert [(item.name, item.width, item.height) for item in renditions] == [
        ("360p", 640, 360),
        ("audio", 0, 0),
    ]
    assert [len(item.segments) for item in renditions] == [2, 2]
    assert shares[-1] == 1
    for item in renditions:
        assert (tmp_path / item.name / item.segments[1]).is_file()
        assert Fraction(sum(item.durations), item.timescale) == pytest.approx(4, abs=0.022)


def test_a_file_of_less_than_a_segment_is_refused(tmp_path: Path) -> None:
    with av.open(tmp_path / "short.mp4", "w") as file:
        stream = file.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        file.mux(stream.encode(av.VideoFrame(320, 180, "yuv420p")))
        file.mux(stream.encode(None))

    with pytest.raises(CreativeRefused, match="too short"):
        make_file_loop(tmp_path / "out", tmp_path / "short.mp4", lambda share: None)


def test_a_file_without_pictures_is_refused(tmp_path: Path) -> None:
    with av.open(tmp_path / "sound.mp4", "w") as file:
        stream = file.add_stream("aac", rate=48_000)
        sound = av.AudioFrame.from_ndarray(np.zeros((2, 1024), np.float32), "fltp", "stereo")
        sound.sample_rate = 48_000
        file.mux(stream.encode(sound))
        file.mux(stream.encode(None))

    with pytest.raises(CreativeRefused, match="no video"):
        make_file_loop(tmp_path / "out", tmp_path / "sound.mp4", lambda share: None)


def test_the_sound_of_the_loop_is_silent_at_its_seam_and_beeps_each_second() -> None:
    seconds = list(loop_samples(16))

    assert all(sound.shape == (SAMPLE_RATE, 2) and sound.dtype == np.float32 for sound in seconds)
    assert np.abs(seconds[-1][-500:]).max() < 0.002
    assert np.abs(seconds[0][0]).max() == 0
    for sound in seconds:
        assert np.abs(sound[:4800]).max() > 0.2
    assert max(np.abs(sound).max() for sound in seconds) < 0.6


def test_the_bumper_is_heard_and_the_slate_is_not(made: DemoMedia) -> None:
    assert max(np.abs(sound).max() for sound in clip_samples(BUMPER)) > 0.1
    assert max(np.abs(sound).max() for sound in clip_samples(made.slate)) == 0


def test_the_progress_of_all_jobs_is_one_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = multiprocessing.Value("d", 5.0)
    monkeypatch.setattr(pool, "_done", None)

    pool.share(done)
    make_clip(tmp_path, BUMPER)
    make_clip(tmp_path, replace(CREATIVES[1], duration_s=1))

    assert done.value == pytest.approx(5 + BUMPER.duration_s + 1)
    with av.open(tmp_path / BUMPER.file) as file:
        assert file.streams.audio[0].channels == 2


def test_a_job_goes_no_further_once_all_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_done", None)
    done = multiprocessing.Value("d", 5.0)
    pool.share(done)
    report = pool.reporter()
    report(1.0)
    done.value = float("-inf")

    with pytest.raises(pool.JobsEnded):
        report(2.0)
