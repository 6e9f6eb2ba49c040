"""The demo as tests run it: one small rendition, breaks that come often, ads made beforehand."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from starlette.routing import BaseRoute

from packager.config.values import Config
from packager.demo.compose import DemoPlaces, demo_config, demo_routes, stock
from packager.demo.media import DemoMedia
from packager.demo.schedule import OriginSettings
from packager.weft import Weft
from tests.browser.weft_server import open_session, serving_weft

__all__ = ["BREAK_EVERY_S", "BREAK_S", "EARLY_S", "open_session", "serving_demo"]

BREAK_EVERY_S, BREAK_S, EARLY_S = 28, 14, 6


@contextmanager
def serving_demo(media: DemoMedia, folder: Path) -> Iterator[str]:
    """Serve the demo; every second break ends early.

    Args:
        media: What it plays.
        folder: For packaged media, kept from run to run.

    Yields:
        Its URL, when its ads are packaged.
    """

    def config(url: str) -> Config:
        return demo_config(media, _places(url), folder)

    def routes(weft: Weft, url: str) -> tuple[BaseRoute, ...]:
        settings = OriginSettings(
            epoch=weft.clock.now() - timedelta(hours=1),
            window_s=24,
            break_every_s=BREAK_EVERY_S,
            break_at_s=12,
            break_s=BREAK_S,
            early_return_s=EARLY_S,
        )
        return demo_routes(weft, media, _places(url), clock=weft.clock, settings=settings)

    async def prepare(weft: Weft, url: str) -> list[str]:
        await stock(weft, media, _places(url), break_s=BREAK_S)
        return []

    with serving_weft(config, routes, prepare) as url:
        yield url


def _places(url: str) -> DemoPlaces:
    return DemoPlaces(port=urlsplit(url).port or 0)
