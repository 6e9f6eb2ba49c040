"""What of a channel outlives its process, in the store.

Two records: what is recent is written at every refresh, and stays small however long the channel
runs; the breaks before that, which sessions count in their numbers (rule A-12) and which no longer
change, are written when there is another one.
"""

from dataclasses import replace
from decimal import Decimal

import orjson

from manifests.break_log import BreakLog
from manifests.errors import ManifestError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.channel_state import read_state, write_state
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import Store, StoreError

RECENT_S = Decimal(1800)


class ChannelMemory:
    """The memory of one channel."""

    def __init__(self, key: str, store: Store, metrics: Metrics) -> None:
        """Make the memory that is kept under `key`."""
        self._key = key
        self._store = store
        self._metrics = metrics
        self._archived: str | None = None  # the last break that is in the record of older ones

    async def restored(self, reference: str, rules: ChannelRules) -> Channel:
        """The channel as it was last kept, without its windows; an empty one if it never was."""
        try:
            recent = await self._read(self._key, reference, rules)
            older = await self._read(_past(self._key), reference, rules)
        except (StoreError, ManifestError, orjson.JSONDecodeError) as error:
            report(Reason.STORE_FAILED, "channel_not_restored", self._metrics, detail=str(error))
            recent = older = None
        if recent is None or older is None:
            return recent or Channel(reference=reference, rules=rules)
        known = {one.id for one in recent.log.breaks}
        breaks = tuple(one for one in older.log.breaks if one.id not in known)
        return replace(
            recent,
            log=BreakLog(breaks + recent.log.breaks, older.log.forgotten),
            shadows={**older.shadows, **recent.shadows},
        )

    async def keep(self, channel: Channel) -> None:
        """Write down what has changed."""
        recent = channel
        if channel.seen_edge is not None:
            recent = channel.forget_before(channel.seen_edge - RECENT_S)
        known = {one.id for one in recent.log.breaks}
        older = [one.id for one in channel.log.breaks if one.id not in known]
        try:
            if older and older[-1] != self._archived:
                await self._write(_past(self._key), channel)
                self._archived = older[-1]
            await self._write(self._key, recent)
        except StoreError as error:
            report(Reason.STORE_FAILED, "channel_not_kept", self._metrics, detail=str(error))

    async def _read(self, key: str, reference: str, rules: ChannelRules) -> Channel | None:
        state = await self._store.get_channel(key)
        if state is None:
            return None
        return read_state(orjson.loads(state), reference=reference, rules=rules)

    async def _write(self, key: str, channel: Channel) -> None:
        await self._store.put_channel(key, orjson.dumps(write_state(channel)))


def _past(key: str) -> str:
    return f"past of {key}"
