"""Rendering, as planners and players meet it: jobs are offered, results are asked for.

An offer takes one look into the queue's file. Only a player's request for a segment waits for a
result, and no longer than it is of use.
"""

from dataclasses import dataclass
from pathlib import Path

import anyio
import anyio.to_thread

from packager.clock import Clock
from packager.log import report
from packager.metrics import Metrics, OverlayOutcome
from packager.reasons import Reason
from packager.rendering.addresses import Address, Addresses
from packager.rendering.bell import Bell, heard
from packager.rendering.jobs import Job, Piece, Priority
from packager.rendering.queue import Queue
from packager.rendering.rendered import Rendered
from packager.rendering.renderer import Renderer
from packager.rendering.rows import Standing
from packager.rendering.sources import Sources
from packager.single_flight import FlightError, SingleFlight
from packager.stores import StoreError

LOOK_S = 0.1  # between two looks at a job that another process may be rendering
TOUCH_S = 10.0  # between two times that what was asked for is taken down
_TOUCHED = 10_000  # results that are remembered meanwhile


@dataclass(frozen=True, slots=True)
class Overlay:
    """What came of an offer: the URL to name, or the reason to name the original."""

    url: str | None = None
    ready: bool = False  # else it will be
    reason: Reason | None = None


class Rendering:
    """Overlaid segments of one process."""

    def __init__(
        self,
        queue: Queue,
        renderer: Renderer,
        *,
        addresses: Addresses,
        rendered: Rendered,
        sources: Sources,
        wait_s: float,
        put: Bell,
        settled: Bell,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Join the parts; queue and sources are closed with it.

        Args:
            queue: Of jobs.
            renderer: Does them, in one of the processes that share the queue.
            addresses: Makes and reads URLs.
            rendered: Has results.
            sources: Has originals.
            wait_s: The longest wait of a player.
            put: Is rung when a job was put.
            settled: Rings when one was settled in this process.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self.addresses = addresses
        self._queue = queue
        self._renderer = renderer
        self._rendered = rendered
        self._sources = sources
        self._wait_s = wait_s
        self._put = put
        self._settled = settled
        self._clock = clock
        self._metrics = metrics
        self._watched: SingleFlight[Standing | None] = SingleFlight()
        self._touched: set[str] = set()

    async def run(self) -> None:
        """Render, or stand by while another process does, until cancelled."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._renderer.run)
            while True:
                await anyio.sleep(TOUCH_S)
                await self._take_down()

    async def aclose(self) -> None:
        """Let go of everything; call it after `run` has ended."""
        await self._watched.aclose()
        await self._take_down()
        await self._renderer.aclose()
        await self._sources.aclose()
        await self._queue.close()

    async def offer(self, job: Job) -> Overlay:
        """Have a job done, if its result would be there by its deadline.

        A refusal of what is only likely to be of use degrades nothing. Offer a job before its
        segment is listed, and list what this says: another time the answer may be another.
        """
        url, id = self.addresses.url_of(job), self.addresses.id_of(job)
        if url is None:
            return self._refused(id, Reason.OVERLAY_REFUSED, code="url_too_long")
        try:
            offered = await self._queue.offer(id, job)
        except StoreError as error:
            return self._refused(id, Reason.OVERLAY_QUEUE_FAILED, detail=str(error))
        if offered.reason is not None:
            if job.priority is Priority.LIKELY:
                return Overlay(reason=offered.reason)
            return self._refused(id, offered.reason)
        if not offered.ready:
            self._put.ring()
        return Overlay(url, ready=offered.ready)

    async def result(self, address: Address) -> Path | None:
        """Wait for the result that a URL names; None: the original is to be had instead."""
        path, outcome = await self._seek(address)
        self._metrics.overlay_request(outcome)
        if path is not None and len(self._touched) < _TOUCHED:
            self._touched.add(address.id)
        return path

    async def is_there(self, url: str) -> bool:
        """Wait for the result of a URL of ours: whether who asks for it is given that.

        Raises:
            InvalidToken: It is not ours.
        """
        return await self.result(self.addresses.address_of(url)) is not None

    async def original(self, piece: Piece) -> bytes:
        """Return the bytes of an original.

        Raises:
            OutboundError: They cannot be had.
        """
        return await self._sources.get(piece)

    async def _seek(self, address: Address) -> tuple[Path | None, OverlayOutcome]:
        # A private result may have ended, which the queue knows.
        if not address.private and (path := await self._find(address)):
            return path, "ready"
        found: OverlayOutcome = "ready"
        try:
            standing = await self._queue.standing(address.id)
            if standing is not None and standing.is_open:
                found = "waited"
                standing = await self._settlement(address.id, standing)
        except StoreError as error:
            self._report(Reason.OVERLAY_QUEUE_FAILED, address.id, detail=str(error))
            return None, "failed"
        except (TimeoutError, FlightError):
            return None, "late"
        if standing is not None and standing.state != "done":
            return None, "late" if standing.state == "late" else "failed"
        path = await self._find(address) if standing is not None else None
        if path is None:
            self._report(Reason.OVERLAY_GONE, address.id)
            return None, "gone"
        return path, found

    async def _find(self, address: Address) -> Path | None:
        return await anyio.to_thread.run_sync(
            lambda: self._rendered.find(address.id, private=address.private)
        )

    async def _settlement(self, id: str, standing: Standing) -> Standing | None:
        """Wait until a job is settled, no longer than its result is of use.

        Raises:
            TimeoutError: It takes longer.
            FlightError: As many jobs are waited for as may be.
        """
        left_s = standing.late_at - self._clock.now().timestamp()
        patience_s = max(0.0, min(left_s, self._wait_s))
        task = self._watched.start(id, lambda: self._watch(id))
        return await self._watched.wait(task, patience_s=patience_s)

    async def _watch(self, id: str) -> Standing | None:
        """Look at a job until it is settled, or nobody has a use for it."""
        while True:
            ring = self._settled.listen()
            standing = await self._queue.standing(id)
            if (
                standing is None
                or not standing.is_open
                or standing.late_at < self._clock.now().timestamp()
            ):
                return standing
            await heard(ring, LOOK_S)

    async def _take_down(self) -> None:
        asked, self._touched = self._touched, set()
        if asked:
            try:
                await self._queue.touch(asked)
            except StoreError as error:
                report(
                    Reason.OVERLAY_QUEUE_FAILED,
                    "overlay_uses_lost",
                    self._metrics,
                    detail=str(error),
                )

    def _refused(self, id: str, reason: Reason, **fields: str) -> Overlay:
        report(reason, "overlay_not_promised", self._metrics, overlay=id, **fields)
        return Overlay(reason=reason)

    def _report(self, reason: Reason, id: str, **fields: str) -> None:
        report(reason, "overlay_replaced_by_original", self._metrics, overlay=id, **fields)
