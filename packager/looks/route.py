"""Segments that players ask for by the way of a look: drawn on when they come, or the original.

So DASH players get all video of a show with overlays and all sound of one with music, since an MPD
names no segments, and HLS players what is changed in VOD, where nobody knows which of all the
segments will be watched.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from packager.clock import Clock
from packager.looks.look import Choice
from packager.looks.looks import Looks, Worn
from packager.looks.segments import Found
from packager.single_flight import FlightError, SingleFlight

NAMED = 65_536  # segments of looks whose answer is remembered
AHEAD = 256  # that are named at a time before anybody asks
ASKED_S = 15.0  # for which a rendition is of interest after a player asked for it


@dataclass(frozen=True, slots=True)
class Way:
    """Where a player is sent."""

    url: str
    settled: bool  # for all who ask


class LookRoute:
    """Answers for segments."""

    def __init__(self, looks: Looks, *, clock: Clock) -> None:
        """Join the looks and a clock."""
        self._looks = looks
        self._clock = clock
        self._naming: SingleFlight[str] = SingleFlight(limit=AHEAD)
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
        segments = None if worn is None else worn.segments
        found = None if segments is None else segments.find(original)
        if worn is None or segments is None or found is None:
            return Way(original, settled=False)  # an init section, or another process's look
        worn.asked[found.rendition] = self._clock.monotonic()
        url = await self._name(worn, found)
        self._begin(worn, segments.after(found))
        return Way(url or original, settled=True)

    def keep_up(self, worn: Worn) -> None:
        """Have the latest segments drawn on that players of a look will ask for next."""
        since = self._clock.monotonic() - ASKED_S
        worn.asked = {name: at for name, at in worn.asked.items() if at >= since}
        if worn.segments is not None:
            for rendition in worn.asked:
                self._begin(worn, worn.segments.latest(rendition))

    async def aclose(self) -> None:
        """End what is being named."""
        await self._naming.aclose()

    def _begin(self, worn: Worn, found: Found | None) -> None:
        """Name a segment before anybody asks, without waiting for it."""
        if found is not None and (worn.look.key, found.segment.name) not in self._named:
            with suppress(FlightError):  # it is named when somebody asks
                place = (worn.look.key, found.segment.name)
                self._naming.start(place, partial(self._name, worn, found))

    async def _name(self, worn: Worn, found: Found) -> str:
        """What stands for a segment from now on; empty: its own URL."""
        segment = found.segment
        place = (worn.look.key, segment.name)
        known = self._named.get(place)
        if known is not None:
            return known
        choice = Choice(segment, worn.look.drawn(segment, found.streams))
        urls = await self._looks.named(
            worn.look,
            (choice,),
            streams=found.streams,
            pace_s=float(segment.duration),
        )
        return self._named.setdefault(place, (urls or {}).get(segment.name, ""))
