"""``weft condition`` and presentations made of one file."""

import io
from fractions import Fraction
from pathlib import Path

import pytest
from click.testing import CliRunner
from media_samples import SHARED, beeps, make_file, play_rendition, rung, video_source, video_spec
from rich.console import Console

from manifests.hls.multivariant import read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from packager.packaging.command import condition, condition_command
from packager.packaging.encode import encode_ladder
from packager.packaging.errors import LadderUnmatched
from packager.packaging.local import read_local_show
from packager.packaging.playlists import write_playlists
from packager.packaging.probe import derive_ladder, media_playlist_uris
from packager.packaging.vod import package_vod

DEMUXED = (
    rung("video", "cmaf", video=video_spec(160, 90)),
    rung("video", "cmaf", video=video_spec(96, 54)),
    rung("audio", "cmaf"),
    rung("subtitles", "webvtt"),
)


@pytest.fixture(scope="module")
def creative(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("creative") / "ad.mp4"
    path.write_bytes(make_file(frames=60, samples=beeps(2.4, at=(0.5,))))
    return path


@pytest.fixture(scope="module")
def show(creative: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return package_vod(creative, DEMUXED, tmp_path_factory.mktemp("show"))


def test_a_presentation_can_be_read_and_has_the_ladder_that_made_it(show: Path) -> None:
    multivariant = read_multivariant_playlist(show.read_bytes(), url=show.as_uri())
    assert [v.resolution for v in multivariant.variants] == [(160, 90), (96, 54)]
    assert all(v.codecs[0].startswith("avc1.64") for v in multivariant.variants)
    assert {v.codecs[1] for v in multivariant.variants} == {"mp4a.40.2"}
    assert [r.type for r in multivariant.renditions] == ["AUDIO", "SUBTITLES"]
    for uri in media_playlist_uris(multivariant):
        path = show.parent / uri.rpartition("/")[2]
        playlist = read_media_playlist(path.read_bytes(), url=uri)
        assert playlist.ended
        assert playlist.target_duration == 1
        assert abs(sum(float(s.duration) for s in playlist.segments) - 2.4) < 0.011
    source, probes = read_local_show(show)
    entries = derive_ladder(source, probes).entries
    assert [(e.kind, e.container) for e in entries] == [(r.kind, r.container) for r in DEMUXED]  # type: ignore[union-attr]


def test_muxed_and_audio_only_presentations_are_told_as_such(tmp_path: Path) -> None:
    muxed = encode_ladder(video_source(25), None, [rung("muxed", "ts")], tmp_path)
    text = write_playlists(muxed, tmp_path).read_text()
    assert "EXT-X-MEDIA:" not in text
    assert ',CODECS="avc1.64000' in text
    assert "mp4a.40.2" in text
    only = encode_ladder(video_source(25), None, [rung("audio", "packed-aac")], tmp_path / "a")
    text = write_playlists(only, tmp_path / "a").read_text()
    assert 'CODECS="mp4a.40.2"' in text
    assert "RESOLUTION" not in text


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(condition, [str(argument) for argument in arguments])
    return result.exit_code, " ".join(result.output.split())


def test_the_command_packages_a_creative_and_shows_what_came_of_it(
    creative: Path, show: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    code, text = run(creative, "--like", show, "-o", out, "--loudness", "-23")
    assert code == 0
    assert "100 %" in text
    assert "1-90p" in text
    assert "2-54p" in text
    assert "48 kHz, 2 ch" in text
    stems = ("1-90p", "2-54p", "3-audio", "4-subtitles")
    names = {"index.m3u8", "index.mpd", *stems, *(f"{stem}.m3u8" for stem in stems)}
    assert {path.name for path in out.iterdir()} == names
    source, probes = read_local_show(out / "index.m3u8")
    assert derive_ladder(source, probes).rungs[0].video is not None


def test_one_media_playlist_is_enough_and_what_is_left_out_is_said(
    creative: Path, show: Path, tmp_path: Path
) -> None:
    text = io.StringIO()
    like = next(path for path in show.parent.glob("*.m3u8") if "vtt" in path.read_text())
    bare = tmp_path / "bare.m3u8"
    bare.write_text(
        '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=900000\nv.m3u8\n#EXT-X-MEDIA:TYPE=SUBTITLES,GROUP-ID="s",NAME="n",URI="s.m3u8"\n'
    )
    video = next(path for path in show.parent.glob("*.m3u8") if "m4s" in path.read_text())
    whole = video.read_text().replace(video.stem, f"{show.parent}/{video.stem}")
    (tmp_path / "v.m3u8").write_text(whole)
    (tmp_path / "s.m3u8").write_text(whole)
    condition_command(creative, bare, tmp_path / "out", Console(file=text, width=120))
    assert "Left out: subtitles other than WebVTT cannot be matched." in text.getvalue()
    condition_command(creative, like, tmp_path / "vtt", Console(file=text, width=120))
    assert (tmp_path / "vtt" / "1-subtitles" / "1.vtt").is_file()


def test_byte_ranges_of_a_file_are_read(tmp_path: Path) -> None:
    (made,) = encode_ladder(video_source(50), None, [rung("video", "cmaf")], tmp_path)
    init, first = ((made.folder / name).read_bytes() for name in ("init.mp4", "1.m4s"))
    (tmp_path / "all.mp4").write_bytes(init + first)
    (tmp_path / "v.m3u8").write_text(
        f'#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MAP:URI="all.mp4",BYTERANGE="{len(init)}@0"\n'
        f"#EXT-X-BYTERANGE:{len(first)}@{len(init)}\n#EXTINF:1,\nall.mp4\n#EXT-X-ENDLIST\n"
    )
    _, (probe,) = read_local_show(tmp_path / "v.m3u8")
    assert (probe.init, probe.media) == (init, first)


REFUSED = {
    "a remote segment": (
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttps://a.example/1.ts\n",
        "not a file on this machine",
    ),
    "a file of another machine": (
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://host/1.ts\n",
        "not a file on this machine",
    ),
    "no segments": ("#EXTM3U\n#EXT-X-TARGETDURATION:1\n", "the playlist has no segments"),
    "a page": ("<html>", "line 1"),
    "a missing segment": (
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nnone.ts\n",
        "No such file",
    ),
}


@pytest.mark.parametrize(("text", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_playlist_that_cannot_be_followed_is_refused(
    text: str, reason: str, creative: Path, tmp_path: Path
) -> None:
    like = tmp_path / "like.m3u8"
    like.write_text(text)
    code, output = run(creative, "--like", like, "-o", tmp_path / "out")
    assert code == 1
    assert reason in output


def test_a_folder_that_is_in_use_is_left_alone(creative: Path, show: Path) -> None:
    code, output = run(creative, "--like", show, "-o", show.parent)
    assert code == 1
    assert "is not empty" in output


def test_a_creative_that_is_no_video_is_refused(show: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.mp4"
    page.write_text("<html></html>")
    code, output = run(page, "--like", show, "-o", tmp_path / "out")
    assert code == 1
    assert "HTML or XML" in output


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared media are not beside the checkout")
@pytest.mark.parametrize("ad", ["gotland", "train"])
def test_real_ads_fit_a_real_ladder(ad: str, tmp_path: Path) -> None:
    """Issue: media made by one encoder, a ladder made by another."""
    from packager.packaging.condition import ConditionSettings, condition

    ladder = tmp_path / "ladder"
    ladder.mkdir()
    lines = ["#EXTM3U", '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="A",URI="A48.m3u8"']
    for name, bandwidth in (("360", 1_000_000), ("A48", 0)):
        folder = (SHARED / "testpic-ladder" / name).resolve()
        if bandwidth:
            lines += [f'#EXT-X-STREAM-INF:BANDWIDTH={bandwidth},AUDIO="a"', f"{name}.m3u8"]
        media = [f'#EXT-X-MAP:URI="{folder.as_uri()}/init.mp4"']
        for number in range(1, 5):
            media += ["#EXTINF:2.000,", f"{folder.as_uri()}/{number}.m4s"]
        head = ["#EXTM3U", "#EXT-X-TARGETDURATION:2"]
        (ladder / f"{name}.m3u8").write_text("\n".join([*head, *media, ""]))
    (ladder / "index.m3u8").write_text("\n".join([*lines, ""]))
    rungs = derive_ladder(*read_local_show(ladder / "index.m3u8")).rungs
    ts = rung("muxed", "ts", video=rungs[0].video, audio=rungs[1].audio, segment=2, grid=30)
    made = condition(
        SHARED / "ads" / f"{ad}.mp4",
        [*rungs, ts],
        tmp_path / "out",
        settings=ConditionSettings(),
        progress=lambda share: None,
    )
    for rendition in made:
        tracks = play_rendition(rendition)
        assert len(rendition.segments) == 5
        assert (
            max(segment.size * 8 / segment.duration for segment in rendition.segments) < 1_100_000
        )
        if "video" in tracks:
            start = tracks["video"].times[0]
            assert tracks["video"].times == [start + Fraction(n, 30) for n in range(300)]
            assert tracks["video"].sizes == {(640, 360)}
        if "audio" in tracks:
            assert abs(tracks["audio"].end - (10 if not rendition.init else 0) - 10) < Fraction(
                512, 48_000
            )


def test_a_remote_show_is_refused_before_anything_is_read() -> None:
    from packager.packaging import local

    with pytest.raises(LadderUnmatched):
        local._local("http://169.254.169.254/")
