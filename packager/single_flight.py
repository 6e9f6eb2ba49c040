"""One call in flight per key: whoever asks for the same thing meanwhile waits for the same call.

The flight owns the call, in a task of its own. A waiter that leaves, also the first, cancels
nothing; a failure goes to all who wait and is not kept (failures.md, row 28).
"""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from contextvars import Context
from typing import Any, Generic, TypeVar

V = TypeVar("V")


class FlightError(Exception):
    """A call was not made, or not finished."""


class FlightsFull(FlightError):
    """As many calls as are allowed are in flight."""


class FlightsClosed(FlightError):
    """The flights were closed, before the call or during it."""


class SingleFlight(Generic[V]):
    """Calls in flight, one per key."""

    def __init__(self, *, limit: int = 1024) -> None:
        """Make a place for at most `limit` calls at a time."""
        self._limit = limit
        self._tasks: dict[Hashable, asyncio.Task[V]] = {}
        self._closed = False

    def __len__(self) -> int:
        return len(self._tasks)

    def __contains__(self, key: Hashable) -> bool:
        return key in self._tasks

    async def run(self, key: Hashable, call: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Return what `call` returns, or what the call in flight for `key` does.

        Raises:
            FlightError: The call was not made, or not finished.
            Exception: Whatever the call raises.
        """
        return await self.wait(self.start(key, call))

    def start(self, key: Hashable, call: Callable[[], Coroutine[Any, Any, V]]) -> "asyncio.Task[V]":
        """Start `call`, if none is in flight for `key`; return the task of the one that is.

        The task is the flight's: hand it to `wait`, never cancel it.

        Raises:
            FlightError: The call cannot be made.
        """
        task = self._tasks.get(key)
        if task is not None:
            return task
        if self._closed:
            raise FlightsClosed("no calls are made any more")
        if len(self._tasks) >= self._limit:
            raise FlightsFull(f"{self._limit} calls in flight")
        # In a context of its own: what the first waiter bound, its session in the log for one, is
        # not the others'.
        task = asyncio.create_task(call(), context=Context())
        self._tasks[key] = task
        task.add_done_callback(lambda task: self._land(key, task))
        return task

    async def wait(self, task: "asyncio.Task[V]", *, patience_s: float | None = None) -> V:
        """Wait for a task of this flight, and leave it be when cancelled or out of patience.

        Raises:
            TimeoutError: It takes longer than `patience_s`; it goes on.
            FlightsClosed: It was not finished.
            Exception: Whatever the call raises.
        """
        done, _ = await asyncio.wait((task,), timeout=patience_s)
        if not done:
            raise TimeoutError
        if task.cancelled():
            raise FlightsClosed("the call was not finished")
        return task.result()

    async def landed(self) -> None:
        """Wait until no call is in flight, also of those that start meanwhile."""
        while self._tasks:
            await asyncio.wait(tuple(self._tasks.values()))
            await asyncio.sleep(0)  # their places are given up in the next round of the loop

    async def aclose(self) -> None:
        """Cancel all calls, wait until they are gone, and take no more."""
        self._closed = True
        tasks = tuple(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _land(self, key: Hashable, task: "asyncio.Task[V]") -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()  # seen, even if every waiter has left
