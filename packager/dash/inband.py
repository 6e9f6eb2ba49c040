"""In-band cues: the heads of an MPD's segments are looked at for what they tell of breaks (B-52).

Only where the MPD says that one of its Representations has SCTE 35 in its segments and does not
have the events itself. A refresh waits a moment for the segments that are new, so that a break may
begin with the very segment that tells it; whatever takes longer counts from a later refresh on.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from contextlib import suppress
from decimal import Decimal
from itertools import islice
from typing import Any

import anyio

from manifests.breaks import Cue
from manifests.cues.rules import CueRules
from manifests.dash.cues.segment_heads import first_heads, latest_heads, told_by
from manifests.dash.cues.told_cues import ToldCues
from manifests.dash.model import Mpd
from manifests.dash.segments import MediaSegment
from manifests.errors import ManifestError
from packager.log import report
from packager.metrics import Metrics
from packager.outbound import GuardedClient, Limits, OutboundError, Policy
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight

HEAD_BYTES = 32 * 1024
# A server that takes no notice of Range sends the whole segment.
HEAD_LIMITS = Limits(connect_s=1.0, read_s=1.0, total_s=2.0, max_bytes=2 * 1024 * 1024)
IN_FLIGHT = 64  # heads that a process fetches at a time
AT_ONCE = 4  # heads of one presentation
LATEST = 32  # segments of a live presentation that may wait for a look; the older are left out
FIRST = 2000  # segments of a static one; the later are left out
PATIENCE_S, STATIC_PATIENCE_S = 0.15, 2.0  # of a refresh; players ask for a static MPD only once
RETRY_S = 0.5  # an origin may list a segment a moment before it has it
FAILURES = 8  # in a row; then what still waits is left out


class SegmentHeads:
    """Fetches heads of segments, for all presentations of a process."""

    def __init__(self, client: GuardedClient) -> None:
        """Fetch nothing yet; the client stays the caller's."""
        self._client = client
        self._flights: SingleFlight[None] = SingleFlight(limit=IN_FLIGHT)

    async def fetch(self, head: MediaSegment) -> bytes:
        """The first bytes of a segment.

        Raises:
            OutboundError: They cannot be had.
            ManifestError: The segment has no URL.
        """
        headers = {"Range": f"bytes=0-{HEAD_BYTES - 1}", "Accept-Encoding": "identity"}
        # Segments may be anywhere: an origin's MPD names the hosts of its CDN.
        fetched = await self._client.fetch(
            head.url(), policy=Policy(), limits=HEAD_LIMITS, headers=headers
        )
        return fetched.body[:HEAD_BYTES]

    async def work(
        self, workers: list[Hashable], work: Callable[[], Coroutine[Any, Any, None]], wait_s: float
    ) -> None:
        """Have workers work that do not already, and wait for all of them, at most so long."""
        tasks = []
        with suppress(FlightError):  # too many work: what they leave waits for the next refresh
            for worker in workers:
                tasks.append(self._flights.start(worker, work))
        if tasks and wait_s:
            await asyncio.wait(tasks, timeout=wait_s)

    async def aclose(self) -> None:
        """End what is being fetched."""
        await self._flights.aclose()


