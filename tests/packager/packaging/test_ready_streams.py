"""Creatives that come as HLS and DASH, from the test ad server, through the client that Weft uses.

Those that match are stored byte for byte, others are conditioned, hostile ones refused; what comes
of them is played as strictly as what is packaged (G-12).
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from shutil import copyfile, copytree

import av
import pytest
from media_samples import (
    FORMATS,
    Played,
    beeps,
    make_file,
    number_of,
    picture,
    play,
    rung,
    video_spec,
)

from loadtests.ads import AdServer, Film, listening
from loadtests.bench.ads import LOOPBACK
from manifests.creative import Creative
from packager.decisions.ads import Ad, Linear, MediaFile
from packager.house import PackagedHouse
from packager.metrics import Metrics
from packager.outbound import GuardedClient, Limits, Oversize, Policy, Refused, TimedOut
from packager.packaging.errors import StreamRefused, StreamUnmatched
from packager.packaging.ladder import AudioSpec, Ladder, Rung, Unmatched
from packager.packaging.library import MediaLibrary
from packager.packaging.ready.creatives import ReadyCreatives
from packager.packaging.vod import package_vod
from packager.reasons import Reason

VIDEO, AUDIO, SUBTITLES = rung("video", "cmaf"), rung("audio", "cmaf"), rung("subtitles", "webvtt")
SMALL = rung("video", "cmaf", video=video_spec(96, 54))
MUXED = rung("muxed", "ts")
PACKED = rung("audio", "packed-aac")
TS_VIDEO = rung("video", "ts")
CMAF = Ladder((VIDEO, SMALL, AUDIO, Unmatched("images"), SUBTITLES))
TS = Ladder((MUXED,))
FRAMES, SECONDS = 60, Decimal("2.4")
LIMITS = Limits(total_s=60.0, max_bytes=20_000_000)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("source") / "ad.mp4"
    path.write_bytes(make_file(frames=FRAMES, samples=beeps(2.4, at=(0.5,))))
    return path


@pytest.fixture(scope="module")
def packaged(
    source: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[tuple[Rung, ...]], Path]:
    """Packages the source for rungs, with playlists and an MPD; gives the folder."""
    made: dict[tuple[Rung, ...], Path] = {}

    def package(rungs: tuple[Rung, ...]) -> Path:
        if rungs not in made:
            made[rungs] = package_vod(source, rungs, tmp_path_factory.mktemp("stream")).parent
        return made[rungs]

    return package


@pytest.fixture
async def library(tmp_path: Path) -> AsyncIterator[MediaLibrary]:
    opened = MediaLibrary(tmp_path / "media")
    yield opened
    await opened.aclose()


@pytest.fixture
async def client() -> AsyncIterator[GuardedClient]:
    opened = GuardedClient(allow=[LOOPBACK])
    yield opened
    await opened.aclose()


Package = Callable[[tuple[Rung, ...]], Path]
Serve = Callable[..., Awaitable["Served"]]  # a folder, and limits


class Served:
    """A folder on the test ad server, and what takes creatives from it."""

    def __init__(self, url: str, ready: ReadyCreatives) -> None:
        self.url = url
        self._ready = ready

    async def get(self, name: str, ladder: Ladder, *, convert: bool = False) -> Creative:
        return await self._ready.creative(f"{self.url}{name}", ladder, otherwise_convert=convert)


@pytest.fixture
async def serve(library: MediaLibrary, client: GuardedClient) -> AsyncIterator[Serve]:
    async with AsyncExitStack() as stack:

        async def start(folder: Path, limits: Limits = LIMITS) -> Served:
            film = Film(id="it", seconds=SECONDS, file=folder / "index.m3u8", is_stream=True)
            url = await stack.enter_async_context(listening(AdServer([film]).app))
            ready = ReadyCreatives(library, client=client, policy=Policy(), limits=limits)
            return Served(f"{url}/media/it/", ready)

        yield start


def stored(library: MediaLibrary, creative: Creative, of: Rung) -> list[bytes]:
    """The init section, if any, and the segments, as a player fetches them."""
    rendition = creative.renditions[of.key]
    uris = [segment.uri for segment in rendition.segments]
    data = []
    for uri in [rendition.init_uri, *uris] if rendition.init_uri else uris:
        _, prefix, digest, name = uri.split("/")
        assert prefix == "tm"
        file = library.file(digest, name)
        assert file is not None
        data.append(file.path.read_bytes())
    return data


def original(folder: Path, of: Rung) -> list[bytes]:
    files = [path for path in (folder / of.key).iterdir() if path.name != "init.mp4"]
    files.sort(key=lambda path: int(path.stem))
    init = folder / of.key / "init.mp4"
    return [path.read_bytes() for path in ([init, *files] if init.exists() else files)]


def played(library: MediaLibrary, creative: Creative, of: Rung) -> dict[str, Played]:
    return play(b"".join(stored(library, creative, of)), FORMATS[of.container])


def needs_whole_film(tracks: dict[str, Played]) -> None:
    assert [number_of(level) for level in tracks["video"].levels] == list(range(FRAMES))


@pytest.mark.parametrize("name", ["index.m3u8", "index.mpd"])
async def test_renditions_that_match_are_used_byte_for_byte(
    name: str, serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    """G-12: stored like packaged ones, and in an MPD told like them, too."""
    folder = packaged((VIDEO, SMALL, AUDIO))
    served = await serve(folder)
    creative = await served.get(name, CMAF)
    assert set(creative.renditions) == {one.key for one in CMAF.rungs}
    for one in (VIDEO, SMALL, AUDIO):
        assert stored(library, creative, one) == original(folder, one)
    needs_whole_film(played(library, creative, VIDEO))
    assert creative.duration == SECONDS
    assert stored(library, creative, SUBTITLES)[0].startswith(b"WEBVTT")
    cmaf = creative.renditions[VIDEO.key].cmaf
    assert cmaf is not None
    assert cmaf.codecs.startswith("avc1.64")
    assert Fraction(sum(cmaf.durations), cmaf.timescale) == Fraction(SECONDS)
    assert creative.renditions[AUDIO.key].cmaf.codecs == "mp4a.40.2"
    assert await served.get(name, CMAF) is creative


async def test_transport_streams_that_match_are_used_byte_for_byte(
    serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    """G-08."""
    folder = packaged((MUXED,))
    creative = await (await serve(folder)).get("index.m3u8", TS)
    assert stored(library, creative, MUXED) == original(folder, MUXED)
    needs_whole_film(played(library, creative, MUXED))


async def test_a_media_playlist_alone_is_a_creative(
    serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    served = await serve(packaged((MUXED,)))
    creative = await served.get(f"{MUXED.key}.m3u8", TS)
    needs_whole_film(played(library, creative, MUXED))


async def test_parts_of_one_file_become_segments(
    tmp_path: Path, serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    """EXT-X-BYTERANGE, for segments and the init section."""
    made = packaged((VIDEO,))
    parts = original(made, VIDEO)
    (tmp_path / "one.mp4").write_bytes(b"".join(parts))
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-TARGETDURATION:1", "#EXT-X-MEDIA-SEQUENCE:0"]
    lines.append(f'#EXT-X-MAP:URI="one.mp4",BYTERANGE="{len(parts[0])}@0"')
    at = len(parts[0])
    for part in parts[1:]:
        lines += ["#EXTINF:1,", f"#EXT-X-BYTERANGE:{len(part)}@{at}", "one.mp4"]
        at += len(part)
    (tmp_path / "index.m3u8").write_text("\n".join([*lines, "#EXT-X-ENDLIST", ""]))
    creative = await (await serve(tmp_path)).get("index.m3u8", Ladder((VIDEO,)))
    assert stored(library, creative, VIDEO) == parts


OTHER = {
    "no such size": (VIDEO, rung("video", "cmaf", video=video_spec(320, 180)), AUDIO),
    "another frame rate": (
        rung("video", "cmaf", video=video_spec(rate=50), grid=25),
        AUDIO,
    ),
    "other borders": (rung("video", "cmaf", segment=2), rung("audio", "cmaf", segment=2)),
    "no sound": (VIDEO, SMALL),
    "another sample rate": (
        VIDEO,
        SMALL,
        rung("audio", "cmaf", audio=AudioSpec(sample_rate=44_100, channels=2, bitrate=96_000)),
    ),
    "one channel": (
        VIDEO,
        SMALL,
        rung("audio", "cmaf", audio=AudioSpec(sample_rate=48_000, channels=1, bitrate=64_000)),
    ),
    "another profile": (
        rung("video", "cmaf", video=replace(video_spec(), profile="high")),
        rung("audio", "cmaf"),
    ),
    "too many bits": (VIDEO, AUDIO),
    "another container": (TS_VIDEO, PACKED),
}
MAIN = replace(video_spec(), profile="main")
POOR = replace(video_spec(), bitrate=2_000)
LADDERS = {
    "another profile": Ladder((rung("video", "cmaf", video=MAIN), AUDIO)),
    "too many bits": Ladder((rung("video", "cmaf", video=POOR), AUDIO)),
    "other borders": Ladder((VIDEO, AUDIO)),
    "another frame rate": Ladder((VIDEO, AUDIO)),
}


@pytest.mark.parametrize("what", OTHER)
async def test_what_does_not_match_is_left_to_files_of_the_ad(
    what: str, serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    """G-05, A-50, A-52."""
    served = await serve(packaged(OTHER[what]))
    with pytest.raises(StreamUnmatched):
        await served.get("index.m3u8", LADDERS.get(what, CMAF))
    assert library.jobs == ()


@pytest.mark.parametrize(
    ("rungs", "name"),
    {
        "muxed TS": ((MUXED,), "index.m3u8"),
        "CMAF, apart, as HLS": ((VIDEO, AUDIO), "index.m3u8"),
        "CMAF, apart, as DASH": ((VIDEO, AUDIO), "index.mpd"),
        "TS and packed audio": ((TS_VIDEO, PACKED), "index.m3u8"),
    }.values(),
    ids=str,
)
async def test_without_a_file_the_best_rendition_is_conditioned(
    rungs: tuple[Rung, ...], name: str, serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    """Picture and sound stay together: the click is where it was."""
    ladder = Ladder((rung("video", "cmaf", video=video_spec(64, 36)), AUDIO))
    creative = await (await serve(packaged(rungs))).get(name, ladder, convert=True)
    video, audio = (played(library, creative, one) for one in ladder.rungs)
    needs_whole_film(video)
    assert video["video"].sizes == {(64, 36)}
    assert audio["audio"].clicks == [pytest.approx(0.5, abs=0.03)]


def another_packager(folder: Path, codec: str = "libx264", **options: str) -> Path:
    """HLS in CMAF as FFmpeg writes it: other boxes, and defaults in the init section."""
    playlist = folder / "index.m3u8"
    muxer = {"hls_time": "1", "hls_segment_type": "fmp4", "hls_playlist_type": "vod"}
    with av.open(str(playlist), "w", format="hls", options=muxer) as out:
        defaults = {"g": "25", "keyint_min": "25", "sc_threshold": "0", "bf": "0"}
        video = out.add_stream(codec, rate=25, options={**defaults, **options})
        video.width, video.height, video.pix_fmt = 160, 90, "yuv420p"
        colour = video.codec_context
        colour.color_trc = colour.color_primaries = colour.colorspace = 1
        for number in range(50):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            out.mux(video.encode(frame.reformat(format="yuv420p", dst_colorspace=1)))
        out.mux(video.encode(None))
    return folder


async def test_cmaf_of_another_packager_is_used_as_it_is(
    tmp_path: Path, serve: Serve, library: MediaLibrary
) -> None:
    """Segments may begin with ``styp`` and leave much to defaults; players do not mind."""
    served = await serve(another_packager(tmp_path))
    creative = await served.get("index.m3u8", Ladder((VIDEO,)))
    data = stored(library, creative, VIDEO)
    assert [data[0], *data[1:]] == [
        (tmp_path / name).read_bytes() for name in ("init.mp4", "index0.m4s", "index1.m4s")
    ]
    tracks = played(library, creative, VIDEO)
    assert [number_of(level) for level in tracks["video"].levels] == list(range(50))


@pytest.mark.parametrize(
    ("codec", "options"),
    {
        "another codec": ("mpeg4", {"b": "4000000"}),
        "B-frames that shift the picture (G-03)": ("libx264", {"bf": "2", "b_strategy": "0"}),
        "segments that begin in a group of pictures": ("libx264", {"forced-idr": "0", "g": "60"}),
    }.values(),
    ids=str,
)
async def test_media_unlike_the_rung_is_conditioned(
    codec: str, options: dict[str, str], tmp_path: Path, serve: Serve, library: MediaLibrary
) -> None:
    served = await serve(another_packager(tmp_path, codec, **options))
    with pytest.raises(StreamUnmatched):
        await served.get("index.m3u8", Ladder((VIDEO,)))
    creative = await served.get("index.m3u8", Ladder((VIDEO,)), convert=True)
    tracks = played(library, creative, VIDEO)
    assert [number_of(level) for level in tracks["video"].levels] == list(range(50))


ON_DEMAND = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT1S"
 profiles="urn:mpeg:dash:profile:isoff-on-demand:2011" mediaPresentationDuration="PT2.4S"><Period>
 <AdaptationSet mimeType="video/mp4" codecs="avc1.64000a"><Representation id="v" bandwidth="1">
 <BaseURL>v.mp4</BaseURL><SegmentBase indexRange="0-9"/></Representation></AdaptationSet>
 <AdaptationSet mimeType="audio/mp4" codecs="mp4a.40.2"><Representation id="a" bandwidth="1">
 <BaseURL>a.mp4</BaseURL><SegmentBase indexRange="0-9"/></Representation></AdaptationSet>
 </Period></MPD>"""


