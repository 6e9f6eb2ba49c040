"""Processes come and go, several at a time: sessions do not notice (P2, P3; rows 24 and 27)."""

import asyncio
from collections.abc import Callable

import pytest
from app_bench import Bench, Player, vast

from packager.reasons import Reason
from packager.stores import StoreError

LIVE = "/v1/master/default/live/index.m3u8"
VOD = "/v1/master/default/vod/index.m3u8"
CUES = {52: "#EXT-X-CUE-OUT:8", 56: "#EXT-X-CUE-IN", 62: "#EXT-X-CUE-OUT:4"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def shared(make_bench: Callable[..., Bench]) -> Bench:
    bench = make_bench()
    bench.use_sqlite()
    bench.world.cues = dict(CUES)
    return bench


async def polls(bench: Bench, player: Player, count: int) -> list[str]:
    texts = []
    for _ in range(count):
        lists = [await player.poll(number) for number in (0, 2)]
        assert lists[0].kinds == lists[1].kinds
        texts.append(lists[0].text)
        bench.clock.advance(2)
    return texts


@pytest.mark.parametrize("stop_after", [3, 5, 8, 12])
async def test_a_live_session_goes_on_over_a_restart_without_a_jump(
    shared: Bench, stop_after: int
) -> None:
    """Before the break, in it, behind it, and when nothing of it is left in the window."""
    async with shared.run() as running:
        player = await running.player().open(LIVE)
        await polls(shared, player, stop_after)
        before = await player.poll()
    shared.clock.advance(4)  # while nobody serves
    async with shared.run(stocked=False) as running:
        again = running.player().adopt(player)
        assert (await again.poll()).sequence >= before.sequence
        await polls(shared, again, 8)
        assert running.count(Reason.MEDIA_MISSING) == 0


async def test_a_restart_gives_the_same_bytes_as_no_restart(shared: Bench) -> None:
    async with shared.run() as first:
        player = await first.player().open(LIVE)
        await polls(shared, player, 6)
        expected = [(await player.poll(number)).text for number in range(3)]
    async with shared.run(stocked=False) as second:
        again = second.player().adopt(player)
        assert [(await again.poll(number)).text for number in range(3)] == expected


async def test_two_workers_give_the_same_bytes_and_make_one_decision(shared: Bench) -> None:
    async with shared.run() as one, shared.run() as other:
        player = await one.player().open(LIVE)
        twin = other.player().adopt(player)
        for _ in range(16):
            texts = await asyncio.gather(player.poll(), twin.poll())
            assert texts[0].text == texts[1].text
            shared.clock.advance(2)
        assert shared.world.ad_calls() <= 4  # at most one of each worker for each break
        assert {"a", "b"} & set(texts[0].kinds) or texts[0].discontinuity_sequence


async def test_a_creative_that_one_worker_packaged_is_known_to_the_other(shared: Bench) -> None:
    """A-02: else the ads of a session would vanish at its next poll."""
    shared.world.cues = {58: "#EXT-X-CUE-OUT:6"}
    assets = shared.folder / "assets"
    assets.rename(shared.folder / "kept")
    async with shared.run(stocked=False) as other:  # started when nothing was packaged
        twin = await other.player().open(LIVE)
        await twin.poll()
        for path in (shared.folder / "kept").iterdir():
            path.rename(assets / path.name)
        async with shared.run() as one:
            player = one.player().adopt(twin)
            for _ in range(12):
                listed = await player.poll()
                assert (await twin.poll()).text == listed.text
                shared.clock.advance(2)
        assert sum(listed.marks) == 2  # before two ads
        assert other.count(Reason.MEDIA_MISSING) == 0


async def test_a_vod_session_plays_the_same_in_the_next_process(shared: Bench) -> None:
    async with shared.run() as running:
        player = await running.player().open(VOD)
        first = [await player.poll(number) for number in range(2)]
    async with shared.run(stocked=False) as running:
        again = running.player().adopt(player)
        assert [(await again.poll(n)).text for n in range(2)] == [one.text for one in first]
        assert (await again.poll(2)).kinds == first[0].kinds
        assert shared.world.ad_calls() == 1


async def test_the_ladder_is_found_once_and_kept(shared: Bench) -> None:
    async with shared.run() as running:
        await running.player().open(LIVE)
        assert any(url.endswith(".m4s") for url in shared.world.requests)
    async with shared.run(stocked=False) as running:
        shared.world.requests.clear()
        await running.player().open(LIVE)
        assert not any(url.endswith(".m4s") for url in shared.world.requests)
    shared.clock.advance(25 * 3600)
    async with shared.run(stocked=False) as running:
        shared.world.requests.clear()
        await running.player().open(LIVE)
        assert any(url.endswith(".m4s") for url in shared.world.requests)


async def test_a_store_that_fails_costs_new_sessions_and_no_old_one(
    shared: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 21 and P1: content plays in breaks that cannot be decided, and stays."""
    async with shared.run() as running:
        player = await running.player().open(LIVE)
        await player.poll()
        store = running.weft.store

        async def fails(*args: object) -> None:
            raise StoreError("disk I/O error")

        names = ("settle", "settle_start", "create_session", "put_channel", "get_channel", "touch")
        with monkeypatch.context() as broken:
            for name in names:
                broken.setattr(store, name, fails)
            got = await running.get(LIVE)
            assert (got.status_code, got.json()) == (503, {"error": "store_failed"})
            kinds: list[str] = []
            for _ in range(6):
                shared.clock.advance(2)
                kinds = (await player.poll()).kinds
            assert {"52", "53"} <= set(kinds)  # the break's content: no ad could be promised
            assert running.count(Reason.STORE_FAILED) >= 2
        for _ in range(12):
            shared.clock.advance(2)
            listed = await player.poll()  # what was published stays; the player checks
        assert {"a", "b", "slate"} & set(listed.kinds) or listed.discontinuity_sequence > 0


async def test_a_start_that_cannot_be_written_down_is_tried_again(
    shared: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shared.run() as running:
        player = await running.player().open(LIVE)

        async def fails(*args: object) -> None:
            raise StoreError("disk I/O error")

        with monkeypatch.context() as broken:
            broken.setattr(running.weft.store, "settle_start", fails)
            assert (await player.poll()).kinds
            session = running.weft.sessions.lookup(player.token, shared.clock.now())
            assert session is not None
            assert session.started_at_edge is None
        await player.poll()
        session = running.weft.sessions.lookup(player.token, shared.clock.now())
        assert session is not None
        assert session.started_at_edge is not None


@pytest.mark.parametrize("state", [b"not JSON", b'{"version": 99}', b"[]", b"{}"])
async def test_a_channel_state_that_cannot_be_read_is_begun_anew(
    shared: Bench, state: bytes
) -> None:
    async with shared.run() as running:
        show = shared.config.shows["live"]
        keeper = (await running.weft.presentations.hls.get("default", show, "index")).keeper
        await running.weft.store.put_channel(keeper.key, state)
        await running.weft.store.put_channel(f"ladder of {keeper.key}", state)
    async with shared.run(stocked=False) as running:
        player = await running.player().open(LIVE)
        assert (await player.poll()).kinds
        assert running.count(Reason.STORE_FAILED) >= 1


async def test_media_that_went_missing_is_reported_and_content_plays(
    make_bench: Callable[..., Bench],
) -> None:
    bench = make_bench(live_fill=vast())
    bench.use_sqlite()
    bench.world.cues = dict(CUES)
    bench.clock.advance(8)
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        assert "a" in (await player.poll()).kinds
    for path in (bench.folder / "assets").iterdir():
        path.unlink()
    async with bench.run(stocked=False) as running:
        got = await running.get(player.renditions[0])
        assert got.status_code == 200
        assert running.count(Reason.MEDIA_MISSING) >= 1


async def test_the_sweep_ends_idle_sessions_and_says_when_it_cannot(
    make_bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    from packager import upkeep

    monkeypatch.setattr(upkeep, "SWEEP_S", 0.01)
    bench = make_bench()
    async with bench.run() as running:
        await running.player().open(LIVE)
        assert running.weft.sessions.resident == 1
        bench.clock.advance(2000)
        await asyncio.sleep(0.05)
        assert running.weft.sessions.resident == 0

        async def fails(*args: object) -> None:
            raise StoreError("disk I/O error")

        monkeypatch.setattr(running.weft.store, "touch", fails)
        await asyncio.sleep(0.05)
        assert running.count(Reason.STORE_FAILED) >= 1


async def test_what_fails_inside_the_server_comes_out_as_itself(bench: Bench) -> None:
    with pytest.raises(ZeroDivisionError):
        async with bench.run():
            raise ZeroDivisionError
