"""Bodies of media playlists: joined once per timeline, shared by all sessions that have it.

The key of a body is what it was made from: the channel's version, the rendition, the splices in
the window and what past ones did to the numbers. No session is in it (design, section 3).
"""

from collections.abc import Callable

from cachetools import LRUCache

from manifests.hls.channel import Channel
from manifests.hls.joining import ROOM
from manifests.hls.rendering import NO_SUMS, Sums
from manifests.splicing.timeline import Splice
from packager.bodies import Body
from packager.hls.presentations import HlsPresentation
from packager.looks.hls import WornStrip
from packager.planning import Plan

# Gives a session's splices among the channel's breaks from one place in its log to another.
PastSplices = Callable[[int, int], tuple[Splice, ...]]


class Playlists:
    """The bodies of a process."""

    def __init__(self, *, max_bytes: int = 128 * 1024 * 1024, max_sums: int = 262_144) -> None:
        """Make an empty cache of at most `max_bytes` of bodies."""
        self._bodies: LRUCache[tuple[object, ...], Body] = LRUCache(
            max_bytes, lambda body: body.size
        )
        # For a session, a rendition and the last break that is past: what all of them did.
        self._sums: LRUCache[tuple[str, str, str], Sums] = LRUCache(max_sums)

    def body(
        self,
        session_id: str,
        presentation: HlsPresentation,
        number: int,
        channel: Channel,
        plan: Plan,
        past_splices: PastSplices,
        worn: WornStrip | None = None,
    ) -> tuple[Body, bool]:
        """The media playlist of a rendition, and whether it was made before.

        Args:
            session_id: Whose.
            presentation: What it watches.
            number: The rendition.
            channel: As it is now.
            plan: What is in the window.
            past_splices: Asked once for each break that goes past.
            worn: The rendition as the session's look has it; None: as it is.
        """
        name = str(number)
        begin = ROOM if plan.joined else NO_SUMS
        past = self._past(session_id, presentation.rung(number), name, channel, past_splices, begin)
        key = (
            presentation.keeper.id,
            channel.rules.dressing.dates,
            channel.version,
            name,
            plan.until,
            past,
            None if worn is None else worn.key,
            *(one.key for one in plan.splices),
        )
        found = self._bodies.get(key)
        if found is not None:
            return found, True
        rung = presentation.rung(number) or ""
        strip, until = (None, None) if worn is None else (worn.strip, worn.until)
        limits = [limit for limit in (plan.until, until) if limit is not None]
        text = channel.playlist(
            name,
            plan.splices,
            rung,
            past=past,
            until=min(limits, default=None),
            strip=strip,
        )
        body = Body(text)
        if body.size <= self._bodies.maxsize:
            self._bodies[key] = body
        return body, False

    def _past(
        self,
        session_id: str,
        rung: str | None,
        name: str,
        channel: Channel,
        past_splices: PastSplices,
        begin: Sums,
    ) -> Sums:
        """What past splices did to a session's numbers: added up once for each of them.

        The sums are found by the last break that they count: a request that waited may have an
        older channel than one that was answered meanwhile.
        """
        over = channel.over
        if not over:
            return begin
        breaks = channel.log.breaks
        found = self._sums.get((session_id, name, breaks[over - 1].id))
        if found is None:
            sums, first = begin, over - 1
            while first:
                known = self._sums.get((session_id, name, breaks[first - 1].id))
                if known is not None:
                    sums = known
                    break
                first -= 1
            found = channel.effect(name, past_splices(first, over), rung or "", sums)
            self._sums[(session_id, name, breaks[over - 1].id)] = found
        return found
