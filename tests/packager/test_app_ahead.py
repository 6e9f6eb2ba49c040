"""Announced breaks: ad servers are asked before viewers get there (failures.md, row 29)."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal

import pytest
from app_bench import CREATIVES, MEDIA, Bench, Running, answer, down
from mpd_for_bench import event

from manifests.scte35 import SpliceInfo, SpliceInsert, to_hex, write_splice_info
from manifests.timing import format_date_time
from packager.config.process_settings import Timeouts
from packager.reasons import Reason

HLS, DASH = "/v1/master/default/live/index.m3u8", "/v1/dash/default/live/index.mpd"
TOLD, OUT, BACK = 52, 56, 60  # segments of 2 s: the break is announced 4 before it begins
SECONDS = 8
SOON_S = 10.0  # that a busy machine may need for what takes no time

Poll = Callable[[], Awaitable[str]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def told(start: int = OUT, name: int = 1) -> str:
    """A DATERANGE for a break that begins with segment `start` (A-62)."""
    insert = SpliceInsert(
        event_id=name,
        out_of_network=True,
        immediate=True,
        duration_ticks=SECONDS * 90_000,
        auto_return=True,
    )
    return (
        f'#EXT-X-DATERANGE:ID="break-{name}",START-DATE="{format_date_time(Decimal(2 * start))}",'
        f"PLANNED-DURATION={SECONDS},"
        f"SCTE35-OUT={to_hex(write_splice_info(SpliceInfo(command=insert)))}"
    )


def announce(bench: Bench, kind: str, start: int = OUT, name: int = 1) -> None:
    """Announce a break, from segment `TOLD` on."""
    if kind == HLS:
        bench.world.cues[TOLD + name - 1] = told(start, name)
    else:
        bench.world.events.append(event(2 * start, SECONDS, event_id=name))


def take_back(bench: Bench) -> None:
    """Announce nothing any more."""
    bench.world.cues.clear()
    bench.world.events.clear()


@pytest.fixture
def ahead(make_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world whose ad servers are asked for announced breaks at once."""

    def make(*, patience_s: float = 0.15, ad_s: float = 25.0, **settings: object) -> Bench:
        timeouts = Timeouts(ad_deadline_s=patience_s, ad_s=ad_s)
        return make_bench(changes={"timeouts": timeouts}, **settings)

    return make


async def watched(running: Running, kind: str) -> Poll:
    """Open a session; what polls it gives what is listed, in words."""
    if kind == HLS:
        player = await running.player().open(HLS)

        async def poll() -> str:
            return " ".join((await player.poll()).kinds)

        return poll
    url = (await running.get(DASH)).headers["location"]

    async def poll_mpd() -> str:
        text = (await running.get(url)).text
        digests = {name for name in running.names if name in text}
        return " ".join(sorted(running.names[digest] for digest in digests))

    return poll_mpd


async def until(done: Callable[[], bool]) -> None:
    """Wait for what happens beside the requests."""
    end = time.monotonic() + SOON_S
    while not done():
        assert time.monotonic() < end
        await asyncio.sleep(0.005)


def has_ads(listed: str) -> bool:
    return bool({*listed.split()} & {*CREATIVES})


async def poll_until_listed(bench: Bench, poll: Poll, polls: int = 5) -> str:
    """Go on every 2 s until ads are listed."""
    for _ in range(polls):
        if has_ads(listed := await poll()):
            return listed
        bench.clock.advance(2)
    return listed


both = pytest.mark.parametrize("kind", [HLS, DASH], ids=["hls", "dash"])


