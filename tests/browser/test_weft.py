"""What Weft is for: stock players play spliced streams, and the viewer sees the ads."""

import pytest

from tests.browser.demo import BREAK_EVERY_S, BREAK_S, open_session
from tests.browser.players import Players, Watch, Watching

pytestmark = pytest.mark.browser

HLS = ("hlsjs", "shaka", "native")
ADS = ("ad-1", "ad-2", "ad-3")


def play_all(players: Players, url: str, show: str) -> dict[str, Watching]:
    missing = [reason for name in HLS if (reason := players.missing(name))]
    if missing:
        pytest.skip("; ".join(missing))
    return {name: players.play(name, open_session(url, show)) for name in HLS}


def show_what_was_seen(watch: Watch) -> str:
    return f"{watch.player}: {watch.codes}, stalls {watch.stalls}, errors {watch.errors}"


def test_live_plays_through_two_breaks_one_of_them_ending_early(
    players: Players, weft_url: str
) -> None:
    """A-17, A-20, A-27: hls.js, Shaka and the browser's own HLS, each in a session of its own."""
    watchings = play_all(players, weft_url, "live")
    next(iter(watchings.values())).wait(2 * BREAK_EVERY_S + BREAK_S + 4)
    for name in HLS:
        watch = watchings[name].finish()
        print(show_what_was_seen(watch))
        watch.assert_played()
        breaks = " ".join("ad" if code in ADS else code for code in watch.codes)
        breaks = breaks.replace("ad slate", "ad").replace("ad ad", "ad").strip()
        assert breaks.count("ad") >= 2, show_what_was_seen(watch)
        assert "ad content ad" in breaks, show_what_was_seen(watch)
        assert set(watch.codes) <= {"content", "slate", *ADS}, show_what_was_seen(watch)
        assert watch.advanced > 2 * BREAK_EVERY_S, show_what_was_seen(watch)


def test_vod_plays_pre_mid_and_post_roll_to_the_end(players: Players, weft_url: str) -> None:
    """A-33, A-48: the whole of it, through every splice, in all three players at once."""
    watchings = play_all(players, weft_url, "vod")
    for name in HLS:
        watchings[name].wait_for_end(150)
        watch = watchings[name].finish()
        print(show_what_was_seen(watch))
        watch.assert_played()
        assert watch.ended, show_what_was_seen(watch)
        kinds = ["ad" if code in ADS else code for code in watch.codes]
        shown = " ".join(kinds).replace("ad ad", "ad")
        assert shown == "bumper ad content ad content ad", show_what_was_seen(watch)
