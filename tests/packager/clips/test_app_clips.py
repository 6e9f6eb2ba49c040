"""Assets that are made of a template, played from a composed server."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from typing import Any

import av
import httpx2
import numpy as np
import pytest
from app_bench import Bench, Player, Running, TinyMedia, answer, vast
from clip_samples import a_clip, a_film, card
from lxml import etree
from PIL import Image

from overlays.templates.stage import make_layer
from packager.clips import clips
from packager.clips.shelf import Shelf
from packager.config.ad_settings import Bumpers
from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak
from packager.config.clip_settings import Clip, ClipLimits
from packager.config.fact_settings import Fact
from packager.config.show_settings import Asset
from packager.packaging.ladder import Ladder
from packager.pictures.source import read_picture_url
from packager.reasons import Reason
from tests.packager.pictures.picture_samples import a_picture

HLS, DASH = "/v1/master/default/vod/index.m3u8", "/v1/dash/default/vod/index.mpd"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
NAME = Fact(name="name", kind="string", max_characters=200)
TEAM = Fact(name="team", kind="string", of=("red", "blue"), default="red")
AVATAR = {"picture": "https://img.example/{name}.png"}

MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def studio(make_bench: MakeBench, clip: Clip, **changes: Any) -> Bench:
    """VOD that begins with a clip; `bumper` is another asset."""
    bench = make_bench(changes=changes)
    bumper = Asset(file=bench.media.source("bumper"))
    vod = replace(
        bench.config.shows["vod"],
        breaks=(ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="hello")),),
        assets={"hello": clip, "bumper": bumper},
        facts={"name": NAME, "team": TEAM},
    )
    bench.config = replace(bench.config, shows={"vod": vod})
    return bench


async def opened(running: Running, **facts: str) -> Player:
    return await running.player().open(HLS, **facts)


async def shown(running: Running, **facts: str) -> str:
    """What a new session begins with: `?` is a clip, a number is content."""
    return (await (await opened(running, **facts)).poll()).kinds[0]


async def settle(running: Running) -> None:
    await running.weft.assets.settled()


def picture(init: bytes, media: bytes) -> np.ndarray[Any, Any]:
    """The picture in the middle of the card's hold."""
    with av.open(BytesIO(init + media), format="mp4") as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return frames[36]


def likeness(found: np.ndarray[Any, Any], name: str) -> float:
    film = a_film(name, size=(found.shape[1], found.shape[0]), background="#000000")
    ground = Image.new("RGBA", film.size, "#000000")
    drawn = make_layer(card(), film.data, film.size, lasts=film.seconds).at(film.seconds * 36 / 50)
    assert drawn is not None
    ground.alpha_composite(Image.fromarray(drawn.pixels), (drawn.left, drawn.top))
    differs = np.abs(np.asarray(ground.convert("RGB")).astype(int) - found)
    return float(differs[14:20, 24:54].mean())  # where the name is


async def test_a_viewer_gets_the_other_asset_first_and_the_card_the_next_time(
    make_bench: MakeBench,
) -> None:
    """And what was decided stays (A-03)."""
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        first = await opened(running, name="Ana")
        assert (await first.poll()).kinds[0] == "bumper"
        await settle(running)
        assert (await first.poll()).kinds[0] == "bumper"
        assert running.count(Reason.CLIP_NOT_READY) == 1

        player = await opened(running, name="Ana")
        listed = await player.poll()
        assert listed.kinds[:2] == ["?", "0"]
        assert all("Ana" not in line for line in listed.text.splitlines())
        init = listed.text.split('#EXT-X-MAP:URI="')[1].split('"')[0]
        segments = [await running.get(url) for url in (init, listed.uris[0])]
        assert {one.headers["cache-control"] for one in segments} == {"private, no-store"}
        found = picture(*(one.content for one in segments))
        assert likeness(found, "Ana") < likeness(found, "Maximiliane") / 2

        again = await (await opened(running, name="Ana")).poll()
        other = await (await opened(running, name="Ben")).poll()
        assert again.uris[0] == listed.uris[0]
        assert other.kinds[0] == "bumper"
        sound = await player.poll(-1)
        assert (await running.get(sound.uris[0])).status_code == 200


