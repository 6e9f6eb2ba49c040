"""MPD patches as Shaka and dash.js carry them out: live goes on through breaks (B-48)."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from lxml import etree
from playwright.sync_api import Response

from packager.demo.media import DemoMedia
from tests.browser.conftest import MEDIA
from tests.browser.demo import BREAK_EVERY_S, BREAK_S, serving_demo
from tests.browser.players import Players, Watching

pytestmark = pytest.mark.browser

ADS = ("ad-1", "ad-2", "ad-3")
WINDOW_S = 60  # as the demo has it; patches are worth more, the longer it is


@pytest.fixture(scope="module")
def patching_url(demo_media: DemoMedia) -> Iterator[str]:
    """The demo with patches."""
    with serving_demo(demo_media, MEDIA / "packaged", window_s=WINDOW_S, patches=True) as url:
        yield url


@dataclass
class Updates:
    """How a player's MPD was updated."""

    watching: Watching
    answers: list[Response] = field(default_factory=list)

    @classmethod
    def of(cls, watching: Watching) -> "Updates":
        """Begin to take down what the player asks for."""
        made = cls(watching)
        watching._page.on("response", lambda answer: made.answers.append(answer))
        return made

    def asked(self, ending: str) -> list[Response]:
        return [one for one in self.answers if f"{ending}?" in one.url]

    def patched(self) -> list[bool]:
        """Of each patch that was asked for: whether it had a later version."""
        found = []
        for answer in self.asked(".mpp"):
            assert answer.status == 200
            patch = etree.fromstring(answer.body())
            found.append(patch.get("publishTime") != patch.get("originalPublishTime"))
        return found


@pytest.mark.parametrize("player", ["shaka", "dashjs"])
def test_live_goes_on_by_patches_through_a_break(
    players: Players, patching_url: str, player: str
) -> None:
    if reason := players.missing(player):
        pytest.skip(reason)
    watching = players.play(player, f"{patching_url}/v1/dash/default/live/index.mpd")
    updates = Updates.of(watching)
    watching.wait(BREAK_EVERY_S + BREAK_S + 6)
    patched = updates.patched()
    whole = len(updates.asked(".mpd"))
    watch = watching.finish()
    told = (
        f"{player}: {watch.codes}, stalls {watch.stalls}, errors {watch.errors}; "
        f"{sum(patched)} patches and {len(patched) - sum(patched)} without news, {whole} whole MPDs"
    )
    print(told)
    watch.assert_played()
    assert watch.advanced > BREAK_EVERY_S, told
    kinds = ["ad" if code in ADS else code for code in watch.codes]
    assert {"ad", "content"} <= set(kinds) <= {"ad", "content", "slate"}, told
    inside = kinds[kinds.index("content") :]
    assert "ad" in inside, told  # out of the content into a break
    assert "content" in inside[inside.index("ad") :], told  # and back
    assert sum(patched) >= 5, told
