"""Guided sessions in Shaka: it draws over the film what manifests tell it (B-64)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from ipaddress import ip_network
from itertools import groupby
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

pytest.importorskip("av", reason="the demo's media need PyAV")

from packager.clock import SystemClock
from packager.config.overlay_settings import Overlay, ShowAt, ShowAtCues, ShowRule
from packager.config.process_settings import Listen, Media, Outbound
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.stage import CUES
from packager.templates.folder import find_folder
from packager.weft import Weft
from tests.browser.conftest import MEDIA
from tests.browser.players import SCRIPTS, Players
from tests.browser.serving import only, serving
from tests.browser.weft_server import serving_weft

pytestmark = pytest.mark.browser

SHOWN_S, EVERY_S = 4, 8
LEEWAY_S = 0.6  # of looks at the page, and of a picture on its way
LIMIT_S = 60.0
FRAME = 640  # of the page's player, pixels
SQUEEZED = 0.75  # by the template


def sponsor(show: ShowRule) -> Overlay:
    folder = find_folder("sponsor_l", beside=Path())
    return Overlay(name="frame", template=folder, data={"sponsor": "Acme"}, show=show)


@pytest.fixture(scope="module")
def site(players: Players) -> Iterator[str]:
    """The site that the player is on: to a browser not Weft's origin."""
    folders = {"page": Path(__file__).parent / "page", "scripts": players.scripts}
    mounts = [Mount(f"/{name}", StaticFiles(directory=folders[name])) for name in folders]
    with serving(only(Starlette(routes=mounts))) as url:
        yield url


@pytest.fixture(scope="module")
def url(demo_media: DemoMedia) -> Iterator[str]:
    """A VOD with the overlay from 4 s to 8 s, and a channel with it by cues."""
    cues = replace(CUES, break_at_s=SHOWN_S, break_s=SHOWN_S, break_every_s=EVERY_S)
    beside = (Mount("/stage", create_demo_origin(demo_media, SystemClock(), cues)),)

    def config(url: str) -> Config:
        at = ShowAt(at=Decimal(SHOWN_S), seconds=Decimal(SHOWN_S))
        return Config(
            listen=Listen(port=urlsplit(url).port or 0),
            public_url=f"{url}/",  # an MPD's pictures are asked for from another site
            media=Media(folder=MEDIA / "guided"),
            outbound=Outbound(allow=(ip_network("127.0.0.0/8"),)),
            shows={
                "vod": Show(
                    name="vod", origin=f"{url}/stage/vod/", overlays={"frame": sponsor(at)}
                ),
                "live": Show(
                    name="live",
                    origin=f"{url}/stage/live/",
                    overlays={"frame": sponsor(ShowAtCues(source="cues"))},
                ),
            },
        )

    async def prepare(weft: Weft, url: str) -> list[str]:
        return []  # there are no ads

    with serving_weft(config, lambda _, __: beside, prepare) as served:
        yield served


def watch(
    players: Players, site: str, url: str, asset: str, until: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """What Shaka says of a guided session when something holds of it."""
    body = {"insertionMode": "GUIDED"}
    session = httpx2.post(f"{url}/v1/session/default/{asset}", json=body, timeout=60).json()
    page = players.open_page(FRAME, 360)
    try:
        page.goto(f"{site}/page/guided.html")
        page.add_script_tag(url=f"/scripts/{SCRIPTS['shaka']}")
        page.evaluate("url => { play(url); }", session["manifestUrl"])
        end = monotonic() + LIMIT_S
        while True:
            page.wait_for_timeout(500)
            told: dict[str, Any] = page.evaluate("tell()")
            if until(told):
                return told
            assert monotonic() < end, (told["errors"], told["shown"][-5:])
    finally:
        page.context.close()


def runs(told: dict[str, Any]) -> list[tuple[bool, float, float]]:
    """Stretches of the film with the picture and without it: whether, from when, until when."""
    found = []
    for shown, looks in groupby(told["shown"], key=lambda look: look["width"] > 0):
        positions = [look["position"] for look in looks]
        found.append((shown, positions[0], positions[-1]))
    return found


def check(told: dict[str, Any]) -> None:
    """The picture is whole, the film makes place for it, and nothing goes wrong."""
    assert told["errors"] == []
    drawn = [look for look in told["shown"] if look["width"] > 0]
    assert {look["width"] for look in drawn} == {1920}
    for shown, looks in groupby(told["shown"], key=lambda look: look["width"] > 0):
        settled = [look["film"] for look in looks][2:]  # Shaka moves the film for a quarter second
        width = SQUEEZED * FRAME if shown else FRAME
        assert settled == pytest.approx([width] * len(settled), abs=4)


def test_dash_draws_it_for_its_time(players: Players, site: str, url: str) -> None:
    told = watch(
        players,
        site,
        url,
        "vod/index.mpd",
        lambda told: bool(told["shown"]) and told["shown"][-1]["position"] > 2 * EVERY_S - 4,
    )
    check(told)
    ((begins, ends),) = [(begins, ends) for shown, begins, ends in runs(told) if shown]
    assert begins == pytest.approx(SHOWN_S, abs=LEEWAY_S)
    assert ends == pytest.approx(2 * SHOWN_S, abs=LEEWAY_S)


def test_live_hls_draws_it_when_cues_say(players: Players, site: str, url: str) -> None:
    """Whole stretches of four seconds, over the borders of segments."""
    told = watch(
        players,
        site,
        url,
        "live/index.m3u8",
        lambda told: len([run for run in runs(told) if run[0]]) >= 3,
    )
    check(told)
    whole = [ends - begins for shown, begins, ends in runs(told)[1:-1] if shown]
    assert whole
    assert all(length == pytest.approx(SHOWN_S, abs=2 * LEEWAY_S) for length in whole)
