"""What an MPD is told of packaged media is what the media say (B-01, B-03, G-01)."""

import json
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import pytest
from media_samples import AAC_48K, beeps, make_file, rung, video_spec

from manifests.creative import CmafMedia, Creative
from packager.packaging.ladder import AudioSpec, Ladder, Rung
from packager.packaging.library import MediaLibrary
from packager.packaging.read_cmaf import InitTrack, TrackSpan, read_init, read_segment

NTSC = Fraction(30_000, 1001)
AAC_44K = AudioSpec(sample_rate=44_100, channels=1, bitrate=64_000)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def source() -> bytes:
    return make_file(frames=60, samples=beeps(2.4, at=(0.5,)))


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[MediaLibrary]:
    opened = MediaLibrary(tmp_path / "media")
    yield opened
    await opened.aclose()


def cmaf_of(creative: Creative, of: Rung) -> CmafMedia:
    media = creative.renditions[of.key].cmaf
    assert media is not None
    return media


def file_at(library: MediaLibrary, url: str) -> bytes:
    _, prefix, digest, name = url.split("/")
    assert prefix == "tm"
    file = library.file(digest, name)
    assert file is not None
    return file.path.read_bytes()


def read(library: MediaLibrary, media: CmafMedia) -> tuple[InitTrack, list[TrackSpan], list[int]]:
    """The track, its spans and the sizes of its segments, with the URLs that a player makes."""
    (track,) = read_init(file_at(library, media.base + media.initialization))
    numbers = range(media.start_number, media.start_number + len(media.durations))
    data = [file_at(library, media.base + media.media.replace("$Number$", str(n))) for n in numbers]
    return track, [read_segment((track,), one)[0] for one in data], [len(one) for one in data]


LADDERS = {
    "25 pictures a second": (rung("video", "cmaf"), rung("audio", "cmaf")),
    "NTSC and 44.1 kHz": (
        rung("video", "cmaf", video=video_spec(rate=NTSC), grid=NTSC, segment=30 / NTSC),
        rung("audio", "cmaf", audio=AAC_44K, grid=NTSC, segment=30 / NTSC),
    ),
}


@pytest.mark.parametrize("rungs", LADDERS.values(), ids=LADDERS)
async def test_an_mpd_is_told_what_the_media_say(
    rungs: tuple[Rung, Rung], library: MediaLibrary, source: bytes
) -> None:
    """Every tick: `tfdt` of each segment is the sum of the durations before it (G-01)."""
    creative = await library.condition(source, Ladder(rungs))
    for of in rungs:
        media = cmaf_of(creative, of)
        track, spans, sizes = read(library, media)
        assert (media.mime_type, media.start_number) == (f"{of.kind}/mp4", 1)
        assert media.timescale == track.timescale
        at = 0
        for span, ticks in zip(spans, media.durations, strict=True):
            assert (span.start * track.timescale, span.duration * track.timescale) == (at, ticks)
            at += ticks
        frame = 1 / of.video.frame_rate if of.video else Fraction(1024, media.timescale)
        assert abs(Fraction(at, media.timescale) - Fraction(creative.duration)) < frame
        rates = [8 * size / span.duration for size, span in zip(sizes, spans, strict=True)]
        assert max(rates) <= media.bandwidth < max(rates) + 2
        playlist = creative.renditions[of.key]
        assert playlist.init_uri == media.base + media.initialization
        assert playlist.segments[0].uri == media.base + media.media.replace("$Number$", "1")
        assert len(playlist.segments) == len(media.durations)


async def test_codecs_size_and_rates_are_told(library: MediaLibrary, source: bytes) -> None:
    video, audio = LADDERS["NTSC and 44.1 kHz"]
    creative = await library.condition(source, Ladder((video, audio)))
    told = cmaf_of(creative, video)
    init = file_at(library, told.base + told.initialization)
    at = init.index(b"avcC") + 5
    assert told.codecs == f"avc1.{init[at]:02x}{init[at + 1]:02x}{init[at + 2]:02x}"
    assert (told.width, told.height, told.frame_rate) == (160, 90, "30000/1001")
    assert (told.sample_rate, told.channels) == (None, None)
    told = cmaf_of(creative, audio)
    assert (told.codecs, told.sample_rate, told.channels) == ("mp4a.40.2", 44_100, 1)
    assert (told.width, told.height, told.frame_rate) == (None, None, None)


async def test_only_cmaf_of_one_track_can_stand_in_an_mpd(
    library: MediaLibrary, source: bytes
) -> None:
    rungs = (
        rung("muxed", "ts"),
        rung("muxed", "cmaf"),
        rung("audio", "packed-aac"),
        rung("subtitles", "webvtt"),
    )
    creative = await library.condition(source, Ladder(rungs))
    assert [creative.renditions[of.key].cmaf for of in rungs] == [None] * 4


VIDEO, AUDIO = rung("video", "cmaf"), rung("audio", "cmaf", audio=AAC_48K)
CUTS = {  # in pictures; the whole slate has segments of 25, 18 and 17
    "shorter than a segment": (13, 1),
    "a border": (25, 1),
    "just past a border": (26, 2),
    "in a later segment": (40, 2),
    "in the last segment": (59, 3),
}


@pytest.mark.parametrize(("frames", "count"), CUTS.values(), ids=CUTS)
async def test_a_cut_is_the_whole_slate_with_an_earlier_end(
    frames: int, count: int, library: MediaLibrary, source: bytes
) -> None:
    """B-03: the last segment may stick out of the Period."""
    slate = await library.condition(source, Ladder((VIDEO, AUDIO)), kind="slate")
    (cut,) = await library.cut(slate, Fraction(frames, 25))
    for of in (VIDEO, AUDIO):
        whole, media = cmaf_of(slate, of), cmaf_of(cut, of)
        assert media.base == whole.base
        assert media.durations == whole.durations[:count]
        assert Fraction(sum(media.durations), media.timescale) >= Fraction(cut.duration)
        *before, _ = media.durations
        assert Fraction(sum(before), media.timescale) < Fraction(cut.duration)
        assert media.bandwidth == whole.bandwidth


async def test_a_restart_tells_the_same(tmp_path: Path, source: bytes) -> None:
    library = MediaLibrary(tmp_path)
    slate = await library.condition(source, Ladder((VIDEO, AUDIO)), kind="slate")
    (cut,) = await library.cut(slate, Fraction(8, 5))
    await library.aclose()
    again = MediaLibrary(tmp_path, uri_prefix="https://cdn.example/tm")
    for made in (slate, cut):
        kept = again.get(made.id)
        assert kept is not None
        before, after = cmaf_of(made, AUDIO), cmaf_of(kept, AUDIO)
        assert after.base == "https://cdn.example" + before.base
        assert (after.durations, after.codecs) == (before.durations, before.codecs)
    await again.aclose()


async def test_what_an_older_version_packaged_is_packaged_again(
    tmp_path: Path, source: bytes
) -> None:
    library = MediaLibrary(tmp_path)
    creative = await library.condition(source, Ladder((VIDEO,)))
    await library.aclose()
    index = tmp_path / "assets" / f"{creative.id}.json"
    old = json.loads(index.read_text())
    del old["renditions"][0]["template"]
    index.write_text(json.dumps({**old, "version": 1}))
    again = MediaLibrary(tmp_path)
    assert again.get(creative.id) is None
    assert await again.condition(source, Ladder((VIDEO,))) == creative
    assert again.get(creative.id) == creative
    await again.aclose()
