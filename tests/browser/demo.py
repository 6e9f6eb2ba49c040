"""The demo as tests run it: one small rendition, breaks that come often, ads made beforehand."""

import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import anyio
import httpx2
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from packager.app import create_app, open_weft
from packager.clock import SystemClock
from packager.demo.compose import DemoPlaces, demo_config, demo_routes, stock
from packager.demo.media import DemoMedia
from packager.demo.schedule import OriginSettings
from tests.browser.serving import serving

BREAK_EVERY_S, BREAK_S, EARLY_S = 28, 14, 6
PACKAGED_S = 240.0


@contextmanager
def serving_demo(media: DemoMedia, folder: Path) -> Iterator[str]:
    """Serve the demo; every second break ends early.

    Args:
        media: What it plays.
        folder: For packaged media, kept from run to run.

    Yields:
        Its URL, when its ads are packaged.
    """

    @asynccontextmanager
    async def open_demo(url: str) -> AsyncIterator[ASGIApp]:
        clock = SystemClock()
        places = DemoPlaces(port=urlsplit(url).port or 0)
        settings = OriginSettings(
            epoch=clock.now() - timedelta(hours=1),
            window_s=24,
            break_every_s=BREAK_EVERY_S,
            break_at_s=12,
            break_s=BREAK_S,
            early_return_s=EARLY_S,
        )
        config = demo_config(media, places, folder)
        ready = anyio.Event()

        async def answer(request: Request) -> Response:
            return JSONResponse(ready.is_set())

        async with open_weft(config, clock=clock) as weft:
            routes = demo_routes(weft, media, places, clock=clock, settings=settings)

            async def prepare() -> None:
                await stock(weft, media, places)
                ready.set()

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(prepare)
                yield create_app(weft, more=(Route("/test/ready", answer), *routes))
                tasks.cancel_scope.cancel()

    with serving(open_demo) as url:
        end = time.monotonic() + PACKAGED_S
        while not httpx2.get(f"{url}/test/ready").json():
            assert time.monotonic() < end, "the ads were not packaged in time"
            time.sleep(0.5)
        yield url


def open_session(url: str, show: str) -> str:
    """Start a session; return the URL of its multivariant playlist."""
    answer = httpx2.post(f"{url}/v1/session/default/{show}/index")
    return f"{url}{answer.json()['manifestUrl']}"