async def test_on_demand_dash_of_one_file_each_is_conditioned(
    tmp_path: Path, serve: Serve, packaged: Package, library: MediaLibrary
) -> None:
    """It has no files of segments that could be used as they are."""
    made = packaged((VIDEO, AUDIO))
    for name, of in (("v.mp4", VIDEO), ("a.mp4", AUDIO)):
        (tmp_path / name).write_bytes(b"".join(original(made, of)))
    (tmp_path / "index.mpd").write_text(ON_DEMAND)
    served, ladder = await serve(tmp_path), Ladder((VIDEO, AUDIO))
    with pytest.raises(StreamUnmatched):
        await served.get("index.mpd", ladder)
    creative = await served.get("index.mpd", ladder, convert=True)
    needs_whole_film(played(library, creative, VIDEO))
    clicks = played(library, creative, AUDIO)["audio"].clicks
    assert clicks == [pytest.approx(0.5, abs=0.03)]


def edited(folder: Path, to: Path, name: str, old: str, new: str) -> Path:
    copytree(folder, to)
    text = (to / name).read_text()
    assert old in text
    (to / name).write_text(text.replace(old, new))
    return to


END = "#EXT-X-ENDLIST"
REFUSED_PLAYLISTS = {
    "no end": (END, ""),
    "10,000 segments": (END, "".join(f"#EXTINF:0.04,\n{n}.m4s\n" for n in range(10_000)) + END),
    "a day": (END, f"#EXTINF:86400,\nlong.m4s\n{END}"),
    "a key": ("#EXT-X-MAP", '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://k"\n#EXT-X-MAP'),
    "a discontinuity": (END, f"#EXT-X-DISCONTINUITY\n#EXTINF:1,\n9.m4s\n{END}"),
    "a gap": (END, f"#EXT-X-GAP\n#EXTINF:1,\n9.m4s\n{END}"),
    "the same again": (END, f"#EXTINF:1,\n{VIDEO.key}/1.m4s\n{END}"),
    "no playlist": ("#EXTM3U", "#EXTM4U"),
}


