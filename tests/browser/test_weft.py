"""What Weft is for: stock players play spliced streams, and the viewer sees the ads."""

import pytest

from tests.browser.demo_plays import ADS, HLS, Showing, seen, whole_breaks
from tests.browser.theatre import Theatre

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("player", HLS)
def test_live_plays_through_two_breaks_one_of_them_ending_early(
    demo_theatre: Theatre[Showing], player: str
) -> None:
    """A-17, A-20, A-27: hls.js, Shaka and the browser's own HLS, each in a session of its own."""
    watch = demo_theatre.watch((player, "hls live"))
    watch.assert_played()
    assert set(watch.codes) <= {"content", "slate", *ADS}, watch
    assert whole_breaks(watch) >= 2, watch


@pytest.mark.parametrize("player", HLS)
def test_vod_plays_pre_mid_and_post_roll_to_the_end(
    demo_theatre: Theatre[Showing], player: str
) -> None:
    """A-33, A-48: the whole of it, through every splice."""
    watch = demo_theatre.watch((player, "hls vod"))
    watch.assert_played()
    assert watch.ended, watch
    assert set(watch.codes) <= {"content", "bumper", *ADS}, watch
    kinds = [shot.kind for shot in seen(watch)]
    assert kinds == ["bumper", "break", "content", "break", "content", "break"], watch
