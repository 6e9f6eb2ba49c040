from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpx2
import m3u8
import pytest

from manifests.hls.attributes import read_attributes
from manifests.scte35 import SpliceInsert, read_splice_info
from packager.clock import ManualClock
from packager.demo.boxes import decode_time
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import Dialect, OriginSettings

EPOCH = datetime(2026, 3, 1, 12, tzinfo=UTC)
SETTINGS = OriginSettings(
    epoch=EPOCH, window_s=20, break_every_s=30, break_at_s=10, break_s=8, early_return_s=4
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(EPOCH)


def client(
    media: DemoMedia, clock: ManualClock, settings: OriginSettings = SETTINGS
) -> httpx2.AsyncClient:
    app = create_demo_origin(media, clock, settings)
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://origin")


@pytest.fixture
async def origin(media: DemoMedia, clock: ManualClock) -> AsyncIterator[httpx2.AsyncClient]:
    async with client(media, clock) as opened:
        yield opened


async def lines(origin: httpx2.AsyncClient, path: str) -> list[str]:
    response = await origin.get(path)
    assert response.status_code == 200
    return response.text.splitlines()


async def test_the_multivariant_playlist_tells_what_each_variant_is(
    origin: httpx2.AsyncClient,
) -> None:
    response = await origin.get("/live/index.m3u8")

    playlist = m3u8.loads(response.text)
    best = playlist.playlists[0].stream_info
    assert response.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert response.headers["access-control-allow-origin"] == "*"
    assert [item.uri for item in playlist.playlists] == ["1080p.m3u8", "360p.m3u8"]
    assert (best.codecs, best.resolution) == ("avc1.64001f,mp4a.40.2", (1920, 1080))
    assert (best.bandwidth, best.frame_rate, best.audio) == (1920_000 + 128_000, 25.0, "audio")
    assert [(item.uri, item.channels) for item in playlist.media] == [("audio.m3u8", "2")]


@pytest.mark.parametrize(
    ("query", "uris"),
    [
        ("?max_height=720", ["360p.m3u8"]),
        ("?max_height=10", ["360p.m3u8"]),  # never empty
        ("?max_height=1080", ["1080p.m3u8", "360p.m3u8"]),
        ("?max_height=tall", ["1080p.m3u8", "360p.m3u8"]),
    ],
)
async def test_larger_variants_are_left_out_on_request(
    origin: httpx2.AsyncClient, query: str, uris: list[str]
) -> None:
    playlist = m3u8.loads((await origin.get(f"/vod/index.m3u8{query}")).text)

    assert [item.uri for item in playlist.playlists] == uris


async def test_a_live_playlist_moves_with_the_clock(
    origin: httpx2.AsyncClient, clock: ManualClock
) -> None:
    clock.advance(61)
    first = m3u8.loads("\n".join(await lines(origin, "/live/360p.m3u8")))
    clock.advance(3)
    second = m3u8.loads("\n".join(await lines(origin, "/live/360p.m3u8")))

    assert (first.media_sequence, second.media_sequence) == (20, 22)
    assert [segment.uri for segment in first.segments][2:] == [
        segment.uri for segment in second.segments
    ][:-2]
    assert second.segments[-1].uri == "360p/31.m4s"  # 62 s to 64 s: just complete
    assert second.segments[-1].program_date_time == EPOCH + timedelta(seconds=62)
    assert second.target_duration == 2
    assert not second.is_endlist


async def test_audio_and_video_have_the_same_segments_and_their_own_times(
    origin: httpx2.AsyncClient, clock: ManualClock
) -> None:
    clock.advance(61)
    video = m3u8.loads("\n".join(await lines(origin, "/live/1080p.m3u8")))
    audio = m3u8.loads("\n".join(await lines(origin, "/live/audio.m3u8")))

    assert video.media_sequence == audio.media_sequence
    for picture, sound in zip(video.segments, audio.segments, strict=True):
        apart = abs(picture.program_date_time - sound.program_date_time)
        assert apart <= timedelta(seconds=1024 / 48_000)
    assert sum(segment.duration for segment in audio.segments[:4]) == pytest.approx(8, abs=1e-5)


async def test_media_times_run_on_across_the_end_of_the_loop(
    origin: httpx2.AsyncClient, clock: ManualClock
) -> None:
    clock.advance(3600)
    for rendition, ticks_per_loop in (("360p", 8 * 90_000), ("audio", 8 * 48_000)):
        times = [
            decode_time((await origin.get(f"/live/{rendition}/{number}.m4s")).content)
            for number in range(1000, 1009)
        ]
        assert times[0] == 250 * ticks_per_loop
        assert times[8] - times[4] == times[4] - times[0] == ticks_per_loop
        assert all(a < b for a, b in pairwise(times))


async def test_two_breaks_are_cued_and_the_second_ends_early(
    origin: httpx2.AsyncClient, clock: ManualClock
) -> None:
    clock.advance(22)
    first = await lines(origin, "/live/audio.m3u8")
    clock.advance(30)
    second = await lines(origin, "/live/audio.m3u8")

    def cues(text: list[str]) -> list[str]:
        return [line for line in text if "CUE" in line and "DATERANGE" not in line]

    assert cues(first) == [
        "#EXT-X-CUE-OUT:8",
        "#EXT-X-CUE-OUT-CONT:2.000/8",
        "#EXT-X-CUE-OUT-CONT:4.000/8",
        "#EXT-X-CUE-OUT-CONT:6.000/8",
        "#EXT-X-CUE-IN",
    ]
    assert cues(second) == ["#EXT-X-CUE-OUT:8", "#EXT-X-CUE-OUT-CONT:2.000/8", "#EXT-X-CUE-IN"]
    place = first.index("#EXT-X-CUE-OUT:8")
    assert first[place + 1 : place + 4] == [
        "#EXT-X-PROGRAM-DATE-TIME:2026-03-01T12:00:10.005Z",  # its nearest audio frame
        "#EXTINF:2.005333,",
        "audio/5.m4s",
    ]


async def test_a_daterange_is_announced_before_its_break_and_closed_after_it_a62(
    media: DemoMedia, clock: ManualClock
) -> None:
    async with client(media, clock, replace(SETTINGS, dialect=Dialect.DATERANGE)) as origin:

        async def tags_at(seconds: float) -> list[dict[str, str]]:
            clock.advance(seconds - clock.monotonic())
            text = await lines(origin, "/live/360p.m3u8")
            assert not any("CUE-OUT" in line for line in text)
            tags = [line.partition(":")[2] for line in text if "DATERANGE" in line]
            return [dict(read_attributes(tag, line=1)) for tag in tags]

        assert await tags_at(5) == []
        announced = await tags_at(8)
        assert announced == await tags_at(17.9)
        assert announced[0]["START-DATE"] == '"2026-03-01T12:00:10.000Z"'
        closed = await tags_at(20)
        assert [tag["ID"] for tag in closed] == ['"demo-1"', '"demo-1"']
        assert closed[0] == announced[0]
        assert (closed[0]["PLANNED-DURATION"], closed[1]["DURATION"]) == ("8", "8.000")
        early = await tags_at(46)
        assert [tag["ID"] for tag in early] == ['"demo-2"', '"demo-2"']
        assert early[1]["DURATION"] == "4.000"
        assert await tags_at(66) == []

    out, back = (
        read_splice_info(text) for text in (closed[0]["SCTE35-OUT"], closed[1]["SCTE35-IN"])
    )
    assert out.command == SpliceInsert(
        event_id=1, out_of_network=True, immediate=True, duration_ticks=720_000, auto_return=True
    )
    assert back.command == SpliceInsert(event_id=1, immediate=True)


async def test_the_enhanced_dialect_carries_the_message_in_every_segment_of_the_break_a71(
    media: DemoMedia, clock: ManualClock
) -> None:
    async with client(media, clock, replace(SETTINGS, dialect=Dialect.ENHANCED)) as origin:
        clock.advance(20)
        text = await lines(origin, "/live/360p.m3u8")

    message = next(line for line in text if "OATCLS" in line).partition(":")[2]
    place = text.index("#EXT-X-CUE-OUT:8")
    assert text[place - 1] == "#EXT-X-ASSET:CAID=demo-1"
    assert f"#EXT-X-CUE-OUT-CONT:ElapsedTime=2.000,Duration=8,SCTE35={message}" in text
    assert "#EXT-X-CUE-IN" in text


async def test_the_vod_is_complete_and_has_no_cues(media: DemoMedia, clock: ManualClock) -> None:
    async with client(media, clock, replace(SETTINGS, vod_loops=2)) as origin:
        text = "\n".join(await lines(origin, "/vod/360p.m3u8"))
        playlist = m3u8.loads(text)
        last = await origin.get("/vod/360p/7.m4s")

    assert playlist.is_endlist
    assert playlist.playlist_type == "vod"
    assert len(playlist.segments) == 8
    assert "CUE" not in text
    assert decode_time(last.content) == 7 * 180_000


async def test_init_sections_and_segments_may_be_kept_for_ever(
    origin: httpx2.AsyncClient,
) -> None:
    init = await origin.get("/vod/audio/init.mp4")
    segment = await origin.get("/vod/audio/0.m4s")

    assert init.content == b"init of audio"
    assert "immutable" in init.headers["cache-control"]
    assert "immutable" in segment.headers["cache-control"]
    assert segment.headers["content-type"] == "video/iso.segment"


@pytest.mark.parametrize(
    "path",
    [
        "/live/360p.m3u8",  # nothing is complete yet
        "/live/360p/0.m4s",
        "/vod/360p/4.m4s",
        "/vod/4k.m3u8",
        "/vod/4k/init.mp4",
        "/dvr/index.m3u8",
        "/vod/../demo.json",
    ],
)
async def test_what_is_not_there_is_404(origin: httpx2.AsyncClient, path: str) -> None:
    assert (await origin.get(path)).status_code == 404


async def test_the_timeline_of_the_channel_shows_its_breaks(
    origin: httpx2.AsyncClient, clock: ManualClock
) -> None:
    clock.advance(17)
    document = (await origin.get("/live/timeline.json")).json()

    spans = [(span["kind"], span["start"], span["end"]) for span in document["spans"]]
    assert (document["now"], document["edge"]) == (17, 16)
    assert document["pdt_base"] == EPOCH.timestamp()
    assert spans == [("content", 0, 10), ("break", 10, 16)]

    clock.advance(13)
    later = (await origin.get("/live/timeline.json")).json()["spans"]
    assert [(span["kind"], span["start"], span["end"]) for span in later] == [
        ("break", 10, 18),
        ("content", 18, 30),
    ]


async def test_the_timeline_of_the_vod_is_its_duration(origin: httpx2.AsyncClient) -> None:
    document = (await origin.get("/vod/timeline.json")).json()

    assert document["pdt_base"] is None
    assert document["edge"] == 8
    assert [span["kind"] for span in document["spans"]] == ["content"]
