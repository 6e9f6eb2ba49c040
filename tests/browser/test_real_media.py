"""Real pictures and sound: Big Buck Bunny as content, two commercials of another encoder as ads."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from decimal import Decimal
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from packager.clock import SystemClock
from packager.config.break_settings import CueBreaks, ScheduledBreak, VastFill
from packager.config.show_settings import Show
from packager.demo.build import Recipe, ensure_demo_media
from packager.demo.origin import create_demo_origin
from packager.demo.schedule import OriginSettings
from tests.browser.conftest import MEDIA
from tests.browser.players import Players
from tests.browser.theatre import Play, Theatre, ended
from tests.browser.watch import Watch
from tests.browser.weft_server import CreativeFile, open_session, serving_shows

av = pytest.importorskip("av", reason="FFmpeg is reached through PyAV")

from packager.packaging.loudness import measure  # noqa: E402 - needs av
from tests.browser.decoding import fetch, judge, media_of, media_urls, read_entries, runs_of  # noqa: E402
from tests.browser.pictures import Gallery, Shot  # noqa: E402

pytestmark = pytest.mark.browser

SHARED = Path(__file__).parents[2] / ".." / "shared" / "media"
CONTENT = SHARED / "bbb-480p-30s.mp4"
ADS = {name: SHARED / "ads" / f"{name}.mp4" for name in ("gotland", "train")}
RATE = 24  # frames per second of all of them
AD_S = 10
MID_AT_S = 12
LOUDNESS = -23  # LUFS
BREAK_EVERY_S = 36  # of the live show
PLAYERS = ("hlsjs", "native", "shaka")
LIVE_PLAYERS = PLAYERS[:2]
VOD, LIVE = "bunny", "bunnies"


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    if not CONTENT.exists():
        pytest.skip(f"real media are not here: no {CONTENT.name} in ../shared/media")
    return Gallery({"content": CONTENT, **ADS})


@pytest.fixture(scope="module")
def url(gallery: Gallery) -> Iterator[str]:
    """Weft with the content as VOD and live; the ad server gives gotland, then train."""
    media = ensure_demo_media(MEDIA, Recipe(file=CONTENT))
    clock = SystemClock()
    settings = OriginSettings(
        epoch=clock.now() - timedelta(hours=1),
        window_s=24,
        break_every_s=BREAK_EVERY_S,
        break_at_s=12,
        break_s=AD_S,
    )

    def shows(origin: str, ads: VastFill) -> Mapping[str, Show]:
        breaks = [
            ScheduledBreak(at=at, fill=ads, seconds=Decimal(seconds))  # type: ignore[arg-type]
            for at, seconds in ((Decimal(0), AD_S), (Decimal(MID_AT_S), 2 * AD_S), ("end", AD_S))
        ]
        live = (CueBreaks(fill=ads),)
        return {
            VOD: Show(name=VOD, origin=f"{origin}vod/", breaks=tuple(breaks)),
            LIVE: Show(name=LIVE, origin=f"{origin}live/", breaks=live),
        }

    origin = create_demo_origin(media, clock, settings)
    creatives = tuple(CreativeFile(name, path, AD_S) for name, path in ADS.items())
    with serving_shows(
        shows, origin, creatives, MEDIA / "packaged", loudness_lufs=Decimal(LOUDNESS)
    ) as served:
        yield served


@pytest.fixture(scope="module")
def theatre(players: Players, url: str) -> Theatre[tuple[str, str]]:
    """All that is played here, by player and show."""

    def play(player: str, show: str) -> Play:
        return Play(
            player=player,
            open=partial(open_session, url, show),
            enough=ended if show == VOD else around_a_break,
            pictures=True,
        )

    showings = [(player, VOD) for player in PLAYERS] + [(player, LIVE) for player in LIVE_PLAYERS]
    return Theatre(players, {showing: play(*showing) for showing in showings})


def around_a_break(watch: Watch) -> bool:
    """Whether there was time for a whole break, with content before and after it."""
    return watch.advanced > BREAK_EVERY_S + AD_S + 5


@pytest.mark.parametrize("player", PLAYERS)
def test_players_show_the_frames_of_real_ads_in_a_vod(
    theatre: Theatre[tuple[str, str]], gallery: Gallery, player: str
) -> None:
    """A-33: pre-, mid- and post-roll to the end."""
    watch = theatre.watch((player, VOD))
    shots = gallery.shots(watch)
    print(shots)
    watch.assert_played()
    assert watch.ended, watch
    expected = [  # name, and position less time in the file
        ("gotland", 0),
        ("content", AD_S),
        ("gotland", AD_S + MID_AT_S),
        ("train", 2 * AD_S + MID_AT_S),
        ("content", 3 * AD_S),
        ("gotland", 30 + 3 * AD_S),
    ]
    assert [shot.name for shot in shots] == [name for name, _ in expected]
    for shot, (_, offset) in zip(shots, expected, strict=True):
        assert shot.offset == pytest.approx(offset, abs=0.15), shot
        # the content stands almost still at times; the ads never do
        assert shot.name == "content" or shot.spread < 0.3, shot


@pytest.mark.parametrize("player", LIVE_PLAYERS)
def test_players_show_the_frames_of_real_ads_in_live(
    theatre: Theatre[tuple[str, str]], gallery: Gallery, player: str
) -> None:
    """A-17: through a break."""
    watch = theatre.watch((player, LIVE))
    shots = gallery.shots(watch)
    print(shots)
    watch.assert_played()
    assert not watch.ended
    names = " ".join(shot.name for shot in shots)
    names = re.sub(r"content( content)+", "content", names)
    assert "content gotland content" in names
    assert set(names.split()) == {"content", "gotland"}
    assert all(is_whole(shot) for shot in shots[1:-1] if shot.name == "gotland"), shots


def is_whole(shot: Shot) -> bool:
    """Whether an ad was seen from its first second to its last, in step with the clock."""
    whole = abs(shot.start - shot.offset) < 1 and abs(shot.end - shot.offset - AD_S) < 1
    return whole and shot.spread < 0.3


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_real_vod_session_decodes_and_is_as_long_as_it_says(url: str, kind: str) -> None:
    """G-01, G-04, A-25."""
    playlist = media_urls(open_session(url, VOD))[kind]
    entries = read_entries(fetch(playlist).text, playlist)
    assert len(runs_of(entries)) == 6
    assert sum(entry.seconds for entry in entries) == pytest.approx(70, abs=6 / RATE)
    judge(entries, kind, RATE)


def test_real_ads_are_as_loud_as_configured(url: str) -> None:
    """G-11: as EBU R 128 measures it; the commercials come louder and quieter than that."""
    playlist = media_urls(open_session(url, VOD))["audio"]
    runs = runs_of(read_entries(fetch(playlist).text, playlist))
    for number, name in ((0, "gotland"), (3, "train")):
        with av.open(BytesIO(media_of(runs[number]))) as container:
            loudness, peak = measure(container.decode(audio=0))
        with av.open(ADS[name]) as container:
            before, _ = measure(container.decode(audio=0))
        print(name, before, loudness, peak)
        assert loudness == pytest.approx(LOUDNESS, abs=0.5)
        assert abs(before - LOUDNESS) > 1
