"""What ads cost: reading an ad server's answer, and a whole decision against one on this machine.

An answer is read on one core, and nothing is fetched. A decision is made of calls over loopback,
through the client that Weft uses; the ad server is a process of its own, creatives are ready.
"""

import asyncio
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_network
from itertools import count
from statistics import quantiles

import uvloop
from lxml import etree

from loadtests.ads.process import ad_server_process
from loadtests.ads.server import AdServer
from loadtests.bench.measure import ROUND_S, Measured, Subject, measure
from manifests.breaks import AdBreak
from manifests.creative import Creative
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.calls import AdCall, CallTemplate
from packager.decisions.decider import AD_LIMITS, Answer, VastDecider
from packager.decisions.request import DecisionRequest
from packager.decisions.templates import read_template
from packager.decisions.vast import read_vast
from packager.outbound import PUBLIC, GuardedClient, Policy
from packager.packaging.ladder import Ladder, Rung, VideoSpec

BASE = "http://ads.example"  # about as long as a real one
POD = {"n": "5"}  # 22 KB, as large as real answers for a break are
LOOPBACK = ip_network("127.0.0.0/8")

# What is read, and what of it is the XML alone.
READS = {
    "pod": "read_vast: a pod of 22 KB",
    "pod, XML": "lxml alone: the same",
    "single": "read_vast: one ad",
    "wrapper": "read_vast: a wrapper",
    "hostile": "read_vast: hostile, 0.5 MB",
}
# What is decided, and by which scenario.
DECISIONS = {
    "pod": ("a pod of 22 KB", "pod?n=5"),
    "chain": ("two wrappers, one ad; 3 calls", "wrappers?depth=2"),
    "mixed": ("four ads, two wrapped; 3 calls", "mixed?n=4"),
    "empty": ("no ad", "empty?"),
}

_LADDER = Ladder(
    entries=(
        Rung(
            kind="video",
            container="cmaf",
            segment_s=Fraction(2),
            frame_grid=Fraction(25),
            video=VideoSpec(width=1280, height=720, frame_rate=Fraction(25), bitrate=3_000_000),
        ),
    )
)
_READY = Creative(id="ready", duration=Decimal(10), renditions={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What it costs to read one kind of answer."""

    name: str
    body_bytes: int
    measured: Measured

    @property
    def per_s(self) -> float:
        """How many of them one core reads in a second."""
        return 1e6 / self.measured.median_us


@dataclass(frozen=True, slots=True, kw_only=True)
class Decisions:
    """What decisions of one kind cost."""

    name: str
    made: int
    offered: int  # ads, by the first one
    failed: int  # that offered another number
    per_s: float
    cpu_us: float  # of this process for each, all threads together
    median_ms: float
    p99_ms: float


def documents() -> dict[str, bytes]:
    """The answers that are read, by the keys of `READS`."""
    server = AdServer()

    def document(name: str, **query: str) -> bytes:
        return server.document("vast", name, {"sid": "viewer-1", "break": "b1", **query}, BASE)

    pod = document("pod", **POD)
    return {
        "pod": pod,
        "pod, XML": pod,
        "single": document("single"),
        "wrapper": document("wrappers"),
        "hostile": document("hostile"),
    }


def run_reads(
    *, rounds: int, round_s: float = ROUND_S, names: Collection[str] = tuple(READS)
) -> list[Read]:
    """Measure reading, all kinds of answers in turn."""
    bodies = {name: body for name, body in documents().items() if name in names}

    def subject(name: str, body: bytes) -> Subject:
        if name.endswith("XML"):
            return Subject(name, lambda: etree.fromstring(body))
        return Subject(name, lambda: read_vast(body))

    measured = measure(
        [subject(name, body) for name, body in bodies.items()], rounds=rounds, round_s=round_s
    )
    return [
        Read(name=READS[name], body_bytes=len(body), measured=measured[name])
        for name, body in bodies.items()
    ]


def run_decisions(
    *, seconds: float, concurrency: int = 32, names: Collection[str] = tuple(DECISIONS)
) -> list[Decisions]:
    """Decide as often as there is time for, one kind after the other.

    Args:
        seconds: For each kind.
        concurrency: Decisions that are made at the same time.
        names: Keys of `DECISIONS`.
    """
    with ad_server_process() as url:
        return [uvloop.run(_decisions(url, name, seconds, concurrency)) for name in names]


async def _decisions(url: str, name: str, seconds: float, concurrency: int) -> Decisions:
    title, scenario = DECISIONS[name]
    client = GuardedClient(allow=[LOOPBACK])
    decider = decider_of(f"{url}/vast/{scenario}", client)
    expected = len((await decider.decide(request(0))).candidates)
    numbers = count(1)
    took: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds

    async def viewer() -> None:
        nonlocal failed
        while (began := time.perf_counter()) < end:
            decided = await decider.decide(request(next(numbers)))
            took.append(time.perf_counter() - began)
            failed += len(decided.candidates) != expected

    began, cpu_began = time.perf_counter(), time.process_time()
    async with asyncio.TaskGroup() as viewers:
        for _ in range(concurrency):
            viewers.create_task(viewer())
    cpu_s, wall_s = time.process_time() - cpu_began, time.perf_counter() - began
    await client.aclose()
    hundredths = quantiles(took, n=100) if len(took) > 1 else took * 99
    return Decisions(
        name=title,
        made=len(took),
        offered=expected,
        failed=failed,
        per_s=len(took) / wall_s,
        cpu_us=cpu_s / len(took) * 1e6,
        median_ms=hundredths[49] * 1000,
        p99_ms=hundredths[98] * 1000,
    )


def decider_of(url: str, client: GuardedClient, *, timeout_s: float = 2.5) -> VastDecider:
    """Make a decider for which every creative is ready.

    Args:
        url: Of an ad call with a query, to which session and break are added.
        client: Makes the calls; wrappers may lead to any host that it reaches.
        timeout_s: Longest time for a decision.
    """
    first = Policy.for_urls([url])

    async def fetch(call: AdCall) -> Answer:
        return await client.fetch(
            call.url,
            policy=first if call.is_first else PUBLIC,
            limits=AD_LIMITS,
            headers=call.headers,
            body=call.body,
        )

    async def ready(media_file: MediaFile, ad: Ad, ladder: Ladder) -> Creative:
        return _READY

    template = read_template(f"{url}&sid={{session.id}}&break={{break.id}}")
    return VastDecider(CallTemplate(url=template), fetch, ready, timeout_s=timeout_s)


def request(number: int) -> DecisionRequest:
    """Another viewer's request for every number."""
    return DecisionRequest(
        show="news",
        session=f"{number:032x}",
        ad_break=AdBreak(id="b1", start=Decimal(0), out_at=Decimal(0), planned_end=Decimal(60)),
        length=Fraction(60),
        now=datetime(2026, 1, 2, tzinfo=UTC),
        live=True,
        ladder=_LADDER,
    )
