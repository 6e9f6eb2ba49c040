"""MPD patches as Shaka and dash.js carry them out: live goes on through breaks (B-48)."""

from collections.abc import Iterator
from contextlib import suppress

import pytest
from lxml import etree
from playwright.sync_api import Error, Response

from packager.demo.media import DemoMedia
from tests.browser.conftest import MEDIA
from tests.browser.demo import serving_demo
from tests.browser.demo_plays import ADS, DASH, LONGEST_SKIP_S, is_back, whole_breaks
from tests.browser.players import Players, Watching
from tests.browser.theatre import Play, Theatre
from tests.browser.watch import Watch

pytestmark = pytest.mark.browser

WINDOW_S = 60  # as the demo has it; patches are worth more, the longer it is
PATCHES = 5  # with news, at least


class Updates:
    """How a player's MPD was updated."""

    def __init__(self) -> None:
        self.patched: list[bool] = []  # of each patch: whether it had a later version
        self.whole = 0
        self.refused = 0

    def __str__(self) -> str:
        return f"{self.patched.count(True)} patches of {len(self.patched)}, {self.whole} whole MPDs"

    def follow(self, watching: Watching) -> None:
        """Begin to take down what the player is given."""
        watching.page.on("response", self._take)

    def are_enough(self, watch: Watch) -> bool:
        """Whether there were some, and they led through a break."""
        led = whole_breaks(watch) >= 1 and is_back(watch)
        return led and self.patched.count(True) >= PATCHES

    def _take(self, answer: Response) -> None:
        self.whole += ".mpd?" in answer.url
        if ".mpp?" not in answer.url:
            return
        if answer.status != 200:
            self.refused += 1
            return
        with suppress(Error):  # the page may be closed before the body is here
            patch = etree.fromstring(answer.body())
            self.patched.append(patch.get("publishTime") != patch.get("originalPublishTime"))


@pytest.fixture(scope="module")
def patching_url(demo_media: DemoMedia) -> Iterator[str]:
    """The demo with patches."""
    with serving_demo(demo_media, MEDIA / "packaged", window_s=WINDOW_S, patches=True) as url:
        yield url


@pytest.fixture(scope="module")
def updates() -> dict[str, Updates]:
    """How each player's MPD was updated."""
    return {player: Updates() for player in DASH}


@pytest.fixture(scope="module")
def theatre(players: Players, patching_url: str, updates: dict[str, Updates]) -> Theatre[str]:
    """All that is played here, by player."""
    mpd = f"{patching_url}/v1/dash/default/live/index.mpd"
    return Theatre(
        players,
        {
            player: Play(
                player=player,
                open=lambda: mpd,
                begun=taken.follow,
                enough=taken.are_enough,
            )
            for player, taken in updates.items()
        },
    )


@pytest.mark.parametrize("player", DASH)
def test_live_goes_on_by_patches_through_a_break(
    theatre: Theatre[str], updates: dict[str, Updates], player: str
) -> None:
    watch = theatre.watch(player)
    told = f"{watch}; {updates[player]}"
    print(told)
    watch.assert_played(longest_skip_s=LONGEST_SKIP_S)
    assert set(watch.codes) <= {"content", "slate", *ADS}, told
    assert whole_breaks(watch) >= 1, told
    assert updates[player].patched.count(True) >= PATCHES, told
    assert not updates[player].refused, told
