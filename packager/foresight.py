"""Breaks that are announced: what they could play is asked for before anybody waits for it.

The answer is kept until the break's place is listed; only then are the sums done, which depend on
where exactly viewers leave (D-50). A process that ends forgets: the break is then asked for again.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from cachetools import LRUCache

from packager.decisions.offers import Decided
from packager.single_flight import FlightError, SingleFlight

ASKED = 65_536  # breaks of sessions, in one process
AT_A_TIME = 32_768  # most of them wait for their moment

Key = tuple[str, str]  # session id, break id


class Foresight:
    """What was asked for ahead, by all sessions of a process."""

    def __init__(self) -> None:
        """Foresee nothing yet."""
        self._flights: SingleFlight[Decided] = SingleFlight(limit=AT_A_TIME)
        self._asked: LRUCache[Key, asyncio.Task[Decided]] = LRUCache(ASKED)

    async def aclose(self) -> None:
        """End what is being asked for."""
        await self._flights.aclose()

    def begin(self, key: Key, ask: Callable[[], Coroutine[Any, Any, Decided]]) -> None:
        """Ask for a break of a session, once."""
        if key in self._asked:
            return
        try:
            self._asked[key] = self._flights.start(key, ask)
        except FlightError:
            return  # it is asked for in time, as if it had not been announced

    async def taken(self, key: Key) -> Decided | None:
        """The answer, when it is there; None: it was not asked for ahead, or in vain."""
        task: asyncio.Task[Decided] | None = self._asked.pop(key, None)
        if task is None:
            return None
        try:
            return await self._flights.wait(task)
        except FlightError:
            return None
