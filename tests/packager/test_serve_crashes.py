"""`weft serve` killed under load: no beacon that it took on is lost, and none is sent twice (E-03).

Viewers fetch segments of ads from a server that is killed with SIGKILL at a moment drawn by lot;
the next one goes on with the same files. In the end everybody sees everything once more, and the ad
server must have been told of each ad as if nothing had happened.
"""

import asyncio
import random
import shutil
import socket
import sqlite3
import sys
from asyncio.subprocess import Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from pathlib import Path
from threading import Thread

import httpx2
import pytest
from app_bench import TinyMedia, World

from loadtests.ads.process import ad_server_process
from packager.beacons import read_ledger
from packager.clock import ManualClock
from packager.reasons import Reason

ROOT = Path(__file__).parents[2]
SESSIONS = 6  # that begin to watch between two kills
FIRST = {"loaded", "impression", "creativeView", "start"}  # owed as soon as an ad is fetched
SEEN = FIRST | {"firstQuartile", "midpoint", "thirdQuartile", "progress-3", "complete"}
ADS = {"1-film1": SEEN | {"progress-1"}, "2-film2": SEEN}  # of 4 s, and of 2 s
BREAKS = ("s0", "s1")
FILL = "{ads}/vast/pod?d={break.seconds}&sid={session.id}&break={break.id}&sink=slow-0.02"
UNKNOWN = f"expired {Reason.BEACON_OUTCOME_UNKNOWN}"
KILLS = (pytest.param(10, id="10 kills"), pytest.param(100, id="100 kills", marks=pytest.mark.long))
CONFIG = """
listen: {{port: {port}}}
admin: {{port: {admin}}}
store: sqlite:///weft.db
media: {{folder: media, workers: 1}}
outbound: {{allow: [127.0.0.0/8]}}
timeouts: {{ad_s: 10}}
beacons: {{calls_per_host: 32}}
shows:
  vod:
    origin: "{origin}/vod/"
    warm: [index.m3u8]
    breaks:
      - {{at: 0, seconds: 6, fill: {{vast: "{fill}"}}}}
      - {{at: 8, seconds: 6, fill: {{vast: "{fill}"}}}}
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Files(SimpleHTTPRequestHandler):
    """Files of a folder."""

    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def origin(tiny_media: TinyMedia, tmp_path: Path) -> Iterator[str]:
    """A VOD as files: every segment is the one that there is."""
    folder = tmp_path / "origin" / "vod"
    shutil.copytree(tiny_media.content, folder)
    world = World(tiny_media, ManualClock())
    for rendition in [path for path in folder.iterdir() if path.is_dir()]:
        (folder / f"{rendition.name}.m3u8").write_text(world.vod(f"{rendition.name}.m3u8"))
        [media] = rendition.glob("1.*")
        for number in range(world.vod_segments):
            (rendition / f"s{number}.m4s").hardlink_to(media)
    serve_files = partial(Files, directory=folder.parent)
    server = ThreadingHTTPServer(("127.0.0.1", 0), serve_files)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def ad_server(tiny_media: TinyMedia, tmp_path: Path) -> Iterator[str]:
    """The ad server and the sink of its beacons, in a process of their own."""
    folder = tmp_path / "films"
    folder.mkdir()
    for name in ("a", "b"):
        shutil.copy(tiny_media.source(name), folder)
    with ad_server_process(["--films", str(folder)]) as url:
        yield url


@dataclass
class Viewer:
    """Somebody who watches the VOD, and whose session outlives servers."""

    ads: tuple[tuple[str, ...], ...]  # of each ad the paths of its segments


@dataclass
class Bench:
    """The server's files and ports, and what is known of its outbox."""

    folder: Path
    port: int
    admin: int
    sink: httpx2.AsyncClient
    accepted: set[str] = field(default_factory=set)  # keys that were seen in the file
    cut: int = 0  # beacons that were on their way, or waited, at the kills

    @property
    def outbox(self) -> Path:
        return self.folder / "media" / "beacons.db"

    @property
    def log(self) -> Path:
        """What the last server said."""
        return self.folder / "stderr"

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[tuple[Process, httpx2.AsyncClient]]:
        """A server that answers, and a client of it."""
        with self.log.open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "packager", "serve", "--config", self.folder / "weft.yaml"),
                cwd=ROOT,
                stderr=log,
            )
        try:
            async with httpx2.AsyncClient(
                base_url=f"http://127.0.0.1:{self.port}", timeout=30
            ) as client:
                await until(partial(self._is_ready, process), within_s=60)
                yield process, client
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()

    async def _is_ready(self, process: Process) -> bool:
        assert process.returncode is None, self.log.read_text()[-2000:]
        with suppress(httpx2.TransportError):
            async with httpx2.AsyncClient() as client:
                answer = await client.get(f"http://127.0.0.1:{self.admin}/readyz")
                return answer.status_code == 200
        return False

    async def told(self) -> int:
        """How many calls the sink got."""
        total: int = (await self.sink.get("/sink/report?most=0")).json()["total"]
        return total

    def states(self) -> dict[str, str]:
        """What became of every beacon in the file, by key."""
        with closing(sqlite3.connect(self.outbox)) as connection:
            rows = connection.execute("SELECT hex(key), trim(state || ' ' || reason) FROM beacons")
            return {key.lower(): state for key, state in rows}

    def let_leases_lapse(self) -> None:
        """As if the next server came half a minute later."""
        with closing(sqlite3.connect(self.outbox)) as connection, connection:
            connection.execute("UPDATE beacons SET leased_until = 0 WHERE state = 'sending'")

    async def kill_one(self, draw: random.Random, viewers: Sequence[Viewer]) -> None:
        """Kill a server in the midst of its beacons, while viewers begin to see their ads."""
        before = await self.told()

        async def watch(client: httpx2.AsyncClient, viewer: Viewer) -> None:
            with suppress(httpx2.TransportError):  # it is dead
                for segments in viewer.ads:
                    await fetch(client, segments[0])
                    self.accepted.update(self.states())

        async with self.serve() as (process, client), asyncio.TaskGroup() as tasks:
            for viewer in viewers:
                tasks.create_task(watch(client, viewer))
            await until(lambda: self._more_than(before), within_s=30)
            await asyncio.sleep(draw.uniform(0, 0.15))
            process.kill()
            await process.wait()
        states = self.states()
        self.accepted.update(states)
        self.cut += sum(state in ("waiting", "sending") for state in states.values())
        self.let_leases_lapse()

    async def _more_than(self, calls: int) -> bool:
        return await self.told() > calls


