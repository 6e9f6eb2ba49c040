"""An outbox in this test's folder, and a server that is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from beacon_bench import START, Sink

from packager.beacons import Outbox
from packager.clock import ManualClock
from packager.metrics import Metrics


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def outbox(tmp_path: Path, clock: ManualClock, metrics: Metrics) -> AsyncIterator[Outbox]:
    outbox = await Outbox.open(tmp_path / "beacons.db", clock=clock, metrics=metrics)
    yield outbox
    await outbox.close()


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    async with Sink.open() as sink:
        yield sink
