"""How many beacons an outbox takes on, each durably, and how many a sender delivers, on one core.

The outbox is a file in a folder of its own, with every guarantee that it has in a server: nobody's
`owe` returns before the disk says that it has the beacon. The sink is a process of its own.
"""

import asyncio
import tempfile
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import count
from pathlib import Path
from statistics import quantiles

import uvloop

from loadtests.ads.process import ad_server_process
from loadtests.bench.cores import one_core, whole_machine
from loadtests.bench.measure import Aim
from packager.beacons import Beacon, Outbox, run_sender
from packager.clock import SystemClock
from packager.metrics import Metrics
from packager.outbound import GuardedClient

AIM_PER_S = 5000
# How many viewers owe at the same time, one beacon each and again.
CALLERS = {"alone": 1, "some": 100, "many": 1000}
OWED = {
    "alone": "taken on, one caller",
    "some": "taken on, 100 callers",
    "many": "taken on, 1,000 callers",
}
DELIVERED = "delivered to one local sink"
_EVENTS = ("impression", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete")
_PADDING = "x" * 160  # URLs of ad servers are about as long as this makes them
_BATCH = 500  # owed together, to be sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacons:
    """What was found of one way to use an outbox."""

    name: str
    made: int
    per_s: float
    cpu_us: float  # of this process for each, all threads together
    median_ms: float  # until one is durable, or delivered with those beside it
    p99_ms: float
    balanced: bool  # and every one of them is in the ledger


def run_beacons(
    *, seconds: float, names: Collection[str] = (*OWED, "delivered")
) -> tuple[list[Beacons], list[Aim]]:
    """Measure, one way after the other, on one core.

    Args:
        seconds: For each way.
        names: Keys of `OWED`, and ``delivered``.
    """
    with one_core():
        found = [uvloop.run(_owe(name, seconds)) for name in OWED if name in names]
        if "delivered" in names:
            with whole_machine(), ad_server_process() as url, one_core():
                found.append(uvloop.run(_deliver(url, seconds)))
    return found, aims(found)


def aims(found: Collection[Beacons]) -> list[Aim]:
    """Whether as many were taken on as there should be."""
    best = max((one for one in found if one.name in OWED.values()), key=lambda one: one.per_s)
    what = f"{AIM_PER_S:,} beacons a second on one core, each on the disk, and the ledger balances"
    told = f"{best.per_s:,.0f}; processor time would allow {1e6 / best.cpu_us:,.0f}"
    return [Aim(what, told, best.per_s >= AIM_PER_S and all(one.balanced for one in found))]


def _beacon(number: int, base: str) -> Beacon:
    """Another one for each number: six events of two ads of a viewer's break."""
    event = _EVENTS[number % len(_EVENTS)]
    session = f"{number // 12:032x}"
    url = f"{base}/sink/ok/{session}/b1/{number // 6 % 2}/inline/{event}?p={_PADDING}"
    now = datetime.now(UTC)
    return Beacon(
        session=session,
        break_id="b1",
        ad=number // 6 % 2,
        event=event,
        template=url,
        url=url,
        owed_at=now,
        expires_at=now + timedelta(days=1),
    )


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="weft-bench-") as name:
        yield Path(name)


async def _owe(name: str, seconds: float) -> Beacons:
    with _folder() as folder:
        outbox = await Outbox.open(folder / "b.db", clock=SystemClock(), metrics=Metrics())
        numbers = count()
        took: list[float] = []
        began, cpu_began = time.perf_counter(), time.process_time()
        end = began + seconds

        async def viewer() -> None:
            while (owed_at := time.perf_counter()) < end:
                await outbox.owe([_beacon(next(numbers), "https://ads.example")])
                took.append(time.perf_counter() - owed_at)

        async with asyncio.TaskGroup() as viewers:
            for _ in range(CALLERS[name]):
                viewers.create_task(viewer())
        wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
        ledger = await outbox.ledger()
        await outbox.close()
    balanced = ledger.balances and ledger.count("pending") == len(took)
    return _found(OWED[name], took, wall_s, cpu_s, balanced)


async def _deliver(base: str, seconds: float) -> Beacons:
    """Owe as many as are under way, again and again, and wait until they are delivered."""
    clock, metrics = SystemClock(), Metrics()
    client = GuardedClient(allow=[ip_network("127.0.0.0/8")])
    with _folder() as folder:
        outbox = await Outbox.open(folder / "b.db", clock=clock, metrics=metrics)
        numbers = count()
        took: list[float] = []
        async with asyncio.TaskGroup() as tasks:
            sending = tasks.create_task(
                run_sender(outbox, client=client, clock=clock, metrics=metrics)
            )
            began, cpu_began = time.perf_counter(), time.process_time()
            while (owed_at := time.perf_counter()) < began + seconds:
                # Each of another ad, so that the order within one holds nobody up.
                batch = [next(numbers) * 6 for _ in range(_BATCH)]
                await outbox.owe(_beacon(number, base) for number in batch)
                while (await outbox.ledger()).count("pending"):  # noqa: ASYNC110
                    await asyncio.sleep(0.005)
                took += [time.perf_counter() - owed_at] * len(batch)
            wall_s, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
            sending.cancel()
        ledger = await outbox.ledger()
        await outbox.close()
    await client.aclose()
    balanced = ledger.balances and ledger.count("delivered") == len(took)
    return _found(DELIVERED, took, wall_s, cpu_s, balanced)


def _found(name: str, took: list[float], wall_s: float, cpu_s: float, balanced: bool) -> Beacons:
    hundredths = quantiles(took, n=100) if len(took) > 1 else took * 99
    return Beacons(
        name=name,
        made=len(took),
        per_s=len(took) / wall_s,
        cpu_us=cpu_s / len(took) * 1e6,
        median_ms=hundredths[49] * 1000,
        p99_ms=hundredths[98] * 1000,
        balanced=balanced,
    )
