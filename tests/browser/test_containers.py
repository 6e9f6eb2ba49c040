"""Content in MPEG-TS, encrypted, with subtitles: ads become the same, and players go on.

Chromium's own HLS is not asked to play encrypted CMAF, nor to show subtitles: it does neither with
the origin itself.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from statistics import median

import pytest

pytest.importorskip("av", reason="content and ads need PyAV")

from packager.config.break_settings import CueBreaks, ScheduledBreak, VastFill
from packager.config.show_settings import Show
from packager.demo.media import DemoMedia
from tests.browser import aes
from tests.browser.conftest import MEDIA
from tests.browser.decoding import fetch, judge, media_urls, read_entries, runs_of
from tests.browser.players import Players
from tests.browser.programme_origin import BREAK_AT_S, BREAK_S, VOD_S, Origin
from tests.browser.programmes import PROGRAMMES, ensure_renditions
from tests.browser.theatre import Play, Theatre, ended
from tests.browser.watch import Watch
from tests.browser.weft_server import CreativeFile, open_session, serving_shows

pytestmark = pytest.mark.browser

PRE_S, MID_AT_S, MID_S = 5, 6, 15
ADS = ("northwind", "lumen")  # ad-1 of 10 s, and ad-3 of 5 s without a sound track
VOD_CODES = ("ad-3", "content", "ad-1", "ad-3", "content")
LIVE_CODES = ("content", "ad-1", "content")
BACK_S = 8  # of content after a live break: more than is encrypted with one key
PLAYS = (  # live ones first: each begins to move when the first player opens it
    ("hlsjs", "ts-live"),
    ("native", "ts-live"),
    ("hlsjs", "ts-aes-live"),
    ("hlsjs", "ts-vtt-live"),
    ("hlsjs", "ts-vod"),
    ("native", "ts-vod"),
    ("shaka", "ts-vod"),
    ("hlsjs", "ts-aac-vod"),
    ("native", "ts-aac-vod"),
    ("shaka", "ts-aac-vod"),
    ("hlsjs", "ts-aes-vod"),
    ("native", "ts-aes-vod"),
    ("shaka", "ts-aes-vod"),
    ("hlsjs", "cmaf-aes-vod"),
    ("shaka", "cmaf-aes-vod"),
    ("hlsjs", "ts-vtt-vod"),
    ("hlsjs", "cmaf-vtt-vod"),
    ("shaka", "cmaf-vtt-vod"),
)
Shows = Theatre[tuple[str, str]]
LIVES = [play for play in PLAYS if play[1].endswith("-live")]
VODS = [play for play in PLAYS if play not in LIVES]


def programme_of(show: str) -> str:
    return show.rpartition("-")[0]


def cannot_be_served(show: str) -> str | None:
    """Why; None: it can."""
    return aes.missing() if PROGRAMMES[programme_of(show)].encrypted else None


@pytest.fixture(scope="module")
def origin() -> Origin:
    return Origin(ensure_renditions(MEDIA))


@pytest.fixture(scope="module")
def url(demo_media: DemoMedia, origin: Origin) -> Iterator[str]:
    """Weft with every programme, as VOD and live."""
    clips = {clip.name: clip for clip in demo_media.creatives}
    creatives = tuple(
        CreativeFile(name, demo_media.path(clips[name]), clips[name].duration_s) for name in ADS
    )

    def shows(origin_url: str, ads: VastFill) -> Mapping[str, Show]:
        scheduled = (
            ScheduledBreak(at=Decimal(0), fill=ads, seconds=Decimal(PRE_S)),
            ScheduledBreak(at=Decimal(MID_AT_S), fill=ads, seconds=Decimal(MID_S)),
        )
        breaks: dict[str, tuple[CueBreaks | ScheduledBreak, ...]] = {
            "vod": scheduled,
            "live": (CueBreaks(fill=ads),),
        }
        played = sorted({show for _, show in PLAYS})
        return {
            show: Show(
                name=show,
                origin=f"{origin_url}{programme_of(show)}/{show.rpartition('-')[2]}/",
                breaks=breaks[show.rpartition("-")[2]],
                warm=("index",),
            )
            for show in played
            if not cannot_be_served(show)
        }

    with serving_shows(shows, origin.app, creatives, MEDIA / "packaged") as served:
        yield served


@pytest.fixture(scope="module")
def theatre(players: Players, url: str, origin: Origin) -> Shows:
    """All that is played here, by player and show."""

    def play(player: str, show: str) -> Play:
        live = (player, show) in LIVES

        def open_show() -> str:
            if live:
                origin.begin(programme_of(show))
            return open_session(url, show)

        return Play(
            player=player,
            open=open_show,
            enough=has_come_back if live else ended,
            missing=cannot_be_served(show),
        )

    return Theatre(players, {(player, show): play(player, show) for player, show in PLAYS})


def has_come_back(watch: Watch) -> bool:
    """Whether the content was seen for some time after the break."""
    in_ads = [sample.position for sample in watch.samples if sample.code in ("ad-1", "ad-3")]
    return bool(in_ads) and watch.samples[-1].position > in_ads[-1] + BACK_S


@pytest.mark.parametrize(("player", "show"), VODS)
def test_vod_plays_through_its_splices_to_the_end(theatre: Shows, player: str, show: str) -> None:
    """A-37 to A-41, A-54: TS with muxed and packed audio, AES-128 without IV, subtitles."""
    watch = theatre.watch((player, show))
    watch.assert_played()
    assert watch.ended, watch
    watch.assert_shows(*VOD_CODES)
    assert watch.samples[-1].position == pytest.approx(PRE_S + VOD_S + MID_S, abs=0.2)


@pytest.mark.parametrize(("player", "show"), LIVES)
def test_live_plays_through_a_break(theatre: Shows, player: str, show: str) -> None:
    """A-17, A-38 to A-40: the window has slid past where the key was first written."""
    watch = theatre.watch((player, show))
    watch.assert_played()
    watch.assert_shows(*LIVE_CODES)
    assert has_come_back(watch), watch
    assert not watch.ended


@pytest.mark.parametrize(("player", "show"), [play for play in VODS if "vtt" in play[1]])
def test_subtitles_keep_their_place_in_the_content_of_a_vod(
    theatre: Shows, player: str, show: str
) -> None:
    """A-55: each cue names its second of the content; none is to be seen in the ads."""
    told = cues_of(theatre.watch((player, show)))
    before = {second for position, second in told if position < PRE_S + MID_AT_S}
    assert before == set(range(MID_AT_S))
    assert {second for _, second in told} - before == set(range(MID_AT_S, VOD_S))
    for position, second in told:
        inserted = PRE_S if second < MID_AT_S else PRE_S + MID_S
        assert second - 0.1 < position - inserted < second + 1.1


def test_subtitles_keep_their_place_in_the_content_of_a_live_stream(theatre: Shows) -> None:
    """A-50, A-55: a break takes as long as what it replaces, in subtitles too."""
    told = cues_of(theatre.watch(("hlsjs", "ts-vtt-live")))
    before = [position - second for position, second in told if second < BREAK_AT_S]
    after = [position - second for position, second in told if second >= BREAK_AT_S + BREAK_S]
    assert len(before) + len(after) == len(told)  # none of what was replaced
    assert min(len(before), len(after)) > 10
    assert median(after) == pytest.approx(median(before), abs=0.2)


def cues_of(watch: Watch) -> list[tuple[float, int]]:
    """(position, second that the cue names) of all samples with a subtitle; none is in an ad."""
    shown = [sample for sample in watch.samples if sample.subtitle]
    assert {sample.code for sample in shown} == {"content"}
    seconds = [re.fullmatch(r"second (\d+)", sample.subtitle) for sample in shown]
    return [
        (sample.position, int(second[1]))
        for sample, second in zip(shown, seconds, strict=True)
        if second is not None
    ]


@pytest.mark.parametrize("kind", ["video", "audio"])
@pytest.mark.parametrize("show", sorted({show for _, show in VODS}))
def test_a_vod_session_decodes_and_is_as_long_as_it_says(url: str, show: str, kind: str) -> None:
    """G-01, G-04, G-08, H-05: decrypted by what the playlist says, packets counted."""
    if reason := cannot_be_served(show):
        pytest.skip(reason)
    encrypted = PROGRAMMES[programme_of(show)].encrypted
    urls = media_urls(open_session(url, show))
    playlist = urls.get(kind, urls["video"])  # muxed
    entries = read_entries(fetch(playlist).text, playlist)
    runs = runs_of(entries)
    assert [is_ours(run[0].uri) for run in runs] == [code != "content" for code in VOD_CODES]
    assert all((entry.key is None) == (is_ours(entry.uri) or not encrypted) for entry in entries)
    assert sum(entry.seconds for entry in entries) == pytest.approx(PRE_S + VOD_S + MID_S, abs=0.1)
    judge(entries, kind)


def is_ours(uri: str) -> bool:
    """Whether it is what Weft packaged, or the place of an ad that is reported."""
    return "/tm/" in uri or "/segment/" in uri
