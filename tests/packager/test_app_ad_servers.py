"""Ad servers that fail: live playlists go on, breaks fall back, reasons are counted (H-12).

The ad server is the one of the load tests, with its scenarios; rows 11 to 15 and 29 of failures.md.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_network
from itertools import pairwise

import httpx2
import pytest
from app_bench import (
    ADS,
    CREATIVES,
    MEDIA,
    ORIGIN,
    Bench,
    Player,
    RememberingLibrary,
    Running,
    down,
    vast,
)
from lxml import etree
from mpd_for_bench import event
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from loadtests.ads import AdServer, Film, listening
from packager.app import create_app
from packager.config.ad_settings import VastServer
from packager.config.break_settings import VastFill
from packager.config.process_settings import Outbound, Timeouts
from packager.decisions.templates import read_template
from packager.metrics import Metrics
from packager.outbound import network
from packager.reasons import Reason
from packager.weft import open_weft

HLS, DASH = "/v1/master/default/live/index.m3u8", "/v1/dash/default/live/index.mpd"
FIRST, SECOND = 52, 62  # segments of 2 s where breaks of 8 s begin
FILMS = [
    Film(id=name, url=f"{MEDIA}/{name}.mp4", seconds=Decimal(CREATIVES[name]), advertiser=name)
    for name in ("a", "b")
]
PATIENT_S = 10.0  # a busy machine is no slow ad server

both = pytest.mark.parametrize("kind", [HLS, DASH], ids=["hls", "dash"])


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def facing(make_bench: Callable[..., Bench]) -> Callable[..., Bench]:
    """Makes a world with a live break and one scenario of the ad server."""

    def make(
        scenario: str, *, patience_s: float = PATIENT_S, ad_s: float = PATIENT_S, **server: object
    ) -> Bench:
        fill = vast(f"{scenario}?break={{break.id}}&")
        fill = VastFill(server=replace(fill.server, **server))
        timeouts = Timeouts(ad_deadline_s=patience_s, ad_s=ad_s)
        bench = make_bench(live_fill=fill, changes={"timeouts": timeouts})
        bench.world.ads = AdServer(FILMS, base_url=ADS).app
        signal(bench, FIRST)
        return bench

    return make


def signal(bench: Bench, start: int) -> None:
    """Have a break begin with segment `start`, in both formats."""
    bench.world.cues |= {start: "#EXT-X-CUE-OUT:8", start + 4: "#EXT-X-CUE-IN"}
    bench.world.events.append(event(2 * start, 8, event_id=start))


class Watcher:
    """Polls, and notes what played in the break and how far it could have played at each poll."""

    def __init__(self, running: Running, kind: str) -> None:
        self._running = running
        self._kind = kind
        self._player = running.player()
        self._url = ""
        self.played: set[str] = set()  # beside the content
        self.ends: list[float] = []  # of what was listed, in seconds of the player's own

    async def open(self) -> "Watcher":
        if self._kind == HLS:
            await self._player.open(HLS)
        else:
            self._url = (await self._running.get(DASH)).headers["location"]
        return self

    async def poll(self) -> None:
        if self._kind == HLS:
            listed = await self._player.poll()
            self.played |= {one for one in listed.kinds if not one.isdecimal()}
            self.ends.append(2.0 * (listed.sequence + len(listed.kinds)))
            return
        found = await self._running.get(self._url)
        assert found.status_code == 200, found.text
        names = self._running.names
        self.played |= {names[digest] for digest in names if digest in found.text}
        hours, minutes, seconds = (
            etree.fromstring(found.content).get("publishTime")[11:-1].split(":")
        )
        self.ends.append(int(hours) * 3600 + int(minutes) * 60 + int(float(seconds)))


async def watch(bench: Bench, running: Running, kind: str, polls: int = 7) -> Watcher:
    """Watch from before the first break until it is over, every 2 s."""
    watcher = await Watcher(running, kind).open()
    for _ in range(polls):
        await watcher.poll()
        bench.clock.advance(2)
    return watcher


def reset(request: httpx2.Request) -> Exception:
    return httpx2.ReadError("reset by peer")


SCENARIOS = {
    "empty": Reason.AD_EMPTY,
    "none": Reason.AD_EMPTY,
    "status": Reason.AD_STATUS,
    "slow": Reason.AD_TIMEOUT,
    "drip": Reason.AD_TIMEOUT,
    "hang": Reason.AD_TIMEOUT,
    "wrapper-slow": Reason.AD_TIMEOUT,
    "garbage": Reason.AD_UNPARSEABLE,
    "html": Reason.AD_UNPARSEABLE,
    "truncated": Reason.AD_UNPARSEABLE,
    "bomb": Reason.AD_UNPARSEABLE,
    "gzip-bomb": Reason.AD_OVERSIZE,
    "oversized": Reason.AD_OVERSIZE,
    "wide": Reason.AD_OVERSIZE,
    "redirect": Reason.AD_REFUSED,
    "loop": Reason.AD_WRAPPER_LIMIT,
    "endless": Reason.AD_WRAPPER_LIMIT,
}
WAITING = {"slow", "drip", "hang", "wrapper-slow"}  # for as long as ad servers are waited for
FAULTS = {"down": down, "reset": reset}


@both
async def test_an_ad_server_that_works_fills_the_break(
    facing: Callable[..., Bench], kind: str
) -> None:
    """What the others are held against."""
    bench = facing("pod")
    async with bench.run() as running:
        watcher = await watch(bench, running, kind)
        assert watcher.played >= {"a", "b"}
        assert watcher.ends == [watcher.ends[0] + 2 * n for n in range(7)]


@both
@pytest.mark.parametrize(
    ("scenario", "reason"),
    [*SCENARIOS.items(), *((name, Reason.AD_UNREACHABLE) for name in FAULTS)],
    ids=[*SCENARIOS, *FAULTS],
)
async def test_an_ad_server_that_fails_costs_ads_and_no_time(
    facing: Callable[..., Bench], scenario: str, reason: Reason, kind: str
) -> None:
    bench = facing(scenario, ad_s=0.1 if scenario in WAITING else PATIENT_S)
    if scenario in FAULTS:
        bench.world.faults["/vast/" + scenario] = FAULTS[scenario]
    async with bench.run() as running:
        watcher = await watch(bench, running, kind)
        assert watcher.played == {"slate"}
        assert watcher.ends == [watcher.ends[0] + 2 * n for n in range(7)]
        assert running.count(reason) == 1
        assert running.count(Reason.BREAK_UNFILLED) == 1
        assert not running.count(Reason.INTERNAL_ERROR)
        result = "empty" if reason is Reason.AD_EMPTY else "failed"
        assert f'weft_ad_requests_total{{result="{result}"}} 1.0' in metrics(running)
        log = running.log.getvalue()
        assert str(reason) in log
        assert "/sink/" not in log  # threat 33: what ad servers write of sessions is not logged


async def test_an_answer_that_takes_longer_than_players_wait_is_not_waited_for(
    facing: Callable[..., Bench],
) -> None:
    """A-07: the playlist stands still for half a target duration, once, and is content then."""
    bench = facing("slow?slow=600&", patience_s=0.05)
    async with bench.run() as running:
        watcher = await watch(bench, running, HLS)
        assert watcher.played == set()
        steps = [after - before for before, after in pairwise(watcher.ends)]
        assert min(steps) >= 0
        assert steps.count(0) <= 1
        assert running.count(Reason.HOLD_EXPIRED) == 1


async def test_a_server_that_fails_in_a_row_is_left_alone_and_tried_again(
    facing: Callable[..., Bench],
) -> None:
    bench = facing("pod")
    bench.world.faults["/vast/pod"] = down
    async with bench.run() as running:
        watchers = [await Watcher(running, HLS).open() for _ in range(8)]
        for _ in range(4):
            for watcher in watchers:
                await watcher.poll()
            bench.clock.advance(2)
        assert bench.world.ad_calls() == 5
        assert running.count(Reason.AD_UNREACHABLE) == 5
        assert running.count(Reason.AD_SERVER_RESTS) == 3
        assert [watcher.played for watcher in watchers] == [{"slate"}] * 8
        bench.world.faults.clear()
        for watcher in watchers:
            watcher.played.clear()
        bench.clock.advance(10)  # to second 118
        signal(bench, SECOND)
        for _ in range(7):
            for watcher in watchers:
                await watcher.poll()
            bench.clock.advance(2)
        assert all({"a", "b"} & watcher.played for watcher in watchers)
        assert bench.world.ad_calls() == 5 + 8
        assert running.count(Reason.AD_SERVER_RESTS) == 3


async def test_a_server_that_still_fails_after_its_rest_is_tried_by_one_viewer(
    facing: Callable[..., Bench],
) -> None:
    bench = facing("pod")
    bench.world.faults["/vast/pod"] = down
    async with bench.run() as running:
        watchers = [await Watcher(running, HLS).open() for _ in range(8)]
        for poll in range(15):
            if poll == 10:
                signal(bench, SECOND)
            await asyncio.gather(*(watcher.poll() for watcher in watchers))
            bench.clock.advance(2)
        assert bench.world.ad_calls() == running.count(Reason.AD_UNREACHABLE)
        assert running.count(Reason.AD_UNREACHABLE) + running.count(Reason.AD_SERVER_RESTS) == 16
        assert running.count(Reason.AD_SERVER_RESTS) >= 7  # of the second break, at least
        assert [watcher.played for watcher in watchers] == [{"slate"}] * 8


async def test_why_a_server_rests_is_counted_where_it_was_asked_ahead(
    facing: Callable[..., Bench],
) -> None:
    """Events of an MPD announce the break: five fail ahead, and most are not tried in time."""
    bench = facing("pod")
    bench.world.faults["/vast/pod"] = down
    async with bench.run() as running:
        watchers = [await Watcher(running, DASH).open() for _ in range(8)]
        for _ in range(5):
            for watcher in watchers:
                await watcher.poll()
            await asyncio.sleep(0.02)  # what is asked ahead is not waited for
            bench.clock.advance(2)
        assert running.count(Reason.AD_UNREACHABLE) >= 5
        assert running.count(Reason.AD_SERVER_RESTS) >= 3
        assert running.count(Reason.BREAK_UNFILLED) == 8
        assert [watcher.played for watcher in watchers] == [{"slate"}] * 8


@both
async def test_what_a_server_cannot_take_is_not_asked_of_it(
    facing: Callable[..., Bench], kind: str
) -> None:
    """Row 29: so many calls a second; the others see slate, drawn by lot."""
    bench = facing("pod", per_s=Decimal(1))
    viewers, at_once = 30, 10
    async with bench.run() as running:
        watchers = [await Watcher(running, kind).open() for _ in range(viewers)]
        for _ in range(4):
            await asyncio.gather(*(watcher.poll() for watcher in watchers))
            bench.clock.advance(2)
        asked = bench.world.ad_calls()
        assert 0 < asked <= at_once + 4  # and one for every second that passed
        assert running.count(Reason.AD_SHED) == viewers - asked
        filled = [watcher for watcher in watchers if {"a", "b"} & watcher.played]
        assert len(filled) == asked
        assert all(watcher.played for watcher in watchers)


async def test_calls_that_hang_take_no_connection_from_the_origin(
    facing: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over sockets, where every client has one connection to give."""
    monkeypatch.setattr(network, "MAX_CONNECTIONS", 1)
    bench = facing("hang", patience_s=0.05)

    async def of_world(request: Request) -> Response:
        found = await bench.world(httpx2.Request("GET", ORIGIN + request.path_params["path"]))
        return Response(found.content, found.status_code)

    origin = Starlette(routes=[Route("/{path:path}", of_world)])
    async with listening(origin) as origin_url, listening(AdServer(FILMS).app) as ads_url:
        fill = VastFill(server=VastServer(url=read_template(f"{ads_url}/vast/hang")))
        show = bench.config.shows["live"]
        show = replace(
            show, origin=f"{origin_url}/live/", breaks=(replace(show.breaks[0], fill=fill),)
        )
        config = replace(
            bench.config,
            shows={"live": show},
            outbound=Outbound(allow=(ip_network("127.0.0.0/8"),)),
        )
        counted, library = Metrics(), RememberingLibrary(bench.folder, uri_prefix="/tm")
        async with open_weft(config, clock=bench.clock, metrics=counted, library=library) as weft:
            transport = httpx2.ASGITransport(app=create_app(weft))
            async with httpx2.AsyncClient(transport=transport, base_url="http://w.test") as client:
                player = await Player(client, {}).open(HLS)
                ends = []
                for _ in range(6):
                    listed = await player.poll()
                    ends.append(listed.sequence + len(listed.kinds))
                    bench.clock.advance(2)
        assert ends[-1] - ends[0] == 5
        text = counted.render().decode()
        assert 'weft_degradations_total{reason="hold_expired"} 1.0' in text
        assert 'weft_degradations_total{reason="manifest_stale_served"} 0.0' in text


def metrics(running: Running) -> str:
    return running.metrics.render().decode()
