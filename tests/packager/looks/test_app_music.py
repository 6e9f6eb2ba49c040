"""Shows with music, played from a composed server whose workers write down what they mix."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from app_bench import ORIGIN, SEGMENT_S, Bench, TinyMedia
from test_app_looks import WEFT, MakeBench, change, opened_mpd, overlaid, overlay, said, studio

from manifests.dash.content_segments import latest_segments, representations_of
from manifests.dash.model import Mpd
from overlays.mp4.init import audio_track, read_init
from overlays.mp4.samples import read_segment
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.config.music_settings import Music
from packager.config.overlay_settings import At, Overlay, ShowWhen
from packager.config.scalars import Secret
from packager.reasons import Reason

MOOD = Fact(name="mood", kind="string")
AUDIO = -1  # the rendition with sound


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def with_music(
    make_bench: MakeBench,
    tmp_path: Path,
    *overlays: Overlay,
    facts: tuple[Fact, ...] = (),
    **settings: Any,
) -> Bench:
    file = tmp_path / "calm.m4a"
    file.write_bytes(b"some music")
    music = Music(name="calm", file=file, **settings)
    bench = studio(make_bench, *overlays, facts=facts)
    shows = {
        name: replace(show, music={"calm": music}) for name, show in bench.config.shows.items()
    }
    bench.config = replace(bench.config, shows=shows)
    return bench


def sound_of(mpd: Mpd) -> list[str]:
    _, period, representation = next(iter(representations_of(mpd, ("audio",))))
    return [one.name for one in latest_segments(mpd, period, representation)][::-1]


async def test_live_sound_is_mixed_and_pictures_stay(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = with_music(make_bench, tmp_path)
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert overlaid(await player.poll()) == []
        first = await player.poll(AUDIO)
        assert overlaid(first) == [4, 5, 6, 7]
        assert await said(running, first.uris[7]) == ["calm"]
        for _ in range(4):
            bench.clock.advance(SEGMENT_S)
            last = await player.poll(AUDIO)
        assert overlaid(last) == list(range(8))
        assert "DISCONTINUITY\n" not in last.text
        assert running.count(Reason.OVERLAY_BACKLOG) == 0


async def test_each_rendition_gets_its_own(make_bench: MakeBench, tmp_path: Path) -> None:
    bench = with_music(make_bench, tmp_path, overlay())
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert await said(running, (await player.poll()).uris[-1]) == ["1:0"]
        assert await said(running, (await player.poll(AUDIO)).uris[-1]) == ["calm"]


async def test_vod_is_mixed_where_the_schedule_says(make_bench: MakeBench, tmp_path: Path) -> None:
    """It fades out behind its end, at 8 s."""
    bench = with_music(make_bench, tmp_path, show=At(at=Decimal(4), seconds=Decimal(4)))
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/vod/index.m3u8")
        listed = await player.poll(AUDIO)
        assert overlaid(listed) == [2, 3, 4]
        assert await said(running, listed.uris[4]) == ["calm"]
        assert overlaid(await player.poll()) == []


@pytest.mark.parametrize("kind", ["live", "vod"])
async def test_dash_asks_for_sound_by_the_way_of_the_look(
    make_bench: MakeBench, tmp_path: Path, kind: str
) -> None:
    bench = with_music(make_bench, tmp_path)
    async with bench.run(stocked=False) as running:
        mpd = await opened_mpd(running, kind)
        urls = sound_of(mpd)
        assert all(url.startswith(f"{WEFT}v1/look/default/{kind}/") for url in urls)
        assert await said(running, urls[-1]) == ["calm"]
        bases = {each.bases[0] for _, _, each in representations_of(mpd)}
        assert all(base.startswith(ORIGIN) for base in bases)


async def test_viewers_choose_by_a_fact(make_bench: MakeBench, tmp_path: Path) -> None:
    rule = ShowWhen(when='mood == "calm"')
    bench = with_music(make_bench, tmp_path, facts=(MOOD,), show=rule)
    async with bench.run(stocked=False) as running:
        path = "/v1/master/default/live/index.m3u8"
        calm, wild = [await running.player().open(path, mood=mood) for mood in ("calm", "wild")]
        assert overlaid(await wild.poll(AUDIO)) == []
        assert overlaid(await calm.poll(AUDIO)) == [4, 5, 6, 7]
        await change(running, wild, mood="calm")
        bench.clock.advance(SEGMENT_S)
        assert overlaid(await wild.poll(AUDIO)) == [7]
        mpd = await opened_mpd(running, "vod", mood="wild")
        answer = await running.get(sound_of(mpd)[0])
        assert answer.headers["location"].startswith(ORIGIN)


async def test_what_a_feed_says_fades_out(make_bench: MakeBench, tmp_path: Path) -> None:
    """The segment after the last one with music has its end."""
    secret = Secret("s" * 32)
    mood = replace(MOOD, shared=True, feed=PushedFeed(secret=secret))
    rule = ShowWhen(when='mood == "calm"')
    bench = with_music(make_bench, tmp_path, facts=(mood,), show=rule)
    head = {"authorization": f"Bearer {secret.reveal}"}
    async with bench.run(stocked=False) as running:

        async def push(text: str) -> None:
            url = "/v1/feeds/default/live/mood"
            assert (await running.client.post(url, json=text, headers=head)).status_code == 204

        await push("calm")
        bench.clock.advance(SEGMENT_S)
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert 7 in overlaid(await player.poll(AUDIO))
        bench.clock.advance(SEGMENT_S)
        await push("wild")
        bench.clock.advance(2 * SEGMENT_S)
        listed = overlaid(await player.poll(AUDIO))
        bench.clock.advance(2 * SEGMENT_S)
        after = overlaid(await player.poll(AUDIO))
        assert listed
        assert [number - 2 for number in listed if number >= 2] == after
        assert 7 not in after


async def test_sound_that_is_not_aac_stays(
    make_bench: MakeBench, tmp_path: Path, tiny_media: TinyMedia
) -> None:
    bench = with_music(make_bench, tmp_path)
    index = (tiny_media.content / "index.m3u8").read_text()
    assert "mp4a.40.2" in index
    text = index.replace("mp4a.40.2", "ec-3")
    bench.world.faults["live/index.m3u8"] = lambda _: httpx2.Response(200, text=text)
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/live/index.m3u8")
        assert overlaid(await player.poll(AUDIO)) == []


async def test_a_worker_mixes_a_real_segment(make_bench: MakeBench, tiny_media: TinyMedia) -> None:
    """From the playlist to the bytes: a film is the music under another one."""
    bench = make_bench()
    music = Music(name="film", file=tiny_media.source("a"))
    shows = {"vod": replace(bench.config.shows["vod"], breaks=(), music={"film": music})}
    bench.config = replace(bench.config, shows=shows)
    async with bench.run(stocked=False) as running:
        player = await running.player().open("/v1/master/default/vod/index.m3u8")
        listed = await player.poll(AUDIO)
        got = await running.get(listed.uris[1], follow_redirects=True)
        assert got.status_code == 200
        assert got.headers["content-type"] == "video/iso.segment"
    for folder in tiny_media.content.iterdir():
        if folder.is_dir() and b"mp4a" in (init := (folder / "init.mp4").read_bytes()):
            original = next(folder.glob("1.*")).read_bytes()
            break
    movie = read_init(init)
    number = audio_track(movie).number
    before, after = (read_segment(data, movie).samples(number) for data in (original, got.content))
    assert [one.dts for one in before] == [one.dts for one in after]
    assert sum(a.data != b.data for a, b in zip(before, after, strict=True)) > len(before) - 5
