"""One thread that owns a SQLite connection and commits in groups.

What the event loop asks for in one turn is handed over together; what piled up during a commit
joins the next. All of it is one transaction, so many writes cost one flush of the disk, and an
answer is given only after the commit.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, TypeVar

from packager.stores import StoreError

T = TypeVar("T")

MAX_WAITING = 20_000  # calls; a disk that hangs must not fill the memory


@dataclass(frozen=True, slots=True)
class _Job:
    """A call on its way: what to do with the connection, and where its result goes."""

    run: Callable[[sqlite3.Connection], object]
    writes: bool
    future: "asyncio.Future[Any]"


class SqliteThread:
    """A connection that coroutines can use; belongs to one event loop."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._turn: list[_Job] = []  # asked for since the event loop last came round
        self._queue: SimpleQueue[list[_Job] | None] = SimpleQueue()
        self._waiting = 0
        self._opened: Future[None] = Future()
        self._thread: Thread | None = None
        self._closing: asyncio.Future[None] | None = None

    async def open(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Start the thread and connect in it.

        Raises:
            StoreError: The database cannot be opened.
        """
        self._thread = Thread(target=self._work, args=(connect,), name="weft-sqlite", daemon=True)
        self._thread.start()
        await asyncio.wrap_future(self._opened)

    async def call(self, run: Callable[[sqlite3.Connection], T], *, writes: bool) -> T:
        """Run a function in the thread, inside the next transaction; return after the commit.

        Args:
            run: Gets the connection. If it raises, all that share its transaction fail.
            writes: Whether it needs the write lock.

        Raises:
            StoreError: The transaction failed, too many calls wait, or the thread is closed.
        """
        if self._closing is not None:
            raise StoreError("the store is closed")
        if self._waiting >= MAX_WAITING:
            raise StoreError("too many calls wait for the store")
        if not self._turn:
            self._loop.call_soon(self._hand_over)
        future: asyncio.Future[T] = self._loop.create_future()
        self._turn.append(_Job(run, writes, future))
        self._waiting += 1
        return await future

    async def close(self) -> None:
        """Let the thread finish what it was given, then end."""
        if self._closing is None:
            self._closing = self._loop.create_future()
            self._hand_over()
            self._queue.put(None)
        # Shielded: closing twice at once waits for the same end.
        await asyncio.shield(self._closing)

    def _hand_over(self) -> None:
        if self._turn:
            self._queue.put(self._turn)
            self._turn = []

    def _work(self, connect: Callable[[], sqlite3.Connection]) -> None:
        """Run in the thread: connect, then commit group after group until told to end."""
        try:
            connection = connect()
        except (sqlite3.Error, OSError, StoreError) as error:
            self._opened.set_exception(StoreError(f"the store cannot be opened: {error}"))
            return
        self._opened.set_result(None)
        more = True
        while more:
            jobs, more = self._next_group()
            results, failure = _transact(connection, jobs)
            self._loop.call_soon_threadsafe(self._report, jobs, results, failure)
        connection.close()
        self._loop.call_soon_threadsafe(self._end)

    def _next_group(self) -> tuple[list[_Job], bool]:
        """Wait for jobs and take all there are; also return whether more may come."""
        jobs: list[_Job] = []
        turn = self._queue.get()
        try:
            while turn is not None:
                jobs += turn
                turn = self._queue.get_nowait()
        except Empty:
            return jobs, True
        return jobs, False

    def _report(self, jobs: list[_Job], results: list[object], failure: str | None) -> None:
        """Back in the event loop: wake those who wait. One that was cancelled waits no more."""
        self._waiting -= len(jobs)
        for number, job in enumerate(jobs):
            if job.future.done():
                continue
            if failure is None:
                job.future.set_result(results[number])
            else:
                job.future.set_exception(StoreError(failure))

    def _end(self) -> None:
        if self._closing is not None and not self._closing.done():
            self._closing.set_result(None)


def _transact(connection: sqlite3.Connection, jobs: list[_Job]) -> tuple[list[object], str | None]:
    """Run jobs in one transaction; return their results, or why none of them took place."""
    if not jobs:
        return [], None
    try:
        # A deferred transaction that begins to write may fail at once instead of waiting its turn.
        connection.execute("BEGIN IMMEDIATE" if any(job.writes for job in jobs) else "BEGIN")
        results = [job.run(connection) for job in jobs]
        connection.execute("COMMIT")
    except Exception as error:  # whatever it was, every caller must hear of it
        if connection.in_transaction:
            with suppress(sqlite3.Error):  # a disk that is gone; the thread must go on
                connection.execute("ROLLBACK")
        return [], f"{type(error).__name__}: {error}"
    return results, None
