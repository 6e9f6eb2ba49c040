"""A process that owes and sends beacons without end, to be killed: see test_beacon_crashes.

    python beacon_victim.py FILE PORT FIRST COUNT LATER_S [send_again]

It owes beacons of the numbers from FIRST on, writes each number to its standard output once the
outbox has accepted it, and sends meanwhile. With a COUNT of 0 it ends when nothing is pending.
"""

import asyncio
import sys
from datetime import datetime, timedelta
from ipaddress import ip_network
from itertools import count
from pathlib import Path

from beacon_bench import a_beacon

from packager.beacons import Outbox, SenderSettings, run_sender
from packager.clock import SystemClock
from packager.log import configure
from packager.metrics import Metrics
from packager.outbound import GuardedClient

CALLERS = 20
PAUSE_S = 0.02  # of each; what is owed is not to pile up


class LaterClock(SystemClock):
    """As if every victim came half a minute after the one before: its leases have lapsed."""

    def __init__(self, later_s: float) -> None:
        self._later = timedelta(seconds=later_s)

    def now(self) -> datetime:
        return super().now() + self._later


async def run(file: Path, port: int, first: int, beacons: int, later_s: float, again: bool) -> None:
    clock, metrics = LaterClock(later_s), Metrics()
    outbox = await Outbox.open(file, clock=clock, metrics=metrics, send_again=again)
    numbers = count(first)

    async def owe() -> None:
        for number in numbers:
            if number >= first + beacons:
                return
            url = f"http://127.0.0.1:{port}/impression?n={number}"
            # The one before once more: after a kill nobody knows whether it was accepted.
            both = [
                a_beacon(
                    n,
                    template=f"/{n}",
                    url=url.replace(f"n={number}", f"n={n}"),
                    owed_at=clock.now(),
                )
                for n in (number - 1, number)
            ]
            await outbox.owe(both)
            sys.stdout.write(f"{number}\n")
            sys.stdout.flush()
            await asyncio.sleep(PAUSE_S)

    async def send() -> None:
        client = GuardedClient(allow=[ip_network("127.0.0.0/8")])
        settings = SenderSettings(total=16, per_host=16)
        await run_sender(outbox, client=client, clock=clock, metrics=metrics, settings=settings)

    async with asyncio.TaskGroup() as tasks:
        sending = tasks.create_task(send())
        await asyncio.gather(*(owe() for _ in range(CALLERS)))
        while beacons or (await outbox.ledger()).count("pending"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        sending.cancel()


if __name__ == "__main__":
    file, port, first, beacons, later_s, *rest = sys.argv[1:]
    configure(level="error")  # the standard output is for numbers
    asyncio.run(run(Path(file), int(port), int(first), int(beacons), float(later_s), bool(rest)))