@both
async def test_the_ad_server_is_asked_before_the_break_is_listed_and_once(
    ahead: Callable[..., Bench], kind: str
) -> None:
    bench = ahead()
    async with bench.run() as running:
        poll = await watched(running, kind)
        await poll()
        assert not bench.world.ad_calls()
        announce(bench, kind)
        bench.clock.advance(6)
        assert not has_ads(await poll())
        await until(lambda: bench.world.ad_calls() == 1)
        for _ in range(3):  # renditions and polls of the same announcement
            assert not has_ads(await poll())
        assert has_ads(await poll_until_listed(bench, poll))
        for _ in range(4):
            bench.clock.advance(2)
            await poll()
        assert bench.world.ad_calls() == 1
        assert not running.count(Reason.HOLD_EXPIRED)


@both
async def test_a_server_that_takes_longer_than_any_playlist_waits_fills_an_announced_break(
    ahead: Callable[..., Bench], kind: str
) -> None:
    bench = ahead(patience_s=0.05)
    gate = bench.world.gates["/vast/fill"] = asyncio.Event()
    announce(bench, kind)
    bench.clock.advance(6)
    async with bench.run() as running:
        poll = await watched(running, kind)
        assert not has_ads(await poll())
        await until(lambda: bench.world.ad_calls() == 1)
        bench.clock.advance(2)
        assert not has_ads(await poll())  # two seconds later: still no answer
        gate.set()
        await asyncio.sleep(0.1)
        assert has_ads(await poll_until_listed(bench, poll))
        assert bench.world.ad_calls() == 1
        assert not running.count(Reason.HOLD_EXPIRED)
        assert not running.count(Reason.AD_TIMEOUT)


async def test_an_answer_on_its_way_when_the_break_begins_is_waited_for_not_asked_for_again(
    ahead: Callable[..., Bench],
) -> None:
    bench = ahead(patience_s=0.05)
    gate = bench.world.gates["/vast/fill"] = asyncio.Event()
    announce(bench, HLS)
    bench.clock.advance(6)
    async with bench.run() as running:
        player = await running.player().open(HLS)
        for _ in range(5):
            listed = await player.poll()
            bench.clock.advance(2)
        assert listed.kinds[-1] == "55"  # held at the out point
        bench.clock.advance(-2)
        gate.set()
        await asyncio.sleep(0.1)
        assert has_ads(" ".join((await player.poll()).kinds))
        assert bench.world.ad_calls() == 1


@both
async def test_every_announced_break_is_asked_for_itself_and_its_answer_is_used_once(
    ahead: Callable[..., Bench], kind: str
) -> None:
    bench = ahead()
    announce(bench, kind)
    async with bench.run() as running:
        poll = await watched(running, kind)
        bench.clock.advance(8)
        await poll()
        await until(lambda: bench.world.ad_calls() == 1)
        announce(bench, kind, start=62, name=2)
        bench.clock.advance(2)
        await poll()
        await until(lambda: bench.world.ad_calls() == 2)
        for _ in range(14):
            bench.clock.advance(2)
            await poll()
        (session,) = running.weft.sessions._residents
        outcomes = [decision.outcome for decision in session.decisions.values()]
        assert outcomes == ["fill", "fill"]
        assert bench.world.ad_calls() == 2
        assert b'weft_ad_requests_total{result="filled"} 2.0' in running.metrics.render()


FAILURES = {
    "down": (down, Reason.AD_UNREACHABLE),
    "status": (answer(status=503), Reason.AD_STATUS),
    "garbage": (answer(bytes(range(256))), Reason.AD_UNPARSEABLE),
}


@pytest.mark.parametrize(("fault", "reason"), FAILURES.values(), ids=FAILURES)
async def test_a_break_that_was_asked_for_in_vain_is_asked_for_once_more(
    ahead: Callable[..., Bench], fault: object, reason: Reason
) -> None:
    bench = ahead(patience_s=2.0)
    announce(bench, HLS)
    bench.clock.advance(6)
    bench.world.faults["/vast/fill"] = fault  # type: ignore[assignment]
    async with bench.run() as running:
        poll = await watched(running, HLS)
        await poll()
        await until(lambda: bench.world.ad_calls() > 0)
        await asyncio.sleep(0.1)
        asked = bench.world.ad_calls()
        bench.world.faults.clear()
        assert has_ads(await poll_until_listed(bench, poll))
        assert bench.world.ad_calls() == asked + 1
        assert running.count(reason) == 0  # nobody got less for it


