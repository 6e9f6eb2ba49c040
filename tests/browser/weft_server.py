"""Weft on a port of loopback together with all that it needs, its ads packaged beforehand."""

import time
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.types import ASGIApp

from packager.app import create_app
from packager.clock import SystemClock
from packager.config.ad_settings import VastServer
from packager.config.break_settings import VastFill
from packager.config.process_settings import Listen, Media, Outbound, Timeouts
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.decisions import Omission
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.templates import read_template
from packager.demo.ad_server import AdServer, DemoAd
from packager.reasons import Reason
from packager.weft import Weft, open_weft
from tests.browser.serving import serving

PACKAGED_S = 240.0
_TENANT, _ASSET = "default", "index"


@dataclass(frozen=True, slots=True)
class CreativeFile:
    """A creative as an ad server offers it: a progressive file."""

    id: str
    file: Path
    seconds: int


@contextmanager
def serving_weft(
    config: Callable[[str], Config],
    routes: Callable[[Weft, str], tuple[BaseRoute, ...]],
    prepare: Callable[[Weft, str], Awaitable[list[str]]],
) -> Iterator[str]:
    """Serve Weft and what is beside it, all on one port.

    Args:
        config: Made for the server's URL, as the others are.
        routes: What is beside it.
        prepare: Has the ads packaged; returns what went wrong.

    Yields:
        Its URL, when `prepare` is done.
    """

    @asynccontextmanager
    async def open_app(url: str) -> AsyncIterator[ASGIApp]:
        problems: list[str] | None = None

        async def answer(request: Request) -> Response:
            return JSONResponse(problems)

        async with open_weft(config(url), clock=SystemClock()) as weft:

            async def run() -> None:
                nonlocal problems
                try:
                    problems = await prepare(weft, url)
                except Exception:  # else whoever waits for it would wait on
                    problems = [traceback.format_exc()]

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(run)
                yield create_app(weft, more=(Route("/test/problems", answer), *routes(weft, url)))
                tasks.cancel_scope.cancel()

    with serving(open_app) as url:
        end = time.monotonic() + PACKAGED_S
        while (problems := httpx2.get(f"{url}/test/problems", timeout=PACKAGED_S).json()) is None:
            assert time.monotonic() < end, "the ads were not packaged in time"
            time.sleep(0.2)
        assert problems == []
        yield url


@contextmanager
def serving_shows(
    shows: Callable[[str, VastFill], Mapping[str, Show]],
    origin: ASGIApp,
    creatives: tuple[CreativeFile, ...],
    folder: Path,
    *,
    loudness_lufs: Decimal | None = None,
) -> Iterator[str]:
    """Serve shows of an origin, with an ad server that gives as many ads as a break has place for.

    Args:
        shows: Made from the origin's URL, with a slash at its end, and what fills breaks.
        origin: The origin's application.
        creatives: Of the ad server, in the order in which it gives them.
        folder: For packaged media, kept from run to run.
        loudness_lufs: To which ads are brought.

    Yields:
        The URL, when the creatives are packaged for every show.
    """
    files = {creative.id: creative for creative in creatives}

    def url_of(creative: CreativeFile, url: str) -> str:
        return f"{url}/creatives/{creative.id}"

    def config(url: str) -> Config:
        fill = VastFill(
            server=VastServer(url=read_template(f"{url}/ads/vast/fill?d={{break.seconds}}"))
        )
        return Config(
            listen=Listen(port=urlsplit(url).port or 0),
            media=Media(folder=folder, workers=2, loudness_lufs=loudness_lufs),
            outbound=Outbound(allow=(ip_network("127.0.0.0/8"),)),
            # While nine players play on two cores, a decision may take longer than usual.
            timeouts=Timeouts(ad_deadline_s=1.0),
            shows=shows(f"{url}/origin/", fill),
        )

    def routes(weft: Weft, url: str) -> tuple[BaseRoute, ...]:
        ads = [
            DemoAd(id=item.id, media_url=url_of(item, url), duration=Decimal(item.seconds))
            for item in creatives
        ]

        async def file(request: Request) -> Response:
            return FileResponse(files[request.path_params["id"]].file, media_type="video/mp4")

        return (
            Mount("/origin", origin),
            Mount("/ads", AdServer(ads, base_url=f"{url}/ads").app),
            Route("/creatives/{id}", file),
        )

    async def prepare(weft: Weft, url: str) -> list[str]:
        await weft.warming.done.wait()
        problems = []
        jobs = []
        for show in weft.config.shows.values():
            presentation = await weft.presentations.hls.get(_TENANT, show, _ASSET)
            if presentation.ladder is None:
                problems.append(f"{show.name}: no ladder")
                continue
            for creative in creatives:
                media = MediaFile(url=url_of(creative, url), type="video/mp4")
                jobs.append((show.name, media, Ad(id=creative.id), presentation.ladder))
        for _, media, ad, ladder in jobs:
            await weft.house.condition(media, ad, ladder)
        await weft.house.settled()
        for name, media, ad, ladder in jobs:
            result = await weft.house.condition(media, ad, ladder)
            if result is None or isinstance(result, Reason | Omission):
                problems.append(f"{name}: {ad.id} is not packaged: {result}")
        return problems

    with serving_weft(config, routes, prepare) as url:
        yield url


def open_session(url: str, show: str) -> str:
    """Start a session; return the URL of its multivariant playlist."""
    path = f"/v1/session/{_TENANT}/{show}/{_ASSET}"
    answer = httpx2.post(f"{url}{path}", timeout=30, verify=False)  # no TLS to be set up
    return f"{url}{answer.json()['manifestUrl']}"
