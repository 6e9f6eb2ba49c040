"""How many sessions one address may start: a token bucket each (failures.md, threat 36).

Addresses are kept as a hash under a key of this process, so no list of them can be read out.
"""

import secrets
from collections import OrderedDict
from hashlib import blake2b


class MintBuckets:
    """Buckets by address; beyond a number of them the least recently used are forgotten."""

    def __init__(
        self, *, burst: int = 120, per_second: float = 2.0, addresses: int = 65_536
    ) -> None:
        """Set the size of a bucket, what flows back into it, and how many are kept.

        The default lets the viewers behind one carrier's address arrive together, and stops a
        single machine from filling the store.
        """
        self._burst = float(burst)
        self._per_second = per_second
        self._addresses = addresses
        self._key = secrets.token_bytes(16)
        self._buckets: OrderedDict[bytes, tuple[float, float]] = OrderedDict()  # level, since when

    def take(self, address: str, now: float) -> bool:
        """Take one from an address's bucket at `now` (seconds); False when it is empty."""
        name = blake2b(address.encode(), digest_size=8, key=self._key).digest()
        level, since = self._buckets.pop(name, (self._burst, now))
        level = min(self._burst, level + max(0.0, now - since) * self._per_second)
        granted = level >= 1.0
        self._buckets[name] = (level - granted, now)
        if len(self._buckets) > self._addresses:
            self._buckets.popitem(last=False)
        return granted