@pytest.mark.parametrize(("old", "new"), REFUSED_PLAYLISTS.values(), ids=REFUSED_PLAYLISTS)
async def test_hls_that_no_ad_can_be_is_refused(
    old: str, new: str, tmp_path: Path, serve: Serve, packaged: Package
) -> None:
    """Threats 5 and 7: whether it may be converted or not, and after no more than playlists."""
    folder = edited(packaged((VIDEO, AUDIO)), tmp_path / "it", f"{VIDEO.key}.m3u8", old, new)
    served = await serve(folder)
    for convert in (True, False):
        with pytest.raises(StreamRefused) as caught:
            await served.get("index.m3u8", CMAF, convert=convert)
    assert caught.value.reason is Reason.CREATIVE_STREAM_REFUSED


PROTECTED = '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>'
REFUSED_MPDS = {
    "live": ('type="static"', 'type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"'),
    "a DOCTYPE": ("<MPD", '<!DOCTYPE MPD [<!ENTITY a "b">]>\n<MPD'),
    "encrypted": ("<Representation", f"{PROTECTED}<Representation"),
    "two Periods": ("</MPD>", '<Period id="1" start="PT2S" duration="PT1S"/></MPD>'),
    "many segments": ("</SegmentTimeline>", '<S d="1" r="9999"/></SegmentTimeline>'),
    "more than can be": ("</SegmentTimeline>", '<S d="1" r="999999999"/></SegmentTimeline>'),
    "remote": ("<AdaptationSet", '<AdaptationSet xmlns:x="http://www.w3.org/1999/xlink" '
               'x:href="http://127.0.0.1/"'),
}  # fmt: skip


