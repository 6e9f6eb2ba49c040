"""How many segments a second are offered for drawing, and how soon one has its overlay.

The queue is a file in a folder of its own, as in a server. The origin is in this process; segments
are drawn by a worker process, and read from the file that it is kept in.
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from itertools import count
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time

import anyio
import httpx2
import uvloop

from loadtests.bench.overlay_content import Content
from loadtests.bench.overlay_templates import STILL, templates
from packager.clock import SystemClock
from packager.config.process_settings import Media
from packager.config.rendering_settings import RenderingSettings
from packager.config.values import Config
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.rendering.jobs import Drawing, Job, Piece, Work
from packager.rendering.opening import open_rendering
from packager.rendering.queue import Queue, QueueRules
from packager.templates.folder import find_folder

CALLERS = 100
_ORIGIN = "http://origin.example/"
_DUE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What was found of one thing that is waited for."""

    name: str
    per_s: float
    cpu_us: float  # of this process for each
    median_ms: float
    p99_ms: float


def run_queue(content: Content, *, seconds: float, cold: int) -> list[Waits]:
    """Measure offers, then requests for segments that nobody has asked for before.

    Args:
        content: What is drawn on.
        seconds: For each kind of offer.
        cold: How many segments are drawn.
    """
    offers = [uvloop.run(_offers(name, seconds)) for name in ("new", "known")]
    return [*offers, *uvloop.run(_requests(content, cold))]


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as name:
        yield Path(name)


def _job(number: int, clock: SystemClock, *, name: str = "s") -> Job:
    drawing = Drawing(
        template=templates()[STILL].digest,
        data=json.dumps(templates()[STILL].samples[0].data),
        begins_s=Fraction(-60),
    )
    work = Work(
        segment=Piece(f"{_ORIGIN}{name}.m4s"),
        init=Piece(f"{_ORIGIN}init.mp4"),
        drawings=(drawing,),
        profile="superfast",
    )
    return Job(key=f"{number:064x}", work=work, megapixels=1e-6, deadline=clock.now() + _DUE)


async def _offers(kind: str, seconds: float) -> Waits:
    """Offer as manifests do: many at a time, each for itself."""
    clock, numbers = SystemClock(), count()
    with _folder() as folder:
        rules = QueueRules(waiting=10_000_000)
        queue = await Queue.open(folder / "q.db", clock=clock, rules=rules, has_room=lambda: True)
        known = _job(next(numbers), clock)
        await queue.offer(known.key, known)
        took: list[float] = []
        began, cpu_began = perf_counter(), process_time()

        async def caller() -> None:
            while (at := perf_counter()) < began + seconds:
                job = known if kind == "known" else _job(next(numbers), clock)
                offered = await queue.offer(job.key, job)
                assert offered.reason is None
                took.append(perf_counter() - at)

        async with asyncio.TaskGroup() as callers:
            for _ in range(CALLERS):
                callers.create_task(caller())
        wall, cpu = perf_counter() - began, process_time() - cpu_began
        await queue.close()
    return _found(f"offers of {kind} segments, {CALLERS} callers", took, wall, cpu)


async def _requests(content: Content, cold: int) -> list[Waits]:
    """Offer one after the other, and ask for the bytes at once; then ask again."""
    clock, metrics = SystemClock(), Metrics()
    bodies = {"/init.mp4": content.init, "/s.m4s": content.segment}
    origin = httpx2.MockTransport(
        lambda asked: httpx2.Response(200, content=bodies[asked.url.path])
    )
    folders = {templates()[STILL].digest: find_folder(STILL, beside=Path("/"))}
    with _folder() as folder:
        client = GuardedClient(transport=origin)
        patient = RenderingSettings(wait_s=30.0)
        config = Config(media=Media(folder=folder), rendering=patient, shows={})
        rendering = await open_rendering(
            config,
            secrets=["benchmark " * 4],
            base="/",
            client=client,
            templates=folders,
            clock=clock,
            metrics=metrics,
        )
        found: Mapping[str, list[float]] = {"cold": [], "again": []}
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(rendering.run)
            for number in range(cold + 1):  # the first one starts the worker
                job = _job(number, clock)
                for took in found.values():
                    at = perf_counter()
                    offered = await rendering.offer(job)
                    assert offered.url is not None
                    _, id, original, name = offered.url.strip("/").split("/")
                    address = rendering.addresses.read(
                        private=False, id=id, original=original, name=name
                    )
                    path = await rendering.result(address)
                    assert path is not None
                    assert await anyio.Path(path).read_bytes() != content.segment
                    if number:
                        took.append(perf_counter() - at)
            tasks.cancel_scope.cancel()
        await rendering.aclose()
        await client.aclose()
    return [
        _found(f"{content.name}: offer to bytes, {kind}", took, sum(took), 0.0)
        for kind, took in found.items()
    ]


def _found(name: str, took: Sequence[float], wall_s: float, cpu_s: float) -> Waits:
    hundredths = quantiles(took, n=100) if len(took) > 1 else [*took] * 99
    return Waits(
        name=name,
        per_s=len(took) / wall_s,
        cpu_us=cpu_s / len(took) * 1e6,
        median_ms=hundredths[49] * 1000,
        p99_ms=hundredths[98] * 1000,
    )
