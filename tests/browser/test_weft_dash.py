"""Weft for DASH: Shaka and dash.js play spliced MPDs, and FFmpeg decodes every Period of them.

FFmpeg has a DASH demuxer of its own, but it reads the longest Period and leaves the others out, and
PyAV's wheels come without it: so each Period is read here, and FFmpeg is given its segments.
"""

from itertools import pairwise

import pytest

from tests.browser.demo import (
    BREAK_AT_S,
    BREAK_EVERY_S,
    BREAK_S,
    EARLY_S,
    MID_SEGMENT_S,
    open_dash_session,
)
from tests.browser.demo_plays import (
    ADS,
    DASH,
    LEEWAY_S,
    LONGEST_SKIP_S,
    SEGMENT_S,
    Seen,
    Showing,
    seen,
)
from tests.browser.theatre import Theatre

pytestmark = pytest.mark.browser

CONTENT_S = 48  # of the VOD; how much the ads fill of its breaks, their server decides


@pytest.mark.parametrize("player", DASH)
def test_live_plays_through_a_break_in_mid_segment_and_one_that_ends_early(
    demo_theatre: Theatre[Showing], player: str
) -> None:
    """B-10, B-30, B-31: content is left and joined again where the Events say so."""
    watch = demo_theatre.watch((player, "dash live"))
    watch.assert_played(longest_skip_s=LONGEST_SKIP_S)
    assert set(watch.codes) <= {"content", "slate", *ADS}, watch
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
    # in a break that was joined in its midst, Shaka may hold a picture up to the next key frame
    whole = shots[1:] if shots[0].kind == "break" else shots
    for before, after in pairwise(whole):
        assert before.kind != after.kind, shots
        expected = outs if after.kind == "break" else ins
        late = [(after.start - at + cycle / 2) % cycle - cycle / 2 for at in expected]
        nearest = min(range(2), key=lambda index: abs(late[index]))
        to_key_frame = -expected[nearest] % SEGMENT_S if after.kind == "content" else 0
        assert -LEEWAY_S < late[nearest] < to_key_frame + LEEWAY_S, (before, after, shots)
        found.add((after.kind, nearest))
    assert {("break", 0), ("break", 1), ("content", 0), ("content", 1)} <= found, shots


@pytest.mark.parametrize("player", DASH)
def test_vod_plays_pre_mid_and_post_roll_to_the_end(
    demo_theatre: Theatre[Showing], player: str
) -> None:
    """B-02, B-10: the whole of it, through every Period."""
    watch = demo_theatre.watch((player, "dash vod"))
    watch.assert_played()
    assert watch.ended, watch
    shots = seen(watch)
    kinds = [shot.kind for shot in shots]
    assert kinds == ["bumper", "break", "content", "break", "content", "break"], watch
    content = [shot.end - shot.start for shot in shots if shot.kind == "content"]
    assert content == pytest.approx([CONTENT_S / 2] * 2, abs=LEEWAY_S)


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_every_period_of_a_vod_session_decodes_to_its_end(weft_url: str, kind: str) -> None:
    """B-01, B-03, G-01, H-11."""
    pytest.importorskip("av", reason="FFmpeg is reached through PyAV")
    from tests.browser.decoding import fetch
    from tests.browser.mpd_reading import judge_period, read_periods

    url = open_dash_session(weft_url, "vod")
    periods = read_periods(fetch(url).text, url)

    assert periods[0].start == 0
    assert len({period.id for period in periods}) == len(periods) >= 6
    content = [period for period in periods if "/origin/" in period.tracks[kind].init]
    assert sum(period.end - period.start for period in content) == CONTENT_S
    for period in periods:
        judge_period(period, kind)


def test_a_session_of_hls_is_the_same_session_in_dash(weft_url: str) -> None:
    """One decision: the same creatives, in the same order, whatever the player asks for."""
    pytest.importorskip("av", reason="FFmpeg is reached through PyAV")
    from tests.browser.decoding import fetch, media_urls, read_entries
    from tests.browser.mpd_reading import read_periods

    url = open_dash_session(weft_url, "vod")
    hls = url.replace("/v1/dash/", "/v1/master/").replace(".mpd?", ".m3u8?")
    playlist = media_urls(hls)["video"]
    entries = read_entries(fetch(playlist).text, playlist)
    periods = read_periods(fetch(url).text, url)

    in_hls = [entry.uri for entry in entries]
    in_dash = [segment.url for period in periods for segment in period.tracks["video"].segments]
    assert in_dash == in_hls
