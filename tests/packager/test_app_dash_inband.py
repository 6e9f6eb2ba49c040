"""Breaks that only segments tell, through the composed server (splice rules B-51, B-52, C-11)."""

import asyncio
from collections.abc import Callable
from itertools import pairwise

import httpx2
import pytest
from app_bench import ORIGIN, Bench, Running, answer
from lxml import etree
from mpd_for_bench import event

from manifests.scte35 import SpliceInfo, SpliceInsert, write_splice_info
from packager.dash import inband
from packager.dash.inband import AT_ONCE, FAILURES, HEAD_BYTES, LATEST
from packager.reasons import Reason

LIVE, PLAIN = "/v1/dash/default/live/index.mpd", "/v1/dash/default/plain/index.mpd"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"
SCHEME = "urn:scte:scte35:2013:bin"
QUIET = b"\0\0\0\x10moof\0\0\0\0\0\0\0\0"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inband, "RETRY_S", 0.0)


def message(after: int, seconds: float = 6, *, event_id: int = 7, cancel: bool = False) -> bytes:
    """A segment's head that tells of a break `after` seconds from the segment's start."""
    insert = SpliceInsert(
        event_id=event_id,
        cancel=cancel,
        out_of_network=not cancel,
        immediate=not cancel,
        duration_ticks=None if cancel else int(seconds * 90_000),
        auto_return=not cancel,
    )
    numbers = (1, after, 0xFFFF_FFFF, event_id)
    fields = b"".join(number.to_bytes(4, "big") for number in numbers)
    section = write_splice_info(SpliceInfo(command=insert))
    body = bytes(4) + SCHEME.encode() + b"\0\0" + fields + section
    return (8 + len(body)).to_bytes(4, "big") + b"emsg" + body + QUIET


class Telling:
    """Makes the world's segments tell of breaks, and counts who asks for their heads."""

    def __init__(self, bench: Bench, *, live: bool = True) -> None:
        self.bench = bench
        self.live = live
        self.told: dict[int, bytes] = {}  # by number of the segment
        self.asked: list[int] = []
        self.status = 206
        bench.world.faults["index.mpd"] = self._mpd
        bench.world.faults[".m4s"] = self._segment

    def _mpd(self, request: httpx2.Request) -> httpx2.Response:
        text = self.bench.world.mpd(live=self.live)
        first = '<Representation id="v1"'
        stream = f'<InbandEventStream schemeIdUri="{SCHEME}"/>'
        return httpx2.Response(200, content=text.replace(first, stream + first))

    def _segment(self, request: httpx2.Request) -> httpx2.Response:
        *_, folder, name = request.url.path.split("/")
        if "range" not in request.headers:  # a look at the media, for the ladder
            media = self.bench.media.content / folder
            return httpx2.Response(200, content=next(media.glob("1.*")).read_bytes())
        assert request.headers["range"] == f"bytes=0-{HEAD_BYTES - 1}"
        assert request.headers.get_list("accept-encoding") == ["identity"]
        number = int(name[1:].removesuffix(".m4s"))
        self.asked.append(number)
        return httpx2.Response(self.status, content=self.told.get(number, QUIET))


