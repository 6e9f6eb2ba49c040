import os
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from packager.demo.build import Recipe, ensure_demo_media
from packager.demo.media import DemoMedia
from packager.demo.recap_build import ensure_recap
from tests.browser.demo import RECAP, serving_demo
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
    ensure_recap(MEDIA, RECAP)
    return ensure_demo_media(MEDIA, Recipe(rungs=("360p",)))


@pytest.fixture(scope="session")
def weft_url(demo_media: DemoMedia) -> Iterator[str]:
    """The demo, with breaks that come often."""
    with serving_demo(demo_media, MEDIA / "packaged") as url:
        yield url


@pytest.fixture(scope="session")
def recap_media(demo_media: DemoMedia) -> Path:
    """What the recap is made of: a folder for each component."""
    return ensure_recap(MEDIA, RECAP)


@pytest.fixture(scope="session")
def recap_url(recap_media: Path, weft_url: str) -> str:
    """The demo, whose recap is ready."""
    end = time.monotonic() + 60
    while not httpx2.get(f"{weft_url}/demo/recap", timeout=30).json()["ready"]:
        assert time.monotonic() < end, "the recap was not ready in time"
        time.sleep(0.2)
    return weft_url


@pytest.fixture(scope="session")
def demo_theatre(players: Players, weft_url: str) -> Theatre[Showing]:
    """The demo, in HLS and DASH, as VOD and live."""
    return Theatre(players, demo_plays(weft_url))
