"""Overlays on players that know nothing of them: drawn-on and original segments in turn.

An L-frame of one flat colour shows for two segments of every four, so that every frame on the
screen tells whether it is there. Of VOD, what is drawn is asked for beforehand: a busy machine
takes its time to draw, and that is no matter of players.
"""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from ipaddress import ip_network
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from starlette.routing import Mount

pytest.importorskip("av", reason="overlays need PyAV")

from packager.clock import SystemClock
from packager.config.overlay_settings import Overlay, ShowAt, ShowAtCues, ShowRule
from packager.config.process_settings import Listen, Media, Outbound
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.demo.media import DemoMedia
from packager.demo.origin import create_demo_origin
from packager.demo.stage import CUES
from packager.templates.folder import find_folder
from packager.weft import Weft
from tests.browser.conftest import MEDIA
from tests.browser.decoding import fetch, judge, media_urls, read_entries
from tests.browser.players import Players
from tests.browser.programme_origin import VOD_S, Origin
from tests.browser.programmes import ensure_renditions
from tests.browser.theatre import Play, Theatre, ended
from tests.browser.watch import Sample, Watch
from tests.browser.weft_server import serving_weft

pytestmark = pytest.mark.browser

COLOUR = "#c000c0"
SHOWN_S, EVERY_S = 4, 8  # at 4 s first
IN_S, OUT_S = 1.0, 0.8  # of the template
LEEWAY_S = 0.1
LOOPS = 3  # of 48 s, in the demo's VOD
FPS = 25
SOME = 0.02  # of all frames: how much chance has a part in what is dropped
TRIES = 60
SHORT_S, LONG_S = 30, 120
PLAYERS = (("hlsjs", "hls"), ("shaka", "hls"), ("shaka", "dash"), ("dashjs", "dash"))
PLACES = {  # of each show
    ("hls", "ts"): "master/default/ts/vod/index.m3u8",
    ("hls", "scaled"): "master/default/scaled/vod/index.m3u8",
    **{("hls", show): f"master/default/{show}/index.m3u8" for show in ("drawn", "plain", "live")},
    **{("dash", show): f"dash/default/{show}/index.mpd" for show in ("drawn", "plain", "live")},
}
# MPEG-TS, and CMAF with scaling lists, whose init section gets parameter sets of ours.
WHOLE = (("hlsjs", "ts"), ("hlsjs", "scaled"), ("shaka", "scaled"))
Showing = tuple[str, str, str]  # player, format, show
Shows = Theatre[Showing]


def sponsor(name: str, show: ShowRule) -> Overlay:
    """The L-frame."""
    return Overlay(
        name=name,
        template=find_folder("sponsor_l", beside=Path()),
        data={"sponsor": "Flat", "from": COLOUR, "to": COLOUR, "accent": COLOUR},
        show=show,
    )


def all_shows(origin: str) -> Mapping[str, Show]:
    """The demo's VOD with the overlay and as it comes, its channel, and a VOD in MPEG-TS."""
    scheduled = {
        f"at{at}": sponsor(f"at{at}", ShowAt(at=Decimal(at), seconds=Decimal(SHOWN_S)))
        for at in range(SHOWN_S, 48 * LOOPS, EVERY_S)
    }
    cued = {"cued": sponsor("cued", ShowAtCues(source="cues"))}
    shows = (
        Show(name="drawn", origin=f"{origin}stage/vod/", overlays=scheduled),
        Show(name="plain", origin=f"{origin}stage/vod/"),
        Show(name="live", origin=f"{origin}stage/live/", overlays=cued),
        Show(name="ts", origin=f"{origin}programmes/ts/", overlays=scheduled),
        Show(name="scaled", origin=f"{origin}programmes/cmaf-scaled/", overlays=scheduled),
    )
    return {show.name: show for show in shows}


@pytest.fixture(scope="module")
def url(demo_media: DemoMedia) -> Iterator[str]:
    cues = replace(
        CUES, break_at_s=SHOWN_S, break_s=SHOWN_S, break_every_s=EVERY_S, vod_loops=LOOPS
    )
    beside = (
        Mount("/stage", create_demo_origin(demo_media, SystemClock(), cues)),
        Mount("/programmes", Origin(ensure_renditions(MEDIA)).app),
    )

    def config(url: str) -> Config:
        return Config(
            listen=Listen(port=urlsplit(url).port or 0),
            media=Media(folder=MEDIA / "overlaid"),
            outbound=Outbound(allow=(ip_network("127.0.0.0/8"),)),
            shows=all_shows(f"{url}/"),
        )

    async def prepare(weft: Weft, url: str) -> list[str]:
        return []  # there are no ads

    with serving_weft(config, lambda _, __: beside, prepare) as served:
        yield served


def address(url: str, form: str, show: str) -> str:
    """Of a manifest; the redirect from there gives each player a session of its own."""
    return f"{url}/v1/{PLACES[form, show]}"


