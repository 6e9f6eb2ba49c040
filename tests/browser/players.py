"""Stock players in headless Chromium.

    with Players.launch() as players:
        watching = players.play("hlsjs", "http://127.0.0.1:8080/v1/master/...m3u8")
        watching.wait_until(lambda watch: "ad-1" in watch.codes, limit_s=60)
        watch = watching.finish()
    watch.assert_played()

Several playbacks may run at the same time: each samples itself, in its own page. A page comes from
the stream's own origin (the browser asks, the harness answers), so the canvas may read the picture.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

from overlays.testcard import nearest_code
from tests.browser.watch import Picture, Sample, Watch

CHROMIUM = Path("/usr/bin/chromium")
NODE_MODULES = Path(__file__).parent / "node_modules"
SCRIPTS = {
    "native": None,
    "hlsjs": "hls.js/dist/hls.min.js",
    "shaka": "shaka-player/dist/shaka-player.compiled.js",
    "dashjs": "dashjs/dist/modern/umd/dash.all.min.js",
}

_PAGE = Path(__file__).parent / "page"
_PREFIX = "/__player__/"
_TYPES = {".html": "text/html", ".js": "text/javascript"}
_ARGUMENTS = (
    "--no-sandbox",  # Chromium refuses to have one as root, where CI often runs
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    "--mute-audio",
    # two pages of its own in each window, never seen, that take longer to begin than a player
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)


class Watching:
    """A playback that goes on, in `page`."""

    def __init__(self, page: Page, player: str, url: str) -> None:
        self.page = page
        self._player, self._url = player, url
        self._samples: list[Sample] = []

    def look(self) -> Watch:
        """Say what happened so far."""
        told: dict[str, Any] = self.page.evaluate("first => tell(first)", len(self._samples))
        self._samples += [
            Sample(
                at,
                position,
                nearest_code((rgb[0], rgb[1], rgb[2])) if rgb else None,
                subtitle,
                Picture(picture[0], tuple(picture[1])) if picture else None,
            )
            for at, position, rgb, subtitle, picture in told["samples"]
        ]
        return Watch(
            player=self._player,
            url=self._url,
            fatal=tuple(told["fatal"]),
            errors=tuple(told["errors"]),
            samples=tuple(self._samples),
            started_at=told["startedAt"],
            ended=told["ended"],
            decoded=told["decoded"],
            dropped=told["dropped"],
        )

    def wait(self, seconds: float) -> None:
        """Let it play, and whatever else plays."""
        self.page.wait_for_timeout(seconds * 1000)

    def wait_until(self, seen: Callable[[Watch], bool], *, limit_s: float) -> None:
        """Let it play until that was seen, or it is over, or so much time has gone by."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            watch = self.look()
            if watch.over or seen(watch):
                return
            self.wait(0.25)

    def seek(self, position: float) -> None:
        """Go to another place of a VOD."""
        self.page.evaluate("position => { video.currentTime = position; }", position)

    def finish(self) -> Watch:
        """Stop it and say what happened."""
        watch = self.look()
        self.page.context.close()
        return watch


class Players:
    """A Chromium with players."""

    def __init__(self, browser: Browser, scripts: Path) -> None:
        self._browser, self.scripts = browser, scripts

    @classmethod
    @contextmanager
    def launch(cls, scripts: Path = NODE_MODULES) -> Iterator["Players"]:
        """Start Chromium with an empty profile; `scripts` is a ``node_modules`` folder."""
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_ARGUMENTS))
            try:
                yield cls(browser, scripts)
            finally:
                browser.close()

    def missing(self, player: str) -> str | None:
        """Why a player cannot be used; None: it can."""
        script = SCRIPTS[player]
        if script is None or (self.scripts / script).is_file():
            return None
        return f"{player} is not installed: npm ci in tests/browser"

    def open_page(self, width: int, height: int) -> Page:
        """Open an empty page with a profile of its own; the caller closes its context."""
        return self._browser.new_context(viewport={"width": width, "height": height}).new_page()

    def play(self, player: str, url: str, *, pictures: bool = False) -> Watching:
        """Open a page of its own and begin to play; with `pictures`, samples have the picture.

        Players are told to use variants of at most 360 lines; the browser's own HLS knows no such
        limit, so `url` had better offer no others to it.
        """
        page = self.open_page(640, 360)
        origin = "{0.scheme}://{0.netloc}".format(urlsplit(url))
        page.route(f"{origin}{_PREFIX}**", self._answer)
        page.goto(f"{origin}{_PREFIX}player.html")
        script = SCRIPTS[player]
        if script is not None:
            page.add_script_tag(url=f"{_PREFIX}{script}")
        # not awaited: what a player loads may take its time, and the samples tell
        page.evaluate("(given) => { play(...given); }", [player, url, pictures])
        return Watching(page, player, url)

    def _answer(self, route: Route) -> None:
        name = urlsplit(route.request.url).path.removeprefix(_PREFIX)
        path = self.scripts / name if name in SCRIPTS.values() else _PAGE / name
        route.fulfill(path=path, content_type=_TYPES[path.suffix])
