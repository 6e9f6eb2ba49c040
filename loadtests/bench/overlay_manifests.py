"""Whether playlists answer as fast while all workers draw as while they have little to do.

Weft is a process of its own, and so is the origin: a live channel whose segments are all the same.
Viewers' playlists are asked for one after the other, at fixed instants, in turns: workers idle but
for the channel's own segments, then busy with others that this process puts into their queue.
"""

import asyncio
import http.client
import json
import multiprocessing
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from itertools import count
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urljoin, urlsplit

import httpx2
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from loadtests.ads.process import END_S
from loadtests.bench.measure import Aim
from loadtests.bench.overlay_content import Content
from loadtests.bench.overlay_templates import STILL, templates
from loadtests.bench.processes import Server, free_port, wait_for, weft_process
from packager.clock import SystemClock
from packager.rendering.jobs import Drawing, Job, Piece, Work
from packager.rendering.queue import Queue, QueueRules
from packager.server import listener, serve_until_stopped

AIM_MS = 5.0
VIEWERS = 20
PER_S = 100  # playlists
WINDOW = 8  # segments of the channel
_FED_S = 0.1  # between two looks at whether workers have enough to do
_AHEAD = 4  # jobs that wait for each worker
_DRAWN = re.compile(r"^weft_overlay_render_seconds_sum (\S+)$", re.MULTILINE)

_SHOWS = """\
rendering: {{workers: {workers}}}
shows:
  live:
    origin: {origin}/
    overlays:
      bug: {{template: {template}, data: {{score: "1:0"}}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How playlists were answered: medians of the rounds."""

    name: str
    count: int  # in all rounds
    median_ms: float
    p99_ms: float
    longest_ms: float
    busy: float  # share of the workers' time


def run_manifests(content: Content, *, seconds: float, rounds: int, workers: int) -> list[Pace]:
    """Measure both ways in turns.

    Args:
        content: What is drawn on.
        seconds: Of each way in each round.
        rounds: How often.
        workers: Processes that draw.
    """
    with TemporaryDirectory(prefix="weft-bench-") as name, _origin(content) as origin:
        folder = Path(name)
        shows = _SHOWS.format(workers=workers, origin=origin, template=STILL)
        with weft_process(folder, shows) as server:
            playlists = [_opened(server, number) for number in range(VIEWERS)]
            queue = _QueueOf(folder / "media", origin, workers, _megapixels(content))
            taken: dict[str, list[_Round]] = {"idle": [], "busy": []}
            for number in range(rounds + 1):
                for way, feed in (("idle", None), ("busy", queue)):
                    found = _round(server, playlists, seconds, feed)
                    if number:  # the first round warms up
                        taken[way].append(found)
    return [_pace(way, found, workers) for way, found in taken.items()]


def aims(found: list[Pace]) -> list[Aim]:
    """Whether playlists keep their pace."""
    idle, busy = found
    rise_ms = busy.p99_ms - idle.p99_ms
    told = (
        f"{rise_ms:+.1f} ms ({idle.p99_ms:.1f} to {busy.p99_ms:.1f}; workers {busy.busy:.0%} busy)"
    )
    return [Aim(f"playlists' p99 rises by less than {AIM_MS:g} ms", told, rise_ms < AIM_MS)]


@dataclass(frozen=True, slots=True)
class _Round:
    """What was found in one way."""

    took_s: list[float]
    drawing: float  # workers at a time, in the mean


def _pace(name: str, rounds: list[_Round], workers: int) -> Pace:
    hundredths = [quantiles(one.took_s, n=100) for one in rounds]
    return Pace(
        name=f"workers {name}",
        count=sum(len(one.took_s) for one in rounds),
        median_ms=median(one[49] for one in hundredths) * 1000,
        p99_ms=median(one[98] for one in hundredths) * 1000,
        longest_ms=max(max(one.took_s) for one in rounds) * 1000,
        busy=median(one.drawing for one in rounds) / workers,
    )


def _round(server: Server, playlists: list[str], seconds: float, feed: "_QueueOf | None") -> _Round:
    before, began = _drawn_s(server), time.perf_counter()
    with feed.fed() if feed is not None else nullcontext():
        took = _polled(server, playlists, seconds)
    drawing_s = _drawn_s(server) - before
    return _Round(took, drawing_s / (time.perf_counter() - began))


