"""What of a channel outlives its process, in the store.

Two records: what is recent is written at every refresh, and stays small however long the channel
runs; the breaks before that, which sessions count in their numbers (rule A-12) or find in the names
of Periods (rule B-34) and which no longer change, are written when there is another one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Generic, Protocol, Self, TypeVar

import orjson

from manifests.break_log import BreakLog
from manifests.errors import ManifestError
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.stores import Store, StoreError

RECENT_S = Decimal(1800)


class Remembered(Protocol):
    """A channel, of either format."""

    @property
    def log(self) -> BreakLog:
        """Its breaks."""

    @property
    def seen_edge(self) -> Decimal | None:
        """Nobody was shown content behind it."""

    def forget_before(self, instant: Decimal) -> Self:
        """Drop breaks that ended before an instant."""


C = TypeVar("C", bound=Remembered)


@dataclass(frozen=True, slots=True)
class Codec(Generic[C]):
    """How a kind of channel is written down."""

    write: Callable[[C], dict[str, Any]]
    read: Callable[[dict[str, Any]], C]  # without its window; raises ManifestError
    joined: Callable[[C, C], C]  # the first, with the breaks that only the second remembers


class ChannelMemory(Generic[C]):
    """The memory of one channel."""

    def __init__(self, key: str, codec: Codec[C], store: Store, metrics: Metrics) -> None:
        """Make the memory that is kept under `key`."""
        self._key = key
        self._codec = codec
        self._store = store
        self._metrics = metrics
        self._archived: str | None = None  # the last break that is in the record of older ones

    async def restored(self) -> C | None:
        """The channel as it was last kept, without its windows; None if it never was."""
        try:
            recent = await self._read(self._key)
            older = await self._read(_past(self._key))
        except (StoreError, ManifestError, orjson.JSONDecodeError) as error:
            report(Reason.STORE_FAILED, "channel_not_restored", self._metrics, detail=str(error))
            return None
        return recent if recent is None or older is None else self._codec.joined(recent, older)

    async def keep(self, channel: C) -> None:
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

    async def _read(self, key: str) -> C | None:
        state = await self._store.get_channel(key)
        return None if state is None else self._codec.read(orjson.loads(state))

    async def _write(self, key: str, channel: C) -> None:
        await self._store.put_channel(key, orjson.dumps(self._codec.write(channel)))


def joined_logs(recent: BreakLog, older: BreakLog) -> BreakLog:
    """The breaks of both records."""
    known = {one.id for one in recent.breaks}
    breaks = tuple(one for one in older.breaks if one.id not in known)
    return BreakLog(breaks + recent.breaks, older.forgotten)


def _past(key: str) -> str:
    return f"past of {key}"
