"""Shaka's own MediaTailor ad manager against Weft: breaks are ads, and it tells of them (E)."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from loadtests.ads import AdServer, Film
from loadtests.ads.sink import KEY_HEADER
from overlays.testcard import nearest_code
from packager.demo.media import DemoMedia
from tests.browser.conftest import MEDIA
from tests.browser.demo import BREAK_EVERY_S, BREAK_S, serving_demo
from tests.browser.players import SCRIPTS, Players
from tests.browser.serving import only, serving

pytestmark = pytest.mark.browser

PLAYED = (
    "ad-impression",
    "ad-started",
    "ad-first-quartile",
    "ad-midpoint",
    "ad-third-quartile",
    "ad-complete",
    "ad-stopped",
)
BETWEEN = PLAYED[2:5]
TOLD = ("impression", "start", "firstQuartile", "midpoint", "thirdQuartile", "complete")


@pytest.fixture(scope="module")
def ads(demo_media: DemoMedia) -> AdServer:
    return AdServer(
        [
            Film(
                id=clip.name,
                seconds=Decimal(clip.duration_s),
                file=demo_media.folder / clip.file,
                title=clip.title,
                width=clip.width,
                height=clip.height,
            )
            for clip in sorted(demo_media.creatives, key=lambda clip: clip.duration_s)
        ]
    )


@pytest.fixture(scope="module")
def site(players: Players) -> Iterator[str]:
    """The site that the player is on: to a browser neither Weft's origin nor the ad server's."""
    folders = {"page": Path(__file__).parent / "page", "scripts": players.scripts}
    mounts = [Mount(f"/{name}", StaticFiles(directory=folders[name])) for name in folders]
    with serving(only(Starlette(routes=mounts))) as url:
        yield url


@pytest.fixture(scope="module")
def url(demo_media: DemoMedia, ads: AdServer) -> Iterator[str]:
    """The demo, asking an ad server of its own."""
    with (
        serving(only(ads.app)) as ad_server,
        serving_demo(demo_media, MEDIA / "packaged", early_s=None, ad_server=ad_server) as demo,
    ):
        yield demo


class Shaka:
    """A page in which Shaka plays a session that it asked for itself."""

    def __init__(self, players: Players, site: str, url: str, asset: str) -> None:
        self.viewer = asset.replace("/", "-")  # as the ad server is told
        self.page = players.open_page(640, 360)
        self.page.goto(f"{site}/page/mediatailor.html")
        self.page.add_script_tag(url=f"/scripts/{SCRIPTS['shaka']}")
        body = {"reportingMode": "client", "adsParams": {"viewer": self.viewer}}
        session = f"{url}/v1/session/default/{asset}"
        self.page.evaluate("(given) => { play(...given); }", [session, body])

    def told(self) -> dict[str, Any]:
        told: dict[str, Any] = self.page.evaluate("tell()")
        return told

    def play(self, seconds: float, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Let it play until that is so; what it tells then, once beacons have arrived."""
        end = monotonic() + seconds
        while not until(told := self.told()) and not told["errors"] and monotonic() < end:
            self.page.wait_for_timeout(250)
        self.page.wait_for_timeout(500)
        return told

    def close(self) -> None:
        self.page.context.close()


def ads_shown(told: dict[str, Any]) -> list[list[dict[str, Any]]]:
    """What Shaka said of each ad; which one it is, all but the first event know."""
    ads: list[list[dict[str, Any]]] = []
    for event in told["events"]:
        if event["type"] == PLAYED[0]:
            ads.append([])
        ads[-1].append(event)
    return ads


def check_shown(ad: list[dict[str, Any]], media: DemoMedia) -> None:
    """An ad began, went on and ended; its picture was there when Shaka said so."""
    assert tuple(event["type"] for event in ad) == PLAYED
    code = next(clip.code for clip in media.creatives if clip.title == ad[-1]["title"])
    seen = [nearest_code(event["colour"]) for event in ad if event["type"] in BETWEEN]
    assert seen == [code] * len(BETWEEN), ad


def beacons(ads: AdServer, shaka: Shaka) -> list[list[str]]:
    """The events of which the sink was told, for each ad by itself."""
    sessions = {hit.name.session for hit in ads.calls if f"viewer={shaka.viewer}" in hit.query}
    assert len(sessions) == 1
    hits = [hit for hit in ads.sink.hits if hit.name.session in sessions]
    for hit in hits:  # E-04: by the client, and not by the server as well
        assert (hit.method, hit.header(KEY_HEADER)) == ("POST", ""), hit
        assert (hit.name.answer, hit.name.level, hit.status) == ("ok", "inline", 204), hit
    found: dict[tuple[str, str], list[str]] = {}
    for hit in hits:
        if hit.name.event in TOLD:  # not that a player at its end pauses
            found.setdefault((hit.name.break_id, hit.name.ad), []).append(hit.name.event)
    return list(found.values())


def check_told(events: list[str]) -> None:
    """E-02, E-03: each once and in order; the first two are sent at once, on two connections."""
    assert sorted(events[:2]) == sorted(TOLD[:2])
    assert tuple(events[2:]) == TOLD[2:]


def play(
    players: Players,
    places: tuple[str, str],
    show: str,
    seconds: float,
    until: Callable[[dict[str, Any]], bool],
) -> dict[Shaka, dict[str, Any]]:
    """Play a show as HLS and as DASH, each in a session of its own; what Shaka told of both."""
    if reason := players.missing("shaka"):
        pytest.skip(reason)
    pages = [Shaka(players, *places, f"{show}/index.{end}") for end in ("m3u8", "mpd")]
    found = {page: page.play(seconds, until) for page in pages}
    for page in pages:
        page.close()
        assert found[page]["errors"] == [], page.viewer
    return found


def test_ads_of_a_vod_are_shown_and_told_of(
    players: Players, demo_media: DemoMedia, ads: AdServer, site: str, url: str
) -> None:
    """Before, in the middle (two of them) and at the end."""
    found = play(players, (site, url), "vod", 150, lambda told: bool(told["ended"]))
    for shaka, told in found.items():
        assert told["ended"], shaka.viewer
        shown = ads_shown(told)
        places = [(ad[-1]["place"], ad[-1]["places"]) for ad in shown]
        assert places == [(1, 1), (1, 2), (2, 2), (1, 1)], shaka.viewer
        for ad in shown:
            check_shown(ad, demo_media)
        events = beacons(ads, shaka)
        assert len(events) == len(shown), shaka.viewer
        for one in events:
            check_told(one)


def test_ads_of_a_channel_are_shown_and_told_of(
    players: Players, demo_media: DemoMedia, ads: AdServer, site: str, url: str
) -> None:
    """Of two breaks that come while it plays; slate is no ad (E-11)."""

    def stopped(told: dict[str, Any]) -> bool:
        # Of a break that it joined in the middle, not everything is to be seen.
        return len([ad for ad in ads_shown(told) if ad[-1]["type"] == PLAYED[-1]]) > 2

    found = play(players, (site, url), "live", 3 * BREAK_EVERY_S + BREAK_S, stopped)
    for shaka, told in found.items():
        shown = ads_shown(told)[-2:]
        events = beacons(ads, shaka)[-2:]
        assert len(events) == len(shown) == 2, shaka.viewer
        for ad in shown:
            check_shown(ad, demo_media)
        for one in events:
            check_told(one)