@pytest.mark.parametrize(("old", "new"), REFUSED_MPDS.values(), ids=REFUSED_MPDS)
async def test_dash_that_no_ad_can_be_is_refused(
    old: str, new: str, tmp_path: Path, serve: Serve, packaged: Package
) -> None:
    folder = edited(packaged((VIDEO, AUDIO)), tmp_path / "it", "index.mpd", old, new)
    served = await serve(folder)
    with pytest.raises(StreamRefused):
        await served.get("index.mpd", CMAF, convert=True)


@pytest.mark.parametrize("target", ["http://10.0.0.1/1.m4s", "http://169.254.169.254/latest"])
async def test_a_private_host_inside_a_playlist_is_not_asked(
    target: str, tmp_path: Path, serve: Serve, packaged: Package
) -> None:
    """Threat 5: every URL inside is judged, not only that of the playlist."""
    made, name = packaged((VIDEO, AUDIO)), f"{VIDEO.key}.m3u8"
    served = await serve(edited(made, tmp_path / "a", name, f"{VIDEO.key}/1.m4s", target))
    with pytest.raises(Refused):
        await served.get("index.m3u8", CMAF, convert=True)
    served = await serve(edited(made, tmp_path / "b", "index.m3u8", name, target))
    with pytest.raises(Refused):
        await served.get("index.m3u8", CMAF, convert=True)


