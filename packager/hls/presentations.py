"""Presentations: an asset of a show as players are offered it.

A presentation is made once from the origin's multivariant playlist: its media playlists get
numbers, its text becomes a template for sessions, and, where the show has breaks, its ladder is
derived from a look at every rendition, so that creatives can be packaged to match.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from manifests.break_log import CueSettings
from manifests.errors import ManifestError
from manifests.hls.channel import ChannelRules
from manifests.hls.fragments import Dressing
from manifests.hls.model import MediaPlaylist, MultivariantPlaylist, Rendition, Variant
from manifests.hls.session_template import SessionTemplate, prepare_multivariant, sounds
from packager.clock import Clock
from packager.config.break_settings import CueBreaks, VmapBreaks
from packager.config.show_settings import Show
from packager.cue_rules import cue_rules
from packager.hls.keeper import Keeper, freshness_s, read_playlist
from packager.hls.ladders import Fitting, Ladders
from packager.hls.reading import read_either
from packager.hls.rendition_streams import streams_of
from packager.log import report
from packager.looks.streams import Streams
from packager.metrics import Metrics
from packager.origin import Documents
from packager.outbound import NotManifest
from packager.packaging.ladder import Ladder, Rung
from packager.packaging.probe import media_playlist_uris
from packager.parameters import Pairs
from packager.prepared import PRESENTATIONS, Prepared, key_of
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.stores import Store
from packager.stories.stories import Stories

MULTIVARIANT_AGE_S = 10.0
MOST_SOUNDS = 64  # names and languages of a playlist that viewers can choose


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsPresentation(Presentation):
    """A presentation as HLS players are offered it."""

    template: SessionTemplate
    sounds: Mapping[str, SessionTemplate]  # by the sound that players begin with, casefolded
    uris: tuple[str, ...]
    reference: int  # number of the rendition whose cues and borders count
    keeper: Keeper
    streams: Mapping[int, Streams]  # of the renditions that can be drawn on or mixed

    def template_for(self, sound: str) -> SessionTemplate:
        """The multivariant playlist of who wants a sound; where there is none such, as it is."""
        return self.sounds.get(sound.casefold(), self.template)

    def rung(self, number: int) -> str | None:
        """Key of the rung of a rendition; None if nothing can be packaged for it."""
        return _rung(self.ladder, number)


def _rung(ladder: Ladder | None, number: int) -> str | None:
    if ladder is None:
        return None
    entry = ladder.entries[number]
    return entry.key if isinstance(entry, Rung) else None


class HlsPresentations:
    """The presentations of a process."""

    def __init__(
        self,
        *,
        origin: Documents,
        ladders: Ladders,
        stories: Stories,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        base: str,
        remember_s: int,
        on_ladder: Callable[[Show, Ladder], None],
    ) -> None:
        """Make an empty set.

        Args:
            origin: Documents.
            ladders: Find what creatives must become.
            stories: Know it of stories.
            store: Keeps what channels must remember.
            clock: Says the time.
            metrics: Is told of degradations.
            base: What the paths of URLs given to players begin with: "/" or the public URL.
            remember_s: How long a session may last.
            on_ladder: Is told when a show's ladder is known.
        """
        self._origin = origin
        self._ladders = ladders
        self._stories = stories
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._base = base
        self._remember_s = remember_s
        self._on_ladder = on_ladder
        self._keepers: LRUCache[str, Keeper] = LRUCache(PRESENTATIONS)
        self._prepared: Prepared[HlsPresentation] = Prepared(clock)

    def made(
        self, tenant: str, show: Show, asset: str, parameters: Pairs
    ) -> HlsPresentation | None:
        """The presentation if it was made before, at once."""
        return self._prepared.made(key_of(tenant, show, asset, parameters))

    async def get(
        self, tenant: str, show: Show, asset: str, parameters: Pairs = ()
    ) -> HlsPresentation:
        """The presentation as its origin has it now.

        Args:
            tenant: Configured name, for the URLs in it.
            show: The show.
            asset: Path below the show's origin, without its ending.
            parameters: What the origin is sent as a query (`manifest.*`).

        Raises:
            OutboundError: The origin has no playlist for it, not even an old one.
        """
        key = key_of(tenant, show, asset, parameters)
        query = key[-1]
        show = self._stories.placed(show, parameters)
        url = f"{show.root}{asset}.m3u8" + (f"?{query}" if query else "")
        document = await self._origin.get(url, max_age_s=MULTIVARIANT_AGE_S, parse=read_either)
        make = partial(self._make, tenant, show, asset, query, document.value)
        return await self._prepared.get(key, show, document.changed_at, make)

    async def aclose(self) -> None:
        """End what is being made."""
        await self._prepared.aclose()

    async def _make(
        self,
        tenant: str,
        show: Show,
        asset: str,
        query: str,
        value: MultivariantPlaylist | MediaPlaylist,
    ) -> HlsPresentation:
        uris = media_playlist_uris(value)
        numbers = {uri: number for number, uri in enumerate(uris)}
        reference = 0
        if isinstance(value, MultivariantPlaylist):
            first = next((v for v in value.variants if not v.iframe), None)
            if first is None:
                raise NotManifest("a multivariant playlist without variants")
            reference = numbers[first.uri]
        document = await self._origin.get(
            uris[reference], max_age_s=freshness_s, parse=read_playlist
        )
        playlist = document.value
        keeper = self._keeper(show, asset, query, uris, reference)
        if show.story:
            fitting = Fitting(ladder=self._stories.ladder(show, uris))
        else:
            fitting = await self._ladders.fit(show, keeper.key, value, uris)
        if fitting.ladder is not None:
            self._on_ladder(show, fitting.ladder)
        return HlsPresentation(
            show=show,
            asset=asset,
            template=self._template(tenant, show, value, numbers, fitting.gone),
            sounds={
                sound: self._template(tenant, show, value, numbers, fitting.gone, sound)
                for sound in _choices(show, value)
            },
            uris=uris,
            reference=reference,
            channel_id=keeper.id,
            keeper=keeper,
            ladder=fitting.ladder,
            reference_rung=_rung(fitting.ladder, reference),
            live=not playlist.ended and playlist.playlist_type != "VOD",
            streams=streams_of(value, numbers),
        )

    def _template(
        self,
        tenant: str,
        show: Show,
        value: MultivariantPlaylist | MediaPlaylist,
        numbers: Mapping[str, int],
        gone: frozenset[int],
        sound: str = "",
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
        if any(variant.iframe for variant in value.variants):
            report(
                Reason.IFRAMES_REMOVED, "iframe_playlists_removed", self._metrics, show=show.name
            )
        if show.breaks:
            without.append("EXT-X-START")  # rule A-48
        try:
            return prepare_multivariant(value, uri_for=uri_for, without=without, sound=sound)
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
                remember_s=self._remember_s,
            )
            self._keepers[key] = keeper
        return keeper


def _choices(show: Show, value: MultivariantPlaylist | MediaPlaylist) -> list[str]:
    """The sounds among which viewers of a show choose."""
    if show.audio.prefer is None or isinstance(value, MediaPlaylist):
        return []
    return sorted(sounds(value))[:MOST_SOUNDS]


def channel_rules(show: Show) -> ChannelRules:
    """How a show's configuration says that cues are read and content is written."""
    from_cues = any(isinstance(rule, CueBreaks | VmapBreaks) for rule in show.breaks)
    signals = cue_rules(show)
    return ChannelRules(
        cues=CueSettings(max_break_s=show.limits.max_break_s) if from_cues else None,
        signals=signals,
        dressing=Dressing(
            removed=signals if from_cues and show.markers == "remove" else None,
            content_base=show.content_base,
        ),
        spliced=bool(show.breaks),
    )
