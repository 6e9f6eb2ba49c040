"""Stock players in headless Chromium, and what they tell of a playback.

    with Players.launch() as players:
        watching = players.play("hlsjs", "http://127.0.0.1:8080/v1/master/...m3u8")
        watching.wait(30)
        watch = watching.finish()
    watch.assert_played()
    watch.assert_shows("content", "ad-1", "content")

Several playbacks may run at the same time: each samples itself, in its own page. A page comes from
the stream's own origin (the browser asks, the harness answers), so the canvas may read the picture.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Route, sync_playwright

from overlays.testcard import nearest_code

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
)
_BLIP = 2  # samples, of 100 ms: a code seen in fewer is a frame that was read half drawn


@dataclass(frozen=True, slots=True)
class Sample:
    """The player at one moment."""

    at: float  # seconds since the page was opened
    position: float  # currentTime, seconds
    code: str | None  # what the picture says it is (overlays.testcard); None: no picture, or none
    subtitle: str = ""  # of the cues that are active
    picture: tuple[int, ...] = ()  # where asked for: as `tests.browser.pictures` has it


@dataclass(frozen=True, slots=True)
class Stall:
    """A time in which playback did not go on."""

    at: float  # seconds since the page was opened
    seconds: float
    position: float  # where it stood, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What happened in one playback."""

    player: str
    url: str
    fatal: tuple[str, ...]  # errors that the player does not recover from
    errors: tuple[str, ...]  # others
    samples: tuple[Sample, ...]  # from the first moment of progress on
    started_at: float | None  # seconds since the page was opened; None: it never began
    ended: bool
    decoded: int  # frames
    dropped: int

    @property
    def stalls(self) -> tuple[Stall, ...]:
        """Every time after the start without progress, before the end."""
        found: list[Stall] = []
        since = 0
        for number, (before, after) in enumerate(pairwise(self.samples), 1):
            if after.position != before.position:
                since = number
            elif number == len(self.samples) - 1 or (
                self.samples[number + 1].position != after.position
            ):
                start = self.samples[since]
                found.append(Stall(start.at, after.at - start.at, start.position))
        if self.ended and found and found[-1].position == self.samples[-1].position:
            found.pop()  # the end is no stall
        return tuple(found)

    @property
    def codes(self) -> tuple[str, ...]:
        """What was shown, in order, each run once; moments with no code are left out."""
        runs = [(code, len(list(run))) for code, run in groupby(s.code for s in self.samples)]
        seen = [code for code, length in runs if code is not None and length >= _BLIP]
        return tuple(code for code, _ in groupby(seen))

    @property
    def advanced(self) -> float:
        """Seconds from the first position to the last."""
        return self.samples[-1].position - self.samples[0].position if self.samples else 0.0

    def assert_played(self, *, longest_stall_s: float = 1.0) -> None:
        """Fail unless it began, had no fatal error, and never stalled for longer."""
        assert not self.fatal, self._told(self.fatal)
        assert self.started_at is not None, self._told("it never began", *self.errors)
        stalls = [stall for stall in self.stalls if stall.seconds > longest_stall_s]
        assert not stalls, self._told(*stalls, *self.errors)
        backward = [(a, b) for a, b in pairwise(self.samples) if b.position < a.position - 0.05]
        assert not backward, self._told("it went back", *backward)

    def assert_shows(self, *codes: str) -> None:
        """Fail unless the pictures were of these kinds, in this order, and no others."""
        assert self.codes == codes, self._told(f"expected {codes}, seen {self.codes}")

    def _told(self, *what: object) -> str:
        return "\n  ".join([f"{self.player} of {self.url}", *map(str, what)])


class Watching:
    """A playback that goes on."""

    def __init__(self, page: Page, player: str, url: str) -> None:
        self._page, self._player, self._url = page, player, url

    def wait(self, seconds: float) -> None:
        """Let it play."""
        self._page.wait_for_timeout(seconds * 1000)

    def wait_for_end(self, timeout_s: float) -> None:
        """Let it play to its end, or to a fatal error, or until the time is over."""
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self._page.evaluate("isOver()"):
                return
            self._page.wait_for_timeout(250)

    def seek(self, position: float) -> None:
        """Go to another place of a VOD."""
        self._page.evaluate("position => { video.currentTime = position; }", position)

    def finish(self) -> Watch:
        """Stop it and say what happened."""
        told: dict[str, Any] = self._page.evaluate("tell()")
        self._page.context.close()
        samples = tuple(
            Sample(
                at,
                position,
                nearest_code((rgb[0], rgb[1], rgb[2])) if rgb else None,
                subtitle,
                tuple(picture or ()),
            )
            for at, position, rgb, subtitle, picture in told["samples"]
        )
        return Watch(
            player=self._player,
            url=self._url,
            fatal=tuple(told["fatal"]),
            errors=tuple(told["errors"]),
            samples=samples,
            started_at=told["startedAt"],
            ended=told["ended"],
            decoded=told["decoded"],
            dropped=told["dropped"],
        )


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
