"""Ladders that were found, kept in the store.

Another look, at other segments, might find another bit rate, and what was packaged for the first
ladder would not fit the second one.
"""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import orjson

from packager.clock import Clock
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import Store, StoreError

VERSION = 2
KEPT_S = 24 * 3600  # then the origin is looked at again: it may encode otherwise by now

L = TypeVar("L")


class LadderMemory(Generic[L]):
    """Ladders of one kind, by the presentation that they are of."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        *,
        write: Callable[[L], Any],
        read: Callable[[Any], L],
    ) -> None:
        """Keep ladders in a store, as JSON values that `read` makes ladders of again."""
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._write = write
        self._read = read

    async def get(self, key: str, digest: str) -> L | None:
        """A ladder that is still good.

        Args:
            key: Names the presentation.
            digest: Of what the ladder follows from.
        """
        try:
            stored = await self._store.get_channel(_key(key))
            if stored is None:
                return None
            state = orjson.loads(stored)
            young = self._clock.now().timestamp() - state["at"] < KEPT_S
            if state["version"] != VERSION or state["digest"] != digest or not young:
                return None
            return self._read(state["ladder"])
        except (StoreError, ValueError, LookupError, TypeError) as error:
            report(Reason.STORE_FAILED, "ladder_not_restored", self._metrics, detail=repr(error))
            return None

    async def keep(self, key: str, digest: str, ladder: L) -> None:
        """Write a ladder down."""
        state = {
            "version": VERSION,
            "at": int(self._clock.now().timestamp()),
            "digest": digest,
            "ladder": self._write(ladder),
        }
        try:
            await self._store.put_channel(_key(key), orjson.dumps(state))
        except StoreError as error:
            report(Reason.STORE_FAILED, "ladder_not_kept", self._metrics, detail=str(error))


def _key(key: str) -> str:
    return f"ladder of {key}"
