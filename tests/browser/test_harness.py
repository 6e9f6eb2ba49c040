"""The harness itself: players in Chromium play the demo's origin, without Weft."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from packager.clock import SystemClock
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import Addressing, OriginSettings
from tests.browser.players import Players
from tests.browser.serving import only, serving
from tests.browser.theatre import Play, Theatre, ended
from tests.browser.watch import Sample, Skip, Stall, Watch

pytestmark = pytest.mark.browser

VIEWERS = (  # player, kind of manifest
    ("hlsjs", "m3u8"),
    ("shaka", "m3u8"),
    ("native", "m3u8"),
    ("shaka", "mpd"),
    ("dashjs", "mpd"),
)
DASH = tuple(viewer for viewer in VIEWERS if viewer[1] == "mpd")
LIVE, NUMBERS, VOD, BROKEN = "timeline/live", "number/live", "timeline/vod", "broken"
VOD_S = 48

Viewer = tuple[str, str]
Showing = tuple[Viewer, str]


class FreshOrigins:
    """The demo's origin, one for each viewer and way to address segments.

    Its loop begins again 3 s after it is first asked: players, some 6 s late, show that after 9 s.
    """

    def __init__(self, media: DemoMedia) -> None:
        self._media = media
        self._apps: dict[tuple[str, Addressing], ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to ``/{viewer}/{addressing}/...``."""
        viewer = scope["path_params"]["viewer"]
        addressing = Addressing(scope["path_params"]["addressing"])
        if (viewer, addressing) not in self._apps:
            clock = SystemClock()
            epoch = clock.now() - timedelta(seconds=float(self._media.loop_s) * 3 - 3)
            settings = OriginSettings(epoch=epoch, addressing=addressing)
            self._apps[viewer, addressing] = create_demo_origin(self._media, clock, settings)
        await self._apps[viewer, addressing](scope, receive, send)


@pytest.fixture(scope="module")
def origin(demo_media: DemoMedia) -> Iterator[str]:
    broken = Route("/{viewer}/broken/index.{kind}", lambda _: PlainTextResponse("<html>", 200))
    fresh = Mount("/{viewer}/{addressing}", FreshOrigins(demo_media))
    with serving(only(Starlette(routes=[broken, fresh]))) as url:
        yield url


@pytest.fixture(scope="module")
def theatre(players: Players, origin: str) -> Theatre[Showing]:
    def across_the_seam(watch: Watch) -> bool:
        return watch.advanced > 12

    def play(viewer: Viewer, what: str) -> Play:
        player, kind = viewer
        url = f"{origin}/{player}-{kind}/{what}/index.{kind}"
        return Play(
            player=player,
            open=lambda: url,
            begun=(lambda watching: watching.seek(VOD_S - 5)) if what == VOD else None,
            enough=ended if what in (VOD, BROKEN) else across_the_seam,
        )

    showings = [(viewer, what) for what in (LIVE, VOD, BROKEN) for viewer in VIEWERS]
    showings += [(viewer, NUMBERS) for viewer in DASH]
    return Theatre(players, {showing: play(*showing) for showing in showings})


@pytest.mark.parametrize("viewer", VIEWERS, ids="-".join)
def test_live_plays_on_across_the_end_of_the_loop(
    theatre: Theatre[Showing], viewer: Viewer
) -> None:
    watch = theatre.watch((viewer, LIVE))
    watch.assert_played()
    watch.assert_shows("content")
    assert watch.advanced > 9, watch
    assert watch.decoded > 9 * 25, watch
    assert not watch.ended


@pytest.mark.parametrize("viewer", DASH, ids="-".join)
def test_live_plays_where_the_mpd_lists_no_segments(
    theatre: Theatre[Showing], viewer: Viewer
) -> None:
    """B-13: the clock tells players which segments there are, and UTCTiming sets their clocks."""
    watch = theatre.watch((viewer, NUMBERS))
    watch.assert_played()
    watch.assert_shows("content")
    assert watch.advanced > 9, watch


@pytest.mark.parametrize("viewer", VIEWERS, ids="-".join)
def test_vod_is_played_to_its_end(theatre: Theatre[Showing], viewer: Viewer) -> None:
    watch = theatre.watch((viewer, VOD))
    assert not watch.fatal, watch
    assert watch.ended, watch
    assert watch.samples[-1].position == pytest.approx(VOD_S, abs=0.1)
    watch.assert_shows("content")