def _polled(server: Server, playlists: list[str], seconds: float) -> list[float]:
    """Ask for playlists in turn at fixed instants, on one connection; return how long each took."""
    address = urlsplit(server.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    took: list[float] = []
    began = time.perf_counter()
    for number in range(int(seconds * PER_S)):
        wait_s = began + number / PER_S - time.perf_counter()
        if wait_s > 0:
            time.sleep(wait_s)
        asked = time.perf_counter()
        connection.request("GET", playlists[number % len(playlists)])
        answer = connection.getresponse()
        text = answer.read()
        took.append(time.perf_counter() - asked)
        assert answer.status == 200, text
    connection.close()
    return took


def _opened(server: Server, number: int) -> str:
    """A viewer's video playlist, as a path."""
    headers = {"x-forwarded-for": f"10.1.0.{number + 1}"}
    url = f"{server.url}/v1/master/default/live/index.m3u8"
    answer = httpx2.get(url, headers=headers, follow_redirects=True, timeout=30.0)
    names = [line for line in answer.text.splitlines() if line and not line.startswith("#")]
    parts = urlsplit(urljoin(str(answer.url), names[0]))
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _drawn_s(server: Server) -> float:
    """Seconds that workers have drawn so far."""
    found = _DRAWN.search(httpx2.get(f"{server.admin_url}/metrics").text)
    return float(found[1]) if found is not None else 0.0


class _QueueOf:
    """The queue of a server, into which another process puts jobs."""

    def __init__(self, media: Path, origin: str, workers: int, megapixels: float) -> None:
        self._file = media / "rendering.db"
        self._settings = origin, workers, megapixels
        self._numbers = count()

    @contextmanager
    def fed(self) -> Iterator[None]:
        """Keep workers busy meanwhile; in the end, wait until nothing is drawn any more."""
        process = multiprocessing.get_context("spawn").Process(
            target=_feed, args=(self._file, next(self._numbers), *self._settings)
        )
        process.start()
        try:
            while not uvloop.run(_counts(self._file))["taken"]:
                time.sleep(_FED_S)
            yield
        finally:
            process.terminate()
            process.join(END_S)
            while sum(uvloop.run(_counts(self._file)).values()):
                time.sleep(_FED_S)


def _feed(file: Path, turn: int, origin: str, workers: int, megapixels: float) -> None:
    uvloop.run(_put(file, turn, origin, workers, megapixels))


async def _put(file: Path, turn: int, origin: str, workers: int, megapixels: float) -> None:
    clock, digest = SystemClock(), templates()[STILL].digest
    rules = QueueRules(workers=workers)
    queue = await Queue.open(file, clock=clock, rules=rules, has_room=lambda: True)
    for number in count():
        while (await queue.counts())["waiting"] >= _AHEAD * workers:  # noqa: ASYNC110
            await asyncio.sleep(_FED_S)  # a file tells nobody
        drawing = Drawing(
            template=digest,
            data=json.dumps(templates()[STILL].samples[0].data),
            begins_s=Fraction(-60),
        )
        # Each from a place of its own, so that all of their bytes are fetched too.
        segment, init = (
            Piece(f"{origin}/{name}") for name in (f"b{turn}.{number}.m4s", "init.mp4")
        )
        work = Work(segment=segment, init=init, drawings=(drawing,), profile="superfast")
        key = f"{turn:08x}{number:056x}"
        due = clock.now() + timedelta(minutes=10)
        await queue.offer(key, Job(key=key, work=work, megapixels=megapixels, deadline=due))


async def _counts(file: Path) -> Mapping[str, int]:
    queue = await Queue.open(file, clock=SystemClock(), rules=QueueRules(), has_room=lambda: True)
    found = await queue.counts()
    await queue.close()
    return found


def _megapixels(content: Content) -> float:
    film = content.open()
    sps, pictures = film.gops[0].sets.sps, sum(len(gop.units) for gop in film.gops)
    return sps.width * sps.height * pictures / 1e6


@contextmanager
def _origin(content: Content) -> Iterator[str]:
    """Run the channel in a process of its own; give its URL."""
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(
        target=_serve, args=(content, port), daemon=True
    )
    process.start()
    try:
        wait_for(f"http://127.0.0.1:{port}/index.m3u8")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.join(END_S)


def _serve(content: Content, port: int) -> None:
    film = content.open()
    times = [pts for gop in film.gops for pts in gop.times]
    seconds = Fraction(times[-1] - times[0], film.track.timescale) * len(times) / (len(times) - 1)
    width, height = film.gops[0].sets.sps.width, film.gops[0].sets.sps.height
    bandwidth = int(8 * len(content.segment) / seconds)

    def master() -> str:
        attributes = f"BANDWIDTH={bandwidth},RESOLUTION={width}x{height},FRAME-RATE=25.000"
        return f'#EXTM3U\n#EXT-X-STREAM-INF:{attributes},CODECS="avc1.64001f"\nv.m3u8\n'

    def media() -> str:
        first = int(time.time() / seconds) - WINDOW
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:6",
            f"#EXT-X-TARGETDURATION:{round(seconds) or 1}",
            f"#EXT-X-MEDIA-SEQUENCE:{first}",
            '#EXT-X-MAP:URI="init.mp4"',
        ]
        for number in range(first, first + WINDOW):
            at = datetime.fromtimestamp(float(number * seconds), UTC)
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds')}")
            lines += [f"#EXTINF:{float(seconds):.5f},", f"s{number}.m4s"]
        return "\n".join(lines) + "\n"

    def text(make: Callable[[], str]) -> Callable[[Request], Response]:
        return lambda _: PlainTextResponse(make(), media_type="application/vnd.apple.mpegurl")

    def blob(data: bytes) -> Callable[[Request], Response]:
        return lambda _: Response(data, media_type="video/mp4")

    routes: Mapping[str, Callable[[Request], Response]] = {
        "/index.m3u8": text(master),
        "/v.m3u8": text(media),
        "/init.mp4": blob(content.init),
        "/{name}.m4s": blob(content.segment),
    }
    app = Starlette(routes=[Route(path, answer) for path, answer in routes.items()])
    uvloop.run(serve_until_stopped(listener(app, "127.0.0.1", port)))
