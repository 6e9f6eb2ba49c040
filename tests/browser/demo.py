"""The demo as tests run it: one small rendition, breaks that come often, ads made beforehand."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx2
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from packager.config.ad_settings import VastServer
from packager.config.break_settings import VastFill
from packager.config.values import Config
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.templates import read_template
from packager.demo.compose import ASSET, TENANT, DemoPlaces, demo_config, demo_routes, stock
from packager.demo.media import DemoMedia
from packager.demo.recap_backstage import RecapMedia
from packager.demo.recap_content import Timing
from packager.demo.schedule import OriginSettings
from packager.weft import Weft
from tests.browser.weft_server import open_session, serving_weft

__all__ = [
    "BREAK_AT_S",
    "BREAK_EVERY_S",
    "BREAK_S",
    "EARLY_S",
    "MID_SEGMENT_S",
    "RECAP",
    "open_dash_session",
    "open_session",
    "serving_demo",
]

RECAP = Timing(minute_s=6, moments_s=(4,), short_s=2, frame_s=2)  # a recap of seconds
BREAK_AT_S, BREAK_EVERY_S, BREAK_S, EARLY_S = 12, 28, 14, 6
MID_SEGMENT_S = 0.96  # of the MPD's breaks, those that do not end early


@contextmanager
def serving_demo(
    media: DemoMedia,
    folder: Path,
    *,
    window_s: int = 24,
    patches: bool = False,
    early_s: int | None = EARLY_S,
    ad_server: str | None = None,
) -> Iterator[str]:
    """Serve the demo; every second break ends early. What Weft counted is at ``/test/metrics``.

    Args:
        media: What it plays.
        folder: For packaged media, kept from run to run; what the recap is made of is beside it.
        window_s: Of the live channel.
        patches: Of its MPDs.
        early_s: After how many seconds every second break ends; None: as it was announced.
        ad_server: URL of one of `loadtests.ads` with the same films, in place of the demo's own.

    Yields:
        Its URL, when its ads are packaged.
    """

    def config(url: str) -> Config:
        made = demo_config(media, _places(url), folder, RECAP)
        live = replace(made.shows["live"], patches=patches)
        made = replace(made, shows={**made.shows, "live": live})
        return made if ad_server is None else _asking(made, ad_server)

    def routes(weft: Weft, url: str) -> tuple[BaseRoute, ...]:
        settings = OriginSettings(
            epoch=weft.clock.now() - timedelta(hours=1),
            window_s=window_s,
            break_every_s=BREAK_EVERY_S,
            break_at_s=BREAK_AT_S,
            break_s=BREAK_S,
            early_return_s=early_s,
            mid_segment_s=Fraction(str(MID_SEGMENT_S)),
        )

        async def metrics(request: Request) -> Response:
            return Response(weft.metrics.render())

        return (
            Route("/test/metrics", metrics),
            *demo_routes(
                weft,
                media,
                _places(url),
                RecapMedia(folder.parent, RECAP),
                clock=weft.clock,
                settings=settings,
            ),
        )

    async def prepare(weft: Weft, url: str) -> list[str]:
        await stock(weft, media, _places(url), break_s=BREAK_S)
        if ad_server is not None:
            await _meet(weft, media, ad_server)
        return []

    with serving_weft(config, routes, prepare) as url:
        yield url


def open_dash_session(url: str, show: str) -> str:
    """Start a session as a player does, by asking for the MPD; return the URL that it is sent to.

    Args:
        url: The demo's.
        show: Its name.
    """
    mpd = f"{url}/v1/dash/default/{show}/index.mpd"
    answer = httpx2.get(mpd, timeout=30)
    assert answer.status_code == 302, (mpd, answer.status_code)
    return urljoin(mpd, answer.headers["location"])


def _asking(config: Config, ad_server: str) -> Config:
    """A configuration whose breaks are filled by another ad server."""
    query = "d={break.seconds}&sid={session.id}&break={break.id}&{ads}"
    fill = VastFill(server=VastServer(url=read_template(f"{ad_server}/vast/pod?{query}")))
    shows = {
        name: replace(
            show,
            breaks=tuple(
                replace(rule, fill=fill) if isinstance(rule.fill, VastFill) else rule
                for rule in show.breaks
            ),
        )
        for name, show in config.shows.items()
    }
    return replace(config, shows=shows)


async def _meet(weft: Weft, media: DemoMedia, ad_server: str) -> None:
    """Let Weft see the other ad server's films, which are those that it has packaged."""
    for show in weft.config.shows.values():
        if not show.breaks:
            continue
        presentation = await weft.presentations.hls.get(TENANT, show, ASSET)
        assert presentation.ladder is not None
        for clip in media.creatives:
            file = MediaFile(url=f"{ad_server}/media/{clip.file}", type="video/mp4")
            await weft.house.condition(file, Ad(id=clip.name), presentation.ladder)
    await weft.house.settled()


def _places(url: str) -> DemoPlaces:
    return DemoPlaces(port=urlsplit(url).port or 0)
