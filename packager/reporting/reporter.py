"""From requests for segments to beacons that are owed (rules E-02 to E-06, E-08, E-11).

Handlers only say what was asked for. One task per process works out what that proves, waits for
moments whose time has not come, and owes what is due to the outbox: never in the path of a request.
"""

import asyncio
import heapq
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import count

from cachetools import LRUCache

from packager.beacons import NO_AD, Beacon
from packager.clock import Clock
from packager.decisions.ads import Ad
from packager.decisions.beacon_macros import beacon_macros
from packager.decisions.macros import MacroValue, expand_macros
from packager.log import report
from packager.metrics import Metrics
from packager.pods import Pods
from packager.reasons import Reason
from packager.reporting.evidence import Seen
from packager.reporting.places import Position
from packager.tracking.events import (
    BREAK_END,
    BREAK_START,
    AdEvent,
    break_events,
    events_of,
    showing_events,
)

QUEUE = 16_384  # requests that were not looked at yet
WATCHED = 65_536  # ads that are being watched, in one process
ROUND = 512  # requests looked at before what they prove is owed
RETRY_S = 1.0  # after which the store is asked again
_NOBODYS = Ad(id="")  # of which nothing is known, so nothing is told
_EDGE_S = Decimal("0.001")  # two clocks' worth of rounding, where segments meet


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A segment of an ad that a session's player asked for."""

    sid: str
    break_id: str
    index: int  # of the ad in the break's pod, or among what is drawn in it
    position: Position
    ends: tuple[Decimal, ...] = field(repr=False)  # of the ad's segments, seconds from its start
    at: float  # monotonic seconds
    buffered_s: float = 0.0
    drawn: bool = False  # the ad is drawn into the content
    # What ad servers may know of the viewer, as in the ad call (E-01).
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    macros: Mapping[str, MacroValue] = field(default_factory=dict, repr=False)


class _Watch:
    """One ad of one session, while it is being watched."""

    __slots__ = ("ad", "events", "owed", "request", "seen", "waits_until")

    def __init__(self, request: Request) -> None:
        self.request = request  # the first one
        self.seen = Seen()
        self.ad: Ad | None = None  # not loaded yet
        self.events: tuple[AdEvent, ...] = ()  # that a server may fire, in order
        self.owed = 0  # so many of them
        self.waits_until: float | None = None

    def next_due(self) -> float | None:
        """When the next event is due; None: nothing proves that it is."""
        if self.owed >= len(self.events):
            return None
        offset = self.events[self.owed].offset_s or Decimal(0)
        ends = self.request.ends
        segment = next((n for n, end in enumerate(ends) if end + _EDGE_S >= offset), len(ends) - 1)
        return self.seen.due_at(float(offset), segment)


# Keeps beacons; returns when they are on the disk.
Owe = Callable[[Iterable[Beacon]], Awaitable[object]]


