"""A feed that is told to Weft: one process gets the value, and all have it a second later.

The value goes through the store, so that every process on it has the same values with the same
instants, also after a restart.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import orjson

from packager.clock import Clock
from packager.config.fact_settings import Fact
from packager.config.feed_settings import PushedFeed
from packager.facts.values import text_of_json, write_value
from packager.feeds.history import History
from packager.log import report
from packager.metrics import Metrics
from packager.stores import Store, StoreError

LOOK_S = 1.0  # from one look at the store to the next
PAUSE_S = 10.0  # after a failure of the store
_VERSION = 1


class Pushed:
    """What is told of one feed."""

    def __init__(
        self,
        show: str,
        fact: Fact,
        feed: PushedFeed,
        history: History,
        *,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Know nothing yet.

        Args:
            show: Name of the show.
            fact: Whose feed it is.
            feed: How its documents are read.
            history: Is told of values.
            store: Carries values to other processes.
            clock: Says the time.
            metrics: Is told of failures.
            sleep: Waits so many seconds.
        """
        self.feed = feed
        self._key = f"feed of {show}/{fact.name}"
        self._fact = fact
        self._history = history
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._sleep = sleep
        self._seen = b""

    async def push(self, body: bytes) -> None:
        """Take a document in.

        Raises:
            ValueError: It has no value that the fact can have.
            StoreError: The store failed; the value may or may not be known.
        """
        value = self._fact.read(text_of_json(self.feed.value_in(body), self._fact.kind))
        now = self._clock.now()
        state = orjson.dumps([_VERSION, write_value(value), now.isoformat()])
        await self._store.put_channel(self._key, state)
        self._take(state)

    async def run(self) -> None:
        """Look for what other processes were told, for ever."""
        while True:
            await self._sleep(await self.once())

    async def once(self) -> float:
        """Look once; give the seconds to wait before the next time."""
        try:
            state = await self._store.get_channel(self._key)
        except StoreError as error:
            report(error.reason, "feed_not_shared", self._metrics, detail=str(error))
            return PAUSE_S
        if state is not None:
            self._take(state)
        return LOOK_S

    def _take(self, state: bytes) -> None:
        if state == self._seen:
            return
        self._seen = state
        try:
            version, text, at = orjson.loads(state)
            if version == _VERSION:
                self._history.tell(self._fact.read(text), datetime.fromisoformat(at))
        except (ValueError, TypeError):
            return  # of another release, or from before the fact was configured otherwise
