"""Breaks that nobody announces: ads are asked for before there is one (`prefetch`)."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from app_bench import CREATIVES, Bench, Running, answer, vast
from mpd_for_bench import event

from packager.config.ad_settings import Prefetch
from packager.config.break_settings import CueBreaks
from packager.config.process_settings import Timeouts
from packager.reasons import Reason
from packager.stores.records import Decision

HLS, DASH = "/v1/master/default/live/index.m3u8", "/v1/dash/default/live/index.mpd"
OUT, BACK = 52, 56  # segments of 2 s
Poll = Callable[[], Awaitable[str]]
OVERLAY = """<VAST version="4.2"><Ad id="logo"><InLine>
  <Impression>https://ads.example/impression</Impression>
  <Creatives><Creative><NonLinearAds><NonLinear width="320" height="50">
  <IFrameResource>https://overlay.example/</IFrameResource>
  </NonLinear></NonLinearAds></Creative></Creatives></InLine></Ad></VAST>"""
both = pytest.mark.parametrize("kind", [HLS, DASH], ids=["hls", "dash"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def prefetching(make_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world whose show asks for ads ahead, as soon as a session is watched."""

    def make(
        *, seconds: int = 20, spread_s: int = 0, keep_s: int = 600, scenario: str = "fill"
    ) -> Bench:
        bench = make_bench(changes={"timeouts": Timeouts(ad_deadline_s=0.15, ad_s=25.0)})
        settings = Prefetch(seconds=Decimal(seconds), spread_s=spread_s, keep_s=keep_s)
        rule = CueBreaks(fill=vast(scenario), otherwise="slate", prefetch=settings)
        shows = dict(bench.config.shows)
        shows["live"] = replace(shows["live"], breaks=(rule,))
        bench.config = replace(bench.config, shows=shows)
        return bench

    return make


def cue(bench: Bench, kind: str, start: int, back: int, name: int = 1) -> None:
    """A break that is known when it begins."""
    if kind == HLS:
        bench.world.cues[start] = f"#EXT-X-CUE-OUT:{2 * (back - start)}"
        bench.world.cues[back] = "#EXT-X-CUE-IN"
    else:
        bench.world.events.append(event(2 * start, 2 * (back - start), event_id=name))


async def watched(running: Running, kind: str, **parameters: str) -> Poll:
    """Open a session; what polls it gives what is listed, in words."""
    if kind == HLS:
        player = await running.player().open(HLS, **parameters)

        async def poll() -> str:
            return " ".join((await player.poll()).kinds)

        return poll
    url = (await running.get(DASH)).headers["location"]

    async def poll_mpd() -> str:
        text = (await running.get(url)).text
        digests = {name for name in running.names if name in text}
        return " ".join(sorted(running.names[digest] for digest in digests))

    return poll_mpd


async def asked(running: Running, bench: Bench, calls: int) -> None:
    """Wait until the ad server was asked so often, and what it said is known."""
    end = time.monotonic() + 10
    while bench.world.ad_calls() < calls:
        assert time.monotonic() < end
        await asyncio.sleep(0.005)
    await running.weft.planner._ahead.prefetch._flights.landed()


def has_ads(listed: str) -> bool:
    return bool({*listed.split()} & {*CREATIVES})


def pods(running: Running, result: str) -> int:
    text = running.metrics.render().decode()
    found = re.search(rf'weft_prefetched_pods_total{{result="{result}"}} (\d+)', text)
    assert found is not None
    return int(found[1])


def decisions(running: Running) -> list[Decision]:
    (session,) = running.weft.sessions._residents
    return list(session.decisions.values())


async def go_on(bench: Bench, poll: Poll, polls: int) -> list[str]:
    listed = []
    for _ in range(polls):
        bench.clock.advance(2)
        listed.append(await poll())
    return listed


@both
async def test_a_break_that_nobody_announced_is_filled_while_its_ad_server_is_silent(
    prefetching: Callable[..., Bench], kind: str
) -> None:
    bench = prefetching()
    async with bench.run() as running:
        poll = await watched(running, kind)
        await poll()
        await asked(running, bench, 1)
        bench.world.gates["/vast/fill"] = asyncio.Event()  # whoever asks now waits for ever
        cue(bench, kind, OUT, BACK)
        assert any(has_ads(listed) for listed in await go_on(bench, poll, 5))
        assert pods(running, "used") == 1
        assert not running.count(Reason.HOLD_EXPIRED)
        (decision,) = decisions(running)
        assert decision.outcome == "fill"
        assert decision.prefetched_at == 100


