"""What a feed said and when: so that the value at any instant can be asked for, and stays.

An answer about the past never changes: what was stale when it was asked for was stale, though the
feed came back with the same value. Instants have a time zone.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from packager.rules import Value

ENTRIES = 512  # the oldest go first
_BEGAN = attrgetter("began_at")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a feed's value is at an instant."""

    value: Value
    since: datetime  # first got then, and the same ever since
    stale: bool  # not confirmed for so long that it counts as old


@dataclass(slots=True)
class _Stretch:
    """A time in which the value stayed, and was never stale but at its end."""

    value: Value
    since: datetime
    began_at: datetime
    confirmed_at: datetime


class History:
    """The values of one feed, as far back as they are kept."""

    def __init__(self, *, stale_s: float | None, entries: int = ENTRIES) -> None:
        """Know nothing yet.

        Args:
            stale_s: Seconds without confirmation after which a value is stale; None: never.
            entries: How many stretches of time are kept.
        """
        self._stale = None if stale_s is None else timedelta(seconds=stale_s)
        self._entries = entries
        self._stretches: list[_Stretch] = []

    @property
    def latest(self) -> Value | None:
        """The last value; None: there was none."""
        return self._stretches[-1].value if self._stretches else None

    def tell(self, value: Value, at: datetime) -> bool:
        """Take in that the feed has a value; whether it is another one than before."""
        last = self._stretches[-1] if self._stretches else None
        if last is None:
            self._stretches.append(_Stretch(value, at, at, at))
            return True
        at = max(at, last.confirmed_at)  # a clock that was set back
        same = type(value) is type(last.value) and value == last.value
        if same and not self._is_stale(last, at):
            last.confirmed_at = at
        else:
            self._stretches.append(_Stretch(value, last.since if same else at, at, at))
            del self._stretches[: -self._entries]
        return not same

    def confirm(self, at: datetime) -> None:
        """Take in that the feed still has its last value."""
        if self._stretches:
            self.tell(self._stretches[-1].value, at)

    def at(self, instant: datetime) -> Reading | None:
        """The value at an instant; None: before the first that is kept."""
        index = bisect_right(self._stretches, instant, key=_BEGAN)
        if index == 0:
            return None
        found = self._stretches[index - 1]
        return Reading(found.value, found.since, self._is_stale(found, instant))

    def _is_stale(self, stretch: _Stretch, at: datetime) -> bool:
        return self._stale is not None and at - stretch.confirmed_at > self._stale
