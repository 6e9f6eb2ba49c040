"""The store of one process: packed bytes in flat dictionaries, gone when the process is.

Flat dictionaries of strings to bytes are invisible to the garbage collector, so a million sessions
do not lengthen its pauses. Deadlines are kept in buckets of a minute; a touched session stays in
its bucket and is moved on only when that comes up, so a touch costs one dictionary write.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from packager.reasons import Reason
from packager.stores import (
    CHANNEL_LIMIT,
    CHOICES_LIMIT,
    DEFAULT_SESSION_LIMIT,
    LISTING_LIMIT,
    MAX_CHANNEL_BYTES,
    StoreError,
    check_ads,
)
from packager.stores.fact_changes import Changed
from packager.stores.records import (
    Decision,
    SessionRecord,
    Settle,
    StoredSession,
    change,
    read_decision,
    read_record,
    write_decision,
    write_record,
)

_BUCKET_S = 60
_STEP = 1000  # sessions removed before other tasks get their turn: about a millisecond


class MemoryStore:
    """Sessions in memory; see `packager.stores.Store`."""

    def __init__(self, *, session_limit: int = DEFAULT_SESSION_LIMIT) -> None:
        """Set the number of sessions from which new ones are refused."""
        self._session_limit = session_limit
        self._records: dict[str, bytes] = {}
        self._deadlines: dict[str, int] = {}
        self._edges: dict[str, str] = {}
        self._decisions: dict[str, bytes] = {}  # one JSON line each: no line break inside
        self._ads: dict[str, bytes] = {}  # by session and break
        self._choices: dict[str, bytes] = {}  # one JSON line each, by session
        self._buckets: dict[int, list[str]] = {}  # by deadline // _BUCKET_S, not later than it
        self._channels: OrderedDict[str, bytes] = OrderedDict()
        self._listings: OrderedDict[tuple[str, str], tuple[str, int]] = OrderedDict()
        self._closed = False

    async def create_session(
        self, record: SessionRecord, deadline: int, choices: bytes = b""
    ) -> None:
        """See `Store`; a full store refuses."""
        self._check_open()
        if len(self._records) >= self._session_limit:
            raise StoreError("the store is full", Reason.SESSION_LIMIT)
        if record.sid in self._records:
            raise StoreError("a session with this id exists")
        self._records[record.sid] = write_record(record)
        self._deadlines[record.sid] = deadline
        if choices:
            self._choices[record.sid] = choices + b"\n"
        self._buckets.setdefault(deadline // _BUCKET_S, []).append(record.sid)

    async def load_session(self, sid: str) -> StoredSession | None:
        """See `Store`."""
        self._check_open()
        record = self._records.get(sid)
        if record is None:
            return None
        edge = self._edges.get(sid)
        return StoredSession(
            record=read_record(sid, record),
            deadline=self._deadlines[sid],
            decisions=tuple(map(read_decision, self._decisions.get(sid, b"").splitlines())),
            started_at_edge=None if edge is None else Decimal(edge),
        )

    async def settle(self, sid: str, decision: Decision, ads: bytes = b"") -> Decision:
        """See `Store`; nothing here awaits, so the first caller wins."""
        self._check_session(sid)
        check_ads(ads)
        decisions = self._decisions.get(sid, b"")
        for line in decisions.splitlines():
            standing = read_decision(line)
            if standing.break_id == decision.break_id:
                return standing
        self._decisions[sid] = decisions + write_decision(decision) + b"\n"
        if ads:
            self._ads[_ads_key(sid, decision.break_id)] = ads
        return decision

    async def load_ads(self, sid: str, break_id: str) -> bytes:
        """See `Store`."""
        self._check_open()
        return self._ads.get(_ads_key(sid, break_id), b"")

    async def settle_start(self, sid: str, edge: Decimal) -> Decimal:
        """See `Store`."""
        self._check_session(sid)
        return Decimal(self._edges.setdefault(sid, str(edge)))

    async def settle_listing(
        self, look: str, listing: Mapping[str, str], deadline: int
    ) -> Mapping[str, str]:
        """See `Store`."""
        self._check_open()
        standing: dict[str, str] = {}
        for name, uri in listing.items():
            standing[name], _ = self._listings.setdefault((look, name), (uri, deadline))
        while len(self._listings) > LISTING_LIMIT:
            self._listings.popitem(last=False)
        return standing

    async def load_choices(self, sid: str) -> Sequence[bytes]:
        """See `Store`."""
        self._check_open()
        return self._choices.get(sid, b"").splitlines()

    async def change_facts(
        self, sid: str, facts: Changed, at_ms: int, settle: Settle | None = None
    ) -> SessionRecord:
        """See `Store`."""
        self._check_session(sid)
        before = read_record(sid, self._records[sid])
        record, choices = change(before, facts, at_ms, settle)
        self._records[sid] = write_record(record)
        if choices:
            lines = [*self._choices.get(sid, b"").splitlines(), choices]
            del lines[1 : max(len(lines) - CHOICES_LIMIT + 1, 1)]
            self._choices[sid] = b"\n".join([*lines, b""])
        return record

    async def changed_since(self, mark: int) -> tuple[int, Sequence[str]]:
        """See `Store`; nobody else is there to change anything."""
        self._check_open()
        return mark, ()

    async def touch(self, deadlines: Mapping[str, int]) -> None:
        """See `Store`."""
        self._check_open()
        for sid, deadline in deadlines.items():
            if sid in self._deadlines and deadline > self._deadlines[sid]:
                self._deadlines[sid] = deadline

    async def expire(self, now: int) -> int:
        """See `Store`; gives way to other tasks after every thousand sessions."""
        self._check_open()
        while self._listings and next(iter(self._listings.values()))[1] <= now:
            self._listings.popitem(last=False)
        removed = 0
        for number in sorted(number for number in self._buckets if number <= now // _BUCKET_S):
            bucket = self._buckets.pop(number)
            try:
                while bucket:
                    step = bucket[-_STEP:]
                    del bucket[-_STEP:]
                    removed += sum(self._remove_if_due(sid, now) for sid in step)
                    await asyncio.sleep(0)
            finally:
                if bucket:  # this task was cancelled
                    self._buckets.setdefault(number, []).extend(bucket)
        return removed

    async def put_channel(self, key: str, state: bytes) -> None:
        """See `Store`."""
        self._check_open()
        if len(state) > MAX_CHANNEL_BYTES:
            raise StoreError("the state of a channel is too large")
        self._channels[key] = state
        self._channels.move_to_end(key)
        if len(self._channels) > CHANNEL_LIMIT:
            self._channels.popitem(last=False)

    async def get_channel(self, key: str) -> bytes | None:
        """See `Store`."""
        self._check_open()
        return self._channels.get(key)

    async def close(self) -> None:
        """See `Store`."""
        self._closed = True

    def _remove_if_due(self, sid: str, now: int) -> bool:
        """Remove a session that has ended; put one that was touched into its later bucket."""
        deadline = self._deadlines[sid]
        if deadline > now:
            self._buckets.setdefault(deadline // _BUCKET_S, []).append(sid)
            return False
        del self._records[sid], self._deadlines[sid]
        self._edges.pop(sid, None)
        self._choices.pop(sid, None)
        for line in self._decisions.pop(sid, b"").splitlines():
            self._ads.pop(_ads_key(sid, read_decision(line).break_id), None)
        return True

    def _check_open(self) -> None:
        if self._closed:
            raise StoreError("the store is closed")

    def _check_session(self, sid: str) -> None:
        self._check_open()
        if sid not in self._records:
            raise StoreError("there is no such session", Reason.SESSION_UNKNOWN)


def _ads_key(sid: str, break_id: str) -> str:
    return f"{sid} {break_id}"
