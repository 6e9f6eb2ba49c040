"""The renderer: takes jobs, has them drawn, keeps what comes of them.

One of the processes that share a media folder renders, whoever holds the lock; when it ends, so
does its hold, and what it had taken waits again for the next one. A job's source is fetched while
others are drawn.
"""

import fcntl
import os
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from packager.log import report
from packager.metrics import Metrics
from packager.outbound import OutboundError
from packager.reasons import Reason
from packager.rendering.bell import Bell, heard
from packager.rendering.jobs import Piece
from packager.rendering.order import DrawingRefused, Order
from packager.rendering.queue import REFUSED_S, RETRY_S, Queue
from packager.rendering.rendered import Rendered
from packager.rendering.rows import Taken
from packager.rendering.sources import Sources
from packager.rendering.workers import WorkerDied, WorkerNotStarted, Workers
from packager.stores import StoreError

AHEAD = 1  # jobs whose source is fetched while all workers draw
LOOK_S = 0.25  # between two looks at what other processes have queued
TEND_S = 5.0
_LOCK_S = 1.0  # between two tries to become the one that renders
_SOURCE_RETRY_S = 0.5  # an origin may list a segment a moment before it has it
_BESIDE_S = 2.0  # for a segment that is of help, but not needed
_PAUSE_S = 2.0  # after a worker that could not be started


