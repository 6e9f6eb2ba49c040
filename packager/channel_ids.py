"""Ids of what follows an origin's presentation, for caches: no two in a process are the same."""

from itertools import count

_IDS = count()


def next_channel_id() -> int:
    """An id that nothing else has."""
    return next(_IDS)
