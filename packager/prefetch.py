"""Pods for breaks that nobody announces: asked for beforehand, for whichever break comes next.

A session has one pod at a time, in the process that asked for it. The first break that plays an ad
of it uses it up, with the length that it has then (D-50 to D-57), and that decision is stored like
any other. A pod that finds no break is given up after a time, and another one is asked for. Nobody
is told of ads that never played.
"""

from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from manifests.breaks import AdBreak
from packager.clock import Clock, unix_seconds
from packager.config.ad_settings import Prefetch as Settings
from packager.decisions.offers import Decided
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight

SESSIONS = 65_536  # that have a pod, in one process
AT_A_TIME = 32_768  # most of them wait for their moment
LEAST_S = 30.0  # from one call for a session to the next, however short ads may be kept
GRACE_S = 60.0  # after a pod's time; a session that was not seen by then has ended

_ZERO = Decimal(0)

# Asks who decides what a break could play, at a moment within so many seconds.
Asking = Coroutine[Any, Any, Decided]
Ask = Callable[[AdBreak, float], Asking]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pod:
    """What an ad server said before there was a break."""

    decided: Decided
    asked_at: Decimal  # POSIX seconds
    until: float  # monotonic seconds; later it is not used
    again_at: float  # monotonic seconds; then another one is asked for


class _Asked:
    """What was asked for last for one session."""

    __slots__ = ("forgotten_at", "is_used", "number", "pod")

    def __init__(self, number: int, forgotten_at: float) -> None:
        self.number = number  # counted for the session from 1
        self.forgotten_at = forgotten_at  # monotonic seconds
        self.pod: Pod | None = None  # not there yet, or a break is being decided with it
        self.is_used = False


class Prefetch:
    """What the sessions of a process have asked for and not used yet."""

    def __init__(self, clock: Clock, metrics: Metrics) -> None:
        """Ask for nothing yet.

        Args:
            clock: Says what is past.
            metrics: Is told what becomes of pods.
        """
        self._clock = clock
        self._metrics = metrics
        self._flights: SingleFlight[None] = SingleFlight(limit=AT_A_TIME)
        self._asked: OrderedDict[str, _Asked] = OrderedDict()  # by session id, asked last last

    def __contains__(self, sid: str) -> bool:
        """Whether a session has ads for a break that comes now."""
        asked = self._asked.get(sid)
        return asked is not None and self._is_good(asked.pod)

    async def aclose(self) -> None:
        """End what is being asked for."""
        await self._flights.aclose()
        while self._asked:
            self._forget_first()

    def begin(self, sid: str, settings: Settings, ask: Ask) -> None:
        """Ask for a pod, unless the session has one or waits for one."""
        now = self._clock.monotonic()
        asked = self._asked.get(sid)
        if asked is not None and not asked.is_used:
            if asked.pod is None or now < asked.pod.again_at:
                return
            if asked.pod.decided.offers:
                self._metrics.prefetched("expired")
                report(Reason.PREFETCH_EXPIRED, "pod_expired", self._metrics, session_id=sid)
        self._make_room(now)
        number = 1 if asked is None else asked.number + 1
        length = AdBreak(
            id=f"prefetch-{number}", start=_ZERO, out_at=_ZERO, planned_end=settings.seconds
        )
        asking = ask(length, float(settings.spread_s))
        latest = _Asked(number, now + settings.spread_s + settings.keep_s + GRACE_S)
        try:
            self._flights.start(sid, lambda: self._fetch(latest, settings, asking))
        except FlightError:
            asking.close()
            return  # breaks are asked for when they come
        self._asked[sid] = latest
        self._asked.move_to_end(sid)

    def taken(self, sid: str) -> Pod | None:
        """The session's pod, for one break to be tried with it.

        `used`, `put_back` or `drop` follows. One that is still being asked for is not waited for:
        its moment may be far away.
        """
        asked = self._asked.get(sid)
        if asked is None or not self._is_good(asked.pod):
            return None
        pod, asked.pod = asked.pod, None
        return pod

    def used(self, sid: str) -> None:
        """A break plays ads of the session's pod."""
        self._metrics.prefetched("used")
        self.drop(sid)

    def drop(self, sid: str) -> None:
        """The session's pod is not to be used any more; another one is asked for."""
        if (asked := self._asked.get(sid)) is not None:
            asked.is_used = True

    def put_back(self, sid: str, pod: Pod) -> None:
        """A break plays nothing of it, or was decided in another process: it is for the next."""
        if (asked := self._asked.get(sid)) is not None:
            asked.pod = pod

    def _is_good(self, pod: Pod | None) -> bool:
        if pod is None or not pod.decided.offers:
            return False  # a server that had nothing, or failed, is asked again in time
        return self._clock.monotonic() < pod.until

    async def _fetch(self, asked: _Asked, settings: Settings, asking: Asking) -> None:
        try:
            decided = await asking
        except Exception as error:  # P1: it is as if there were no such setting
            report(Reason.INTERNAL_ERROR, "prefetch_failed", self._metrics, exc_info=error)
            decided = Decided()
        now = self._clock.monotonic()
        kept_s = [offer.ad.expires_s for offer in decided.offers if offer.ad.expires_s is not None]
        until = now + min([settings.keep_s, *kept_s])  # D-12
        asked.pod = Pod(
            decided=decided,
            asked_at=unix_seconds(self._clock.now()),
            until=until,
            again_at=max(until, now + LEAST_S),
        )

    def _make_room(self, now: float) -> None:
        """Let go of sessions that were not seen again, and of the longest known if need be."""
        while self._asked:
            first = next(iter(self._asked.values()))
            if len(self._asked) < SESSIONS and now < first.forgotten_at:
                return
            self._forget_first()

    def _forget_first(self) -> None:
        sid, asked = self._asked.popitem(last=False)
        if not asked.is_used and asked.pod is not None and asked.pod.decided.offers:
            self._metrics.prefetched("unused")
            report(Reason.PREFETCH_UNUSED, "pod_unused", self._metrics, session_id=sid)