async def test_dash_viewers_have_the_same_media(make_bench: MakeBench) -> None:
    bench = studio(make_bench, a_clip())
    async with bench.run() as running:
        assert await shown(running, name="Ana") == "0"  # the content: there is no other asset
        await settle(running)
        uri = (await (await opened(running, name="Ana")).poll()).uris[0]
        url = (await running.get(DASH, params={"name": "Ana"})).headers["location"]
        root = etree.fromstring((await running.get(url)).content)
        first = next(root.iter(f"{MPD}Period"))
        bases = [base.text or "" for base in first.iter(f"{MPD}BaseURL")]
        assert uri.rpartition("/")[0] + "/" in {f"http://weft.example{b}" for b in bases} | set(
            bases
        )
        for base in bases:
            assert (await running.get(base + "init.mp4")).status_code == 200
            assert (await running.get(base + "1.m4s")).status_code == 200


async def test_a_clip_of_what_the_operator_says_is_public_and_made_before_anybody_asks(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The template of this test says nothing of privacy."""
    bench = studio(make_bench, a_clip(data={"title": "{team}", "name": "x"}, warm=True))
    monkeypatch.setattr(clips, "is_private", lambda *_: False)
    async with bench.run() as running:  # a session's ladder is that of `stocked`
        running.weft.assets.prepare(running.weft.config.shows["vod"], bench.media.ladder)
        await settle(running)
        red, blue = [await (await opened(running, team=team)).poll() for team in ("red", "blue")]
        assert (red.kinds[0], blue.kinds[0]) == ("?", "?")
        assert red.uris[0] != blue.uris[0]
        assert red.uris[0].startswith("/tm/") or "/tm/" in red.uris[0]
        got = await running.get(red.uris[0])
        assert "immutable" in got.headers["cache-control"]
        shelf = running.weft.assets.clips._public
        bench.clock.advance(86_401)
        running.weft.assets.clips.warm(running.weft.config.shows["vod"], bench.media.ladder)
        await shelf.tidy()  # as `run` does, so that they stay
        assert (await running.get(red.uris[0])).status_code == 200
        private = red.uris[0].replace("/tm/", "/v1/private/")
        assert (await running.get(private)).status_code == 404


async def test_another_process_and_a_restart_find_what_was_made(make_bench: MakeBench) -> None:
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    bench.use_sqlite()
    async with bench.run() as here:
        await shown(here, name="Ana")
        await settle(here)
        player = await opened(here, name="Ana")
        before = await player.poll()
        async with bench.run() as there:
            assert await shown(there, name="Ana") == "?"
            after = await there.player().adopt(player).poll()
            assert after.uris == before.uris
            assert (await there.get(before.uris[0])).status_code == 200


async def test_more_than_the_budget_see_the_other_asset(make_bench: MakeBench) -> None:
    bench = studio(make_bench, a_clip(otherwise="bumper"), clips=ClipLimits(per_minute=1))
    async with bench.run() as running:
        kinds = [await shown(running, name=name) for name in ("Ana", "Ben", "Cem", "Ana")]
        assert kinds == ["bumper"] * 4
        assert running.count(Reason.CLIP_BUDGET) == 2
        await settle(running)
        assert [await shown(running, name=name) for name in ("Ana", "Ben")] == ["?", "bumper"]
        bench.clock.advance(61)
        await shown(running, name="Ben")
        await settle(running)
        assert await shown(running, name="Ben") == "?"


async def test_a_full_folder_takes_no_more_and_lets_go_of_nothing(make_bench: MakeBench) -> None:
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        await shown(running, name="Ana")
        await settle(running)
        shelf = running.weft.assets.clips._private
        shelf.kept_bytes = 1
        await shelf.tidy()
        assert shelf.size_bytes > 1000
        assert await shown(running, name="Ben") == "bumper"
        assert running.count(Reason.CLIP_BUDGET) == 1
        assert await shown(running, name="Ana") == "?"


async def test_a_full_disk_takes_no_more(make_bench: MakeBench) -> None:
    """Failures.md, row 33."""
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        running.weft.assets.clips._private.has_disk = lambda: False
        assert await shown(running, name="Ana") == "bumper"
        assert running.count(Reason.CLIP_BUDGET) == 1


async def test_a_private_clip_goes_when_nobody_has_needed_it_for_long(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench, a_clip(otherwise="bumper"), clips=ClipLimits(private_s=600))
    async with bench.run() as running:
        await shown(running, name="Ana")
        await settle(running)
        uri = (await (await opened(running, name="Ana")).poll()).uris[0]
        shelf = running.weft.assets.clips._private
        for _ in range(3):  # whoever asks for a segment needs it
            bench.clock.advance(500)
            assert (await running.get(uri)).status_code == 200
            await shelf.tidy()
        bench.clock.advance(601)
        await shelf.tidy()
        assert shelf.size_bytes == 0
        assert (await running.get(uri)).status_code == 404
        assert not list((bench.folder / "clips-private" / "renditions").iterdir())
        assert await shown(running, name="Ana") == "bumper"
        await settle(running)
        assert await shown(running, name="Ana") == "?"


async def test_the_picture_of_a_friend_is_waited_for(make_bench: MakeBench) -> None:
    """The clip of the first session has it, though it was not there when that began."""
    avatar = read_picture_url(AVATAR["picture"])
    bench = studio(make_bench, a_clip(data={"name": "{name}", "avatar": avatar}))
    bench.world.faults["/Ana.png"] = answer(a_picture("#00ff00", size=(90, 90)))
    bench.world.faults["/Ben.png"] = answer(status=404)
    async with bench.run() as running:
        for name in ("Ana", "Ben"):  # the second has none at the server
            await shown(running, name=name)
            await settle(running)
            listed = await (await opened(running, name=name)).poll()
            assert listed.kinds[0] == "?"
            init = listed.text.split('#EXT-X-MAP:URI="')[1].split('"')[0]
            got = [(await running.get(url)).content for url in (init, listed.uris[0])]
            red, green, blue = picture(*got)[18, 16]
            assert (green > red + 60 and green > blue + 60) == (name == "Ana")
        assert running.count(Reason.PICTURE_UNREACHABLE) == 1


@pytest.mark.parametrize("name", ["../../../etc/passwd", "a%2fb", "a;b", "x" * 200])
async def test_hostile_names_are_text_and_nothing_else(make_bench: MakeBench, name: str) -> None:
    avatar = read_picture_url(AVATAR["picture"])
    bench = studio(make_bench, a_clip(data={"name": "{name} ", "avatar": avatar}))
    bench.world.faults[".png"] = answer(status=404)
    async with bench.run() as running:
        bench.world.asked.clear()
        await shown(running, name=name)
        await settle(running)
        listed = await (await opened(running, name=name)).poll()
        assert listed.kinds[0] == "?"
        assert {url.host for url in bench.world.asked} <= {"origin.example", "img.example"}
        assert all(".." not in str(url) and "%2f" not in str(url) for url in bench.world.asked)
        made = {path.name for path in (bench.folder / "clips-private" / "assets").iterdir()}
        assert all(len(one) == len("0" * 32 + ".json") for one in made)


@pytest.mark.parametrize("name", ["x" * 10_000_000, "a\r\nb: c"])
async def test_what_no_fact_can_be_starts_nothing(make_bench: MakeBench, name: str) -> None:
    bench = studio(make_bench, a_clip())
    async with bench.run() as running:
        said = {"facts": {"name": name}}
        answered = await running.client.post("/v1/session/default/vod/index.m3u8", json=said)
        assert answered.status_code in (200, 201, 400, 413)
        assert not list((bench.folder / "clips-private" / "assets").iterdir())


async def test_data_that_does_not_fit_is_told_and_the_other_asset_plays(
    make_bench: MakeBench,
) -> None:
    data = {"name": "{name}", "look": "pink"}
    bench = studio(make_bench, a_clip(data=data, otherwise="bumper"))
    async with bench.run() as running:
        assert await shown(running, name="Ana") == "bumper"
        assert running.count(Reason.OVERLAY_DATA_INVALID) == 1
        assert running.count(Reason.CLIP_NOT_READY) == 0


async def test_who_says_no_name_gets_the_other_asset_and_nothing_is_wrong(
    make_bench: MakeBench,
) -> None:
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        assert await shown(running) == "bumper"
        await settle(running)
        assert await shown(running) == "bumper"
        assert running.count(Reason.OVERLAY_DATA_INVALID) == 0
        assert running.count(Reason.CLIP_NOT_READY) == 0


async def test_a_clip_may_be_a_bumper(make_bench: MakeBench) -> None:
    """Before the first ad, and only where there is one (D-51)."""
    bench = studio(make_bench, a_clip())
    rule = ScheduledBreak(
        at=Decimal(4),
        fill=vast("pod/2"),
        seconds=Decimal(10),
        bumpers=Bumpers(before="hello", after="bumper"),
    )
    vod = replace(bench.config.shows["vod"], breaks=(rule,))
    bench.config = replace(bench.config, shows={"vod": vod})
    async with bench.run() as running:
        for _ in range(2):
            listed = await (await opened(running, name="Ana")).poll()
            await settle(running)
        first, *ads, last = [kind for kind in listed.kinds if not kind.isdecimal()]
        assert (first, last) == ("?", "bumper")
        assert set(ads) == {"a", "b"}


async def test_a_worker_that_dies_leaves_the_other_asset(
    make_bench: MakeBench, tiny_media: TinyMedia
) -> None:
    """Failures.md, row 19: tried twice, then left alone for a while."""
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        library = running.weft.assets.clips._private.library
        library._maker._command = ("/bin/sh", "-c", "kill -SEGV $$")
        for _ in range(3):
            assert await shown(running, name="Ana") == "bumper"
            await settle(running)
        assert running.count(Reason.WORKER_CRASHED) == 1


FAILURES = {
    "disk": (OSError("full"), Reason.MEDIA_WRITE_FAILED),
    "bug": (KeyError("what"), Reason.INTERNAL_ERROR),
}


@pytest.mark.parametrize(("error", "reason"), FAILURES.values(), ids=FAILURES)
async def test_whatever_fails_the_other_asset_plays(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason
) -> None:
    async def fail(*args: object, **settings: object) -> None:
        raise error

    monkeypatch.setattr(Shelf, "make", fail)
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        for _ in range(3):
            assert await shown(running, name="Ana") == "bumper"
            await settle(running)
        assert running.count(reason) == 1


@pytest.mark.parametrize(("error", "reason"), FAILURES.values(), ids=FAILURES)
async def test_a_folder_that_cannot_be_tidied_ends_no_server(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: Reason
) -> None:
    async def fail(self: Shelf) -> None:
        raise error

    monkeypatch.setattr(Shelf, "tidy", fail)
    bench = studio(make_bench, a_clip(otherwise="bumper"))
    async with bench.run() as running:
        assert await shown(running, name="Ana") == "bumper"
        assert running.count(reason) == 1


async def test_where_there_is_no_picture_there_is_no_clip(make_bench: MakeBench) -> None:
    bench = studio(make_bench, a_clip())
    async with bench.run() as running:
        sound = Ladder(tuple(one for one in bench.media.ladder.rungs if one.video is None))
        show = running.weft.config.shows["vod"]
        found = running.weft.assets.find(show, "hello", sound, lambda name: "Ana")
        assert found is Reason.LADDER_UNMATCHED


async def test_a_clip_stands_in_for_want_of_ads(make_bench: MakeBench) -> None:
    """D-53, D-54: as any asset does."""
    bench = studio(make_bench, a_clip())
    rule = ScheduledBreak(
        at=Decimal(0), fill=vast("empty"), otherwise=AssetFill(asset="hello"), seconds=Decimal(4)
    )
    shows = bench.config.shows
    vod = replace(shows["vod"], breaks=(rule, CueBreaks(fill=vast("empty"))))
    bench.config = replace(bench.config, shows={"vod": vod})
    bench.world.faults["/vast/empty"] = lambda request: httpx2.Response(
        200, content=b'<VAST version="4.2"/>'
    )
    async with bench.run() as running:
        assert await shown(running, name="Ana") == "0"
        await settle(running)
        assert await shown(running, name="Ana") == "?"
