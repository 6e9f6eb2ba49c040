"""The gates of a process's ad servers, by host: those of the configuration, and those it is led to.

A VMAP names whatever hosts it likes, so of these only the ones that were asked last are remembered.
One that is forgotten begins anew, as if it had never failed.
"""

from urllib.parse import urlsplit

from cachetools import LRUCache

from packager.clock import Clock
from packager.decisions.gate import Gate, GateRules

NAMED = 1024  # hosts that somebody else named
_RULES = GateRules()


class HostGates:
    """One gate for all that ask one host for ads, and a sibling for all that ask it for a VMAP."""

    def __init__(self, clock: Clock, *, named: int = NAMED) -> None:
        """Know no host yet.

        Args:
            clock: Says the time.
            named: How many hosts that somebody else named are remembered.
        """
        self._clock = clock
        self._configured: dict[tuple[str, GateRules], Gate] = {}
        self._schedules: dict[tuple[str, GateRules], Gate] = {}
        self._named: LRUCache[str, Gate] = LRUCache(named)

    def configured(self, url: str, rules: GateRules) -> Gate:
        """The gate of a server of the configuration's, or of another one there with its rules."""
        return self._configured.setdefault((_host(url), rules), Gate(rules, self._clock))

    def schedule(self, url: str, rules: GateRules) -> Gate:
        """The gate of the same server where it says when breaks are: ads may fail and this not."""
        sibling = self.configured(url, rules).sibling()
        return self._schedules.setdefault((_host(url), rules), sibling)

    def named(self, url: str) -> Gate:
        """The gate of a server that somebody names: the configuration's, where it has one."""
        host = _host(url)
        for (known, _), gate in self._configured.items():
            if known == host:
                return gate
        gate = self._named.get(host) or Gate(_RULES, self._clock)
        self._named[host] = gate
        return gate


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""  # what cannot be called has one gate for all
