"""Segments that players ask for by the way of a look: drawn on when they come, or the original.

So DASH players get all video of a show with overlays, since an MPD names no segments, and HLS
players what is drawn on in VOD, where nobody knows which of all the segments will be watched.
"""

from dataclasses import dataclass

from cachetools import LRUCache

from packager.looks.look import Choice
from packager.looks.looks import Found, Looks, Worn

NAMED = 65_536  # segments of looks whose answer is remembered


@dataclass(frozen=True, slots=True)
class Way:
    """Where a player is sent."""

    url: str
    settled: bool  # for all who ask


class LookRoute:
    """Answers for segments."""

    def __init__(self, looks: Looks, *, patience_s: float) -> None:
        """Join the looks; a result is of use for `patience_s` after it was asked for."""
        self._looks = looks
        self._patience_s = patience_s
        self._named: LRUCache[tuple[str, str], str] = LRUCache(NAMED)

    async def way(self, key: str, original: str) -> Way:
        """Where a segment is to be had.

        Args:
            key: Of a look.
            original: URL of the segment at its origin.
        """
        known = self._named.get((key, original))
        if known is not None:
            return Way(known or original, settled=True)
        worn = self._looks.by_key(key)
        found = worn.find(original) if worn is not None and worn.find is not None else None
        if worn is None or found is None:
            return Way(original, settled=False)  # an init section, or another process's look
        url = await self.name(worn, found)
        return Way(url or original, settled=True)

    async def name(self, worn: Worn, found: Found) -> str:
        """What stands for a segment from now on; empty: its own URL."""
        segment = found.segment
        place = (worn.look.key, segment.name)
        known = self._named.get(place)
        if known is not None:
            return known
        choice = Choice(segment, worn.look.drawn(segment))
        urls = await self._looks.named(
            worn.look,
            (choice,),
            frames=found.frames,
            patience_s=max(self._patience_s, float(segment.duration)),
        )
        return self._named.setdefault(place, urls.get(segment.name, ""))
