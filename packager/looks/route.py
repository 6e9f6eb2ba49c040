"""Segments that players ask for by the way of a look: drawn on when they come, or the original.

So DASH players get all video of a show with overlays, since an MPD names no segments, and HLS
players what is drawn on in VOD, where nobody knows which of all the segments will be watched.
"""

from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from packager.clock import Clock
from packager.looks.look import Choice
from packager.looks.looks import Looks, Worn
from packager.looks.segments import Found
from packager.rendering.jobs import Priority
from packager.single_flight import FlightError, SingleFlight

NAMED = 65_536  # segments of looks whose answer is remembered
AHEAD = 256  # that are prepared at a time before anybody asks
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
        self._preparing: SingleFlight[str | None] = SingleFlight(limit=AHEAD)
        self._prepared: LRUCache[tuple[str, str], None] = LRUCache(NAMED)
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
        self._prepare(worn, segments.after(found), Priority.LIKELY)
        return Way(url or original, settled=True)

    def keep_up(self, worn: Worn) -> None:
        """Have the latest segments drawn on that players of a look will ask for next."""
        since = self._clock.monotonic() - ASKED_S
        worn.asked = {name: at for name, at in worn.asked.items() if at >= since}
        if worn.segments is not None:
            for rendition in worn.asked:
                self._prepare(worn, worn.segments.latest(rendition), Priority.NEXT)

    async def aclose(self) -> None:
        """End what is being prepared."""
        await self._preparing.aclose()

    def _prepare(self, worn: Worn, found: Found | None, priority: Priority) -> None:
        """Have a segment drawn on before anybody asks, without waiting for it."""
        if found is None:
            return
        place = (worn.look.key, found.segment.name)
        if place in self._named or place in self._prepared:
            return
        self._prepared[place] = None
        with suppress(FlightError):  # it is drawn on when somebody asks
            prepare = partial(
                self._looks.prepare,
                worn.look,
                Choice(found.segment, worn.look.drawn(found.segment)),
                frames=found.frames,
                pace_s=float(found.segment.duration),
                priority=priority,
            )
            self._preparing.start(place, prepare)

    async def _name(self, worn: Worn, found: Found) -> str:
        """What stands for a segment from now on; empty: its own URL."""
        segment = found.segment
        place = (worn.look.key, segment.name)
        known = self._named.get(place)
        if known is not None:
            return known
        choice = Choice(segment, worn.look.told(segment))
        urls = await self._looks.named(
            worn.look,
            (choice,),
            frames=found.frames,
            pace_s=float(segment.duration),
        )
        return self._named.setdefault(place, (urls or {}).get(segment.name, ""))
