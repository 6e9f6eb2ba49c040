"""The ladder of a presentation: what creatives must become to stand in its playlists.

It comes from a look at a little of every rendition's media, and is then kept
(`packager.ladder_memory`).
"""

import asyncio
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from packager.clock import Clock
from packager.config.show_settings import Show
from packager.hls.keeper import freshness_s, read_playlist
from packager.ladder_memory import LadderMemory
from packager.log import report
from packager.metrics import Metrics
from packager.origin import OriginCache
from packager.outbound import Fetched, GuardedClient, Limits, OutboundError, Policy
from packager.packaging.errors import PackagingError
from packager.packaging.ladder import Ladder, Rung, Unmatched, rung_from_json, rung_to_json
from packager.packaging.library import MediaLibrary
from packager.packaging.probe import Probe
from packager.reasons import Reason
from packager.stores import Store

SEGMENT_LIMITS = Limits(max_bytes=64 * 1024 * 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitting:
    """What a look at a presentation gave."""

    ladder: Ladder | None = None  # None: no breaks
    gone: frozenset[int] = frozenset()  # numbers of subtitles that cannot follow breaks


class Ladders:
    """Finds ladders, and tells why there is none."""

    def __init__(
        self,
        *,
        origin: OriginCache,
        client: GuardedClient,
        library: MediaLibrary,
        store: Store,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Join what finding a ladder needs.

        Args:
            origin: Media playlists.
            client: Fetches media for a look at it.
            library: Looks at media.
            store: Keeps ladders.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self._origin = origin
        self._client = client
        self._library = library
        self._memory = LadderMemory(store, clock, metrics, write=_write, read=_read)
        self._metrics = metrics

    async def fit(
        self,
        show: Show,
        key: str,
        value: MultivariantPlaylist | MediaPlaylist,
        uris: tuple[str, ...],
    ) -> Fitting:
        """The ladder of a presentation, if breaks can be filled in it at all.

        Args:
            show: Its show.
            key: Names the presentation in the store.
            value: What its URL gives.
            uris: Of its media playlists.
        """
        return await self.look(show, key, value, uris) if show.breaks else Fitting()

    async def look(
        self,
        show: Show,
        key: str,
        value: MultivariantPlaylist | MediaPlaylist,
        uris: tuple[str, ...],
    ) -> Fitting:
        """The same, whether there are breaks or not."""
        lines = value.lines if isinstance(value, MultivariantPlaylist) else ()
        digest = sha256("\n".join((*uris, *lines)).encode()).hexdigest()
        subtitles = _subtitles(value, uris)
        ladder = await self._memory.get(key, digest)
        if ladder is not None and len(ladder.entries) == len(uris):
            return self._judged(show, ladder, subtitles)
        try:
            probes = await asyncio.gather(*map(self._probe, uris))
            ladder = await self._library.derive_ladder(value, probes)
        except (OutboundError, PackagingError) as error:
            self._report(Reason.LADDER_UNMATCHED, "ladder_not_derived", show, str(error))
            return Fitting()
        fitting = self._judged(show, ladder, subtitles)
        if fitting.ladder is not None:
            await self._memory.keep(key, digest, ladder)
        return fitting

    def _judged(self, show: Show, ladder: Ladder, subtitles: frozenset[int]) -> Fitting:
        """Subtitles that have no rung can go; anything else takes the breaks with it (A-50)."""
        gone = set()
        for number, entry in enumerate(ladder.entries):
            if isinstance(entry, Rung):
                continue
            if number not in subtitles:
                event = "show_without_breaks"
                self._report(Reason.LADDER_UNMATCHED, event, show, entry.reason, number)
                return Fitting()
            self._report(Reason.SUBTITLES_REMOVED, "subtitles_removed", show, entry.reason, number)
            gone.add(number)
        return Fitting(ladder=ladder, gone=frozenset(gone))

    def _report(
        self, reason: Reason, event: str, show: Show, detail: str, rendition: int | None = None
    ) -> None:
        said = {} if rendition is None else {"rendition": rendition}
        report(reason, event, self._metrics, show=show.name, detail=detail, **said)

    async def _probe(self, uri: str) -> Probe:
        """Look at a rendition: its playlist, its init section and a segment."""
        document = await self._origin.get(uri, max_age_s=freshness_s, parse=read_playlist)
        playlist = document.value
        init = media = b""
        if playlist.segments:
            segment = playlist.segments[-1]  # in live the first one may be gone in a moment
            if segment.map is not None:
                init = (await self._fetch(segment.map.uri)).body
            if not segment.keys:
                media = (await self._fetch(segment.uri)).body
        return Probe(playlist=playlist, init=init, media=media)

    async def _fetch(self, url: str) -> Fetched:
        # Segments may be anywhere: an origin's playlists name the hosts of its CDN.
        return await self._client.fetch(url, policy=Policy(), limits=SEGMENT_LIMITS)


def _subtitles(
    value: MultivariantPlaylist | MediaPlaylist, uris: tuple[str, ...]
) -> frozenset[int]:
    """Numbers of the playlists that are subtitles and nothing else."""
    if isinstance(value, MediaPlaylist):
        return frozenset()
    others: set[str | None] = {variant.uri for variant in value.variants}
    others |= {rendition.uri for rendition in value.renditions if rendition.type != "SUBTITLES"}
    return frozenset(number for number, uri in enumerate(uris) if uri not in others)


def _write(ladder: Ladder) -> list[Any]:
    return [
        rung_to_json(entry) if isinstance(entry, Rung) else entry.reason for entry in ladder.entries
    ]


def _read(entries: list[Any]) -> Ladder:
    return Ladder(
        tuple(
            Unmatched(entry) if isinstance(entry, str) else rung_from_json(entry)
            for entry in entries
        )
    )
