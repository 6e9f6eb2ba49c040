"""Pre-rolls of live sessions (splice rules A-10 to A-17, A-48)."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from app_bench import CREATIVES, Bench, Listed, Player, answer, vast

from packager.config.break_settings import CueBreaks, ScheduledBreak
from packager.reasons import Reason

LIVE = "/v1/master/default/live/index.m3u8"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def prerolling(make_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world whose live sessions begin with a pre-roll."""

    def make(*, seconds: int = 6, patience_s: float = 2.0, cues: bool = True) -> Bench:
        bench = make_bench(patience_s=patience_s)
        rule = ScheduledBreak(at=Decimal(0), fill=vast("pod/2"), seconds=Decimal(seconds))
        breaks = (CueBreaks(fill=vast(), otherwise="slate"), rule) if cues else (rule,)
        shows = dict(bench.config.shows)
        shows["live"] = replace(shows["live"], breaks=breaks)
        bench.config = replace(bench.config, shows=shows)
        return bench

    return make


async def watch(bench: Bench, player: Player, polls: int) -> list[Listed]:
    """Poll all renditions every 2 s; they agree on what plays and on its numbers (H-03)."""
    found = []
    for _ in range(polls):
        lists = await asyncio.gather(*(player.poll(number) for number in range(3)))
        for listed in lists[1:]:
            assert listed.kinds == lists[0].kinds
            assert listed.marks == lists[0].marks
            assert listed.discontinuity_sequence == lists[0].discontinuity_sequence
        found.append(lists[0])
        bench.clock.advance(2)
    return found


def played(lists: list[Listed]) -> list[str]:
    seen: dict[int, str] = {}
    for listed in lists:
        seen |= {listed.sequence + n: kind for n, kind in enumerate(listed.kinds)}
    assert sorted(seen) == list(range(min(seen), max(seen) + 1))
    return [seen[number] for number in sorted(seen)]


def is_ad(kind: str) -> bool:
    return kind in CREATIVES


def start_of(text: str) -> str | None:
    return next((line for line in text.splitlines() if line.startswith("#EXT-X-START")), None)


async def test_a_session_begins_with_ads_in_place_of_the_content_that_it_joins_at(
    prerolling: Callable[..., Bench],
) -> None:
    """The edge is at segment 50; six seconds end where content is listed again: 46 to 48."""
    bench = prerolling()
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        lists = await watch(bench, player, 14)
        first = lists[0]
        assert first.kinds[:4] + first.kinds[7:] == ["42", "43", "44", "45", "49"]
        assert sorted(first.kinds[4:7]) == ["a", "a", "b"]
        assert (first.marks[4], first.marks[7], sum(first.marks)) == (True, True, 3)
        assert start_of(first.text) == "#EXT-X-START:TIME-OFFSET=8.000,PRECISE=YES"
        assert played(lists)[:9] == [*first.kinds, "50"]
        assert all(kind.isdecimal() for kind in lists[-1].kinds)
        assert bench.world.ad_calls() == 1


async def test_it_begins_three_target_durations_behind_the_edge_or_before(
    prerolling: Callable[..., Bench],
) -> None:
    """RFC 8216bis, 6.3.3: players begin no nearer to the edge."""
    bench = prerolling(seconds=4)
    async with bench.run() as running:
        listed = await (await running.player().open(LIVE)).poll()
        assert [is_ad(kind) for kind in listed.kinds][:6] == [False] * 5 + [True]


async def test_players_are_led_to_it_as_long_as_its_beginning_is_listed(
    prerolling: Callable[..., Bench],
) -> None:
    """A-48."""
    bench = prerolling()
    async with bench.run() as running:
        lists = await watch(bench, await running.player().open(LIVE), 7)
        starts = [start_of(listed.text) for listed in lists]
        offsets = [start and start.split("=")[1].split(",")[0] for start in starts]
        assert offsets == ["8.000", "6.000", "4.000", "2.000", "0.000", None, None]