@pytest.mark.parametrize("viewer", VIEWERS, ids="-".join)
def test_a_manifest_that_is_none_is_a_fatal_error(
    theatre: Theatre[Showing], viewer: Viewer
) -> None:
    watch = theatre.watch((viewer, BROKEN))
    assert watch.fatal, watch
    with pytest.raises(AssertionError, match=rf"broken/index\.{viewer[1]}"):
        watch.assert_played()


@pytest.mark.parametrize("programme", ["timeline", "number"])
@pytest.mark.parametrize("kind", ["video", "audio"])
def test_the_vods_mpd_tells_what_is_in_its_segments(origin: str, programme: str, kind: str) -> None:
    pytest.importorskip("av", reason="FFmpeg is reached through PyAV")
    from tests.browser.decoding import fetch
    from tests.browser.mpd_reading import judge_period, read_periods

    url = f"{origin}/nobody/{programme}/vod/index.mpd"
    [period] = read_periods(fetch(url).text, url)
    if programme == "timeline" or kind == "video":  # sound lies beside the grid of @duration
        judge_period(period, kind)
    assert (period.start, period.end, len(period.tracks[kind].segments)) == (0, 48, 24)


def watch_of(*samples: tuple[float, str | None], ended: bool = False) -> Watch:
    return Watch(
        player="none",
        url="http://nowhere",
        fatal=(),
        errors=(),
        samples=tuple(Sample(n / 10, position, code) for n, (position, code) in enumerate(samples)),
        started_at=0.0,
        ended=ended,
        decoded=1,
        dropped=0,
    )


def test_a_stall_is_found_with_its_length_and_place() -> None:
    moving = [(n / 10, "content") for n in range(20)]
    watch = watch_of(
        *moving, *[(1.9, "content")] * 15, *[(n / 10, "content") for n in range(20, 30)]
    )

    assert watch.stalls == (Stall(at=1.9, seconds=1.5, position=1.9),)
    watch.assert_played(longest_stall_s=1.6)
    with pytest.raises(AssertionError, match="Stall"):
        watch.assert_played()


def test_a_skip_is_found_with_its_length_and_place() -> None:
    watch = watch_of((5.0, "content"), (5.1, "content"), (6.7, "content"), (6.8, "content"))

    [skip] = watch.skips
    assert skip == Skip(at=0.2, seconds=skip.seconds, position=5.1)
    assert skip.seconds == pytest.approx(1.5)
    watch.assert_played(longest_skip_s=1.6)
    with pytest.raises(AssertionError, match="Skip"):
        watch.assert_played()


@pytest.mark.parametrize(("ended", "stalls"), [(True, 0), (False, 1)])
def test_standing_still_at_the_end_is_no_stall(ended: bool, stalls: int) -> None:
    watch = watch_of((0.0, "slate"), (0.1, "slate"), *[(0.2, "slate")] * 20, ended=ended)

    assert len(watch.stalls) == stalls


def test_codes_are_told_once_each_and_blips_are_not_told() -> None:
    watch = watch_of(
        *[(0.0, "content")] * 5,
        (0.5, "ad-3"),  # a frame that was read half drawn
        *[(0.6, "content")] * 5,
        *[(1.0, None)] * 5,
        *[(1.5, "ad-1")] * 5,
        *[(2.0, "content")] * 5,
    )

    watch.assert_shows("content", "ad-1", "content")
    with pytest.raises(AssertionError, match=r"expected \('content',\)"):
        watch.assert_shows("content")


def test_a_playback_that_goes_back_is_told() -> None:
    with pytest.raises(AssertionError, match="went back"):
        watch_of((5.0, "content"), (5.1, "content"), (4.0, "content")).assert_played()


def test_an_application_that_cannot_be_opened_is_told() -> None:
    @asynccontextmanager
    async def open_app(url: str) -> AsyncIterator[ASGIApp]:
        raise OSError(f"no room for {url}")
        yield Starlette()

    with pytest.raises(OSError, match="no room"), serving(open_app):
        pass
