"""The demo in one process: origin, ad server, Weft and the page, all on one port.

Weft reaches the origin and the ad server over HTTP on loopback, exactly as it would reach anybody
else's: nothing in the demo takes a short cut.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from ipaddress import ip_network
from pathlib import Path

import anyio
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from manifests.creative import Creative
from manifests.splicing.timeline import Span, spans
from packager.clock import Clock, unix_seconds
from packager.config.ad_settings import VastServer
from packager.config.asset_settings import Asset, HouseFile
from packager.config.break_settings import AssetFill, CueBreaks, ScheduledBreak, VastFill
from packager.config.process_settings import Admin, Listen, Media, Outbound
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.templates import read_template
from packager.demo import site
from packager.demo.ad_server import AdServer, DemoAd
from packager.demo.backstage import Backstage
from packager.demo.media import Clip, DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.recap import RECAP, recap_show
from packager.demo.recap_backstage import RecapBackstage, RecapMedia
from packager.demo.recap_content import Timing
from packager.demo.schedule import OriginSettings
from packager.demo.stage import CUES, STAGE, stage_media, stage_show
from packager.parameters import Parameters
from packager.reasons import Reason
from packager.responses import json_response, refusal
from packager.weft import Weft

TENANT = "default"
ASSET = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPlaces:
    """Where the demo listens."""

    address: str = "127.0.0.1"
    port: int = 8080
    admin_port: int = 8081

    @property
    def url(self) -> str:
        """What the demo's own parts are reached at."""
        return f"http://{self.address}:{self.port}"


