"""Breaks that are announced: what they could play is asked for before anybody waits for it.

The answer is kept until the break's place is listed; only then are the sums done, which depend on
where exactly viewers leave (D-50). A process that ends forgets: the break is then asked for again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from cachetools import TLRUCache

from packager.clock import Clock
from packager.decisions.offers import Decided
from packager.single_flight import FlightError, SingleFlight

ASKED = 65_536  # breaks of sessions, in one process
AT_A_TIME = 32_768  # most of them wait for their moment
LATE_S = 60.0  # that a break may come after its time; viewers that left never come for theirs

Key = tuple[str, str]  # session id, break id


@dataclass(frozen=True, slots=True)
class _Asked:
    until: float  # monotonic seconds
    task: "asyncio.Task[Decided] | None"  # None: the answer was taken, and is not used twice


class Foresight:
    """What was asked for ahead, by all sessions of a process."""

    def __init__(self, clock: Clock) -> None:
        """Foresee nothing yet; `clock` says what is past."""
        self._clock = clock
        self._flights: SingleFlight[Decided] = SingleFlight(limit=AT_A_TIME)
        self._asked: TLRUCache[Key, _Asked] = TLRUCache(
            ASKED, ttu=lambda key, asked, now: asked.until, timer=clock.monotonic
        )

    def __contains__(self, key: Key) -> bool:
        return key in self._asked

    async def aclose(self) -> None:
        """End what is being asked for."""
        await self._flights.aclose()

    def begin(
        self, key: Key, ask: Callable[[], Coroutine[Any, Any, Decided]], *, ahead_s: float
    ) -> None:
        """Ask for a break of a session that begins in `ahead_s` seconds, once."""
        if key in self:
            return
        until = self._clock.monotonic() + max(ahead_s, 0.0) + LATE_S
        try:
            self._asked[key] = _Asked(until, self._flights.start(key, ask))
        except FlightError:
            return  # it is asked for in time, as if it had not been announced

    async def taken(self, key: Key) -> Decided | None:
        """The answer, when it is there; None: it was not asked for ahead, or in vain."""
        asked: _Asked | None = self._asked.get(key)
        if asked is None or asked.task is None:
            return None
        self._asked[key] = _Asked(asked.until, None)
        try:
            return await self._flights.wait(asked.task)
        except FlightError:
            return None
