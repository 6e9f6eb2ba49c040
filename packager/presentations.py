"""Presentations: an asset of a show as players are offered it.

A presentation is made once from the origin's multivariant playlist: its media playlists get
numbers, its text becomes a template for sessions, and, where the show has breaks, its ladder is
derived from a look at every rendition, so that creatives can be packaged to match.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import urlencode

from cachetools import LRUCache

from manifests.break_log import CueSettings
from manifests.errors import ManifestError
from manifests.hls.channel import ChannelRules
from manifests.hls.cues import CueRules
from manifests.hls.model import MediaPlaylist, MultivariantPlaylist, Rendition, Variant
from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist
from manifests.hls.session_template import SessionTemplate, prepare_multivariant
from packager.channels import Keeper, dressing_of, freshness_s, read_playlist
from packager.clock import Clock
from packager.config.values import CueBreaks, Show
from packager.log import report
from packager.metrics import Metrics
from packager.origin import OriginCache
from packager.outbound import Fetched, GuardedClient, Limits, NotManifest, OutboundError, Policy
from packager.packaging.errors import PackagingError
from packager.packaging.ladder import Ladder, Rung, Unmatched
from packager.packaging.library import MediaLibrary
from packager.packaging.probe import Probe, media_playlist_uris
from packager.reasons import Reason
from packager.single_flight import SingleFlight
from packager.stores import Store

MULTIVARIANT_AGE_S = 10.0
LADDER_RETRY_S = 10.0
PRESENTATIONS = 1000  # kept ready
SEGMENT_LIMITS = Limits(max_bytes=64 * 1024 * 1024)


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """One asset of one show, for one tenant and set of origin parameters."""

    show: Show
    asset: str
    template: SessionTemplate
    uris: tuple[str, ...]
    reference: int  # number of the rendition whose cues and borders count
    keeper: Keeper
    ladder: Ladder | None  # None: no breaks, or none that could be filled
    live: bool

    def rung(self, number: int) -> str | None:
        """Key of the rung of a rendition; None if nothing can be packaged for it."""
        if self.ladder is None:
            return None
        entry = self.ladder.entries[number]
        return entry.key if isinstance(entry, Rung) else None

    @property
    def reference_rung(self) -> str:
        """Key of the reference rendition's rung."""
        key = self.rung(self.reference)
        if key is None:
            raise LookupError("the presentation has no ladder")
        return key


def read_either(body: bytes, url: str) -> MultivariantPlaylist | MediaPlaylist:
    """Read what an asset's URL gives: usually a multivariant playlist."""
    text = body.decode("utf-8", "replace")
    if is_multivariant(text):
        return read_multivariant_playlist(body, url=url)
    return read_playlist(body, url)


