"""A budget: so many beginnings a minute, for what strangers can ask for without end."""

from collections import deque

from packager.clock import Clock

_MINUTE_S = 60.0


class Budget:
    """Counts beginnings of the last minute."""

    def __init__(self, clock: Clock, *, per_minute: int) -> None:
        """Allow so many, by a clock."""
        self._clock = clock
        self._per_minute = per_minute
        self._begun: deque[float] = deque()

    def take(self) -> bool:
        """Begin one more, if it is within the budget."""
        now = self._clock.monotonic()
        while self._begun and self._begun[0] <= now - _MINUTE_S:
            self._begun.popleft()
        if len(self._begun) >= self._per_minute:
            return False
        self._begun.append(now)
        return True