class Watching:
    """A session, and what its MPD says: what plays from when."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.url = ""

    async def open(self, path: str = LIVE) -> "Watching":
        redirect = await self.running.get(path)
        assert redirect.status_code == 302, redirect.text
        while redirect.status_code == 302:  # to the session's, and on to what it shares
            self.url = redirect.headers["location"]
            redirect = await self.running.get(self.url)
        return self

    async def poll(self) -> list[str]:
        found = await self.running.get(self.url)
        assert found.status_code == 200, found.text
        return [
            f"{'content' if self._is_content(one) else 'ads'} {one.get('start')}"
            for one in etree.fromstring(found.content).iter(f"{MPD}Period")
        ]

    @staticmethod
    def _is_content(period: etree._Element) -> bool:
        return (period.findtext(f".//{MPD}BaseURL") or "").startswith(ORIGIN)


def borders(periods: list[str]) -> list[str]:
    """Without the ads after the first of a break: which of them is longer is chosen by lot."""
    first = periods[:1]
    return first + [
        one
        for before, one in pairwise(periods)
        if not (one.startswith("ads") and before.startswith("ads"))
    ]


async def test_a_break_that_a_segment_announces_is_replaced_at_its_time(bench: Bench) -> None:
    telling = Telling(bench)
    telling.told[50] = message(4)  # listed at 102, tells of 104
    async with bench.run() as running:
        session = await Watching(running).open()
        assert await session.poll() == ["content PT0S"]
        for _ in range(3):
            bench.clock.advance(2)
            found = await session.poll()
        assert borders(found) == ["content PT0S", "ads PT104S"]
        bench.clock.advance(6)
        found = await session.poll()
        assert borders(found) == ["content PT0S", "ads PT104S", "content PT110S"]
        assert running.count(Reason.BREAK_TOO_LATE) == 0


async def test_a_break_may_begin_with_the_very_segment_that_tells_it(bench: Bench) -> None:
    telling = Telling(bench)
    telling.told[51] = message(0)
    async with bench.run() as running:
        session = await Watching(running).open()
        await session.poll()
        bench.clock.advance(4)
        found = await session.poll()
        assert borders(found) == ["content PT0S", "ads PT102S"]


async def test_a_cancelled_break_is_left_alone_c_11(bench: Bench) -> None:
    telling = Telling(bench)
    telling.told |= {50: message(6), 51: message(0, cancel=True)}
    async with bench.run() as running:
        session = await Watching(running).open()
        for _ in range(8):
            assert await session.poll() == ["content PT0S"]
            bench.clock.advance(2)


async def test_every_segment_is_asked_for_once_by_any_number_of_sessions(bench: Bench) -> None:
    telling = Telling(bench)
    async with bench.run() as running:
        sessions = [await Watching(running).open() for _ in range(3)]
        for _ in range(4):
            for session in sessions:
                await session.poll()
            bench.clock.advance(2)
        assert sorted(telling.asked) == list(range(42, 53))
        assert telling.asked[:AT_ONCE] == [49, 48, 47, 46]  # the latest tell what comes next


async def test_a_server_without_ranges_will_do(bench: Bench) -> None:
    telling = Telling(bench)
    telling.status = 200
    telling.told[50] = message(2) + bytes(100_000)
    async with bench.run() as running:
        session = await Watching(running).open()
        bench.clock.advance(6)
        assert borders(await session.poll()) == ["content PT0S", "ads PT102S"]


async def test_a_restart_finds_what_was_announced(make_bench: Callable[..., Bench]) -> None:
    bench = make_bench()
    bench.use_sqlite()
    telling = Telling(bench)
    telling.told[50] = message(6)  # listed at 102, tells of 106
    async with bench.run() as running:
        session = await Watching(running).open()
        bench.clock.advance(2)
        await session.poll()
    bench.clock.advance(2)
    async with bench.run() as running:
        session.running = running
        await session.poll()
        bench.clock.advance(4)
        assert borders(await session.poll()) == ["content PT0S", "ads PT106S"]


async def test_a_slow_segment_holds_no_mpd_and_counts_when_it_comes(bench: Bench) -> None:
    telling = Telling(bench)
    telling.told[51] = message(2, 12)  # listed at 104, tells of 104
    gate = bench.world.gates["s51.m4s"] = asyncio.Event()
    async with bench.run() as running:
        session = await Watching(running).open()
        await session.poll()
        bench.clock.advance(4)
        assert await session.poll() == ["content PT0S"]
        bench.clock.advance(2)
        assert await session.poll() == ["content PT0S"]  # up to 106 is seen
        gate.set()
        await until(lambda: 51 in telling.asked)
        await asyncio.sleep(0.05)
        await session.poll()
        bench.clock.advance(2)
        assert borders(await session.poll()) == ["content PT0S", "ads PT106S"]


async def until(condition: Callable[[], bool]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


FAULTS = {
    "not there": answer(status=404),
    "an error": answer(status=500),
    "no connection": lambda request: httpx2.ConnectError("refused"),
    "too large": answer(bytes(3 << 20)),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_segments_that_cannot_be_had_are_told_of_and_the_content_goes_on(
    bench: Bench, fault: Callable[[httpx2.Request], httpx2.Response | Exception]
) -> None:
    telling = Telling(bench)
    asked = 0

    def segment(request: httpx2.Request) -> httpx2.Response | Exception:
        nonlocal asked
        if "range" not in request.headers:
            return telling._segment(request)
        asked += 1
        return fault(request)

    bench.world.faults[".m4s"] = segment
    async with bench.run() as running:
        session = await Watching(running).open()
        for _ in range(3):
            assert await session.poll() == ["content PT0S"]
            bench.clock.advance(2)
        await until(lambda: running.count(Reason.INBAND_CUES_UNREAD) > 0)
        assert "segments_not_looked_at" in running.log.getvalue()
        assert asked <= 2 * (LATEST + 3)


async def test_an_origin_that_has_no_segments_is_not_asked_for_all_of_them(bench: Bench) -> None:
    bench.world.vod_segments = 500
    Telling(bench, live=False)
    ladder = bench.world.faults[".m4s"]
    asked = 0

    def gone(request: httpx2.Request) -> httpx2.Response | Exception:
        nonlocal asked
        if "range" not in request.headers:
            return ladder(request)
        asked += 1
        return httpx2.Response(404)

    bench.world.faults[".m4s"] = gone
    async with bench.run() as running:
        session = await Watching(running).open()
        assert (await session.poll())[0] == "content PT0S"
        assert asked <= 2 * (FAILURES + AT_ONCE)
        assert running.count(Reason.INBAND_CUES_UNREAD) == FAILURES + AT_ONCE - 1


async def test_damaged_heads_tell_nothing(bench: Bench) -> None:
    telling = Telling(bench)
    box = message(2).removesuffix(QUIET)
    telling.told = {number: box[: number * 7 % len(box)] for number in range(40, 52)}
    telling.told[50] = b"\xff" * 100
    async with bench.run() as running:
        session = await Watching(running).open()
        for _ in range(4):
            assert await session.poll() == ["content PT0S"]
            bench.clock.advance(2)
        assert running.count(Reason.INBAND_CUES_UNREAD) == 0


async def test_vod_has_the_breaks_of_its_segments_from_the_first_mpd_on(bench: Bench) -> None:
    telling = Telling(bench, live=False)
    telling.told = {2: message(1), 6: message(0, 4, event_id=8)}
    async with bench.run() as running:
        session = await Watching(running).open()
        assert borders(await session.poll()) == [
            "content PT0S",
            "ads PT5S",
            "content PT11S",
            "ads PT12S",
            "content PT16S",
        ]
        assert sorted(telling.asked) == list(range(10))


async def test_vod_does_not_wait_for_ever_and_later_sessions_have_the_break(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inband, "STATIC_PATIENCE_S", 0.05)
    telling = Telling(bench, live=False)
    telling.told = {6: message(0, 4)}
    gate = bench.world.gates["s6.m4s"] = asyncio.Event()
    for number in range(AT_ONCE - 1):
        bench.world.gates[f"s{number}.m4s"] = gate
    async with bench.run() as running:
        session = await Watching(running).open()
        assert await session.poll() == ["content PT0S"]
        assert running.count(Reason.INBAND_CUES_UNREAD) == 1
        gate.set()
        await until(lambda: 6 in telling.asked)
        await asyncio.sleep(0.05)
        session = await Watching(running).open()
        assert "ads PT12S" in await session.poll()


async def test_more_segments_than_are_looked_at_are_told_of(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inband, "FIRST", 4)
    telling = Telling(bench, live=False)
    telling.told = {2: message(0, 4), 4: message(0, 4, event_id=8)}
    async with bench.run() as running:
        session = await Watching(running).open()
        assert borders(await session.poll()) == ["content PT0S", "ads PT4S", "content PT8S"]
        assert sorted(telling.asked) == [0, 1, 2, 3]
        assert running.count(Reason.INBAND_CUES_UNREAD) == 1


async def test_segments_that_left_the_window_unseen_are_told_of(bench: Bench) -> None:
    telling = Telling(bench)
    async with bench.run() as running:
        weft = running.weft
        await weft.presentations.dash.get("default", weft.config.shows["live"], "index")
        gate = asyncio.Event()
        for number in range(42, 50):
            bench.world.gates[f"s{number}.m4s"] = gate
        session = await Watching(running).open()
        await session.poll()
        bench.clock.advance(16)  # a whole window on
        await session.poll()
        assert running.count(Reason.INBAND_CUES_UNREAD) == 1
        assert "segments_left_out" in running.log.getvalue()
        gate.set()
        await until(lambda: set(range(50, 58)) <= set(telling.asked))
        assert set(telling.asked) == {*range(46, 58)}  # and those that were under way


async def test_nobody_looks_where_the_mpd_has_the_events(bench: Bench) -> None:
    telling = Telling(bench)
    bench.world.events = [event(102, 6, event_id=7)]
    async with bench.run() as running:
        session = await Watching(running).open()
        bench.clock.advance(6)
        assert borders(await session.poll()) == ["content PT0S", "ads PT102S"]
        assert telling.asked == []


async def test_nobody_looks_where_breaks_are_not_from_cues(bench: Bench) -> None:
    telling = Telling(bench)
    async with bench.run() as running:
        assert await (await Watching(running).open(PLAIN)).poll() == ["content PT0S"]
        assert telling.asked == []