async def test_a_rendition_that_is_first_loaded_later_has_the_same_numbers(
    prerolling: Callable[..., Bench],
) -> None:
    """A-14."""
    bench = prerolling()
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        for polls in range(10):
            here, late = await player.poll(0), None
            if polls in (3, 6, 9):
                late = await player.poll(polls // 3 % 3)
                assert late.kinds == here.kinds
                assert late.discontinuity_sequence == here.discontinuity_sequence
            bench.clock.advance(2)


async def test_breaks_that_follow_count_on(prerolling: Callable[..., Bench]) -> None:
    """A-12, with two breaks behind it, until all are past."""
    bench = prerolling()
    bench.world.cues = {
        56: "#EXT-X-CUE-OUT:8", 60: "#EXT-X-CUE-IN",
        66: "#EXT-X-CUE-OUT:5",
    }  # fmt: skip
    async with bench.run() as running:
        lists = await watch(bench, await running.player().open(LIVE), 40)
        shown = played(lists)
        assert sum(is_ad(kind) for kind in shown[:8]) == 3
        between = shown[shown.index("55") + 1 : shown.index("60")]
        assert len(between) == 4
        assert not any(kind.isdecimal() for kind in between)
        assert shown[-1].isdecimal()


async def test_the_same_session_has_the_same_ads_in_another_process(
    prerolling: Callable[..., Bench],
) -> None:
    """A-02, A-03."""
    bench = prerolling()
    bench.use_sqlite()
    async with bench.run() as here:
        player = await here.player().open(LIVE)
        before = await player.poll()
        bench.clock.advance(2)
        async with bench.run() as there:
            other = there.player().adopt(player)
            for _ in range(12):
                mine, theirs = await player.poll(), await other.poll()
                assert mine.text == theirs.text
                bench.clock.advance(2)
        assert any(is_ad(kind) for kind in before.kinds)
        assert sum(url.host == "ads.example" for url in bench.world.asked) == 1


async def test_without_ads_in_time_the_content_plays_and_nothing_comes_later(
    prerolling: Callable[..., Bench],
) -> None:
    bench = prerolling(patience_s=0.1)
    gate = bench.world.gates["/vast/pod/2"] = asyncio.Event()
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        first = await player.poll()
        assert first.kinds == [str(number) for number in range(42, 50)]
        assert start_of(first.text) is None
        assert running.count(Reason.HOLD_EXPIRED) == 1
        gate.set()
        await asyncio.sleep(0.1)
        assert all(kind.isdecimal() for kind in played(await watch(bench, player, 6)))


async def test_a_server_without_an_ad_leaves_the_content(
    prerolling: Callable[..., Bench],
) -> None:
    bench = prerolling()
    bench.world.faults["/vast/pod/2"] = answer('<VAST version="4.2"/>')
    async with bench.run() as running:
        lists = await watch(bench, await running.player().open(LIVE), 3)
        assert lists[0].kinds == [str(number) for number in range(42, 50)]
        assert lists[0].sequence == 42
        assert running.count(Reason.AD_EMPTY) == 1


@pytest.mark.parametrize("out", [44, 47, 49])
async def test_a_break_that_runs_wins(prerolling: Callable[..., Bench], out: int) -> None:
    bench = prerolling()
    bench.world.cues = {out: "#EXT-X-CUE-OUT:10"}
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await player.poll()
        lists = await watch(bench, player, 12)
        assert running.count(Reason.PREROLL_GAVE_WAY) == 1
        shown = played(lists)
        assert shown[shown.index(str(out - 1)) + 1] in {*CREATIVES, "slate"}
        assert all(start_of(listed.text) is None for listed in lists)
        assert not any("/pod/2" in str(url) for url in bench.world.asked)


async def test_a_session_that_watches_already_gets_no_pre_roll(
    prerolling: Callable[..., Bench],
) -> None:
    """Not one whose show had none when it began."""
    bench = prerolling(cues=False)
    shows = dict(bench.config.shows)
    with_preroll = bench.config
    bench.config = replace(
        bench.config,
        shows=shows | {"live": replace(shows["live"], breaks=(CueBreaks(fill=vast()),))},
    )
    bench.use_sqlite()
    async with bench.run() as running:
        player = await running.player().open(LIVE)
        await watch(bench, player, 4)
    bench.config = replace(with_preroll, store=bench.config.store)
    async with bench.run() as running:
        lists = await watch(bench, running.player().adopt(player), 4)
        assert all(kind.isdecimal() for kind in played(lists))
        assert not bench.world.ad_calls()


async def test_sessions_with_the_same_ads_share_the_bytes(
    prerolling: Callable[..., Bench],
) -> None:
    bench = prerolling()
    async with bench.run() as running:
        players = [await running.player().open(LIVE) for _ in range(5)]
        for _ in range(8):
            texts = {(await player.poll()).text for player in players}
            assert len(texts) <= 2  # the ad server has two orders
            bench.clock.advance(2)


async def test_sessions_that_joined_at_different_times_each_see_their_own(
    prerolling: Callable[..., Bench],
) -> None:
    bench = prerolling()
    async with bench.run() as running:
        first = await running.player().open(LIVE)
        await watch(bench, first, 1)
        second = await running.player().open(LIVE)
        lists = await watch(bench, second, 1)
        bench.clock.advance(-2)
        assert [is_ad(kind) for kind in lists[0].kinds] == [False] * 4 + [True] * 3 + [False]
        kinds = (await first.poll()).kinds
        assert [is_ad(kind) for kind in kinds] == [False] * 3 + [True] * 3 + [False] * 2


async def test_the_origins_own_discontinuities_keep_their_numbers(
    prerolling: Callable[..., Bench],
) -> None:
    """A-12, A-16: one inside, one on the return, one behind."""
    bench = prerolling()
    bench.world.cues = dict.fromkeys((44, 47, 49, 52), "#EXT-X-DISCONTINUITY")
    async with bench.run() as running:
        lists = await watch(bench, await running.player().open(LIVE), 14)
        assert is_ad(lists[0].kinds[4])
        assert [listed.discontinuity_sequence for listed in lists][-1] > lists[
            0
        ].discontinuity_sequence


async def test_it_is_reported_like_any_other(prerolling: Callable[..., Bench]) -> None:
    bench = prerolling()
    async with bench.run() as running:
        session = await running.client.post(
            "/v1/session/default/live/index.m3u8", json={"reportingMode": "client"}
        )
        urls = session.json()
        player = await running.player().open(urls["manifestUrl"])
        await player.poll()
        (avail,) = (await running.get(urls["trackingUrl"])).json()["avails"]
        assert sorted(ad["durationInSeconds"] for ad in avail["ads"]) == [2, 4]
