"""Weft for DASH: Shaka and dash.js play spliced MPDs, and FFmpeg decodes every Period of them.

FFmpeg has a DASH demuxer of its own, but it reads the longest Period and leaves the others out, and
PyAV's wheels come without it: so each Period is read here, and FFmpeg is given its segments.
"""

from dataclasses import dataclass
from itertools import groupby, pairwise

import httpx2
import pytest

from tests.browser.demo import (
    BREAK_AT_S,
    BREAK_EVERY_S,
    BREAK_S,
    EARLY_S,
    MID_SEGMENT_S,
    open_dash_session,
)
from tests.browser.players import Players, Watch, Watching

pytestmark = pytest.mark.browser

DASH = ("shaka", "dashjs")
ADS = ("ad-1", "ad-2", "ad-3")
SEGMENT_S = 2  # of the content; each begins with a key frame
CONTENT_S = 48  # of the VOD; how much the ads fill of its breaks, their server decides
LEEWAY_S = 0.35  # of what is seen: samples are 0.1 s apart, and shorter runs are not told


@dataclass(frozen=True, slots=True)
class Seen:
    """What was on the screen for some time."""

    kind: str  # "content"; "break": an ad or slate; "bumper"
    start: float  # positions, seconds
    end: float


def seen(watch: Watch) -> list[Seen]:
    """The kinds of pictures in order; a glimpse of two samples or less is not told."""

    def kind(code: str | None) -> str | None:
        return "break" if code in ADS or code == "slate" else code

    coded = [sample for sample in watch.samples if sample.code is not None]
    runs = [list(run) for _, run in groupby(coded, lambda sample: kind(sample.code))]
    long = [run for run in runs if len(run) > 2]
    return [Seen(str(kind(run[0].code)), run[0].position, run[-1].position) for run in long]


def play_all(players: Players, url: str, show: str) -> dict[str, Watching]:
    missing = [reason for name in DASH if (reason := players.missing(name))]
    if missing:
        pytest.skip("; ".join(missing))
    # without a session: the redirect gives each of them one of its own
    return {name: players.play(name, f"{url}/v1/dash/default/{show}/index.mpd") for name in DASH}


def show_what_was_seen(watch: Watch) -> str:
    return f"{watch.player}: {watch.codes}, stalls {watch.stalls}, errors {watch.errors}"


def test_live_plays_through_a_break_in_mid_segment_and_one_that_ends_early(
    players: Players, weft_url: str
) -> None:
    """B-10, B-30, B-31: content is left and joined again where the Events say so."""
    watchings = play_all(players, weft_url, "live")
    next(iter(watchings.values())).wait(2 * BREAK_EVERY_S + BREAK_S + 4)
    watches = [watching.finish() for watching in watchings.values()]
    for watch in watches:
        print(show_what_was_seen(watch))
    for watch in watches:
        watch.assert_played()
        assert set(watch.codes) <= {"content", "slate", *ADS}, show_what_was_seen(watch)
        assert watch.advanced > 2 * BREAK_EVERY_S, show_what_was_seen(watch)
        assert_borders(seen(watch))


def assert_borders(shots: list[Seen]) -> None:
    """Live media time is that of the schedule, so borders are where the origin has its Events.

    Where content comes back in mid-segment a browser has no picture before the segment's next
    random access point: its demuxer drops what lies before the Period, and all up to a key frame.
    """
    cycle = 2 * BREAK_EVERY_S
    moved, early = BREAK_AT_S + MID_SEGMENT_S, BREAK_AT_S + BREAK_EVERY_S
    outs, ins = (moved, early), (moved + BREAK_S, early + EARLY_S)
    found = set()
    for before, after in pairwise(shots):
        assert before.kind != after.kind, shots
        expected = outs if after.kind == "break" else ins
        late = [(after.start - at + cycle / 2) % cycle - cycle / 2 for at in expected]
        nearest = min(range(2), key=lambda index: abs(late[index]))
        to_key_frame = -expected[nearest] % SEGMENT_S if after.kind == "content" else 0
        assert -LEEWAY_S < late[nearest] < to_key_frame + LEEWAY_S, (before, after, shots)
        found.add((after.kind, nearest))
    assert {("break", 0), ("break", 1), ("content", 0), ("content", 1)} <= found, shots


def test_vod_plays_pre_mid_and_post_roll_to_the_end(players: Players, weft_url: str) -> None:
    """B-02, B-10: the whole of it, through every Period, in both players at once."""
    watchings = play_all(players, weft_url, "vod")
    watches = []
    for watching in watchings.values():
        watching.wait_for_end(150)
        watches.append(watching.finish())
        print(show_what_was_seen(watches[-1]))
    for watch in watches:
        watch.assert_played()
        assert watch.ended, show_what_was_seen(watch)
        kinds = [shot.kind for shot in seen(watch)]
        assert kinds == ["bumper", "break", "content", "break", "content", "break"], kinds
        content = [shot.end - shot.start for shot in seen(watch) if shot.kind == "content"]
        assert content == pytest.approx([CONTENT_S / 2] * 2, abs=LEEWAY_S)


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_every_period_of_a_vod_session_decodes_to_its_end(weft_url: str, kind: str) -> None:
    """B-01, B-03, G-01, H-11."""
    pytest.importorskip("av", reason="FFmpeg is reached through PyAV")
    from tests.browser.mpd_reading import judge_period, read_periods

    url = open_dash_session(weft_url, "vod")
    periods = read_periods(httpx2.get(url).text, url)

    assert periods[0].start == 0
    assert len({period.id for period in periods}) == len(periods) >= 6
    content = [period for period in periods if "/origin/" in period.tracks[kind].init]
    assert sum(period.end - period.start for period in content) == CONTENT_S
    for period in periods:
        judge_period(period, kind)


def test_a_session_of_hls_is_the_same_session_in_dash(weft_url: str) -> None:
    """One decision: the same creatives, in the same order, whatever the player asks for."""
    pytest.importorskip("av", reason="FFmpeg is reached through PyAV")
    from tests.browser.decoding import media_urls, read_entries
    from tests.browser.mpd_reading import read_periods

    url = open_dash_session(weft_url, "vod")
    hls = url.replace("/v1/dash/", "/v1/master/").replace(".mpd?", ".m3u8?")
    playlist = media_urls(hls)["video"]
    entries = read_entries(httpx2.get(playlist).text, playlist)
    periods = read_periods(httpx2.get(url).text, url)

    in_hls = [entry.uri for entry in entries]
    in_dash = [segment.url for period in periods for segment in period.tracks["video"].segments]
    assert in_dash == in_hls
