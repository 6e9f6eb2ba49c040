"""The way to one ad server: how many calls a second and at a time, and a rest when it fails.

A break of a live channel comes to all viewers at once. What the server cannot take is decided by
lot, not by who is first: the draw is the viewer's own and the break's, so that the same viewers
are not left out each time, and a call explained later has the same outcome (failures.md, row 29).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b

from packager.clock import Clock
from packager.reasons import Reason

_LEEWAY_S = 1e-6  # of sums of fractions of a second


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """What an ad server can take."""

    concurrency: int = 256  # calls at a time
    per_s: float | None = None  # calls a second; None: as many as there are
    burst: int = 10  # of them at once, after a pause
    failures: int = 5  # in a row, after which it is left alone
    rest_s: float = 2.0  # for how long at first; twice as long each time
    longest_rest_s: float = 60.0


class Shed(Exception):
    """A call was not made; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.meaning)
        self.reason = reason


def draw_of(*names: str) -> float:
    """A viewer's lot, from 0 to 1: the same for the same names, and evenly spread over others."""
    digest = blake2b("\0".join(names).encode(errors="replace"), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


class Attempt:
    """One call that was let through; who makes it says whether the server failed."""

    failed: bool | None = None  # None: nobody knows


class Turns:
    """What one ad server can take, by all gates before it: places, and turns in time."""

    def __init__(self, rules: GateRules, clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._next = 0.0  # when the next call may be made, monotonic seconds
        self.places = asyncio.Semaphore(rules.concurrency)

    def take(self, draw: float, viewers: int, within_s: float) -> float:
        """Give the seconds until the call may be made, as in `Gate.passage`."""
        if self._rules.per_s is None:
            return 0.0
        per_s, burst = self._rules.per_s, self._rules.burst
        if draw * viewers >= max(per_s * within_s + burst, 1):
            raise Shed(Reason.AD_SHED)
        now = self._clock.monotonic()
        turn = max(self._next, now - burst / per_s)
        if turn + 1 / per_s > now + within_s + _LEEWAY_S:
            raise Shed(Reason.AD_SHED)
        self._next = turn + 1 / per_s
        return max(turn - now, 0.0)


class Gate:
    """What stands before the calls of one kind to one ad server in this process."""

    def __init__(
        self,
        rules: GateRules,
        clock: Clock,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        turns: Turns | None = None,
    ) -> None:
        """Open the gate.

        Args:
            rules: What the server can take.
            clock: Says the time.
            sleep: Waits so many seconds.
            turns: Those of another gate of the same server (`sibling`).
        """
        self._rules = rules
        self._clock = clock
        self._sleep = sleep
        self._turns = turns or Turns(rules, clock)
        self._failures = 0  # in a row
        self._rests_until = 0.0
        self._is_tried = False  # one call finds out whether it works again

    @property
    def is_open(self) -> bool:
        """Whether the server is asked at present."""
        return self._failures < self._rules.failures or self._clock.monotonic() >= self._rests_until

    def sibling(self) -> "Gate":
        """A gate for other calls of the server: all take turns, and each kind rests on its own."""
        return Gate(self._rules, self._clock, sleep=self._sleep, turns=self._turns)

    @asynccontextmanager
    async def passage(
        self, *, draw: float = 0.0, viewers: int = 1, within_s: float = 0.0
    ) -> AsyncIterator[Attempt]:
        """Let one call through, and take note of what came of it.

        Args:
            draw: The viewer's lot for this break.
            viewers: How many may want to call for it.
            within_s: How long the call may wait for its turn.

        Raises:
            Shed: It is not to be made.
        """
        self._check_rest()
        wait_s = self._turns.take(draw, viewers, within_s)
        if wait_s > 0:
            await self._sleep(wait_s)
        try:
            async with asyncio.timeout(max(within_s - wait_s, 0.05)):
                await self._turns.places.acquire()
        except TimeoutError:
            raise Shed(Reason.AD_SHED) from None
        attempt = Attempt()
        try:
            self._begin()
            yield attempt
        finally:
            self._note(attempt.failed)
            self._turns.places.release()

    def _check_rest(self) -> None:
        if not self.is_open or (self._failures >= self._rules.failures and self._is_tried):
            raise Shed(Reason.AD_SERVER_RESTS)

    def _begin(self) -> None:
        self._check_rest()  # it may have failed while this one waited
        self._is_tried = self._failures >= self._rules.failures

    def _note(self, failed: bool | None) -> None:
        self._is_tried = False
        if failed is None:
            return
        if not failed:
            self._failures = 0
            return
        self._failures += 1
        beyond = self._failures - self._rules.failures
        if beyond >= 0:
            rest_s = min(self._rules.rest_s * 2 ** min(beyond, 16), self._rules.longest_rest_s)
            self._rests_until = self._clock.monotonic() + rest_s
