"""FFmpeg, through PyAV, reads what Weft serves: every frame, and times without a complaint.

FFmpeg's own HLS reader takes no notice of EXT-X-DISCONTINUITY, so it is shown each run between two
of them as a stream of its own, as a player would do it; and then, once more, everything at once.
"""

import re
import time

import pytest

from tests.browser.demo import open_session

av = pytest.importorskip("av", reason="FFmpeg is reached through PyAV")

from tests.browser.decoding import Entry, fetch, judge, media_urls, read_entries  # noqa: E402 - needs av

RATE = 25  # frames per second of the demo's content and ads
LIVE_S = 60.0
LIMIT_S = 150.0  # for a minute to be listed


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_whole_vod_session_decodes_and_is_as_long_as_it_says(weft_url: str, kind: str) -> None:
    """G-01, G-04, A-25: pre-, mid- and post-roll."""
    url = media_urls(open_session(weft_url, "vod"))[kind]
    text = fetch(url).text
    entries = read_entries(text, url)
    assert text.rstrip().endswith("#EXT-X-ENDLIST")
    assert len({entry.run for entry in entries}) >= 5
    judge(entries, kind)


def test_a_minute_of_live_decodes_in_both_renditions(weft_url: str) -> None:
    """A-02: every media sequence number keeps its segment; A-14: both have the same runs."""
    urls = media_urls(open_session(weft_url, "live"))
    seen: dict[str, dict[int, Entry]] = {"video": {}, "audio": {}}
    end = time.monotonic() + LIMIT_S
    while not all(is_a_minute_with_two_breaks(entries) for entries in seen.values()):
        assert time.monotonic() < end, seen
        for kind, url in urls.items():
            for entry in read_entries(fetch(url).text, url):
                assert seen[kind].setdefault(entry.msn, entry) == entry
        time.sleep(1.0)
    for kind, entries in seen.items():
        in_order = [entries[msn] for msn in sorted(entries)]
        assert [entry.msn for entry in in_order] == list(range(min(entries), max(entries) + 1))
        judge(in_order, kind)
    runs = {kind: {entry.run for entry in entries.values()} for kind, entries in seen.items()}
    assert runs["video"] == runs["audio"]


def is_a_minute_with_two_breaks(entries: dict[int, Entry]) -> bool:
    runs = {entry.run for entry in entries.values()}
    return sum(entry.seconds for entry in entries.values()) > LIVE_S and len(runs) >= 4


def test_ffmpegs_own_hls_reader_gets_every_frame_of_a_vod_session(weft_url: str) -> None:
    """All frames arrive, although it skips the init sections behind discontinuities.

    It also complains of times that start again there, and of nothing else; the first segment
    after each comes flagged to be discarded, which is its own doing: hence frames, not pictures.
    """
    url = media_urls(open_session(weft_url, "vod"))["video"]
    entries = read_entries(fetch(url).text, url)
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture(local=False) as said, av.open(url, timeout=30) as container:
            packets = container.demux(container.streams.video[0])
            frames = sum(packet.pts is not None for packet in packets)
    finally:
        av.logging.set_level(None)
    seconds = sum(entry.seconds for entry in entries)
    splices = len({entry.run for entry in entries}) - 1
    assert abs(frames / RATE - seconds) <= (splices + 1) / RATE
    known = re.compile(
        r"duplicated MOOV|DTS \d+ < \d+ out of order|Estimating duration from bitrate"
    )
    assert [line for _, _, line in said if not known.search(line)] == []