def ready(url: str, show: str, seconds: float) -> None:
    """Have a VOD drawn up to some time."""
    playlist = media_urls(str(fetch(address(url, "hls", show)).url))["video"]
    for entry in read_entries(fetch(playlist).text, playlist)[: int(seconds) // 2]:
        for _ in range(TRIES):
            if "/v1/look/" not in entry.uri or "/tm/" in str(fetch(entry.uri).url):
                break
            time.sleep(0.5)
        else:
            raise AssertionError(f"{entry.uri} was not drawn")


def vods(players: Players, url: str, seconds: int) -> Shows:
    """The VOD with overlays and without them, on every player at the same time."""
    ready(url, "drawn", seconds + 10)  # players read ahead, and what they read is drawn for all

    def play(player: str, form: str, show: str) -> Play:
        return Play(
            player=player,
            open=lambda: address(url, form, show),
            enough=lambda watch: watch.advanced >= seconds,
            pictures=True,
        )

    showings = [(*each, show) for show in ("drawn", "plain") for each in PLAYERS]
    return Theatre(players, {showing: play(*showing) for showing in showings})


@pytest.fixture(scope="module")
def short(players: Players, url: str) -> Shows:
    return vods(players, url, SHORT_S)


@pytest.fixture(scope="module")
def long(players: Players, url: str) -> Shows:
    return vods(players, url, LONG_S)


@pytest.fixture(scope="module")
def others(players: Players, url: str) -> Shows:
    """The channel on every player, MPEG-TS in hls.js, and what needs parameter sets of ours."""
    plays: dict[Showing, Play] = {}
    for player, show in WHOLE:
        ready(url, show, VOD_S)
        plays[player, "hls", show] = Play(
            player=player,
            open=partial(address, url, "hls", show),
            enough=ended,
            pictures=True,
        )
    for player, form in PLAYERS:
        plays[player, form, "live"] = Play(
            player=player,
            open=partial(address, url, form, "live"),
            enough=came_and_went,
            pictures=True,
        )
    return Theatre(players, plays)


@pytest.mark.parametrize(("player", "form"), PLAYERS)
def test_players_go_from_overlaid_to_original_segments_and_back(
    short: Shows, player: str, form: str
) -> None:
    judge_pair(short, player, form, SHORT_S)


@pytest.mark.long
@pytest.mark.parametrize(("player", "form"), PLAYERS)
def test_players_do_so_for_two_minutes(long: Shows, player: str, form: str) -> None:
    judge_pair(long, player, form, LONG_S)


@pytest.mark.parametrize(("player", "form"), PLAYERS)
def test_overlays_come_and_go_with_the_cues_of_a_channel(
    others: Shows, player: str, form: str
) -> None:
    watch = others.watch((player, form, "live"))
    watch.assert_played()
    assert came_and_went(watch), watch


@pytest.mark.parametrize(("player", "show"), WHOLE)
def test_other_content_with_overlays_plays_to_the_end(
    others: Shows, player: str, show: str
) -> None:
    watch = others.watch((player, "hls", show))
    watch.assert_played()
    assert watch.ended, watch
    assert_in_time(watch)


@pytest.mark.parametrize("show", ["drawn", "ts", "scaled"])
def test_ffmpeg_decodes_overlaid_and_original_segments_as_one(url: str, show: str) -> None:
    """Every frame, without a warning; of MPEG-TS, every packet is counted."""
    seconds = SHORT_S if show == "drawn" else VOD_S
    ready(url, show, seconds)
    playlist = media_urls(str(fetch(address(url, "hls", show)).url))["video"]
    entries = read_entries(fetch(playlist).text, playlist)[: seconds // 2]
    drawn = ["/v1/look/" in entry.uri for entry in entries]
    assert drawn == [number % 4 >= 2 for number in range(len(entries))]
    assert {entry.run for entry in entries} == {0}
    judge(entries, "video")


def judge_pair(shows: Shows, player: str, form: str, seconds: int) -> None:
    """With overlays, a player shows as many frames as without, and each has what it is to have."""
    drawn, plain = (shows.watch((player, form, show)) for show in ("drawn", "plain"))
    for watch in (drawn, plain):
        watch.assert_played()
        assert watch.advanced >= seconds
        # The last frames may be decoded ahead, or not yet.
        assert watch.decoded >= (watch.advanced - 1) * FPS, watch
    # A software decoder on two cores drops some of any content's.
    assert drawn.dropped <= plain.dropped + SOME * seconds * FPS, (drawn.dropped, plain.dropped)
    assert_in_time(drawn)
    assert not any(is_covered(sample) for sample in plain.samples)


def assert_in_time(watch: Watch) -> None:
    """Every frame that was seen has the overlay, or not, by its own time."""
    seen = {False: 0, True: 0}
    for sample in watch.samples:
        if sample.picture is None:
            continue
        since = (sample.picture.position - SHOWN_S) % EVERY_S
        shown = IN_S + LEEWAY_S < since < SHOWN_S - OUT_S - LEEWAY_S
        hidden = SHOWN_S + LEEWAY_S < since < EVERY_S - LEEWAY_S
        if shown or hidden:
            assert is_covered(sample) == shown, (sample, watch)
            seen[shown] += 1
    assert min(seen.values()) > 10, watch


def came_and_went(watch: Watch) -> bool:
    """Whether the overlay was seen, and afterwards no more."""
    seen = [is_covered(sample) for sample in watch.samples if sample.picture]
    return [covered for covered, _ in groupby(seen)][-2:] == [True, False] and len(seen) > 100


def is_covered(sample: Sample) -> bool:
    """Whether the lower right of the picture is of the overlay's colour alone."""
    if sample.picture is None:
        return False
    red, green, blue = sample.picture.fields[-3:]
    return min(red, blue) > 150 and green < 40
