"""Content in MPEG-TS, encrypted, with subtitles: ads become the same, and players go on.

Chromium's own HLS is not asked to play encrypted CMAF, nor to show subtitles: it does neither with
the origin itself.
"""

import re
import time
from collections.abc import Iterator, Mapping
from decimal import Decimal
from statistics import median

import pytest

pytest.importorskip("av", reason="content and ads need PyAV")

from packager.config.values import CueBreaks, ScheduledBreak, Show, VastFill
from packager.demo.media import DemoMedia
from tests.browser import aes
from tests.browser.conftest import MEDIA
from tests.browser.decoding import fetch, judge, media_urls, read_entries, runs_of
from tests.browser.players import Players, Watch, Watching
from tests.browser.programme_origin import BREAK_AT_S, BREAK_S, VOD_S, Origin
from tests.browser.programmes import PROGRAMMES, ensure_renditions
from tests.browser.weft_server import CreativeFile, open_session, serving_shows

pytestmark = pytest.mark.browser

PRE_S, MID_AT_S, MID_S = 5, 6, 15
ADS = ("northwind", "lumen")  # ad-1 of 10 s, and ad-3 of 5 s without a sound track
VOD_CODES = ("ad-3", "content", "ad-1", "ad-3", "content")
LIVE_CODES = ("content", "ad-1", "content")
LIVE_S = 34.0  # since the window began to move
BATCHES = (  # what plays at the same time: two cores decode so much
    (
        ("hlsjs", "ts-vod"),
        ("native", "ts-vod"),
        ("shaka", "ts-vod"),
        ("hlsjs", "ts-live"),
        ("native", "ts-live"),
        ("hlsjs", "ts-aac-vod"),
        ("native", "ts-aac-vod"),
        ("shaka", "ts-aac-vod"),
        ("shaka", "cmaf-vtt-vod"),
    ),
    (
        ("hlsjs", "ts-aes-vod"),
        ("native", "ts-aes-vod"),
        ("shaka", "ts-aes-vod"),
        ("hlsjs", "ts-aes-live"),
        ("hlsjs", "cmaf-aes-vod"),
        ("shaka", "cmaf-aes-vod"),
        ("hlsjs", "ts-vtt-vod"),
        ("hlsjs", "cmaf-vtt-vod"),
        ("hlsjs", "ts-vtt-live"),
    ),
)
PLAYS = [play for batch in BATCHES for play in batch]
LIVES = [play for play in PLAYS if play[1].endswith("-live")]
VODS = [play for play in PLAYS if play not in LIVES]


def programme_of(show: str) -> str:
    return show.rpartition("-")[0]


def cannot(players: Players, player: str, show: str) -> str | None:
    encrypted = PROGRAMMES[programme_of(show)].encrypted
    return players.missing(player) or (aes.missing() if encrypted else None)


class Theatre:
    """Plays a batch when the first of it is asked for, and only then."""

    def __init__(self, players: Players, url: str, origin: Origin) -> None:
        self._players, self._url, self._origin = players, url, origin
        self._watches: dict[tuple[str, str], Watch] = {}
        self._played: set[int] = set()

    def watch(self, player: str, show: str) -> Watch:
        if reason := cannot(self._players, player, show):
            pytest.skip(reason)
        number = next(n for n, batch in enumerate(BATCHES) if (player, show) in batch)
        if number not in self._played:
            self._played.add(number)
            self._play([play for play in BATCHES[number] if not cannot(self._players, *play)])
        assert (player, show) in self._watches, "what plays at the same time could not be played"
        return self._watches[player, show]

    def _play(self, plays: list[tuple[str, str]]) -> None:
        playing: dict[tuple[str, str], Watching] = {}
        begun: dict[str, float] = {}
        try:
            for player, show in sorted(plays, key=VODS.__contains__):
                if (player, show) in LIVES and show not in begun:
                    self._origin.begin(programme_of(show))
                    begun[show] = time.monotonic()
                url = open_session(self._url, show)
                playing[player, show] = self._players.play(player, url)
            for play, watching in tuple(playing.items()):  # live ones first
                if play in LIVES:
                    watching.wait(max(0.0, begun[play[1]] + LIVE_S - time.monotonic()))
                else:
                    watching.wait_for_end(60)
                watch = self._watches[play] = playing.pop(play).finish()
                print(*play, watch.codes, watch.stalls, watch.errors, watch.fatal)
        finally:
            for watching in playing.values():
                watching.finish()


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
            if aes.missing() is None or not PROGRAMMES[programme_of(show)].encrypted
        }

    with serving_shows(shows, origin.app, creatives, MEDIA / "packaged") as served:
        yield served


@pytest.fixture(scope="module")
def theatre(players: Players, url: str, origin: Origin) -> Theatre:
    return Theatre(players, url, origin)


@pytest.mark.parametrize(("player", "show"), VODS)
def test_vod_plays_through_its_splices_to_the_end(theatre: Theatre, player: str, show: str) -> None:
    """A-37 to A-41, A-54: TS with muxed and packed audio, AES-128 without IV, subtitles."""
    watch = theatre.watch(player, show)
    watch.assert_played()
    assert watch.ended
    watch.assert_shows(*VOD_CODES)
    assert watch.samples[-1].position == pytest.approx(PRE_S + VOD_S + MID_S, abs=0.2)


@pytest.mark.parametrize(("player", "show"), LIVES)
def test_live_plays_through_a_break(theatre: Theatre, player: str, show: str) -> None:
    """A-17, A-38 to A-40: the window has slid past where the key was first written."""
    watch = theatre.watch(player, show)
    watch.assert_played()
    watch.assert_shows(*LIVE_CODES)
    watched_s = watch.samples[-1].at - watch.samples[0].at
    assert watched_s > LIVE_S / 2  # many players start at a time
    assert watch.advanced > watched_s - 2
    assert not watch.ended


@pytest.mark.parametrize(("player", "show"), [play for play in VODS if "vtt" in play[1]])
def test_subtitles_keep_their_place_in_the_content_of_a_vod(
    theatre: Theatre, player: str, show: str
) -> None:
    """A-55: each cue names its second of the content; none is to be seen in the ads."""
    told = cues_of(theatre.watch(player, show))
    before = {second for position, second in told if position < PRE_S + MID_AT_S}
    assert before == set(range(MID_AT_S))
    assert {second for _, second in told} - before == set(range(MID_AT_S, VOD_S))
    for position, second in told:
        inserted = PRE_S if second < MID_AT_S else PRE_S + MID_S
        assert second - 0.1 < position - inserted < second + 1.1


def test_subtitles_keep_their_place_in_the_content_of_a_live_stream(theatre: Theatre) -> None:
    """A-50, A-55: a break takes as long as what it replaces, in subtitles too."""
    told = cues_of(theatre.watch("hlsjs", "ts-vtt-live"))
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
    encrypted = PROGRAMMES[programme_of(show)].encrypted
    if encrypted and (reason := aes.missing()):
        pytest.skip(reason)
    urls = media_urls(open_session(url, show))
    playlist = urls.get(kind, urls["video"])  # muxed
    entries = read_entries(fetch(playlist).text, playlist)
    runs = runs_of(entries)
    assert ["/tm/" in run[0].uri for run in runs] == [code != "content" for code in VOD_CODES]
    assert all((entry.key is None) == ("/tm/" in entry.uri or not encrypted) for entry in entries)
    assert sum(entry.seconds for entry in entries) == pytest.approx(PRE_S + VOD_S + MID_S, abs=0.1)
    judge(entries, kind)