class Renderer:
    """Renders what is in a queue."""

    def __init__(
        self,
        queue: Queue,
        *,
        lock: Path,
        rendered: Rendered,
        sources: Sources,
        workers: Workers,
        count: int,
        templates: Mapping[str, Path],
        stems: Mapping[str, Path],
        put: Bell,
        settled: Bell,
        metrics: Metrics,
    ) -> None:
        """Join the parts; they stay the caller's.

        Args:
            queue: Of jobs.
            lock: File that the one process that renders has locked.
            rendered: Keeps results.
            sources: Fetches segments.
            workers: Draw.
            count: How many of them there are.
            templates: Folders of templates, by digest.
            stems: Files of music, by digest.
            put: Rings when a job was put in this process.
            settled: Is rung when one was settled.
            metrics: Is told of degradations.
        """
        self._queue = queue
        self._lock = lock
        self._rendered = rendered
        self._sources = sources
        self._workers = workers
        self._count = count
        self._templates = templates
        self._stems = stems
        self._put = put
        self._settled = settled
        self._metrics = metrics
        self._taken: set[str] = set()

    async def run(self) -> None:
        """Render until cancelled, from when no other process does."""
        async with self._alone():
            await self._begin()
            async with anyio.create_task_group() as tasks:
                for _ in range(self._count + AHEAD):
                    tasks.start_soon(self._work)
                while True:
                    await anyio.sleep(TEND_S)
                    await self._guarded(self._tend)

    async def aclose(self) -> None:
        """End the workers; call it after `run` has ended."""
        await self._workers.aclose()

    @asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        descriptor = os.open(self._lock, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    await anyio.sleep(_LOCK_S)
                else:
                    break
            yield
        finally:
            os.close(descriptor)

    async def _begin(self) -> None:
        """Take over from who rendered before."""
        while True:
            if await self._guarded(self._tidy):
                return
            await anyio.sleep(_PAUSE_S)

    async def _tidy(self) -> bool:
        await self._queue.put_back_all()
        kept = await self._queue.kept()
        lost = await anyio.to_thread.run_sync(self._rendered.tidy, kept)
        await self._queue.lose(lost)
        return True

    async def _tend(self) -> bool:
        # What could not be settled because the file took nothing.
        await self._queue.put_back_all(but=self._taken, older_s=TEND_S)
        gone = await self._queue.forget_ended()
        await anyio.to_thread.run_sync(self._rendered.remove, gone)
        counts = await self._queue.counts()
        self._metrics.overlay_jobs(counts["waiting"], counts["taken"])
        return True

    async def _work(self) -> None:
        while True:
            ring = self._put.listen()
            if not await self._guarded(self._next):
                await heard(ring, LOOK_S)

    async def _next(self) -> bool:
        turn = await self._queue.take()
        for id, reason in turn.dropped:
            self._report(reason, "overlay_dropped", id)
        if turn.dropped:
            self._settled.ring()
        job = turn.job
        if job is None:
            return False
        self._taken.add(job.id)
        try:
            await self._render(job)
        finally:
            self._taken.discard(job.id)
            self._settled.ring()
        return True

    async def _render(self, job: Taken) -> None:
        fail = partial(self._fail, job)
        try:
            order = await self._order(job)
            data, seconds = await self._workers.draw(order)
            await anyio.to_thread.run_sync(
                partial(self._rendered.keep, job.id, data, private=job.private)
            )
        except OutboundError as error:
            await fail(Reason.OVERLAY_SOURCE_MISSING, f"{error.reason}: {error}", RETRY_S)
        except DrawingRefused as error:
            await fail(Reason.OVERLAY_REFUSED, str(error), REFUSED_S, code=error.code)
        except WorkerDied as error:
            await self._crashed(job, str(error))
        except WorkerNotStarted as error:
            self._report(Reason.WORKER_CRASHED, "worker_not_started", job.id, detail=str(error))
            await self._queue.put_back(job.id)
            await anyio.sleep(_PAUSE_S)
        except OSError as error:
            await fail(Reason.MEDIA_WRITE_FAILED, str(error), RETRY_S)
        else:
            await self._done(job, len(data), seconds)

    async def _order(self, job: Taken) -> Order:
        work = job.work
        folders = _known(self._templates, [one.template for one in work.drawings], "template")
        files = _known(self._stems, [one.stem for one in work.sounds], "stem")
        try:
            segment, init = await self._source(work.segment), await self._source(work.init)
        except OutboundError:
            await anyio.sleep(_SOURCE_RETRY_S)
            segment, init = await self._source(work.segment), await self._source(work.init)
        return Order(
            work=work,
            segment=segment,
            init=init,
            before=await self._beside(work.before),
            after=await self._beside(work.after),
            templates=folders,
            stems=files,
        )

    async def _source(self, piece: Piece | None) -> bytes:
        return b"" if piece is None else await self._sources.get(piece)

    async def _beside(self, piece: Piece | None) -> bytes:
        """A segment that is of help, but not needed."""
        with suppress(OutboundError), anyio.move_on_after(_BESIDE_S):
            return await self._source(piece)
        return b""

    async def _done(self, job: Taken, size_bytes: int, seconds: float) -> None:
        settled = await self._queue.done(job, size_bytes, seconds)
        self._metrics.overlay_rendered(seconds)
        if not settled.in_time:
            self._report(Reason.OVERLAY_LATE, "overlay_late", job.id)
        await anyio.to_thread.run_sync(self._rendered.remove, settled.gone)

    async def _crashed(self, job: Taken, detail: str) -> None:
        self._report(Reason.WORKER_CRASHED, "worker_crashed", job.id, detail=detail)
        if await self._queue.crashed(job.id):
            self._report(Reason.OVERLAY_POISONED, "overlay_given_up", job.id)

    async def _fail(
        self, job: Taken, reason: Reason, detail: str, for_s: float, **fields: str
    ) -> None:
        self._report(reason, "overlay_failed", job.id, detail=detail, **fields)
        await self._queue.fail(job.id, reason, for_s=for_s)

    async def _guarded(self, step: Callable[[], Awaitable[bool]]) -> bool:
        """Go on, whatever a step does: whether it took place, and did something."""
        try:
            return await step()
        except (StoreError, OSError) as error:
            reason, detail = Reason.OVERLAY_QUEUE_FAILED, {"detail": str(error)}
        except Exception:  # viewers are to be served, whatever becomes of overlays
            reason, detail = Reason.INTERNAL_ERROR, {"detail": traceback.format_exc()}
        report(reason, "rendering_halted", self._metrics, **detail)
        await anyio.sleep(LOOK_S)
        return False

    def _report(self, reason: Reason, event: str, id: str, **fields: str) -> None:
        report(reason, event, self._metrics, overlay=id, **fields)


def _known(paths: Mapping[str, Path], digests: Iterable[str], what: str) -> dict[str, str]:
    """Where things are, by digest.

    Raises:
        DrawingRefused: One is not configured here.
    """
    found = {digest: paths.get(digest) for digest in digests}
    unknown = [digest for digest, path in found.items() if path is None]
    if unknown:
        raise DrawingRefused(f"{what}_unknown", ", ".join(unknown))
    return {digest: str(path) for digest, path in found.items()}
