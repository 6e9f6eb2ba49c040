"""Ladders that were found, kept in the store.

Another look, at other segments, might find another bit rate, and what was packaged for the first
ladder would not fit the second one.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from packager.clock import Clock
from packager.log import report
from packager.metrics import Metrics
from packager.packaging.ladder import Ladder, Rung, Unmatched, rung_from_json, rung_to_json
from packager.reasons import Reason
from packager.stores import Store, StoreError

VERSION = 1
KEPT_S = 24 * 3600  # then the origin is looked at again: it may encode otherwise by now


class LadderMemory:
    """Ladders by the presentation that they are of."""

    def __init__(self, store: Store, clock: Clock, metrics: Metrics) -> None:
        """Keep ladders in a store."""
        self._store = store
        self._clock = clock
        self._metrics = metrics

    async def get(self, key: str, digest: str, count: int) -> Ladder | None:
        """A ladder that is still good.

        Args:
            key: Names the presentation.
            digest: Of what the ladder follows from.
            count: Of its entries.
        """
        try:
            state = await self._store.get_channel(_key(key))
            return None if state is None else self._read(orjson.loads(state), digest, count)
        except (StoreError, ValueError, KeyError, TypeError) as error:
            report(Reason.STORE_FAILED, "ladder_not_restored", self._metrics, detail=repr(error))
            return None

    async def keep(self, key: str, digest: str, ladder: Ladder) -> None:
        """Write a ladder down."""
        state = {
            "version": VERSION,
            "at": int(self._clock.now().timestamp()),
            "digest": digest,
            "entries": [
                rung_to_json(entry) if isinstance(entry, Rung) else entry.reason
                for entry in ladder.entries
            ],
        }
        try:
            await self._store.put_channel(_key(key), orjson.dumps(state))
        except StoreError as error:
            report(Reason.STORE_FAILED, "ladder_not_kept", self._metrics, detail=str(error))

    def _read(self, state: Mapping[str, Any], digest: str, count: int) -> Ladder | None:
        young = self._clock.now().timestamp() - state["at"] < KEPT_S
        entries = state["entries"]
        if state["version"] != VERSION or state["digest"] != digest or not young:
            return None
        if len(entries) != count:
            raise ValueError(f"{len(entries)} rungs for {count} playlists")
        return Ladder(
            tuple(
                Unmatched(entry) if isinstance(entry, str) else rung_from_json(entry)
                for entry in entries
            )
        )


def _key(key: str) -> str:
    return f"ladder of {key}"
