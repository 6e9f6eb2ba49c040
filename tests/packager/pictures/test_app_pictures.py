"""Shows whose overlays have pictures of others, played from a composed server."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import orjson
import pytest
from app_bench import ORIGIN, SEGMENT_S, Bench, Running, answer
from picture_samples import a_picture

from packager.config.fact_settings import Fact
from packager.config.overlay_settings import Overlay
from packager.config.picture_settings import ModerationSettings, PictureSettings
from packager.config.rendering_settings import RenderingSettings
from packager.config.show_settings import Show
from packager.pictures.source import read_picture_url
from packager.reasons import Reason
from packager.templates.folder import find_folder

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"
FRIEND = Fact(name="friend", kind="string")
AVATAR = read_picture_url("https://img.example/avatars/{friend}.png")
DIGEST = hashlib.sha256(a_picture()).hexdigest()

MakeBench = Callable[..., Bench]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def studio(make_bench: MakeBench, *, facts: tuple[Fact, ...] = (FRIEND,), **pictures: Any) -> Bench:
    bench = make_bench(draw="picture_drawing:draw")
    overlay = Overlay(
        name="card",
        template=find_folder("lower_third", beside=Path("/nowhere")),
        data={"name": "Hello", "avatar": AVATAR},
    )
    shows = {
        kind: Show(
            name=kind,
            origin=f"{ORIGIN}{kind}/",
            overlays={"card": overlay},
            facts={one.name: one for one in facts},
        )
        for kind in ("live", "vod")
    }
    bench.config = replace(
        bench.config,
        shows=shows,
        rendering=RenderingSettings(wait_s=30.0),
        pictures=PictureSettings(**pictures),
    )
    bench.world.faults["/avatars/ben.png"] = answer(a_picture())
    return bench


async def drawn(running: Running, url: str) -> list[str]:
    """Digests of the pictures on a segment, from its bytes."""
    got = await running.get(url, follow_redirects=True)
    assert got.status_code == 200, got.text
    return list(json.loads(got.content[got.content.rindex(b"[") :]))


async def test_the_segments_after_it_came_have_the_picture(make_bench: MakeBench) -> None:
    bench = studio(make_bench)
    async with bench.run(stocked=False) as running:
        player = await running.player().open(LIVE, friend="ben")
        first = await player.poll()
        assert await drawn(running, first.uris[-1]) == []
        await running.weft.pictures.settled()
        bench.clock.advance(SEGMENT_S)
        later = await player.poll()
        assert await drawn(running, later.uris[-1]) == [DIGEST]
        assert "ben" not in later.text
        assert "img.example" not in later.text
        for number in (0, 1):  # at the same instant in every rendition
            listed = await player.poll(number)
            assert await drawn(running, listed.uris[-2]) == []
            assert await drawn(running, listed.uris[-1]) == [DIGEST]


async def test_vod_has_it_where_a_player_comes_after_it(make_bench: MakeBench) -> None:
    bench = studio(make_bench)
    async with bench.run(stocked=False) as running:
        player = await running.player().open(VOD, friend="ben")
        low, high = await player.poll(0), await player.poll(1)
        assert await drawn(running, low.uris[0]) == []
        await running.weft.pictures.settled()
        assert await drawn(running, low.uris[5]) == [DIGEST]
        assert await drawn(running, high.uris[5]) == [DIGEST]
        assert await drawn(running, high.uris[0]) == []  # as it was told in the other rendition


async def test_a_picture_that_needs_consent_is_private(make_bench: MakeBench) -> None:
    bench = studio(make_bench, facts=(replace(FRIEND, consent="personalise"),))
    async with bench.run(stocked=False) as running:
        listed = await (await running.player().open(LIVE, friend="ben")).poll()
        assert "/v1/private/" in listed.uris[-1]


async def test_what_moderation_forbids_is_not_drawn(make_bench: MakeBench) -> None:
    asked = "https://moderation.example/ask"
    bench = studio(make_bench, moderate=ModerationSettings(url=asked))
    said: list[Any] = []

    def no(request: httpx2.Request) -> httpx2.Response:
        said.append(orjson.loads(request.content))
        return httpx2.Response(200, content=b'{"allow": false}')

    bench.world.faults["/ask"] = no
    async with bench.run(stocked=False) as running:
        player = await running.player().open(LIVE, friend="ben")
        await player.poll()
        await running.weft.pictures.settled()
        bench.clock.advance(SEGMENT_S)
        assert await drawn(running, (await player.poll()).uris[-1]) == []
        assert said == [{"url": "https://img.example/avatars/ben.png", "sha256": DIGEST}]
        assert running.count(Reason.PICTURE_NOT_ALLOWED) == 1


@pytest.mark.parametrize("friend", ["../admin", "a%2fb", "..", "a;b", "y" * 64])
async def test_hostile_names_reach_nobody_and_content_plays(
    make_bench: MakeBench, friend: str
) -> None:
    bench = studio(make_bench)
    async with bench.run(stocked=False) as running:
        player = await running.player().open(LIVE, friend=friend)
        await player.poll()
        await running.weft.pictures.settled()
        bench.clock.advance(SEGMENT_S)
        assert await drawn(running, (await player.poll()).uris[-1]) == []
        asked = {str(url) for url in bench.world.asked if url.host == "img.example"}
        assert asked <= {f"https://img.example/avatars/{'y' * 64}.png"}


async def test_a_value_of_the_operators_list_needs_no_moderation(make_bench: MakeBench) -> None:
    asked = ModerationSettings(url="https://moderation.example/ask")
    bench = studio(make_bench, facts=(replace(FRIEND, of=("ben", "eva")),), moderate=asked)
    async with bench.run(stocked=False) as running:
        player = await running.player().open(LIVE, friend="ben")
        await player.poll()
        await running.weft.pictures.settled()
        bench.clock.advance(SEGMENT_S)
        assert await drawn(running, (await player.poll()).uris[-1]) == [DIGEST]
        assert not any(url.host == "moderation.example" for url in bench.world.asked)
