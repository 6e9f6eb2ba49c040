"""Stories in stock players: parts that are an asset at a URL, files, and ads between them."""

import shutil
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from functools import partial
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

pytest.importorskip("av", reason="stories need PyAV")

from packager.config.asset_settings import Asset
from packager.config.break_settings import AssetFill
from packager.config.fact_settings import Fact
from packager.config.process_settings import Listen, Media, Outbound
from packager.config.show_settings import Show
from packager.config.story_settings import BreakPart, PlayPart
from packager.config.values import Config
from packager.demo.media import DemoMedia
from packager.packaging.vod import package_vod
from packager.stories.form import standard_form
from packager.weft import Weft
from tests.browser.conftest import MEDIA
from tests.browser.players import Players
from tests.browser.theatre import Play, Theatre, ended
from tests.browser.weft_server import serving_weft

pytestmark = pytest.mark.browser

# hls.js 1.7 and Shaka play HLS, Shaka and dash.js DASH.
PLAYS = (("hlsjs", "m3u8"), ("shaka", "m3u8"), ("shaka", "mpd"), ("dashjs", "mpd"))
CODES = {"light": ("bumper", "ad-3", "slate", "ad-1"), "dark": ("bumper", "ad-1", "slate", "ad-1")}
Stage = Theatre[tuple[str, str, str]]  # player, ending, and what the viewer asks for


@pytest.fixture(scope="module")
def opener(demo_media: DemoMedia) -> Path:
    """The bumper as somebody else's presentation."""
    folder = MEDIA / "story-opener"
    if not (folder / "index.m3u8").is_file():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        rungs = standard_form([(640, 360, Fraction(25))]).ladder.rungs
        package_vod(demo_media.path(demo_media.bumper), rungs, folder)
    return folder


@pytest.fixture(scope="module")
def url(demo_media: DemoMedia, opener: Path) -> Iterator[str]:
    files = {clip.code: demo_media.path(clip) for clip in demo_media.creatives}
    look = Fact(name="look", kind="string", of=("ad-3", "ad-1"), default="ad-3")

    def config(at: str) -> Config:
        show = Show(
            name="recap",
            facts={"look": look},
            assets={
                "opener": Asset(origin=f"{at}/opener/"),
                "pause": Asset(file=demo_media.path(demo_media.slate)),
                "ad-1": Asset(file=files["ad-1"]),
                "ad-3": Asset(file=files["ad-3"]),
            },
            story=(
                PlayPart(play="opener"),
                PlayPart(play="{look}"),
                BreakPart(fill=AssetFill(asset="pause"), seconds=Decimal(30)),
                PlayPart(play="ad-1"),
            ),
        )
        return Config(
            listen=Listen(port=urlsplit(at).port or 0),
            media=Media(folder=MEDIA / "packaged", workers=2),
            outbound=Outbound(allow=(ip_network("127.0.0.0/8"),)),
            shows={"recap": show},
        )

    def routes(weft: Weft, at: str) -> tuple[BaseRoute, ...]:
        return (Mount("/opener", StaticFiles(directory=opener)),)

    async def prepare(weft: Weft, at: str) -> list[str]:
        await weft.presentations.stories.prepared.wait()
        await weft.house.settled()
        return []

    with serving_weft(config, routes, prepare) as served:
        yield served


@pytest.fixture(scope="module")
def theatre(players: Players, url: str) -> Stage:
    def opened(ending: str, look: str) -> str:
        said = "ad-1" if look == "dark" else "ad-3"
        if ending == "m3u8":
            return f"{url}/v1/master/default/recap/index.m3u8?look={said}"
        return f"{url}/v1/dash/default/recap/index.mpd?look={said}"

    return Theatre(
        players,
        {
            (player, ending, look): Play(
                player=player, open=partial(opened, ending, look), enough=ended
            )
            for player, ending in PLAYS
            for look in CODES
        },
    )


@pytest.mark.parametrize("look", CODES)
@pytest.mark.parametrize(("player", "ending"), PLAYS)
def test_a_story_plays_to_its_end(theatre: Stage, player: str, ending: str, look: str) -> None:
    """A-20, B-20: through every part and every break, as each viewer has them."""
    watch = theatre.watch((player, ending, look))
    watch.assert_played()
    assert watch.ended, watch
    watch.assert_shows(*CODES[look])
