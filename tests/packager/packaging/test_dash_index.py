"""An MPD beside what was packaged; `weft condition` for an MPD."""

from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from media_samples import beeps, make_file, rung, video_source, video_spec

from manifests.dash.reading.reader import read_mpd
from packager.packaging.command import condition
from packager.packaging.encode import encode_ladder
from packager.packaging.index_mpd import write_mpd
from packager.packaging.ladder import AudioSpec, Rung
from packager.packaging.read_cmaf import read_init, read_segment
from packager.packaging.vod import package_vod
from tests.mpd_schema import assert_valid, needs_schema

NTSC = Fraction(30_000, 1001)
AAC_44K = AudioSpec(sample_rate=44_100, channels=1, bitrate=64_000)
LADDERS = {
    "25 pictures a second": (
        rung("video", "cmaf"),
        rung("video", "cmaf", video=video_spec(96, 54)),
        rung("audio", "cmaf"),
        rung("subtitles", "webvtt"),
    ),
    "NTSC, two audios": (
        rung("video", "cmaf", video=video_spec(rate=NTSC), grid=NTSC, segment=30 / NTSC),
        rung("audio", "cmaf", grid=NTSC, segment=30 / NTSC),
        rung("audio", "cmaf", audio=AAC_44K, grid=NTSC, segment=30 / NTSC),
    ),
    "audio alone": (rung("audio", "cmaf"),),
}


@pytest.fixture(scope="module")
def creative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("creative") / "ad.mp4"
    path.write_bytes(make_file(frames=60, samples=beeps(2.4, at=(0.5,))))
    return path


@pytest.fixture(scope="module", params=LADDERS.values(), ids=LADDERS)
def packaged(
    request: pytest.FixtureRequest, creative: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[tuple[Rung, ...], Path]:
    out = tmp_path_factory.mktemp("packaged")
    package_vod(creative, request.param, out)
    return request.param, out / "index.mpd"


def test_it_says_what_the_media_are(packaged: tuple[tuple[Rung, ...], Path]) -> None:
    rungs, index = packaged
    mpd = read_mpd(index.read_bytes(), url=index.as_uri())
    assert not mpd.is_dynamic
    (period,) = mpd.periods
    found = list(period.representations())
    for of, (one, representation) in zip(
        (of for of in rungs if of.kind != "subtitles"), found, strict=True
    ):
        folder = Path(index.parent / of.key)
        assert representation.bases == (f"{folder.as_uri()}/",)
        assert one.kind == of.kind
        if of.video is not None:
            assert (representation.width, representation.height) == (
                of.video.width,
                of.video.height,
            )
            assert representation.frame_rate == of.video.frame_rate
            assert representation.codecs.startswith("avc1.64")
        if of.audio is not None:
            assert representation.sample_rate == of.audio.sample_rate
            assert representation.channels == of.audio.channels
        addressing = representation.addressing
        assert addressing is not None
        (track,) = read_init((folder / "init.mp4").read_bytes())
        assert addressing.timescale == track.timescale
        listed = [
            run.start + number * run.duration
            for run in addressing.runs
            for number in range(run.count)
        ]
        spans = [
            read_segment((track,), (folder / f"{number}.m4s").read_bytes())[0]
            for number in range(1, len(listed) + 1)
        ]
        assert [span.start * track.timescale for span in spans] == listed
        assert not (folder / f"{len(listed) + 1}.m4s").exists()
        end = spans[-1].start + spans[-1].duration
        assert mpd.duration is not None
        assert abs(end - Fraction(mpd.duration)) < Fraction(1, 40)


@needs_schema
def test_it_is_valid(packaged: tuple[tuple[Rung, ...], Path]) -> None:
    assert_valid(packaged[1].read_bytes())


def test_what_cannot_stand_in_an_mpd_has_none(creative: Path, tmp_path: Path) -> None:
    package_vod(creative, [rung("muxed", "ts")], tmp_path)
    assert not (tmp_path / "index.mpd").exists()
    made = encode_ladder(video_source(25), None, [rung("muxed", "cmaf")], tmp_path / "muxed")
    assert write_mpd(made, tmp_path) is None


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(condition, [str(argument) for argument in arguments])
    return result.exit_code, " ".join(result.output.split())


def test_the_command_packages_for_an_mpd(creative: Path, tmp_path: Path) -> None:
    rungs = LADDERS["25 pictures a second"][:3]
    package_vod(creative, rungs, tmp_path / "show")
    out = tmp_path / "out"
    code, text = run(creative, "--like", tmp_path / "show" / "index.mpd", "-o", out)
    assert code == 0
    assert "index.m3u8" in text
    assert "index.mpd" in text
    folders = {path.name for path in out.iterdir() if path.is_dir()}
    assert folders == {"1-90p", "2-54p", "3-audio"}
    (period,) = read_mpd((out / "index.mpd").read_bytes(), url="file:///x/").periods
    sizes = [(of.width, of.height) for one, of in period.representations() if one.kind == "video"]
    assert sizes == [(160, 90), (96, 54)]


def test_the_command_tells_of_mpds() -> None:
    code, text = run("--help")
    assert code == 0
    assert "DASH MPD" in text


HEAD = (
    '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"'
    ' mediaPresentationDuration="PT2S" profiles="urn:mpeg:dash:profile:isoff-live:2011">'
)
SET = (
    '<Period><AdaptationSet mimeType="{}"><SegmentTemplate media="{}" duration="2"/>'
    '<Representation id="1" bandwidth="1"/></AdaptationSet></Period></MPD>'
)
REFUSED = {
    "a remote segment": (
        HEAD + SET.format("video/mp4", "https://a.example/1.m4s"),
        "not a file on this machine",
    ),
    "a missing segment": (HEAD + SET.format("video/mp4", "none.m4s"), "No such file"),
    "WebM alone": (HEAD + SET.format("video/webm", "1.webm"), "video/webm cannot be matched"),
    "no Periods": (HEAD + "</MPD>", "no Period"),
    "another document": ("<rss/>", "rss"),
    "half of one": (HEAD, "line 1"),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_an_mpd_that_cannot_be_followed_is_refused(
    text: str, reason: str, creative: Path, tmp_path: Path
) -> None:
    like = tmp_path / "like.mpd"
    like.write_text(text)
    code, output = run(creative, "--like", like, "-o", tmp_path / "out")
    assert code == 1
    assert reason in output
