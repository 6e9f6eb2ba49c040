"""Worker processes, from the server's side: kept while they do well, replaced when they do not.

Pipes are read and written in threads, so that the event loop never moves a segment's bytes.
"""

import sys
from collections.abc import Callable, Sequence

import anyio
import anyio.to_thread

from packager.children import WorkerLimits
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.process import ProcessFailed, WorkerProcess
from packager.rendering.wire import Message

WORKER = (sys.executable, "-m", "packager.rendering.worker")
DRAW = "packager.rendering.work:draw"
LIMITS = WorkerLimits(timeout_s=30.0, memory_bytes=2 * 1024**3)
START_S = 30.0  # in which a new process must be ready, on however busy a machine
ORDERS = 500  # then a process is replaced: what leaks in libraries goes with it


class WorkerDied(Exception):
    """The process died over an order, or was ended at a limit; the text is for the log."""


class WorkerNotStarted(Exception):
    """The process was never ready, which no order is to blame for."""


class Workers:
    """So many processes at most; each is started when it is needed."""

    def __init__(
        self,
        count: int,
        *,
        limits: WorkerLimits = LIMITS,
        draw: str = DRAW,
        command: Sequence[str] = WORKER,
    ) -> None:
        """Start nothing yet.

        Args:
            count: Orders at a time.
            limits: Of one order.
            draw: What draws, as ``package.module:function``.
            command: Starts a worker.
        """
        cpu_s = int(limits.timeout_s) + 1
        self._command = (*command, str(limits.memory_bytes), str(cpu_s), draw)
        self._timeout_s = limits.timeout_s
        self._slots = anyio.Semaphore(count)
        self._threads = anyio.CapacityLimiter(2 * count)  # one may still be dying
        self._idle: list[WorkerProcess] = []
        self._busy: set[WorkerProcess] = set()

    @property
    def pids(self) -> list[int]:
        """Of the processes that draw or could."""
        return [worker.pid for worker in (*self._busy, *self._idle)]

    async def draw(self, order: Order) -> tuple[bytes, float]:
        """Have an order drawn by the next free process; return also the seconds that it took.

        Raises:
            DrawingRefused: It cannot be done.
            WorkerDied: The process died over it, or took too long.
            WorkerNotStarted: There is no process that could.
        """
        async with self._slots:
            worker = self._idle.pop() if self._idle else await self._start()
            self._busy.add(worker)
            began = anyio.current_time()
            try:
                head, blobs = await self._within(self._timeout_s, worker, lambda: worker.ask(order))
            except ProcessFailed as error:
                raise WorkerDied(str(error)) from error
            finally:
                self._busy.discard(worker)
            seconds = anyio.current_time() - began
            if worker.orders < ORDERS:
                self._idle.append(worker)
            else:
                await _end(worker)
        if "refused" in head:
            raise DrawingRefused(head["refused"], head["text"])
        return blobs[0], seconds

    async def aclose(self) -> None:
        """End the processes; nothing is drawn any more."""
        while self._idle:
            await _end(self._idle.pop())

    async def _start(self) -> WorkerProcess:
        try:
            worker = await anyio.to_thread.run_sync(WorkerProcess, self._command)
            await self._within(START_S, worker, worker.listen)
        except (OSError, ProcessFailed) as error:
            raise WorkerNotStarted(str(error)) from error
        return worker

    async def _within(
        self, seconds: float, worker: WorkerProcess, call: Callable[[], Message]
    ) -> Message:
        """Wait for a thread that talks to a worker; unless all goes well, that is its end.

        The thread of one that says nothing is left behind until its pipe is closed.
        """
        try:
            with anyio.fail_after(seconds):
                message = await anyio.to_thread.run_sync(
                    call, abandon_on_cancel=True, limiter=self._threads
                )
        except ProcessFailed as error:
            raise ProcessFailed(f"{await _end(worker, at_once=False)} {error}".strip()) from error
        except TimeoutError as error:
            said = await _end(worker)
            raise ProcessFailed(f"it took more than {seconds:g} s; {said}") from error
        except BaseException:
            await _end(worker)
            raise
        return message


async def _end(worker: WorkerProcess, *, at_once: bool = True) -> str:
    with anyio.CancelScope(shield=True):
        said = await anyio.to_thread.run_sync(worker.end, at_once)
    return said  # noqa: RET504 # mypy: a scope may swallow what is raised in it