@pytest.mark.parametrize("target", ["file:///etc/passwd", "data:,x", "concat:a|b"])
async def test_only_http_is_fetched(
    target: str, tmp_path: Path, serve: Serve, packaged: Package
) -> None:
    made, name = packaged((VIDEO, AUDIO)), f"{VIDEO.key}.m3u8"
    served = await serve(edited(made, tmp_path / "a", name, f"{VIDEO.key}/1.m4s", target))
    with pytest.raises((Refused, StreamRefused)):
        await served.get("index.m3u8", CMAF, convert=True)


async def test_all_files_together_have_the_limits_of_one(serve: Serve, packaged: Package) -> None:
    folder = packaged((VIDEO, AUDIO))
    ladder = Ladder((VIDEO, AUDIO))
    total = sum(len(one) for of in (VIDEO, AUDIO) for one in original(folder, of))
    with pytest.raises(Oversize):
        await (await serve(folder, replace(LIMITS, max_bytes=total))).get("index.m3u8", ladder)
    with pytest.raises(TimedOut):
        await (await serve(folder, replace(LIMITS, total_s=0.0))).get("index.m3u8", ladder)


DAMAGED = {
    "a segment lost": lambda data: b"",
    "a segment cut": lambda data: data[:-9],
    "noise": lambda data: bytes(range(256)) * 9,
}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
@pytest.mark.parametrize("of", [VIDEO, MUXED], ids=["cmaf", "ts"])
async def test_one_bad_segment_among_good_ones_is_found(
    of: Rung,
    damage: Callable[[bytes], bytes],
    tmp_path: Path,
    serve: Serve,
    packaged: Package,
) -> None:
    """G-12: every segment is looked at, not only the first."""
    copytree(packaged((of,)), tmp_path / "it")
    (path,) = (tmp_path / "it" / of.key).glob("2.*")
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(StreamUnmatched):
        await (await serve(tmp_path / "it")).get("index.m3u8", Ladder((of,)))