class Reporter:
    """Watches the ads of a process's sessions."""

    def __init__(
        self,
        *,
        pods: Pods,
        owe: Owe,
        session_digest: Callable[[str], str],
        clock: Clock,
        metrics: Metrics,
        expire_s: int = 86_400,
    ) -> None:
        """Watch nothing yet.

        Args:
            pods: What ad servers said.
            owe: The outbox's.
            session_digest: What ad servers are told of a session's id.
            clock: Says the time.
            metrics: Is told of degradations.
            expire_s: For how long beacons are tried.
        """
        self._pods = pods
        self._owe = owe
        self._session_digest = session_digest
        self._clock = clock
        self._metrics = metrics
        self._expire = timedelta(seconds=expire_s)
        self._requests: asyncio.Queue[Request] = asyncio.Queue(QUEUE)
        self._watches: LRUCache[tuple[str, str, int], _Watch] = LRUCache(WATCHED)
        self._waiting: list[tuple[float, int, _Watch]] = []  # a heap, by when they are due
        self._numbers = count()

    @property
    def waits(self) -> bool:
        """Whether there is a moment to wait for, or a request to look at."""
        return bool(self._waiting) or not self._requests.empty()

    def saw(self, request: Request) -> None:
        """Take note of a request; costs no more than that."""
        try:
            self._requests.put_nowait(request)
        except asyncio.QueueFull:
            report(Reason.EVIDENCE_DROPPED, "evidence_dropped", self._metrics)

    async def run(self) -> None:
        """Work until cancelled; then owe what players have fetched and will play in a moment."""
        try:
            while True:
                await self.step()
        finally:
            await asyncio.shield(self._owe_until(float("inf")))

    async def step(self) -> None:
        """Look at what was asked for, or wait for it or for the next moment; owe what is due."""
        for request in await self._taken():
            key = (request.sid, request.break_id, request.index)
            watch: _Watch | None = self._watches.get(key)
            if watch is None:
                watch = self._watches[key] = _Watch(request)
            watch.seen = watch.seen.with_request(
                request.position, now=request.at, buffered_s=request.buffered_s
            )
            if watch.ad is None and watch.waits_until is None:
                await self._load(watch)
            self._wait(watch, watch.next_due())
        await self._owe_until(self._clock.monotonic())

    async def _taken(self) -> Sequence[Request]:
        """Requests, as many as there are; none where a moment has come meanwhile."""
        wait_s: float | None = None
        if self._waiting:
            wait_s = max(self._waiting[0][0] - self._clock.monotonic(), 0.0)
        try:
            async with asyncio.timeout(wait_s):
                found = [await self._requests.get()]
        except TimeoutError:
            return ()
        while len(found) < ROUND and not self._requests.empty():
            found.append(self._requests.get_nowait())
        return found

    async def _load(self, watch: _Watch) -> None:
        """Find out what is to be told of an ad; where that fails, again in a moment."""
        request = watch.request
        pod = await self._pods.of(request.sid, request.break_id)
        if pod is None:
            self._wait(watch, self._clock.monotonic() + RETRY_S)
            return
        index, duration = request.index, request.ends[-1]
        ads = pod.overlays if request.drawn else pod.ads
        watch.ad = (ads[index] if index < len(ads) else None) or _NOBODYS
        if request.drawn:
            watch.events = showing_events(watch.ad)
            return
        own = [one for one in events_of(watch.ad, duration) if one.server]
        before, after = break_events(pod.tracking, pod.ads, index, duration)
        watch.events = (*before, *own, *after)

    def _wait(self, watch: _Watch, until: float | None) -> None:
        if until is not None and watch.waits_until is None:
            watch.waits_until = until
            heapq.heappush(self._waiting, (until, next(self._numbers), watch))

    async def _owe_until(self, now: float) -> None:
        """Owe what is due by then, each event once and in order (E-02)."""
        beacons: list[Beacon] = []
        while self._waiting and self._waiting[0][0] <= now:
            watch = heapq.heappop(self._waiting)[2]
            watch.waits_until = None
            if watch.ad is None:
                await self._load(watch)
            while (due := watch.next_due()) is not None and due <= now:
                beacons += self._beacons(watch, watch.events[watch.owed])
                watch.owed += 1
            self._wait(watch, due)
            if watch.ad is None and now == float("inf"):
                break  # the store does not come back any more
        if beacons:
            await self._owe(beacons)

    def _beacons(self, watch: _Watch, event: AdEvent) -> Iterator[Beacon]:
        request, now, ad = watch.request, self._clock.now(), watch.ad or _NOBODYS
        for url in event.urls:
            macros = beacon_macros(
                ad,
                index=request.index,
                now=now,
                seed=f"{request.sid} {request.break_id} {request.index} {event.key} {url}",
                base=request.macros,
                ad_playhead=event.offset_s,
            )
            yield Beacon(
                session=self._session_digest(request.sid),
                break_id=request.break_id,
                ad=NO_AD if event.event in (BREAK_START, BREAK_END) else request.index,
                event=event.key,
                template=url,
                url=expand_macros(url, macros),
                owed_at=now,
                expires_at=now + self._expire,
                headers=request.headers,
            )
