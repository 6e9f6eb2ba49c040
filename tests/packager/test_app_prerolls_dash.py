"""Pre-rolls of live sessions in DASH (splice rules B-04 to B-34, B-42), and the same as HLS."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from app_bench import CREATIVES, Bench, Running, answer, vast
from lxml import etree
from mpd_for_bench import event

from packager.config.break_settings import CueBreaks, ScheduledBreak
from packager.config.process_settings import Timeouts
from packager.reasons import Reason
from tests.mpd_schema import assert_valid, needs_schema

LIVE = "/v1/dash/default/live/index.mpd"
MPD = "{urn:mpeg:dash:schema:mpd:2011}"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def prerolling(make_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world whose live sessions begin with a pre-roll of six seconds."""

    def make() -> Bench:
        # Whoever has 25 s to answer is asked for announced breaks at once.
        bench = make_bench(changes={"timeouts": Timeouts(ad_deadline_s=2.0, ad_s=25.0)})
        rule = ScheduledBreak(at=Decimal(0), fill=vast("pod/2"), seconds=Decimal(6))
        shows = dict(bench.config.shows)
        breaks = (CueBreaks(fill=vast(), otherwise="slate"), rule)
        shows["live"] = replace(shows["live"], breaks=breaks)
        bench.config = replace(bench.config, shows=shows)
        return bench

    return make


class Watcher:
    """Polls a session's MPD, and fails the test where an update breaks a promise (B-04, B-41)."""

    def __init__(self, running: Running, url: str) -> None:
        self.running, self.url = running, url
        self.starts: dict[str, str] = {}
        self.published, self.text = "", b""

    @classmethod
    async def open(cls, running: Running) -> "Watcher":
        return cls(running, (await running.get(LIVE)).headers["location"])

    async def poll(self) -> list[str]:
        """The Periods in short: what plays, its id and when it begins."""
        found = await self.running.get(self.url)
        assert found.status_code == 200, found.text
        root = etree.fromstring(found.content)
        periods = list(root.iter(f"{MPD}Period"))
        for one in periods:
            start = self.starts.setdefault(one.get("id", ""), one.get("start", ""))
            assert start == one.get("start")
        published = root.get("publishTime", "")
        if self.text:
            assert (published > self.published) == (found.content != self.text)
        self.published, self.text = published, found.content
        return [f"{self._kind(one)} {one.get('id')} {one.get('start')}" for one in periods]

    def _kind(self, period: etree._Element) -> str:
        base = period.findtext(f".//{MPD}BaseURL") or ""
        if base.startswith("http://origin.example/"):
            return "content"
        name = self.running.names.get(base.split("/")[-2], "?")
        return "ad" if name in CREATIVES else name

    @property
    def delay(self) -> str | None:
        return etree.fromstring(self.text).get("suggestedPresentationDelay")


async def test_a_session_begins_with_ads_where_players_begin(
    prerolling: Callable[..., Bench],
) -> None:
    """At 100 s; six seconds, and two segments more, make it ten behind."""
    bench = prerolling()
    async with bench.run() as running:
        watcher = await Watcher.open(running)
        found = await watcher.poll()
        second = watcher.starts["preroll.1"]
        assert found == [
            "content P0 PT0S",
            "ad preroll.0 PT90S",
            f"ad preroll.1 {second}",
            "content P0~preroll PT96S",
        ]
        assert second in ("PT92S", "PT94S")
        assert watcher.delay == "PT10S"
        for _ in range(14):
            bench.clock.advance(2)
            found = await watcher.poll()
        assert found == ["content P0~preroll PT96S"]  # the rest of P0 keeps its name
        assert watcher.delay == "PT10S"
        assert bench.world.ad_calls() == 1


@needs_schema
async def test_its_mpd_is_valid(prerolling: Callable[..., Bench]) -> None:
    bench = prerolling()
    async with bench.run() as running:
        watcher = await Watcher.open(running)
        await watcher.poll()
        assert_valid(watcher.text)


async def test_breaks_that_follow_are_named_after_it(prerolling: Callable[..., Bench]) -> None:
    bench = prerolling()
    bench.world.events = [event(106, 6, event_id=7), event(130, 4, event_id=8)]
    async with bench.run() as running:
        watcher = await Watcher.open(running)
        seen = []
        for _ in range(40):
            seen += await watcher.poll()
            bench.clock.advance(2)
        order = list(dict.fromkeys(one.split()[1] for one in seen))
        assert [name for name in order if name.startswith("P0")] == [
            "P0", "P0~preroll", "P0~b106", "P0~b130",
        ]  # fmt: skip


async def test_a_break_that_runs_wins(prerolling: Callable[..., Bench]) -> None:
    bench = prerolling()
    bench.world.events = [event(94, 10, event_id=7)]
    async with bench.run() as running:
        watcher = await Watcher.open(running)
        found = await watcher.poll()
        assert running.count(Reason.PREROLL_GAVE_WAY) == 1
        assert any(one.startswith("ad b94.0") for one in found)
        assert not any("preroll" in one for one in found)
        assert watcher.delay is None


async def test_without_ads_the_content_plays_as_the_origin_has_it(
    prerolling: Callable[..., Bench],
) -> None:
    bench = prerolling()
    bench.world.faults["/vast/pod/2"] = answer(status=500)
    async with bench.run() as running:
        watcher = await Watcher.open(running)
        for _ in range(4):
            assert await watcher.poll() == ["content P0 PT0S"]
            bench.clock.advance(2)
        assert watcher.delay is None
        assert running.count(Reason.AD_STATUS) == 1


async def test_a_session_opened_in_both_formats_has_one_pre_roll(
    prerolling: Callable[..., Bench],
) -> None:
    bench = prerolling()
    async with bench.run() as running:
        started = await running.client.post("/v1/session/default/live/index.m3u8", json={})
        player = await running.player().open(started.json()["manifestUrl"])
        watcher = Watcher(running, f"{LIVE}?aws.sessionId={player.token}")
        for _ in range(8):
            listed, periods = await player.poll(), await watcher.poll()
            ads = [kind for kind in listed.kinds if kind in CREATIVES]
            told = [one for one in periods if one.startswith("ad preroll")]
            assert len(dict.fromkeys(ads)) == len(told)
            bench.clock.advance(2)
        assert bench.world.ad_calls() == 1
        (session,) = running.weft.sessions._residents
        assert [*session.decisions] == ["preroll"]


async def test_the_same_session_has_the_same_mpd_in_another_process(
    prerolling: Callable[..., Bench],
) -> None:
    """A-02, A-03."""
    bench = prerolling()
    bench.use_sqlite()
    async with bench.run() as here:
        watcher = await Watcher.open(here)
        await watcher.poll()
        bench.clock.advance(2)
        async with bench.run() as there:
            other = Watcher(there, watcher.url)
            for _ in range(10):
                assert await watcher.poll() == await other.poll()
                assert re.sub(rb'publishTime="[^"]*"', b"", watcher.text) == re.sub(
                    rb'publishTime="[^"]*"', b"", other.text
                )
                bench.clock.advance(2)
