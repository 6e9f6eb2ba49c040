"""Sessions that a process holds in memory, in front of the store: bounded, by token.

A request of a known viewer costs one dictionary look-up and no await. That a session was seen is
told to the store only once in a while, and then with a margin.
"""

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Iterator, Mapping

from packager.session import Session
from packager.stores.records import SessionRecord

_STEP = 1000  # sessions let go of before other tasks get their turn: about a millisecond


class _Resident:
    """A session in memory, and when it would end without another request."""

    __slots__ = ("deadline", "session", "stored_deadline")

    def __init__(self, session: Session, deadline: float, stored_deadline: float) -> None:
        self.session = session
        self.deadline = deadline
        self.stored_deadline = stored_deadline


class Residents:
    """The sessions that are held, those last seen last; all times are POSIX seconds."""

    def __init__(self, limit: int) -> None:
        """Hold nothing yet, and never more than `limit`."""
        self._limit = limit
        self._held: OrderedDict[str, _Resident] = OrderedDict()  # by token
        self._touches: dict[str, int] = {}  # deadlines that the store is not told of yet, by sid

    def __len__(self) -> int:
        return len(self._held)

    def __iter__(self) -> Iterator[Session]:
        return (resident.session for resident in self._held.values())

    def admit(self, session: Session, now: float, stored_deadline: int) -> Session:
        """Hold a session, and let go of those not seen for longest."""
        resident = _Resident(session, 0.0, stored_deadline)
        self._see(resident, now)
        self._held[session.token] = resident
        while len(self._held) > self._limit:
            self._held.popitem(last=False)
        return session

    def seen(self, token: str, now: float) -> Session | None:
        """The session of a token, which has just been asked for; None: it is not here."""
        resident = self._held.get(token)
        if resident is None or now >= resident.deadline:
            return None
        self._held.move_to_end(token)
        self._see(resident, now)
        return resident.session

    def latest(self, session: Session) -> Session:
        """The session as it stands by now."""
        resident = self._held.get(session.token)
        return session if resident is None else resident.session

    def update(self, session: Session) -> Session:
        """Let a session stand as it is given, if it is here."""
        resident = self._held.get(session.token)
        if resident is not None:
            resident.session = session
        return session

    async def forget_idle(self, now: float) -> None:
        """Let go of the sessions that were last seen too long ago."""
        for count in itertools.count(1):
            token, resident = next(iter(self._held.items()), (None, None))
            if token is None or resident is None or now < resident.deadline:
                return
            del self._held[token]
            if count % _STEP == 0:
                await asyncio.sleep(0)

    def take_touches(self) -> Mapping[str, int]:
        """New deadlines by session id, for the store; they are not given again."""
        touches, self._touches = self._touches, {}
        return touches

    def put_back(self, touches: Mapping[str, int]) -> None:
        """Keep deadlines that the store did not take; newer ones stand."""
        self._touches = {**touches, **self._touches}

    def _see(self, resident: _Resident, now: float) -> None:
        """Move a session's end."""
        record = resident.session.record
        resident.deadline = min(now + record.idle_s, record.expires_at)
        if resident.deadline > resident.stored_deadline:
            resident.stored_deadline = self._touches[record.sid] = padded_deadline(record, now)


def padded_deadline(record: SessionRecord, now: float) -> int:
    """The deadline to store: later than the real one, so that it need not move each time."""
    return min(int(now + record.idle_s * 1.25), record.expires_at)
