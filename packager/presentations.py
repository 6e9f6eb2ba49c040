"""The presentations of a process, HLS and DASH: opened together, since they share ladders."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal

from manifests.splicing.content import Content
from packager.clips.assets import Assets
from packager.clock import Clock
from packager.config.values import Config
from packager.dash.inband import SegmentHeads
from packager.dash.ladders import MpdLadders
from packager.dash.presentations import DashPresentation, DashPresentations
from packager.dash.reading import REMOTE_BYTES, MpdReading
from packager.hls.ladders import Ladders
from packager.hls.presentations import HlsPresentation, HlsPresentations
from packager.log import report
from packager.metrics import Metrics
from packager.origin import OriginCache, OriginObserver
from packager.outbound import GuardedClient, Limits, Policy
from packager.packaging.library import MediaLibrary
from packager.paths import Ending
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.stores import Store
from packager.stories.clips import clips_of, finite_names
from packager.stories.documents import StoryDocuments
from packager.stories.looking import Looking
from packager.stories.stories import Stories


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentations:
    """What finds the presentation of an asset, in each format."""

    hls: HlsPresentations
    dash: DashPresentations
    stories: Stories
    origin: OriginCache  # where both have their documents from

    @property
    def by_format(self) -> Mapping[Ending, HlsPresentations | DashPresentations]:
        """The same, by how the documents that players open end."""
        return {"m3u8": self.hls, "mpd": self.dash}

    def begin_of(self, presentation: Presentation) -> Decimal | None:
        """Where content begins, on its own clock; None: that is not known here just now."""
        content: Content | None = None
        if isinstance(presentation, HlsPresentation):
            content = presentation.keeper.fresh(presentation.reference)
        elif isinstance(presentation, DashPresentation):
            content = presentation.keeper.fresh()
        return None if content is None or content.window is None else content.window[0]


@asynccontextmanager
async def open_presentations(
    config: Config,
    *,
    base: str,
    client: GuardedClient,
    library: MediaLibrary,
    store: Store,
    clock: Clock,
    metrics: Metrics,
    assets: Assets,
) -> AsyncIterator[Presentations]:
    """Make both sets, empty; what they are at is ended when the block is left.

    Args:
        config: Shows, waiting times, lives of sessions.
        base: What the paths of URLs given to players begin with: "/" or the public URL.
        client: Fetches documents and media of origins.
        library: Looks at media.
        store: Keeps what channels must remember.
        clock: Says the time.
        metrics: Is told of degradations.
        assets: Has what shows have of their own.
    """
    policy = Policy.for_urls(_origins(config))
    limits = Limits(total_s=config.timeouts.origin_s, read_s=config.timeouts.origin_s)
    observer = _Observer(metrics)
    async with AsyncExitStack() as stack:
        remote = OriginCache(
            client,
            policy=policy,
            clock=clock,
            limits=replace(limits, max_bytes=REMOTE_BYTES),
            observer=observer,
            max_bytes=16 * REMOTE_BYTES,
            patience_s=config.timeouts.origin_deadline_s,
        )
        stack.push_async_callback(remote.aclose)
        origin = OriginCache(
            client,
            policy=policy,
            clock=clock,
            limits=limits,
            observer=observer,
            patience_s=config.timeouts.origin_deadline_s,
        )
        stack.push_async_callback(origin.aclose)
        ladders = Ladders(
            origin=origin,
            client=client,
            library=library,
            store=store,
            clock=clock,
            metrics=metrics,
        )
        mpd_ladders = MpdLadders(
            client=client, library=library, store=store, clock=clock, metrics=metrics
        )
        reading = MpdReading(remote)
        looking = Looking(
            origin=origin,
            reading=reading,
            ladders=ladders,
            mpd_ladders=mpd_ladders,
            library=library,
        )
        stories = Stories(config, looking=looking, assets=assets, metrics=metrics)
        documents = StoryDocuments(stories, origin)
        hls = HlsPresentations(
            origin=documents,
            ladders=ladders,
            stories=stories,
            store=store,
            clock=clock,
            metrics=metrics,
            base=base,
            remember_s=config.sessions.max_s,
            on_ladder=assets.prepare,
        )
        stack.push_async_callback(hls.aclose)
        heads = SegmentHeads(client)
        stack.push_async_callback(heads.aclose)
        dash = DashPresentations(
            hls=hls,
            origin=documents,
            ladders=mpd_ladders,
            stories=stories,
            reading=reading,
            heads=heads,
            store=store,
            clock=clock,
            metrics=metrics,
            remember_s=config.sessions.max_s,
            on_ladder=assets.prepare,
        )
        stack.push_async_callback(dash.aclose)
        yield Presentations(hls=hls, dash=dash, stories=stories, origin=origin)


def _origins(config: Config) -> Iterator[str]:
    """Where shows and their assets are."""
    for show in config.shows.values():
        if show.origin:
            yield show.origin
        for name, asset in show.assets.items():
            for clip in clips_of(name, asset, finite_names(show)):
                if isinstance(clip.source, str):
                    yield clip.source


class _Observer(OriginObserver):
    """Counts what the origin's cache does."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def fetched(self, url: str, seconds: float, failure: Reason | None) -> None:
        self._metrics.origin_fetch(seconds)
        if failure is not None:
            report(failure, "origin_fetch_failed", self._metrics, url=url)

    def stale_served(self, url: str, reason: Reason) -> None:
        report(Reason.MANIFEST_STALE_SERVED, "manifest_stale_served", self._metrics, cause=reason)
