"""The sender: claims what is due and calls its servers, behind everybody's back (E-09)."""

from dataclasses import dataclass
from datetime import timedelta
from math import inf

import anyio
from anyio.abc import TaskGroup

from packager.beacons.hosts import Hosts
from packager.beacons.ledger import Ledger
from packager.beacons.outbox import Outbox
from packager.beacons.rows import Claim
from packager.beacons.verdicts import UNKNOWN, Verdict, judge
from packager.clock import Clock
from packager.log import report
from packager.metrics import Metrics
from packager.outbound import PUBLIC, GuardedClient, OutboundError
from packager.reasons import Reason
from packager.stores import StoreError

KEY_HEADER = "X-Weft-Idempotency-Key"
_LOOK_S = 0.2  # between two looks for what is due again, or was owed in another process
_TEND_S = 5.0
_BROKEN_S = 1.0  # between two tries of a file that takes nothing
_LEAVE_S = 2.0  # for calls on their way when the sender is told to stop


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderSettings:
    """How many calls there may be at a time."""

    total: int = 64
    per_host: int = 8


async def run_sender(
    outbox: Outbox,
    *,
    client: GuardedClient,
    clock: Clock,
    metrics: Metrics,
    settings: SenderSettings | None = None,
) -> None:
    """Send what is owed until cancelled; calls on their way then have two seconds to end.

    Several processes may do so with one file; `settings` are for each of them.
    """
    await _Sender(outbox, client, clock, metrics, settings or SenderSettings()).run()


class _Sender:
    def __init__(
        self,
        outbox: Outbox,
        client: GuardedClient,
        clock: Clock,
        metrics: Metrics,
        settings: SenderSettings,
    ) -> None:
        self._outbox = outbox
        self._client = client
        self._clock = clock
        self._metrics = metrics
        self._hosts = Hosts(clock, total=settings.total, per_host=settings.per_host)
        self._calls: set[anyio.CancelScope] = set()
        self._stopping = False
        self._news = anyio.Event()  # there may be something to claim
        outbox.on_owed(lambda: self._news.set())

    async def run(self) -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._tend)
            try:
                await self._claim(tasks)
            finally:
                self._stopping = True
                for call in self._calls:
                    call.deadline = anyio.current_time() + _LEAVE_S

    async def _claim(self, tasks: TaskGroup) -> None:
        while True:
            self._news = anyio.Event()
            room = self._hosts.room()
            try:
                # Shielded: what is claimed is sent, or it would count as unknown.
                with anyio.CancelScope(shield=True):
                    claims = await self._outbox.claim(room) if room.total > 0 else []
                    for one in claims:
                        self._hosts.begin(one.host)
                        tasks.start_soon(self._send, one)
            except StoreError as error:
                self._broken(error)
                await anyio.sleep(_BROKEN_S)
                continue
            if not claims:
                with anyio.move_on_after(_LOOK_S):
                    await self._news.wait()

    async def _send(self, one: Claim) -> None:
        # A call that has begun ends by itself, within the client's limits, or shortly after the
        # sender was told to stop; whatever it came to is kept.
        with anyio.CancelScope(shield=True):
            verdict = UNKNOWN
            leave_at = anyio.current_time() + _LEAVE_S if self._stopping else inf
            with anyio.CancelScope(deadline=leave_at) as call:
                self._calls.add(call)
                verdict = await self._call(one)
            self._calls.discard(call)
            await self._settle(one, verdict)
            self._hosts.end(one.host, failed=verdict.host_failed)
            self._news.set()

    async def _call(self, one: Claim) -> Verdict:
        headers = {**one.headers, KEY_HEADER: one.key.hex()}
        try:
            await self._client.ping(one.url, policy=PUBLIC, headers=headers)
        except OutboundError as error:
            return judge(error)
        except Exception as error:  # whatever it was, the others are still to be sent
            report(Reason.INTERNAL_ERROR, "beacon_failed", self._metrics, exc_info=error)
            return UNKNOWN
        return judge(None)

    async def _settle(self, one: Claim, verdict: Verdict) -> None:
        """Keep an outcome, as soon as the file takes it; until then its place is not free."""
        while True:
            try:
                await self._outbox.settle(one, verdict)
            except StoreError as error:
                self._broken(error)
                if self._stopping:
                    return
                await anyio.sleep(_BROKEN_S)
            else:
                return

    async def _tend(self) -> None:
        while True:
            try:
                await self._outbox.tend()
                self._measure(await self._outbox.ledger())
            except StoreError as error:
                self._broken(error)
            await anyio.sleep(_TEND_S)

    def _measure(self, ledger: Ledger) -> None:
        for entry in ledger.entries:
            self._metrics.beacons(entry.event, entry.side, entry.reason, entry.beacons)
        oldest_at = ledger.oldest_owed_at
        waits = timedelta() if oldest_at is None else self._clock.now() - oldest_at
        self._metrics.beacon_oldest(waits.total_seconds())

    def _broken(self, error: StoreError) -> None:
        report(error.reason, "outbox_failed", self._metrics, detail=str(error))
