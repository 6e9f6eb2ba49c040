"""How many calls a host gets at a time, and the breaker that spares one which is in trouble."""

from dataclasses import dataclass

from packager.beacons.rows import Room
from packager.clock import Clock

FAILURES = 5  # in a row, after which a host is left alone
FIRST_REST_S, LONGEST_REST_S = 5.0, 300.0
MAX_HOSTS = 10_000  # remembered; ad servers name them


@dataclass(slots=True)
class _Host:
    calls: int = 0  # on their way
    failures: int = 0  # in a row
    rests: int = 0  # since it was last well
    rests_until: float | None = None  # monotonic; None: the breaker is closed


class Hosts:
    """What is known of hosts in this process; forgotten with it."""

    def __init__(self, clock: Clock, *, total: int, per_host: int) -> None:
        self._clock = clock
        self._total = total
        self._per_host = per_host
        self._calls = 0
        self._hosts: dict[str, _Host] = {}

    def room(self) -> Room:
        """How many more calls there may be now."""
        now = self._clock.monotonic()
        return Room(
            total=self._total - self._calls,
            per_host=self._per_host,
            left={name: self._left(host, now) for name, host in self._hosts.items()},
        )

    def _left(self, host: _Host, now: float) -> int:
        if host.rests_until is None:
            return max(0, self._per_host - host.calls)
        # After its rest, one call finds out whether it is well.
        return int(now >= host.rests_until and not host.calls)

    def begin(self, name: str) -> None:
        """A call begins."""
        self._calls += 1
        self._hosts.setdefault(name, _Host()).calls += 1

    def end(self, name: str, *, failed: bool) -> None:
        """A call has ended; `failed`: the host is to blame."""
        self._calls -= 1
        host = self._hosts[name]
        host.calls -= 1
        if failed:
            self._failed(host)
        else:
            host.failures = host.rests = 0
            host.rests_until = None
        if not host.calls and not host.failures:
            del self._hosts[name]
        elif len(self._hosts) > MAX_HOSTS:
            idle = next((name for name, one in self._hosts.items() if not one.calls), None)
            if idle is not None:
                del self._hosts[idle]

    def _failed(self, host: _Host) -> None:
        host.failures += 1
        now = self._clock.monotonic()
        # Those that were on their way when it opened say nothing new.
        is_probe = host.rests_until is not None and now >= host.rests_until
        if is_probe or (host.rests_until is None and host.failures >= FAILURES):
            rest_s = min(FIRST_REST_S * 2.0 ** min(host.rests, 30), LONGEST_REST_S)
            host.rests_until = now + rest_s
            host.rests += 1
