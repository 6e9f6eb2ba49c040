"""Presentations: an asset of a show as DASH players are offered it.

One is made for each shape of the origin's MPD: its Representations, and what can be packaged to
stand beside them. Where the asset exists as HLS too, both have one ladder, so that one decision and
one set of media files serve both.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from manifests.break_log import CueSettings
from manifests.dash.channel import DashRules
from manifests.dash.model import AdaptationSet, Mpd, Representation
from manifests.dash.rendering import Renderer
from packager.channel_ids import next_channel_id
from packager.clock import Clock
from packager.config.break_settings import CueBreaks, VmapBreaks
from packager.config.show_settings import Show
from packager.cue_rules import cue_rules
from packager.dash.inband import SegmentHeads
from packager.dash.keeper import MpdKeeper, freshness_s
from packager.dash.ladders import MpdFitting, MpdLadders, shape_of
from packager.dash.reading import MpdReading
from packager.hls.presentations import HlsPresentations
from packager.metrics import Metrics
from packager.origin import Documents
from packager.outbound import NotManifest, OutboundError
from packager.packaging.ladder import Ladder
from packager.parameters import Pairs
from packager.prepared import PRESENTATIONS, Prepared, key_of
from packager.presentation import Presentation
from packager.stores import Store
from packager.stories.stories import Stories


@dataclass(frozen=True, slots=True, kw_only=True)
class DashPresentation(Presentation):
    """A presentation as DASH players are offered it."""

    keeper: MpdKeeper
    renderer: Renderer
    renderer_id: int  # no other's MPDs have it


class DashPresentations:
    """The presentations of a process."""

    def __init__(
        self,
        *,
        hls: HlsPresentations,
        origin: Documents,
        ladders: MpdLadders,
        stories: Stories,
        reading: MpdReading,
        heads: SegmentHeads,
        store: Store,
        clock: Clock,
        metrics: Metrics,
        remember_s: int,
        on_ladder: Callable[[Show, Ladder], None],
    ) -> None:
        """Make an empty set.

        Args:
            hls: The same assets as HLS.
            origin: Documents.
            ladders: Find what creatives must become.
            stories: Know it of stories.
            reading: Reads MPDs.
            heads: Of segments, for cues in them.
            store: Keeps what channels must remember.
            clock: Says the time.
            metrics: Is told of degradations.
            remember_s: How long a session may last.
            on_ladder: Is told when a show's ladder is known.
        """
        self._hls = hls
        self._origin = origin
        self._ladders = ladders
        self._stories = stories
        self._reading = reading
        self._heads = heads
        self._store = store
        self._clock = clock
        self._metrics = metrics
        self._remember_s = remember_s
        self._on_ladder = on_ladder
        self._keepers: LRUCache[str, MpdKeeper] = LRUCache(PRESENTATIONS)
        self._prepared: Prepared[DashPresentation] = Prepared(clock)

    def made(
        self, tenant: str, show: Show, asset: str, parameters: Pairs
    ) -> DashPresentation | None:
        """The presentation if it was made before, at once."""
        return self._prepared.made(key_of(tenant, show, asset, parameters))

    async def get(
        self, tenant: str, show: Show, asset: str, parameters: Pairs = ()
    ) -> DashPresentation:
        """The presentation as its origin has it now.

        Args:
            tenant: Configured name.
            show: The show.
            asset: Path below the show's origin, without its ending.
            parameters: What the origin is sent as a query (`manifest.*`).

        Raises:
            OutboundError: The origin has no MPD for it, not even an old one.
        """
        key = key_of(tenant, show, asset, parameters)
        show = self._stories.placed(show, parameters)
        url = f"{show.root}{asset}.mpd" + (f"?{key[-1]}" if key[-1] else "")
        read = self._reading.of(show)
        document = await self._origin.get(url, max_age_s=freshness_s, parse=read)
        make = partial(self._make, tenant, show, asset, parameters, url, document.value)
        return await self._prepared.get(key, show, shape_of(document.value), make)

    async def aclose(self) -> None:
        """End what is being made."""
        await self._prepared.aclose()

    async def _make(
        self, tenant: str, show: Show, asset: str, parameters: Pairs, url: str, mpd: Mpd
    ) -> DashPresentation:
        if not mpd.periods:
            raise NotManifest("an MPD without Periods")
        keeper = self._keeper(show, asset, url)
        fitting: MpdFitting | None = None
        if show.story:
            fitting = self._stories.fitting(show)
        elif show.breaks:
            hls = await self._hls_ladder(tenant, show, asset, parameters)
            fitting = await self._ladders.fit(show, keeper.key, mpd, hls)
        if fitting is not None:
            self._on_ladder(show, fitting.ladder)
        return DashPresentation(
            show=show,
            asset=asset,
            channel_id=keeper.id,
            ladder=None if fitting is None else fitting.ladder,
            reference_rung=None if fitting is None else fitting.reference,
            live=mpd.is_dynamic,
            keeper=keeper,
            renderer_id=next_channel_id(),
            renderer=Renderer(
                rules=dash_rules(show, asset),
                rung_of=_no_rung if fitting is None else fitting.rung_of,
            ),
        )

    async def _hls_ladder(
        self, tenant: str, show: Show, asset: str, parameters: Pairs
    ) -> Ladder | None:
        """The ladder of the same asset as HLS; None: it does not exist as such, or has none."""
        try:
            return (await self._hls.get(tenant, show, asset, parameters)).ladder
        except OutboundError:
            return None

    def _keeper(self, show: Show, asset: str, url: str) -> MpdKeeper:
        key = f"{show.name}/{url.removeprefix(show.root)}"
        keeper = self._keepers.get(key)
        if keeper is None:
            keeper = MpdKeeper(
                key,
                url,
                dash_rules(show, asset),
                origin=self._origin,
                read=self._reading.of(show),
                heads=self._heads,
                store=self._store,
                clock=self._clock,
                metrics=self._metrics,
                remember_s=self._remember_s,
            )
            self._keepers[key] = keeper
        return keeper


def dash_rules(show: Show, asset: str) -> DashRules:
    """How a show's configuration says that cues are read and content is written."""
    from_cues = any(isinstance(rule, CueBreaks | VmapBreaks) for rule in show.breaks)
    return DashRules(
        cues=CueSettings(max_break_s=show.limits.max_break_s) if from_cues else None,
        signals=cue_rules(show),
        spliced=bool(show.breaks),
        removes_cues=from_cues and show.markers == "remove",
        content_base=show.content_base,
        asset_id=f"{show.name}/{asset}" if show.breaks else None,
    )


def _no_rung(one: AdaptationSet, representation: Representation) -> str | None:
    return None
