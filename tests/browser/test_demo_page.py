"""The demo's page in Chromium, with the demo's origin as all of its streams."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page
from starlette.applications import Starlette
from starlette.routing import Mount

from packager.clock import SystemClock
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import OriginSettings
from packager.demo.site import Stream, View, demo_page_routes
from tests.browser.players import Players
from tests.browser.serving import only, serving

pytestmark = pytest.mark.browser

VIEWS = tuple(
    View(
        title=title,
        streams=(
            Stream(
                title="<b>The origin</b>",
                url=f"/origin/{name}/index.{suffix}",
                timeline=f"/origin/{name}/timeline.json",
                format=format,
            ),
        ),
    )
    for title, name, suffix, format in (
        ("Live", "live", "m3u8", "hls"),
        ("On demand", "vod", "m3u8", "hls"),
        ("DASH", "live", "mpd", "dash"),
        ("DASH on demand", "vod", "mpd", "dash"),
    )
)
PLAYED = """(() => {
  const { played } = document.querySelector("video");
  return played.length ? played.end(0) - played.start(0) : 0;
})()"""
PLAYERS = ("hlsjs", "shaka", "dashjs")


@contextmanager
def serving_page(media: DemoMedia, scripts: Path | None) -> Iterator[str]:
    async def views() -> tuple[View, ...]:
        return VIEWS

    settings = OriginSettings(break_every_s=15, break_at_s=5, break_s=5)
    origin = create_demo_origin(media, SystemClock(), settings)
    routes = [Mount("/origin", origin), *demo_page_routes(views, players=scripts)]
    with serving(only(Starlette(routes=routes))) as url:
        yield url


@pytest.fixture(params=[False, True], ids=["without players", "with players"])
def has_players(request: pytest.FixtureRequest, players: Players) -> bool:
    if request.param and (missing := [why for name in PLAYERS if (why := players.missing(name))]):
        pytest.skip("; ".join(missing))
    return bool(request.param)


@pytest.fixture
def demo(has_players: bool, demo_media: DemoMedia, players: Players) -> Iterator[str]:
    with serving_page(demo_media, players.scripts if has_players else None) as url:
        yield url


@pytest.fixture
def page(players: Players) -> Iterator[Page]:
    opened = players.open_page(1200, 900)
    yield opened
    opened.context.close()


def test_the_page_plays_and_draws_its_timelines(page: Page, demo: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(demo)
    until(page, "document.querySelector('video')?.currentTime > 3")
    page.wait_for_selector("svg .playhead", timeout=5_000, state="attached")
    kinds = page.eval_on_selector_all("svg .span", "all => all.map(one => one.dataset.kind)")
    assert {"content", "break"} == set(kinds)
    assert page.inner_text("h2") == "<b>The origin</b>"  # a text, not markup
    assert page.is_visible(".chip")
    assert page.is_hidden(".failure")

    page.click("text=On demand")
    until(page, "document.querySelector('video')?.currentTime > 0.5")
    assert page.get_attribute("nav button >> nth=1", "aria-selected") == "true"
    until(page, "document.querySelector('.distance').textContent === '00:48'")
    page.mouse.click(*middle_of(page, "svg"))
    until(page, "document.querySelector('video').currentTime > 23")
    assert complaints == []


def test_a_dash_stream_is_played_by_the_player_that_is_chosen(
    page: Page, demo: str, has_players: bool
) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{demo}/#dash")
    if not has_players:
        page.wait_for_selector(".failure:visible", timeout=5_000)
        assert "no DASH player is installed" in page.inner_text(".failure")
        return
    for player in ("Shaka", "dash.js", "Shaka"):
        if page.inner_text(".players [aria-pressed=true]") != player:  # the first is not clicked
            page.click(f"text={player}")
        assert page.inner_text(".players [aria-pressed=true]") == player
        until(page, f"{PLAYED} > 1.5")
        page.wait_for_selector("svg .playhead", timeout=5_000, state="attached")
        assert 4 < float(page.inner_text(".distance").removesuffix(" s")) < 12
        assert page.is_hidden(".failure")
    page.click("text=DASH on demand")
    until(page, "document.querySelector('.distance').textContent === '00:48'")
    for player in ("dash.js", "Shaka"):
        page.click(f"text={player}")
        until(page, f"{PLAYED} > 0.5")
        page.mouse.click(*middle_of(page, "svg"))
        until(page, "document.querySelector('video').currentTime > 24.5")
    assert complaints == []


def test_the_page_says_when_a_stream_cannot_be_played(page: Page, demo: str) -> None:
    page.route("**/index.m3u8", lambda route: route.fulfill(status=404, body="gone"))

    page.goto(demo)

    page.wait_for_selector(".failure:visible", timeout=20_000)
    assert page.inner_text(".failure").startswith("Playback failed")


def test_a_goal_is_seen_in_the_picture(page: Page, weft_url: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.goto(f"{weft_url}/#overlays")
    until(page, "document.querySelector('.score')?.textContent === '0 : 0'", 60.0)  # it is drawn
    page.fill("input[name=viewer]", "Ada")
    page.click("text=Say it")
    page.check("input[value=light]")
    page.click("text=Weft +1")
    until(page, "/^[0-9.]+ s$/.test(document.querySelector('.seen').textContent)", 60.0)
    assert page.inner_text(".score") == "0 : 1"
    listed_s, seen_s = (float(page.inner_text(name)[:-2]) for name in (".listed", ".seen"))
    assert listed_s <= seen_s
    assert int(page.inner_text(".drawn")) > 0
    labels = page.eval_on_selector_all(
        "svg [data-kind=overlay] title", "all => all.map(one => one.textContent)"
    )
    assert any(label.startswith("0 : 1") for label in labels)
    assert page.is_hidden(".told")
    assert complaints == []


def test_a_recap_begins_with_what_its_viewer_says_and_tells_why(page: Page, recap_url: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def labels() -> list[str]:
        return page.eval_on_selector_all(
            "article:first-child svg title", "all => all.map(one => one.textContent)"
        )

    page.goto(f"{recap_url}/#recap")
    until(page, "document.querySelectorAll('svg title').length > 0", 60.0)
    assert "The match, 2.0 s" in labels()
    for value in ("dark", "3", "de", "JP"):
        page.check(f"input[value='{value}']")
    page.fill("input[name=viewer]", "Ada")
    page.click(".begin")
    until(page, "document.querySelector('svg title')?.textContent === 'Your card, 2.0 s'", 60.0)
    assert {"Das Spiel, 2.0 s", "Lumen Lamps, 2.0 s", "Gute Nacht, 2.0 s"} < set(labels())
    until(page, "document.querySelector('video')?.currentTime > 4.5", 60.0)
    until(page, "document.querySelector('.on-air').textContent.includes('lumen')")
    reasons = page.inner_text(".reasons")
    assert "the only value that was allowed; northwind could not be (rights" in reasons
    assert "the rule minutes * 6 gives that, for minutes was 3" in reasons
    assert page.is_hidden(".told")
    assert complaints == []


def until(page: Page, condition: str, timeout_s: float = 20.0) -> None:
    """Wait; Playwright's own way would evaluate strings, which the page's policy forbids."""
    end = time.monotonic() + timeout_s
    while not page.evaluate(condition):
        assert time.monotonic() < end, condition
        page.wait_for_timeout(100)


def middle_of(page: Page, selector: str) -> tuple[float, float]:
    box = page.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
