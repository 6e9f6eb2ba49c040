import pytest

from packager.decisions.ads import Ad, Linear, MediaFile
from packager.decisions.media_files import (
    Nature,
    choose_media_files,
    nature,
    rank_media_files,
    streams,
)


def film(height: int, bitrate: int = 1000, **attributes: object) -> MediaFile:
    values = {"url": f"http://a.test/{height}-{bitrate}", "type": "video/mp4", **attributes}
    return MediaFile(height=height, bitrate=bitrate, **values)  # type: ignore[arg-type]


def ad(*files: MediaFile, mezzanines: tuple[MediaFile, ...] = ()) -> Ad:
    return Ad(id="a", linear=Linear(media_files=files, mezzanines=mezzanines))


SMALL, MIDDLE, LARGE, HUGE = film(360), film(720), film(1080), film(2160)
STREAM = film(0, type="application/x-mpegurl", delivery="streaming")

RANKS = {
    "smallest that is as tall as the ladder, then smaller ones": (
        (HUGE, SMALL, LARGE, MIDDLE), 1080, (LARGE, HUGE, MIDDLE, SMALL)),
    "of equals the one with the most bits": (
        (film(720), film(720, 9000), film(720, 10)), 720,
        (film(720, 9000), film(720), film(720, 10))),
    "one that adapts has its greatest": (
        (film(720, 500), film(720, 0, max_bitrate=800)), 720,
        (film(720, 0, max_bitrate=800), film(720, 500))),
    "a file that does not say its size": ((film(0), film(100)), 1080, (film(100), film(0))),
    "WebM and QuickTime are films": (
        (film(720, type="video/webm"), film(360, type="video/quicktime")), 720,
        (film(720, type="video/webm"), film(360, type="video/quicktime"))),
    "no program": ((film(1080, api_framework="VPAID"), SMALL), 1080, (SMALL,)),
    "only programs": ((film(1080, api_framework="SIMID"),), 1080, ()),
    "no stream": ((STREAM, SMALL), 1080, (SMALL,)),
    "what claims to be a stream and is a file comes after others": (
        (film(1080, delivery="streaming"), SMALL), 1080,
        (SMALL, film(1080, delivery="streaming"))),
    "what does not say what it is comes last": (
        (film(1080, type=""), SMALL), 1080, (SMALL, film(1080, type=""))),
    "nothing": ((), 1080, ()),
}  # fmt: skip


@pytest.mark.parametrize(("files", "height", "ranked"), RANKS.values(), ids=RANKS)
def test_media_files_are_ranked_by_their_attributes_d_08(
    files: tuple[MediaFile, ...], height: int, ranked: tuple[MediaFile, ...]
) -> None:
    assert rank_media_files(ad(*files), ladder_max_height=height) == ranked
    assert rank_media_files(ad(*files[::-1]), ladder_max_height=height) == ranked


def test_a_mezzanine_is_conditioned_before_what_is_ready_d_08() -> None:
    tall, taller = film(2160, type="video/quicktime"), film(4320, type="video/quicktime")
    chosen = rank_media_files(ad(LARGE, mezzanines=(tall, taller)), ladder_max_height=1080)
    assert chosen == (taller, tall, LARGE)


def test_a_mezzanine_that_does_not_say_what_it_is_comes_last_d_08() -> None:
    # As in a sample of the IAB, where it is the URL of a beacon.
    unknown = MediaFile(url="http://a.test/beacon?type=complete", type="")
    chosen = rank_media_files(ad(SMALL, mezzanines=(unknown,)), ladder_max_height=1080)
    assert chosen == (SMALL, unknown)


def test_an_ad_without_film_has_no_media_file() -> None:
    assert rank_media_files(Ad(id="a"), ladder_max_height=1080) == ()
    assert streams(Ad(id="a")) == ()


def test_streams_are_known_for_those_who_can_use_them() -> None:
    dash = MediaFile(url="http://a.test/a.mpd?x=1", type="video/mp4")
    assert streams(ad(SMALL, STREAM, dash)) == (STREAM, dash)


NATURES: dict[str, tuple[str, str, str, Nature]] = {
    "MIME type": ("http://a.test/a", "video/mp4", "", "film"),
    "no type, known ending": ("http://a.test/a.MP4?x=.js", "", "", "film"),
    "type that says nothing": ("http://a.test/a.webm", "application/octet-stream", "", "film"),
    "type that nobody knows": ("http://a.test/v/a.mov", "video/x-mov", "", "film"),
    "nothing known": ("http://a.test/a", "video/x-flv", "", "unknown"),
    "dot in a folder": ("http://a.test/a.mp4/b", "", "", "unknown"),
    "HLS": ("http://a.test/a", "application/vnd.apple.mpegurl", "", "stream"),
    "HLS that says it is MP4": ("http://a.test/a.m3u8", "video/mp4", "", "stream"),
    "DASH": ("http://a.test/a", "application/dash+xml", "", "stream"),
    "VPAID by framework": ("http://a.test/a.mp4", "video/mp4", "VPAID", "program"),
    "VPAID by type": ("http://a.test/a", "application/javascript", "", "program"),
    "VPAID by ending": ("http://a.test/a.js", "video/mp4", "", "program"),
    "sound": ("http://a.test/a", "audio/mpeg", "", "sound"),
    "sound by ending": ("http://a.test/a.mp3", "", "", "sound"),
    "not a URL to part": ("http://[a.test/a.mp4", "", "", "unknown"),
}


@pytest.mark.parametrize(("url", "type", "framework", "expected"), NATURES.values(), ids=NATURES)
def test_what_a_file_is_is_said_by_its_type_or_its_ending_d_08(
    url: str, type: str, framework: str, expected: Nature
) -> None:
    assert nature(MediaFile(url=url, type=type, api_framework=framework)) == expected


def test_a_stream_is_tried_after_mezzanines_and_before_files_d_08() -> None:
    dash = film(0, type="application/dash+xml")
    mezzanine = film(4320, type="video/quicktime")
    one = ad(SMALL, STREAM, LARGE, dash, STREAM, mezzanines=(mezzanine,))
    chosen = choose_media_files(one, ladder_max_height=1080)
    assert chosen == (mezzanine, STREAM, dash, LARGE, SMALL)


def test_of_many_files_few_are_tried() -> None:
    films = tuple(film(height) for height in range(100, 200))
    assert len(choose_media_files(ad(*films, *[STREAM] * 9), ladder_max_height=90)) == 5
