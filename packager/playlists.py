"""Bodies of media playlists: joined once per timeline, shared by all sessions that have it.

The key of a body is what it was made from: the channel's version, the rendition, the splices in
the window and what past ones did to the numbers. No session is in it (design, section 3).
"""

import zlib
from dataclasses import dataclass, field

from cachetools import LRUCache

from manifests.hls.channel import Channel
from manifests.hls.rendering import NO_SUMS, Sums
from manifests.splicing.timeline import Splice
from packager.planning import Plan
from packager.presentations import Presentation

GZIP_MIN_BYTES = 860  # below, a packet is a packet
GZIP_LEVEL = 4
HISTORY = 64  # past splices by which a session's sums are found again


@dataclass(slots=True)
class Body:
    """An answer's bytes, and compressed once somebody asks."""

    plain: bytes
    _gzip: bytes | None = field(default=None, repr=False)

    @property
    def gzip(self) -> bytes:
        """One gzip member (RFC 1952) without a time, so that equal bodies are equal bytes."""
        if self._gzip is None:
            deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
            self._gzip = deflate.compress(self.plain) + deflate.flush()
        return self._gzip

    @property
    def compresses(self) -> bool:
        """Whether it is worth compressing."""
        return len(self.plain) >= GZIP_MIN_BYTES


def _size(body: Body) -> int:
    return len(body.plain) + len(body.plain) // 4 + 512


class Playlists:
    """The bodies of a process."""

    def __init__(self, *, max_bytes: int = 128 * 1024 * 1024, max_sums: int = 65_536) -> None:
        """Make an empty cache of at most `max_bytes` of bodies."""
        self._bodies: LRUCache[tuple[object, ...], Body] = LRUCache(max_bytes, getsizeof=_size)
        # For a session and rendition: the last splices that are past, and the sums behind each.
        self._sums: LRUCache[tuple[str, str], tuple[tuple[str, Sums], ...]] = LRUCache(max_sums)

    def body(
        self,
        session_id: str,
        presentation: Presentation,
        number: int,
        channel: Channel,
        plan: Plan,
    ) -> tuple[Body, bool]:
        """The media playlist of a rendition, and whether it was made before."""
        name = str(number)
        rest, past = self._split(session_id, presentation, number, channel, plan.splices)
        key = (
            presentation.keeper.id,
            channel.rules.dressing.dates,
            channel.version,
            name,
            plan.until,
            past,
            *(one.key for one in rest),
        )
        found = self._bodies.get(key)
        if found is not None:
            return found, True
        rung = presentation.rung(number) or ""
        body = Body(channel.playlist(name, rest, rung, past=past, until=plan.until))
        if _size(body) <= self._bodies.maxsize:
            self._bodies[key] = body
        return body, False

    def _split(
        self,
        session_id: str,
        presentation: Presentation,
        number: int,
        channel: Channel,
        splices: tuple[Splice, ...],
    ) -> tuple[tuple[Splice, ...], Sums]:
        """The splices that can still be seen, and the sums of those that cannot."""
        name = str(number)
        history = self._sums.get((session_id, name), ())
        gone = 0
        while gone < len(splices) and channel.is_past(name, splices[gone]):
            gone += 1
        # A request that waited may have an older channel than one that was answered meanwhile:
        # what is past for that one is not past for this one.
        rest = {one.break_id for one in splices[gone:]}
        known = tuple(entry for entry in history if entry[0] not in rest)
        last, sums = known[-1] if known else ("", NO_SUMS)
        ids = [one.break_id for one in splices[:gone]]
        first = ids.index(last) + 1 if last in ids else 0
        if first < gone:
            added = []
            for one in splices[first:gone]:
                sums = channel.effect(name, (one,), presentation.rung(number) or "", sums)
                added.append((one.break_id, sums))
            if known == history:
                self._sums[(session_id, name)] = (*known, *added)[-HISTORY:]
        return splices[gone:], sums
