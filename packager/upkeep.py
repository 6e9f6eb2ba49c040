"""What a process does beside answering: it sweeps, and takes in what other processes changed."""

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import anyio

from packager.clock import Clock
from packager.house import PackagedHouse
from packager.log import report
from packager.metrics import Metrics
from packager.sessions import Sessions
from packager.stores import StoreError

SWEEP_S = 30.0
REFRESH_S = 1.0

Chore = Callable[[], Coroutine[Any, Any, None]]


@asynccontextmanager
async def beside(*chores: Chore) -> AsyncIterator[None]:
    """Run chores beside the body; they end with it, and what fails in one of them fails here."""
    try:
        async with anyio.create_task_group() as tasks:
            for chore in chores:
                tasks.start_soon(chore)
            yield
            tasks.cancel_scope.cancel()
    except BaseExceptionGroup as group:
        if len(group.exceptions) > 1:
            raise
        raise group.exceptions[0] from None  # a plain error, as without a group


async def sweep(sessions: Sessions, house: PackagedHouse, clock: Clock, metrics: Metrics) -> None:
    """Let go of sessions that have ended, and count what there is, for ever."""
    while True:
        await anyio.sleep(SWEEP_S)
        try:
            await sessions.sweep(clock.now())
        except StoreError as error:
            report(error.reason, "sweep_failed", metrics, detail=str(error))
        metrics.sessions(sessions.resident)
        metrics.packaging_jobs(house.jobs)


async def take_in_changes(sessions: Sessions, metrics: Metrics) -> None:
    """Follow facts that viewers change at other processes, for ever."""
    while True:
        await anyio.sleep(REFRESH_S)
        try:
            await sessions.refresh()
        except StoreError as error:
            report(error.reason, "changes_not_seen", metrics, detail=str(error))