def demo_config(
    media: DemoMedia, places: DemoPlaces, folder: Path, timing: Timing | None = None
) -> Config:
    """The configuration that the demo runs with.

    Args:
        media: Generated or from a file.
        places: Where it listens.
        folder: For packaged media.
        timing: Of the recap.
    """
    vast = VastFill(
        server=VastServer(
            url=read_template(
                f"{places.url}/ads/vast/fill?d={{break.seconds}}&sid={{session.id}}&{{ads}}"
            )
        )
    )
    slate = HouseFile(file=media.folder / media.slate.file)
    live = Show(
        name="live",
        origin=f"{places.url}/origin/live/",
        breaks=(CueBreaks(fill=vast, otherwise="slate"),),
        slate=slate,
    )
    middle = Decimal(int(media.loop_s) // 2)
    vod = Show(
        name="vod",
        origin=f"{places.url}/origin/vod/",
        breaks=(
            ScheduledBreak(at=Decimal(0), fill=AssetFill(asset="bumper")),
            ScheduledBreak(at=Decimal(0), fill=vast, seconds=Decimal(10)),
            ScheduledBreak(at=middle, fill=vast, seconds=Decimal(15)),
            ScheduledBreak(at="end", fill=vast, seconds=Decimal(10)),
        ),
        slate=slate,
        assets={"bumper": Asset(file=media.folder / media.bumper.file)},
    )
    return Config(
        listen=Listen(address=places.address, port=places.port),
        admin=Admin(port=places.admin_port),
        media=Media(folder=folder, workers=2),
        outbound=Outbound(allow=(ip_network("127.0.0.0/8"),)),
        shows={
            "live": live,
            "vod": vod,
            STAGE: stage_show(f"{places.url}/stage/live/"),
            RECAP: recap_show(f"{places.url}/recap/", timing or Timing()),
        },
    )


def demo_routes(
    weft: Weft,
    media: DemoMedia,
    places: DemoPlaces,
    recap: RecapMedia,
    *,
    clock: Clock,
    settings: OriginSettings | None = None,
    cues: OriginSettings = CUES,
    players: Path | None = None,
    titles: Mapping[str, str] | None = None,
) -> tuple[BaseRoute, ...]:
    """Everything that the demo serves beside Weft itself.

    Args:
        weft: What is shown.
        media: What is played.
        places: Where the demo listens.
        recap: What the recap is made of.
        clock: Says what is on air.
        settings: When breaks come.
        cues: When the cues of the show with overlays come.
        players: A ``node_modules`` folder.
        titles: What `stock` fills.
    """
    settings = settings or OriginSettings()
    ads = AdServer([_ad(clip, places) for clip in media.creatives], base_url=f"{places.url}/ads")
    files = {clip.file: media.folder / clip.file for clip in media.creatives}

    async def file(request: Request) -> Response:
        path = files.get(request.path_params["name"])
        if path is None:
            return refusal(Reason.NOT_FOUND, weft.metrics)
        return FileResponse(path, media_type="video/mp4")

    timelines = _Timelines(weft, settings, {} if titles is None else titles)

    backstage = Backstage(weft, cues, tenant=TENANT, asset=ASSET)
    recap_backstage = RecapBackstage(weft, recap, tenant=TENANT, asset=ASSET)

    async def views() -> tuple[site.View, ...]:
        live, vod, overlaid = [await _token(weft, show) for show in ("live", "vod", STAGE)]
        return (
            site.View(title="Live", streams=_streams(live, "live")),
            site.View(title="On demand", streams=_streams(vod, "vod")),
            site.View(
                title="Overlays",
                streams=_streams(
                    overlaid,
                    STAGE,
                    note="drawn into the pictures",
                    timeline=f"/demo/overlays/{overlaid}/timeline",
                    origin="/stage/live",
                ),
                stage=backstage.stage(overlaid),
            ),
            recap_backstage.view,
        )

    return (
        Mount("/origin", create_demo_origin(media, clock, settings)),
        Mount("/stage", create_demo_origin(stage_media(media), clock, cues)),
        Route("/media/{name}", file),
        Mount("/ads", ads.app),
        Route("/demo/timeline/{token}", timelines.answer),
        Route("/demo/overlays/{token}", backstage.state),
        Route("/demo/overlays/{token}/timeline", backstage.timeline),
        *recap_backstage.routes,
        *site.demo_page_routes(views, players=players),
    )


def _ad(clip: Clip, places: DemoPlaces) -> DemoAd:
    return DemoAd(
        id=clip.name,
        media_url=f"{places.url}/media/{clip.file}",
        duration=Decimal(clip.duration_s),
        title=clip.title,
        advertiser=clip.title,
        width=clip.width,
        height=clip.height,
    )


async def stock(
    weft: Weft,
    media: DemoMedia,
    places: DemoPlaces,
    titles: dict[str, str] | None = None,
    *,
    break_s: int = 20,
) -> None:
    """Have the ads packaged before the first viewer: a real ad server's are met again and again.

    Args:
        weft: What is to show them.
        media: Which ads there are.
        places: Where they are.
        titles: Gets the ads' titles by the ids of their creatives.
        break_s: How long the channel's breaks are.
    """
    await _listening(places)
    for last in (False, True):  # the first round begins it, the second one finds it done
        for show in weft.config.shows.values():
            if not show.breaks:
                continue
            presentation = await weft.presentations.hls.get(TENANT, show, ASSET)
            if presentation.ladder is None:
                continue
            for clip in media.creatives:
                file = MediaFile(url=_ad(clip, places).media_url, type="video/mp4")
                ad = Ad(id=clip.name)
                creative = await weft.house.condition(file, ad, presentation.ladder)
                if last and titles is not None and isinstance(creative, Creative):
                    titles[creative.id] = clip.title
            slate = weft.house.slate(show, presentation.ladder)
            if slate is not None:  # cut to what each ad leaves of a break: no hole, no catching up
                for clip in media.creatives:
                    rest = Fraction(break_s - clip.duration_s) % slate.duration
                    if rest:
                        slate.cut(rest)
        await weft.house.settled()


async def _listening(places: DemoPlaces) -> None:
    """Wait for the demo's own port: its origin and ad server are behind it."""
    while True:
        try:
            stream = await anyio.connect_tcp(places.address, places.port)
        except OSError:
            await anyio.sleep(0.05)
        else:
            await stream.aclose()
            return


async def _token(weft: Weft, show: str) -> str:
    """A new session for the page."""
    session = await weft.sessions.start(
        TENANT, show, ASSET, Parameters(), weft.clock.now(), idle_s=6 * 3600
    )
    return session.token


def _streams(
    token: str,
    show: str,
    *,
    note: str = "ads of this session",
    timeline: str | None = None,
    origin: str | None = None,
) -> tuple[site.Stream, ...]:
    """A session through Weft, in both formats, and the origin itself."""
    origin = origin or f"/origin/{show}"
    timeline = timeline or f"/demo/timeline/{token}"
    path = f"{TENANT}/{show}/{ASSET}"
    return (
        site.Stream(
            title="HLS through Weft",
            note=note,
            url=f"/v1/master/{path}.m3u8?aws.sessionId={token}",
            timeline=timeline,
        ),
        site.Stream(
            title="DASH through Weft",
            note="the same session",
            url=f"/v1/dash/{path}.mpd?aws.sessionId={token}",
            timeline=timeline,
            format="dash",
        ),
        site.Stream(
            title="The origin",
            note="as it comes",
            url=f"{origin}/{ASSET}.m3u8",
            timeline=f"{origin}/timeline.json",
        ),
    )


class _Timelines:
    """What is on air in each session."""

    def __init__(self, weft: Weft, settings: OriginSettings, titles: Mapping[str, str]) -> None:
        self._weft = weft
        self._titles = titles
        self._epoch = unix_seconds(settings.epoch)

    async def answer(self, request: Request) -> Response:
        """``GET /demo/timeline/{token}``: the session's spans, as `packager.demo.site` tells."""
        weft = self._weft
        session = await weft.sessions.resume(request.path_params["token"], weft.clock.now())
        record = session.record
        show = weft.config.shows[record.show]
        presentation = await weft.presentations.hls.get(TENANT, show, record.asset)
        channel = await presentation.keeper.current(presentation.reference)
        plan = weft.planner.known(session, presentation, channel)
        track = channel.tracks[channel.reference]
        found = spans(
            plan.splices,
            start=track.starts[0],
            edge=track.edge,
            rung=presentation.reference_rung or "",
        )
        live = presentation.live
        base = self._epoch if live else Decimal(0)
        edge = found[-1].end - base if found else Decimal(0)
        now = unix_seconds(weft.clock.now()) - base if live else Decimal(0)
        document = site.timeline_json(
            self._labelled(found, base),
            now=float(now),
            edge=float(edge),
            pdt_base=float(base) if live else None,
        )
        return json_response(document)

    def _labelled(self, found: Iterable[Span], base: Decimal) -> list[site.Span]:
        names = {"content": "Programme", "slate": "Slate", "bumper": "Bumper", "ad": "Ad"}
        return [
            site.Span(
                kind=span.kind,
                label=self._titles.get(span.source) or names.get(span.kind, span.kind),
                start=float(span.start - base),
                end=float(span.end - base),
            )
            for span in found
        ]