async def test_a_server_without_an_ad_has_answered_and_is_not_asked_again(
    ahead: Callable[..., Bench],
) -> None:
    bench = ahead(patience_s=2.0, otherwise="content")
    announce(bench, HLS)
    bench.clock.advance(6)
    bench.world.faults["/vast/fill"] = answer('<VAST version="4.2"/>')
    async with bench.run() as running:
        poll = await watched(running, HLS)
        for _ in range(6):
            assert not has_ads(await poll())
            await until(lambda: bench.world.ad_calls() > 0)
            bench.clock.advance(2)
        assert bench.world.ad_calls() == 1
        assert running.count(Reason.AD_EMPTY) == 1
        assert running.count(Reason.BREAK_UNFILLED) == 1


async def test_a_server_that_has_not_answered_with_time_to_spare_is_not_waited_for(
    ahead: Callable[..., Bench],
) -> None:
    bench = ahead(ad_s=0.2)
    bench.world.gates["/vast/fill"] = asyncio.Event()
    announce(bench, HLS)
    bench.clock.advance(10)  # two seconds ahead
    async with bench.run() as running:
        poll = await watched(running, HLS)
        listed = await poll()
        await until(lambda: bench.world.ad_calls() == 1)
        await asyncio.sleep(0.5)
        while "slate" not in listed:
            bench.clock.advance(2)
            listed = await poll()
        assert listed.split()[-2:] == ["55", "slate"]  # at once: no playlist was held
        assert bench.world.ad_calls() == 1
        assert running.count(Reason.AD_TIMEOUT) == 1
        assert not running.count(Reason.HOLD_EXPIRED)


async def test_an_ad_that_is_new_is_packaged_by_the_time_that_its_break_begins(
    ahead: Callable[..., Bench],
) -> None:
    """D-57: what was not ready when it was offered is looked up again."""
    bench = ahead()
    announce(bench, HLS)
    bench.clock.advance(6)
    async with bench.run(stocked=False) as running:
        poll = await watched(running, HLS)
        await poll()
        await until(lambda: bench.world.ad_calls() == 1)
        # Downloaded, and packaged: a job may be over before anybody looks.
        await until(lambda: any(url.startswith(MEDIA) for url in bench.world.requests))
        await running.weft.house.settled()
        assert has_ads(await poll_until_listed(bench, poll))
        assert bench.world.ad_calls() == 1
        assert not running.count(Reason.AD_NOT_CONDITIONED)


async def test_the_calls_of_many_viewers_are_spread_over_the_time_there_is(
    ahead: Callable[..., Bench],
) -> None:
    """A minute ahead; had they been made at once, all would be there after the first polls."""
    bench = ahead(ad_s=2.5)
    announce(bench, HLS, start=TOLD + 60)
    bench.clock.advance(6)
    async with bench.run() as running:
        polls = [await watched(running, HLS) for _ in range(40)]
        await asyncio.gather(*(poll() for poll in polls))
        await asyncio.sleep(0.2)
        assert bench.world.ad_calls() < 20


@both
async def test_nothing_is_shown_in_the_place_of_a_break_that_is_taken_back(
    ahead: Callable[..., Bench], kind: str
) -> None:
    """A-62, C-11."""
    bench = ahead()
    announce(bench, kind)
    bench.clock.advance(6)
    async with bench.run() as running:
        poll = await watched(running, kind)
        await poll()
        await until(lambda: bench.world.ad_calls() == 1)
        take_back(bench)
        for _ in range(12):
            bench.clock.advance(2)
            listed = await poll()
            assert not has_ads(listed)
            assert "slate" not in listed
        assert bench.world.ad_calls() == 1
        assert not running.count(Reason.BREAK_UNFILLED)