async def test_the_ad_server_is_told_the_length_that_the_setting_says(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching(seconds=45)
    async with bench.run() as running:
        await (await watched(running, HLS))()
        await asked(running, bench, 1)
        assert any("d=45&" in str(url) for url in bench.world.asked)


async def test_the_length_of_the_break_says_what_of_the_pod_is_shown(
    prefetching: Callable[..., Bench],
) -> None:
    """D-51: of 4 and 2 seconds, what fits into two."""
    bench = prefetching()
    cue(bench, HLS, OUT, OUT + 1)
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await asked(running, bench, 1)
        await go_on(bench, poll, 6)
        (decision,) = decisions(running)
        assert sum(entry.kind == "ad" for entry in decision.pod) <= 1


async def test_a_break_of_unknown_length_is_filled_up_to_where_the_content_comes_back(
    prefetching: Callable[..., Bench],
) -> None:
    """D-55, A-27."""
    bench = prefetching()
    bench.world.cues = {OUT: "#EXT-X-CUE-OUT", OUT + 2: "#EXT-X-CUE-IN"}
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await asked(running, bench, 1)
        listed = (await go_on(bench, poll, 8))[-1].split()
        assert has_ads(" ".join(listed))
        assert str(OUT + 2) in listed
        assert pods(running, "used") == 1


async def test_each_break_has_a_pod_of_its_own(prefetching: Callable[..., Bench]) -> None:
    bench = prefetching()
    cue(bench, HLS, OUT, BACK)
    cue(bench, HLS, 62, 66, 2)
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await asked(running, bench, 1)
        await go_on(bench, poll, 6)
        # For the second break, as soon as the first has the first pod.
        await asked(running, bench, 2)
        await go_on(bench, poll, 10)
        assert pods(running, "used") == 2
        await asked(running, bench, 3)
        assert bench.world.ad_calls() == 3
        at = [decision.prefetched_at for decision in decisions(running)]
        assert len(set(at)) == 2


async def test_a_pod_that_finds_no_break_in_time_is_given_up_and_another_is_asked_for(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching(keep_s=60)
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await asked(running, bench, 1)
        await go_on(bench, poll, 29)
        assert bench.world.ad_calls() == 1
        await go_on(bench, poll, 2)
        await asked(running, bench, 2)
        assert pods(running, "expired") == 1
        assert running.count(Reason.PREFETCH_EXPIRED) == 1
        assert not any("/beacon/" in str(url) for url in bench.world.asked)  # nothing is owed


async def test_what_a_session_that_ended_left_over_is_counted(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching()
    async with bench.run() as running:
        await (await watched(running, HLS))()
        await asked(running, bench, 1)
        metrics = running.metrics
    assert b'weft_prefetched_pods_total{result="unused"} 1.0' in metrics.render()
    assert running.count(Reason.PREFETCH_UNUSED) == 1


async def test_a_server_that_had_nothing_ahead_is_asked_when_the_break_comes(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching()
    bench.world.faults["/vast/fill"] = answer('<VAST version="4.2"/>')
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await asked(running, bench, 1)
        bench.world.faults.clear()
        cue(bench, HLS, OUT, BACK)
        assert any(has_ads(listed) for listed in await go_on(bench, poll, 7))
        assert bench.world.ad_calls() == 2
        assert pods(running, "used") == 0
        assert not running.count(Reason.AD_EMPTY)


async def test_a_pod_of_which_nothing_fits_is_kept_for_the_next_break(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching()
    bench.world.ad_server._ads = bench.world.ad_server._ads[:1]  # four seconds
    cue(bench, HLS, OUT, OUT + 1)
    cue(bench, HLS, 62, 66)
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await asked(running, bench, 1)
        await go_on(bench, poll, 6)
        assert pods(running, "used") == 0
        await go_on(bench, poll, 8)
        assert pods(running, "used") == 1
        first, second = decisions(running)
        assert [first.prefetched_at, second.prefetched_at] == [None, 100]


@pytest.mark.parametrize("reporting", ["client", "server"])
async def test_a_pod_of_overlays_is_used_up_by_a_break_that_they_are_drawn_in(
    prefetching: Callable[..., Bench], reporting: str
) -> None:
    """Where the server reports they are drawn nowhere (D-10), so the pod remains."""
    bench = prefetching()
    bench.world.faults["/vast/fill"] = answer(OVERLAY)
    cue(bench, HLS, OUT, BACK)
    async with bench.run() as running:
        poll = await watched(running, HLS, **{"aws.reportingMode": reporting})
        await poll()
        await asked(running, bench, 1)
        await go_on(bench, poll, 6)
        (decision,) = decisions(running)
        assert (decision.prefetched_at is not None) == (reporting == "client")
        assert pods(running, "used") == int(reporting == "client")


async def test_the_calls_of_many_viewers_are_spread_over_the_window(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching(spread_s=120)
    async with bench.run() as running:
        polls = [await watched(running, HLS) for _ in range(40)]
        await asyncio.gather(*(poll() for poll in polls))
        await asyncio.sleep(0.2)
        assert bench.world.ad_calls() < 10


async def test_two_processes_decide_one_break_alike_and_use_no_pod_twice(
    prefetching: Callable[..., Bench],
) -> None:
    """A-02, A-03: what stands is in the store."""
    bench = prefetching()
    bench.use_sqlite()
    async with bench.run() as here, bench.run() as there:
        player = await here.player().open(HLS)
        other = there.player().adopt(player)
        await player.poll()
        await asked(here, bench, 1)
        bench.clock.advance(1)
        await other.poll()
        await asked(there, bench, 2)
        cue(bench, HLS, OUT, BACK)
        for _ in range(8):
            bench.clock.advance(2)
            lists = await asyncio.gather(player.poll(), other.poll())
            assert lists[0].kinds == lists[1].kinds
        assert pods(here, "used") + pods(there, "used") == 1
        (one,) = decisions(here)
        assert decisions(there) == [one]
        assert one.prefetched_at in (100, 101)


async def test_an_announced_break_takes_the_pod_and_costs_no_call(
    prefetching: Callable[..., Bench],
) -> None:
    bench = prefetching()
    async with bench.run() as running:
        poll = await watched(running, DASH)
        await poll()
        await asked(running, bench, 1)
        cue(bench, DASH, OUT + 6, BACK + 6)  # known well before it begins
        await go_on(bench, poll, 3)
        assert bench.world.ad_calls() == 1
        await go_on(bench, poll, 8)
        assert pods(running, "used") == 1