class InbandCues:
    """What the segments of one presentation tell."""

    def __init__(
        self,
        key: str,
        rules: CueRules,
        *,
        heads: SegmentHeads,
        metrics: Metrics,
        on_news: Callable[[], None],
    ) -> None:
        """Know nothing yet.

        Args:
            key: Names the presentation to operators.
            rules: Which signals count.
            heads: Fetches.
            metrics: Is told of degradations.
            on_news: Is called when a segment told something.
        """
        self._key = key
        self._rules = rules
        self._heads = heads
        self._metrics = metrics
        self._on_news = on_news
        self._mpd: Mpd | None = None
        self._told = ToldCues()
        self._cues: tuple[Cue, ...] | None = ()  # in `_told`; None: not gathered yet
        self._waiting: deque[MediaSegment] = deque()  # in the order in which they are looked at
        self._looked_until: Decimal | None = None  # no later segment was listed before
        self._failures = 0  # in a row

    @property
    def cues(self) -> tuple[Cue, ...]:
        """All that still matter, in the order in which they were told."""
        if self._cues is None:
            self._cues = self._told.cues()
        return self._cues

    async def look(self, mpd: Mpd, *, now: Decimal, since: Decimal | None) -> tuple[Cue, ...]:
        """Look at the segments that are new in an MPD, and give the cues that are known then.

        Args:
            mpd: The origin's latest.
            now: Seconds since 1970.
            since: Where the window starts, on the content clock; what lies before it is forgotten.
        """
        try:
            is_news = self._take_in(mpd, now)
        except ManifestError as error:
            self._report("segments_not_placed", detail=str(error))
            return self.cues
        if mpd.is_dynamic and since is not None:
            self._keep(self._told.forget_before(since))
        if self._waiting:
            patience_s = PATIENCE_S if mpd.is_dynamic else STATIC_PATIENCE_S
            workers: list[Hashable] = [(self, number) for number in range(AT_ONCE)]
            await self._heads.work(workers, self._work, patience_s if is_news else 0.0)
            if is_news and self._waiting and not mpd.is_dynamic:
                self._report("inband_cues_late", segments=len(self._waiting))
        return self.cues

    def _take_in(self, mpd: Mpd, now: Decimal) -> bool:
        """Line up the segments that were not looked at; whether there are new ones."""
        known = self._mpd
        self._mpd = mpd
        if known is mpd and not mpd.is_dynamic:
            return False
        if known is None or not _goes_on(known, mpd):
            self._keep(ToldCues())
            self._waiting.clear()
            self._looked_until = None
        if mpd.is_dynamic:  # what is further back was there before anybody watched
            most, heads = LATEST, list(islice(latest_heads(mpd, now=now), LATEST))
        else:
            most, heads = FIRST, list(islice(first_heads(mpd), FIRST + 1))
        until = self._looked_until
        new = {head.start for head in heads if until is None or head.start > until}
        # Those that wait are taken from this MPD, so that no older one is kept for them.
        wanted = new | {head.start for head in self._waiting}
        waiting = [head for head in heads[:most] if head.start in wanted]
        if len(waiting) < len(wanted):
            self._report("segments_left_out", waiting=len(waiting))
        self._waiting = deque(waiting)
        self._looked_until = max(new, default=until)
        return bool(new)

    async def _work(self) -> None:
        while self._waiting:
            head, mpd = self._waiting.popleft(), self._mpd
            try:
                cues = told_by(head, await self._fetched(head), self._rules)
            except Exception as error:  # a stranger's bytes must not end the looking
                self._failed(error)
                continue
            self._failures = 0
            if cues and mpd is not None and self._mpd is not None and _goes_on(mpd, self._mpd):
                self._keep(self._told.tell(head.start, cues))
                self._on_news()

    async def _fetched(self, head: MediaSegment) -> bytes:
        try:
            return await self._heads.fetch(head)
        except OutboundError:
            await anyio.sleep(RETRY_S)
            return await self._heads.fetch(head)

    def _failed(self, error: Exception) -> None:
        left_out = 1
        self._failures += 1
        if self._failures >= FAILURES:
            left_out += len(self._waiting)
            self._waiting.clear()
            self._failures = 0
        detail = f"{type(error).__name__}: {error}"
        self._report("segments_not_looked_at", segments=left_out, detail=detail)

    def _keep(self, told: ToldCues) -> None:
        if told is not self._told:
            self._told = told
            self._cues = None

    def _report(self, event: str, **fields: object) -> None:
        report(Reason.INBAND_CUES_UNREAD, event, self._metrics, channel=self._key, **fields)


def _goes_on(known: Mpd, mpd: Mpd) -> bool:
    """Whether two MPDs have one content clock."""
    return (known.is_dynamic, known.availability_start) == (mpd.is_dynamic, mpd.availability_start)
