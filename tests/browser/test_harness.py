"""The harness itself: players in Chromium play the demo's origin, without Weft."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route
from starlette.types import ASGIApp

from packager.clock import SystemClock
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import Addressing, OriginSettings
from tests.browser.players import Players, Sample, Stall, Watch
from tests.browser.serving import only, serving

pytestmark = pytest.mark.browser

PLAYS = (  # player, kind of manifest
    ("hlsjs", "m3u8"),
    ("shaka", "m3u8"),
    ("native", "m3u8"),
    ("shaka", "mpd"),
    ("dashjs", "mpd"),
)


@pytest.fixture
def origin(demo_media: DemoMedia) -> Iterator[str]:
    clock = SystemClock()
    # the loop begins again 3 s from now: players, some 6 s late, come to its seam after 9 s
    epoch = clock.now() - timedelta(seconds=float(demo_media.loop_s) * 3 - 3)
    numbers = OriginSettings(epoch=epoch, addressing=Addressing.NUMBER)
    app = Starlette(
        routes=[
            Mount("/origin", create_demo_origin(demo_media, clock, OriginSettings(epoch=epoch))),
            Mount("/numbers", create_demo_origin(demo_media, clock, numbers)),
            Route("/broken.{kind}", lambda _: PlainTextResponse("<html>", 200)),
        ]
    )
    with serving(only(app)) as url:
        yield url


@pytest.fixture(params=PLAYS, ids="-".join)
def play(request: pytest.FixtureRequest, players: Players) -> tuple[str, str]:
    """A player, and the kind of manifest that it is to play."""
    player, kind = request.param
    if reason := players.missing(player):
        pytest.skip(reason)
    return player, kind


def test_live_plays_on_across_the_end_of_the_loop(
    players: Players, play: tuple[str, str], origin: str
) -> None:
    player, kind = play
    watching = players.play(player, f"{origin}/origin/live/index.{kind}")
    watching.wait(14)
    watch = watching.finish()

    watch.assert_played()
    watch.assert_shows("content")
    assert watch.advanced > 9
    assert watch.decoded > 9 * 25
    assert not watch.ended


@pytest.mark.parametrize("player", ["shaka", "dashjs"])
def test_live_plays_where_the_mpd_lists_no_segments(
    players: Players, player: str, origin: str
) -> None:
    """B-13: the clock tells players which segments there are, and UTCTiming sets their clocks."""
    if reason := players.missing(player):
        pytest.skip(reason)
    watching = players.play(player, f"{origin}/numbers/live/index.mpd")
    watching.wait(14)
    watch = watching.finish()

    watch.assert_played()
    watch.assert_shows("content")
    assert watch.advanced > 9


def test_vod_is_played_to_its_end(players: Players, play: tuple[str, str], origin: str) -> None:
    player, kind = play
    watching = players.play(player, f"{origin}/origin/vod/index.{kind}")
    watching.wait(2)
    watching.seek(43)
    watching.wait_for_end(20)
    watch = watching.finish()

    assert not watch.fatal
    assert watch.ended
    assert watch.samples[-1].position == pytest.approx(48, abs=0.1)
    watch.assert_shows("content")


@pytest.mark.parametrize("programme", ["origin", "numbers"])
@pytest.mark.parametrize("kind", ["video", "audio"])
def test_the_vods_mpd_tells_what_is_in_its_segments(origin: str, programme: str, kind: str) -> None:
    pytest.importorskip("av", reason="FFmpeg is reached through PyAV")
    from tests.browser.decoding import fetch
    from tests.browser.mpd_reading import judge_period, read_periods

    url = f"{origin}/{programme}/vod/index.mpd"
    [period] = read_periods(fetch(url).text, url)
    if programme == "origin" or kind == "video":  # sound lies beside the grid of @duration
        judge_period(period, kind)
    assert (period.start, period.end, len(period.tracks[kind].segments)) == (0, 48, 24)


def test_a_manifest_that_is_none_is_a_fatal_error(
    players: Players, play: tuple[str, str], origin: str
) -> None:
    player, kind = play
    watching = players.play(player, f"{origin}/broken.{kind}")
    watching.wait_for_end(15)
    watch = watching.finish()

    assert watch.fatal
    with pytest.raises(AssertionError, match=rf"broken\.{kind}"):
        watch.assert_played()


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
