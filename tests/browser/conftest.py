import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from packager.demo.build import Recipe, ensure_demo_media
from packager.demo.media import DemoMedia
from tests.browser.demo import serving_demo
from tests.browser.demo_plays import Showing, demo_plays
from tests.browser.players import CHROMIUM, NODE_MODULES, Players
from tests.browser.theatre import Theatre

MEDIA = Path(__file__).parents[2] / ".weft" / "tests"  # kept for the next run, not in git


@pytest.fixture(scope="session")
def players() -> Iterator[Players]:
    """Chromium with stock players; WEFT_TEST_PLAYERS names another node_modules folder."""
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not there: apt install chromium")
    with Players.launch(Path(os.environ.get("WEFT_TEST_PLAYERS", NODE_MODULES))) as launched:
        yield launched


@pytest.fixture(scope="session")
def demo_media() -> DemoMedia:
    """The demo's media, with the smallest rendition alone: two cores decode it with ease."""
    pytest.importorskip("av", reason="the demo's media need PyAV")
    return ensure_demo_media(MEDIA, Recipe(rungs=("360p",)))


@pytest.fixture(scope="session")
def weft_url(demo_media: DemoMedia) -> Iterator[str]:
    """The demo, with breaks that come often."""
    with serving_demo(demo_media, MEDIA / "packaged") as url:
        yield url


@pytest.fixture(scope="session")
def demo_theatre(players: Players, weft_url: str) -> Theatre[Showing]:
    """The demo, in HLS and DASH, as VOD and live."""
    return Theatre(players, demo_plays(weft_url))