async def test_encryption_that_no_manifest_tells_of_is_found(
    tmp_path: Path, serve: Serve, packaged: Package
) -> None:
    """G-07: the sample entry tells."""
    copytree(packaged((VIDEO,)), tmp_path / "it")
    init = tmp_path / "it" / VIDEO.key / "init.mp4"
    init.write_bytes(init.read_bytes().replace(b"avc1", b"encv"))
    with pytest.raises(StreamUnmatched):
        await (await serve(tmp_path / "it")).get("index.m3u8", Ladder((VIDEO,)))


HLS_TYPE, DASH_TYPE = "application/vnd.apple.mpegurl", "application/dash+xml"


def ad_of(*files: MediaFile) -> Ad:
    return Ad(id="a", linear=Linear(media_files=files, duration=SECONDS))


async def test_of_an_ad_with_both_the_stream_is_taken_and_else_the_file(
    serve: Serve,
    packaged: Package,
    source: Path,
    tmp_path: Path,
    library: MediaLibrary,
    client: GuardedClient,
) -> None:
    """D-08; the file is on its way as soon as the stream is found not to match."""
    metrics = Metrics()
    house = PackagedHouse(library, client=client, policy=Policy(), metrics=metrics, limits=LIMITS)
    copytree(packaged((VIDEO, AUDIO)), tmp_path / "it")
    copyfile(source, tmp_path / "it" / "ad.mp4")
    url = (await serve(tmp_path / "it")).url
    stream = MediaFile(url=f"{url}index.mpd", type=DASH_TYPE)
    film = MediaFile(url=f"{url}ad.mp4", type="video/mp4", height=90)
    ad, fitting = ad_of(stream, film), Ladder((VIDEO, AUDIO))
    assert await house.condition(stream, ad, fitting) is None
    await house.settled()
    creative = await house.condition(stream, ad, fitting)
    assert isinstance(creative, Creative)
    assert stored(library, creative, VIDEO) == original(tmp_path / "it", VIDEO)
    assert await house.condition(stream, ad, TS) is None
    await house.settled()
    assert await house.condition(stream, ad, TS) is Reason.CREATIVE_STREAM_UNMATCHED
    conditioned = await house.condition(film, ad, TS)
    assert isinstance(conditioned, Creative)
    needs_whole_film(played(library, conditioned, MUXED))
    alone = ad_of(MediaFile(url=f"{url}index.m3u8", type=HLS_TYPE))
    assert await house.condition(alone.linear.media_files[0], alone, TS) is None
    await house.settled()
    converted = await house.condition(alone.linear.media_files[0], alone, TS)
    assert isinstance(converted, Creative)
    needs_whole_film(played(library, converted, MUXED))
    await house.aclose()