async def until(true: Callable[[], Awaitable[bool]], *, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not await true():  # noqa: ASYNC110  (of other processes)
            await asyncio.sleep(0.02)


async def stop(process: Process) -> None:
    process.terminate()
    assert await process.wait() == 0


async def fetch(client: httpx2.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 302, answer.text


async def begin(client: httpx2.AsyncClient) -> Viewer:
    """Begin a session; it has all its ads."""
    master = (await client.get("/v1/master/default/vod/index.m3u8")).text
    path = next(line for line in master.splitlines() if line.startswith("/v1"))
    lines = (await client.get(path)).text.splitlines()
    base = path.rpartition("/")[0]
    uris = [f"{base}/{line}" for line in lines if line.startswith("segment/")]
    ads = [tuple(group) for _, group in groupby(uris, lambda uri: uri.rsplit("/", 2)[0])]
    return Viewer(tuple(ads))


@pytest.fixture
async def bench(
    tiny_media: TinyMedia, tmp_path: Path, origin: str, ad_server: str
) -> AsyncIterator[Bench]:
    folder = tmp_path / "weft"
    folder.mkdir()
    shutil.copytree(tiny_media.folder, folder / "media")
    port, admin = free_ports()
    fill = FILL.replace("{ads}", ad_server)
    text = CONFIG.format(port=port, admin=admin, origin=origin, fill=fill)
    (folder / "weft.yaml").write_text(text)
    async with httpx2.AsyncClient(base_url=ad_server, timeout=30) as sink:
        yield Bench(folder, port, admin, sink)


def free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as other:
        for probe in (one, other):
            probe.bind(("127.0.0.1", 0))
        return one.getsockname()[1], other.getsockname()[1]


@pytest.mark.anyio
@pytest.mark.parametrize("kills", KILLS)
async def test_a_server_that_is_killed_loses_no_beacon_and_sends_none_twice(
    kills: int, bench: Bench
) -> None:
    """P6, E-03: owed = delivered + expired + refused + pending, through every kill."""
    draw = random.Random(kills)
    async with bench.serve() as (process, client):
        # Until the films are packaged a session goes without them (D-57).
        await until(lambda: has_all_ads(client), within_s=60)
        viewers = [await begin(client) for _ in range(kills * SESSIONS)]
        await stop(process)
    errors = read_ledger(bench.outbox).count("owed")  # of those first sessions (E-07)
    assert all(len(viewer.ads) == len(BREAKS) * len(ADS) for viewer in viewers)
    for number in range(kills):
        # Those of the kill before begin anew: what they saw may have been taken on, or not.
        watching = viewers[max(number - 1, 0) * SESSIONS : (number + 1) * SESSIONS]
        await bench.kill_one(draw, watching)
    owed = errors + len(viewers) * len(BREAKS) * sum(map(len, ADS.values()))
    async with bench.serve() as (process, client):
        for viewer in viewers:
            for segments in viewer.ads:
                for path in segments:
                    await fetch(client, path)

        async def done() -> bool:
            ledger = read_ledger(bench.outbox)
            return ledger.count("owed") == owed and not ledger.count("pending")

        await until(done, within_s=60 + kills * 3)
        await stop(process)
    ledger, states = read_ledger(bench.outbox), Counter(bench.states().values())
    assert ledger.balances
    assert bench.accepted <= bench.states().keys()
    assert ledger.count("delivered") == states["delivered"]
    assert ledger.count("expired") == states[UNKNOWN]
    assert states["delivered"] + states[UNKNOWN] == owed
    assert bench.cut > kills  # they did come in the midst of it
    assert 0 < states[UNKNOWN] <= 32 * kills  # on their way at a kill: who knows
    await check_sink(bench, len(viewers))


async def has_all_ads(client: httpx2.AsyncClient) -> bool:
    return len((await begin(client)).ads) == len(BREAKS) * len(ADS)


async def check_sink(bench: Bench, viewers: int) -> None:
    """The sink has what the ledger says that it has, each once, and nothing else."""
    report = (await bench.sink.get("/sink/report?most=50000")).json()
    assert report["dropped"] == 0
    assert (report["repeated"], report["without_key"]) == ({}, 0)
    states = bench.states()
    came = {hit["headers"]["x-weft-idempotency-key"] for hit in report["list"]}
    delivered = {key for key, state in states.items() if state == "delivered"}
    assert delivered <= came <= states.keys()
    assert set(report["beacons"].values()) == {1}
    names = [name.split("/") for name in report["beacons"] if not name.endswith("/error")]
    assert len({session for session, *_ in names}) == viewers
    for _, break_id, ad, level, event in names:
        assert break_id in BREAKS
        assert level == "inline"
        assert event in ADS[ad]
