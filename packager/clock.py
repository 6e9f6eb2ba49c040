"""The clock: the only place that reads the time; everyone else is given a `Clock`."""

import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """What can say the time: of the calendar, and of a stopwatch that never goes back."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds since some fixed moment; only differences mean anything."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic time in seconds."""
        return time.monotonic()


class ManualClock:
    """A clock that stands still until it is told to go on: for tests, and to replay a moment."""

    def __init__(self, now: datetime = _EPOCH) -> None:
        self._start = now
        self._elapsed = timedelta()

    def now(self) -> datetime:
        """Return the instant that the clock stands at."""
        return self._start + self._elapsed

    def monotonic(self) -> float:
        """Return the seconds that the clock was advanced by."""
        return self._elapsed.total_seconds()

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass (to the microsecond)."""
        self._elapsed += timedelta(seconds=seconds)


def unix_seconds(at: datetime) -> Decimal:
    """Return the seconds from 1970 to `at` (which has a time zone), exact to its microsecond."""
    return Decimal((at - _EPOCH) // _MICROSECOND).scaleb(-6)
