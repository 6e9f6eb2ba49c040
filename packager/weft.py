"""The parts of one process, joined: opened in order, closed in the reverse one."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

import anyio

from packager.asking import Asking
from packager.asking_ahead import AskingAhead
from packager.beacons.opening import open_outbox, sender_settings
from packager.beacons.outbox import Outbox
from packager.beacons.sender import run_sender
from packager.choosing import Choosing
from packager.clips.assets import Assets
from packager.clips.opening import open_clips
from packager.clock import Clock, SystemClock
from packager.config.values import Config
from packager.dash.mpds import Mpds
from packager.dash.patches import Patches
from packager.deciders import Deciders
from packager.deciding import Deciding
from packager.drawn_ads import DrawnAds
from packager.facts.moment import Facts
from packager.feeds.feeds import Feeds
from packager.filling import Filler
from packager.filmless import FilmlessBreaks
from packager.foresight import Foresight
from packager.hls.playlists import Playlists
from packager.house import PackagedHouse
from packager.house_media import House
from packager.looks.guided import GuidedLooks
from packager.looks.looks import Looks
from packager.looks.opening import files_of, folders_of, read_stems, read_templates
from packager.looks.own import OwnLooks
from packager.looks.route import LookRoute
from packager.metrics import Metrics
from packager.outbound import CREATIVE_LIMITS, GuardedClient, Limits, Policy
from packager.packaging.library import MediaLibrary
from packager.packaging.settings import ConditionSettings
from packager.patience import Patience
from packager.personalization.draws import draw_key
from packager.pictures.opening import open_pictures
from packager.pictures.pictures import Pictures
from packager.planning import Planner
from packager.pod_signals import PodSignals
from packager.pods import Pods
from packager.prefetch import Prefetch
from packager.presentations import Presentations, open_presentations
from packager.rendering.opening import open_rendering
from packager.rendering.rendering import Rendering
from packager.rendering.workers import DRAW
from packager.reporting.errors import Errors
from packager.reporting.reporter import Reporter
from packager.schedules import Schedules
from packager.sessions import SessionLimits, Sessions
from packager.settling import Settling
from packager.sharing.addresses import address_key
from packager.sharing.sharing import Sharing
from packager.splices import Splices
from packager.stores import Store
from packager.stores.opening import open_store
from packager.stories.stories import Stories
from packager.tokens import Tokens, load_secrets, session_digester
from packager.upkeep import Chore, beside, sweep, take_in_changes
from packager.warming import Warming


@dataclass(frozen=True, slots=True, kw_only=True)
class Weft:
    """The parts of one process, joined."""

    config: Config
    clock: Clock
    metrics: Metrics
    client: GuardedClient
    store: Store
    sessions: Sessions
    library: MediaLibrary
    house: PackagedHouse
    assets: Assets
    presentations: Presentations
    planner: Planner
    playlists: Playlists
    mpds: Mpds
    patches: Patches
    rendering: Rendering
    pictures: Pictures
    looks: Looks
    look_route: LookRoute
    own_looks: OwnLooks
    guided_looks: GuidedLooks
    outbox: Outbox
    reporter: Reporter
    pods: Pods
    filmless: FilmlessBreaks
    feeds: Feeds
    settling: Settling
    sharing: Sharing
    facts: Facts
    warming: Warming


@asynccontextmanager
async def open_weft(
    config: Config,
    *,
    clock: Clock | None = None,
    metrics: Metrics | None = None,
    client: GuardedClient | None = None,
    library: MediaLibrary | None = None,
    templates: Mapping[str, Path] | None = None,
    draw: str = DRAW,
    sources: anyio.Event | None = None,
) -> AsyncIterator[Weft]:
    """Open everything that a process needs, and close it again in the right order.

    Args:
        config: What the operator wants.
        clock: Says the time; tests bring their own.
        metrics: Counts.
        client: In place of one that follows `config.outbound`; closed at the end.
        library: In place of one that follows `config.media`; closed at the end.
        templates: Folders of overlay templates, by digest, beside those of shows.
        draw: What draws overlays in worker processes, as ``package.module:function``.
        sources: Set when what stories are made of can be had; None: it can at once.

    Raises:
        StoreError: The store cannot be opened.
        OSError: The media folder cannot be used.
    """
    clock, metrics = clock or SystemClock(), metrics or Metrics()
    async with AsyncExitStack() as stack:
        # Each with connections of its own: an origin's answers never wait until a slow ad server
        # or a film leaves one free; none waits for beacons, segments, or feeds that keep theirs.
        allow = config.outbound.allow
        clients = [client] * 5 if client else [GuardedClient(allow=allow) for _ in range(5)]
        for one in dict.fromkeys(clients):
            stack.push_async_callback(one.aclose)
        client, ad_client, beacon_client, segment_client, feed_client = clients
        store = await open_store(config.store.path, session_limit=config.sessions.limit)
        stack.push_async_callback(store.close)
        folder = config.media.folder
        secrets = tuple(key.reveal for key in config.keys) or load_secrets(folder)
        limits = SessionLimits(idle_s=config.sessions.idle_s, lifetime_s=config.sessions.max_s)
        sessions = Sessions(store, Tokens(secrets), limits=limits)
        base = config.public_url or "/"
        settings = ConditionSettings(loudness_lufs=_float(config.media.loudness_lufs))
        library = library or MediaLibrary(
            folder,
            uri_prefix=f"{base}tm",
            settings=settings,
            workers=config.media.workers,
        )
        stack.push_async_callback(library.aclose)
        house = PackagedHouse(
            library,
            client=ad_client,
            policy=Policy(),
            metrics=metrics,
            limits=Limits(total_s=config.timeouts.creative_s, max_bytes=CREATIVE_LIMITS.max_bytes),
        )
        stack.push_async_callback(house.aclose)
        pictures = open_pictures(
            config.pictures,
            client=segment_client,
            work_folder=library.work_folder,
            clock=clock,
            metrics=metrics,
        )
        stack.push_async_callback(pictures.aclose)
        clips = open_clips(
            config,
            secret=secrets[0],
            base=base,
            settings=settings,
            pictures=pictures,
            clock=clock,
            metrics=metrics,
        )
        stack.push_async_callback(clips.aclose)
        assets = Assets(house=house, clips=clips, metrics=metrics)
        presentations = await stack.enter_async_context(
            open_presentations(
                config,
                base=base,
                client=client,
                library=library,
                store=store,
                clock=clock,
                metrics=metrics,
                assets=assets,
            )
        )
        drawn, stems = read_templates(config), read_stems(config)
        rendering = await open_rendering(
            config,
            secrets=secrets,
            base=base,
            client=segment_client,
            templates={**folders_of(config, drawn), **(templates or {})},
            stems=files_of(config, stems),
            clock=clock,
            metrics=metrics,
            draw=draw,
        )
        stack.push_async_callback(rendering.aclose)
        digest = session_digester(secrets[0])
        outbox = await open_outbox(config, clock=clock, metrics=metrics)
        stack.push_async_callback(outbox.close)
        pods = Pods(store, metrics)
        reporter = Reporter(
            pods=pods,
            owe=outbox.owe,
            session_digest=digest,
            clock=clock,
            metrics=metrics,
            expire_s=config.beacons.expire_s,
        )
        feeds = Feeds(config, client=feed_client, store=store, clock=clock, metrics=metrics)
        facts = Facts(feeds)
        deciders = Deciders(
            config,
            client=ad_client,
            assets=assets,
            facts=facts,
            clock=clock,
            viewers=lambda: sessions.resident,
        )
        settling = Settling(
            config,
            facts,
            sessions,
            key=draw_key(secrets[0]),
            clock=clock,
            metrics=metrics,
        )
        looks = Looks(
            drawn,
            stems,
            rendering=rendering,
            facts=facts,
            store=store,
            clock=clock,
            metrics=metrics,
            pictures=pictures,
            patience_s=config.rendering.wait_s,
        )
        guided_looks = GuidedLooks(rendering, clock=clock)
        stack.push_async_callback(guided_looks.aclose)
        look_route = LookRoute(looks, clock=clock)
        stack.push_async_callback(look_route.aclose)
        asking = Asking(
            decider_for=deciders.for_rule,
            session_digest=digest,
            facts=facts,
            settling=settling,
            clock=clock,
        )
        house_media = House(
            creative=assets.get,
            slate=house.slate,
            asset=assets.find,
            media_base=library.base,
        )
        errors = Errors(
            owe=outbox.owe,
            session_digest=digest,
            clock=clock,
            expire_s=config.beacons.expire_s,
        )
        schedules = Schedules(
            sessions,
            server_for=deciders.vmap_of,
            request_for=asking.request,
            errors=errors,
            metrics=metrics,
        )
        # In VOD it is the ad server's own time limit that ends the wait.
        patience = Patience(live_s=config.timeouts.ad_deadline_s, vod_s=config.timeouts.ad_s + 0.5)
        ahead = AskingAhead(
            asking=asking,
            foresight=Foresight(clock),
            prefetch=Prefetch(clock, metrics),
            errors=errors,
            clock=clock,
            patience=patience,
        )
        deciding = Deciding(
            sessions,
            ahead,
            Filler(
                asking=asking,
                choosing=Choosing(house=house_media, facts=facts, clock=clock),
                metrics=metrics,
            ),
            schedules,
            errors,
            clock=clock,
            metrics=metrics,
            patience=patience,
        )
        signals = PodSignals(pods=pods, creative=assets.get)
        splices = Splices(house_media, signals, metrics)
        planner = Planner(deciding, ahead, splices, schedules, signals, clock=clock)
        stack.push_async_callback(planner.aclose)
        drawn_ads = DrawnAds(deciding, pods=pods, pictures=pictures, clock=clock)
        stack.push_async_callback(drawn_ads.aclose)
        own_looks = OwnLooks(looks, look_route, drawn_ads, clock=clock)
        stack.push_async_callback(own_looks.aclose)
        mpds = Mpds()
        patches = Patches(mpds, clock)
        stack.push_async_callback(patches.aclose)
        weft = Weft(
            config=config,
            clock=clock,
            metrics=metrics,
            client=client,
            store=store,
            sessions=sessions,
            library=library,
            house=house,
            assets=assets,
            presentations=presentations,
            planner=planner,
            playlists=Playlists(),
            mpds=mpds,
            patches=patches,
            rendering=rendering,
            pictures=pictures,
            looks=looks,
            look_route=look_route,
            own_looks=own_looks,
            guided_looks=guided_looks,
            outbox=outbox,
            reporter=reporter,
            pods=pods,
            filmless=FilmlessBreaks(
                schedules=schedules,
                deciding=deciding,
                pods=pods,
                drawn_ads=drawn_ads,
                own_looks=own_looks,
                clock=clock,
            ),
            feeds=feeds,
            settling=settling,
            sharing=Sharing(
                config,
                sessions,
                settling,
                drawn,
                house,
                key=address_key(secrets[0]),
                clock=clock,
                metrics=metrics,
            ),
            facts=facts,
            warming=Warming(config, presentations, assets, metrics),
        )
        send = partial(
            run_sender,
            outbox,
            client=beacon_client,
            clock=clock,
            metrics=metrics,
            settings=sender_settings(config),
        )
        chores: list[Chore] = [
            partial(sweep, sessions, house, clock, metrics),
            weft.warming.run,
            partial(_prepare, presentations.stories, sources),
            reporter.run,
            feeds.run,
            send,
            rendering.run,
            clips.run,
        ]
        if any(show.facts for show in config.shows.values()):
            chores.append(partial(take_in_changes, sessions, metrics))
        async with beside(*chores):
            yield weft


async def _prepare(stories: Stories, sources: anyio.Event | None) -> None:
    if sources is not None:
        await sources.wait()
    await stories.run()


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)