class Presentations:
    """The presentations of a process."""

    def __init__(
        self,
        *,
        origin: OriginCache,
        client: GuardedClient,
        policy: Policy,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        base: str,
        library: MediaLibrary,
        on_ladder: Callable[[Show, Ladder], None],
    ) -> None:
        """Make an empty set.

        Args:
            origin: Documents.
            client: Fetches media for a look at it.
            policy: Which hosts are origins.
            store: Keeps what channels must remember.
            clock: Says the time.
            metrics: Is told of degradations.
            library: Looks at media.
            on_ladder: Is told when a show's ladder is known.
            base: What the paths of URLs given to players begin with: "/" or the public URL.
        """
        self._origin = origin
        self._client = client
        self._policy = policy
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._base = base
        self._library = library
        self._on_ladder = on_ladder
        self._made: LRUCache[tuple[str, ...], tuple[object, Presentation, float]] = LRUCache(
            PRESENTATIONS
        )
        self._keepers: LRUCache[str, Keeper] = LRUCache(PRESENTATIONS)
        self._flights: SingleFlight[Presentation] = SingleFlight()

    def made(
        self, tenant: str, show: Show, asset: str, parameters: tuple[tuple[str, str], ...]
    ) -> Presentation | None:
        """The presentation if it was made before, at once."""
        found = self._made.get((tenant, show.name, asset, urlencode(parameters)))
        return None if found is None else found[1]

    async def get(
        self, tenant: str, show: Show, asset: str, parameters: tuple[tuple[str, str], ...] = ()
    ) -> Presentation:
        """The presentation as its origin has it now.

        Args:
            tenant: Configured name, for the URLs in it.
            show: The show.
            asset: Path below the show's origin, without its ending.
            parameters: What the origin is sent as a query (`manifest.*`).

        Raises:
            OutboundError: The origin has no playlist for it, not even an old one.
        """
        query = urlencode(parameters)
        url = f"{show.origin}{asset}.m3u8" + (f"?{query}" if query else "")
        document = await self._origin.get(url, max_age_s=MULTIVARIANT_AGE_S, parse=read_either)
        key = (tenant, show.name, asset, query)
        found = self._made.get(key)
        if found is not None and found[0] is document.value:
            lacks_ladder = found[1].ladder is None and bool(show.breaks)
            if not lacks_ladder or self._clock.monotonic() < found[2]:
                return found[1]

        async def make() -> Presentation:
            presentation = await self._make(tenant, show, asset, query, document.value)
            retry_at = self._clock.monotonic() + LADDER_RETRY_S
            self._made[key] = (document.value, presentation, retry_at)
            return presentation

        return await self._flights.run((*key, str(id(document.value))), make)

    async def aclose(self) -> None:
        """End what is being made."""
        await self._flights.aclose()

    async def _make(
        self,
        tenant: str,
        show: Show,
        asset: str,
        query: str,
        value: MultivariantPlaylist | MediaPlaylist,
    ) -> Presentation:
        uris = media_playlist_uris(value)
        ladder, playlists = await self._ladder(show, value, uris)
        numbers = {uri: number for number, uri in enumerate(uris)}
        unmatched = self._unmatched(show, ladder)
        if ladder is not None and unmatched is None:
            ladder = None
        reference = 0
        if isinstance(value, MultivariantPlaylist):
            first = next((v for v in value.variants if not v.iframe), None)
            if first is None:
                raise NotManifest("a multivariant playlist without variants")
            reference = numbers[first.uri]
        playlist = playlists.get(reference)
        if playlist is None:
            url = uris[reference]
            document = await self._origin.get(url, max_age_s=freshness_s, parse=read_playlist)
            playlist = document.value
        return Presentation(
            show=show,
            asset=asset,
            template=self._template(tenant, show, value, numbers, unmatched or set()),
            uris=uris,
            reference=reference,
            keeper=self._keeper(show, asset, query, uris, reference),
            ladder=ladder,
            live=not playlist.ended and playlist.playlist_type != "VOD",
        )

    def _unmatched(self, show: Show, ladder: Ladder | None) -> set[int] | None:
        """Numbers of subtitle renditions that must go; None if breaks must (rule A-50)."""
        if ladder is None:
            return set()
        gone = set()
        for number, entry in enumerate(ladder.entries):
            if isinstance(entry, Unmatched):
                if not entry.reason.startswith("subtitles"):
                    report(
                        Reason.LADDER_UNMATCHED,
                        "show_without_breaks",
                        self._metrics,
                        show=show.name,
                        rendition=number,
                        detail=entry.reason,
                    )
                    return None
                gone.add(number)
                report(
                    Reason.SUBTITLES_REMOVED,
                    "subtitles_removed",
                    self._metrics,
                    show=show.name,
                    rendition=number,
                    detail=entry.reason,
                )
        return gone

    async def _ladder(
        self,
        show: Show,
        value: MultivariantPlaylist | MediaPlaylist,
        uris: tuple[str, ...],
    ) -> tuple[Ladder | None, Mapping[int, MediaPlaylist]]:
        if not show.breaks:
            return None, {}
        try:
            probes = await asyncio.gather(*(self._probe(uri) for uri in uris))
            ladder = await self._library.derive_ladder(value, probes)
        except (OutboundError, ManifestError, PackagingError) as error:
            report(
                Reason.LADDER_UNMATCHED,
                "ladder_not_derived",
                self._metrics,
                show=show.name,
                detail=str(error),
            )
            return None, {}
        self._on_ladder(show, ladder)
        return ladder, {number: probe.playlist for number, probe in enumerate(probes)}

    async def _probe(self, uri: str) -> Probe:
        """Look at a rendition: its playlist, its init section and its first segment."""
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
        return await self._client.fetch(url, policy=self._policy, limits=SEGMENT_LIMITS)

    def _template(
        self,
        tenant: str,
        show: Show,
        value: MultivariantPlaylist | MediaPlaylist,
        numbers: Mapping[str, int],
        gone: set[int],
    ) -> SessionTemplate:
        prefix = f"{self._base}v1/manifest/{tenant}/"
        if isinstance(value, MediaPlaylist):
            text = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=5000000\n{prefix}"
            return SessionTemplate((text.encode(), b"/0.m3u8\n"))

        def uri_for(entry: Variant | Rendition) -> str | None:
            if entry.uri is None or entry.uri not in numbers or numbers[entry.uri] in gone:
                return None
            return f"{prefix}{{key}}/{numbers[entry.uri]}.m3u8"

        without = ["EXT-X-I-FRAME-STREAM-INF"]  # rule A-57: they would lead past us
        if show.breaks:
            without.append("EXT-X-START")  # rule A-48
        try:
            return prepare_multivariant(value, uri_for=uri_for, without=without)
        except (ManifestError, ValueError) as error:
            raise NotManifest(str(error)) from error

    def _keeper(
        self, show: Show, asset: str, query: str, uris: tuple[str, ...], reference: int
    ) -> Keeper:
        key = f"{show.name}/{asset}?{query}"
        keeper = self._keepers.get(key)
        if keeper is None or keeper.uris != uris:
            keeper = Keeper(
                key,
                uris,
                reference,
                channel_rules(show),
                origin=self._origin,
                store=self._store,
                clock=self._clock,
                metrics=self._metrics,
            )
            self._keepers[key] = keeper
        return keeper


def channel_rules(show: Show) -> ChannelRules:
    """How a show's configuration says that cues are read and content is written."""
    from_cues = any(isinstance(rule, CueBreaks) for rule in show.breaks)
    return ChannelRules(
        cues=CueSettings(max_break_s=show.limits.max_break_s, near_s=Decimal(1))
        if from_cues
        else None,
        dressing=dressing_of(
            show.origin,
            show.segments.content,
            remove_cues=from_cues and show.markers == "remove",
        ),
        spliced=bool(show.breaks),
        signals=CueRules(
            start_types=show.cues.start_types,
            splice_insert=show.cues.splice_insert,
            honour_restrictions=show.cues.honour_restrictions,
            tags=show.cues.tags,
            classes=show.cues.classes,
        ),
    )
