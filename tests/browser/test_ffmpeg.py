"""FFmpeg, through PyAV, reads what Weft serves: every frame, and times without a complaint.

FFmpeg's own HLS reader takes no notice of EXT-X-DISCONTINUITY, so it is shown each run between two
of them as a stream of its own, as a player would do it; and then, once more, everything at once.
"""

import io
import re
import time
from dataclasses import dataclass
from urllib.parse import urljoin

import httpx2
import pytest

from tests.browser.demo import open_session

av = pytest.importorskip("av", reason="FFmpeg is reached through PyAV")

RATE = 25  # frames per second of the demo's content and ads
LIVE_S = 60.0


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment as the playlist has it."""

    msn: int
    uri: str
    seconds: float
    init: str
    run: int  # how many DISCONTINUITY tags came before it


def read_entries(text: str, url: str) -> list[Entry]:
    """A parser of its own: what it must know of a playlist, and nothing else."""
    number = int(re.search(r"#EXT-X-MEDIA-SEQUENCE:(\d+)", text)[1])  # type: ignore[index]
    run_match = re.search(r"#EXT-X-DISCONTINUITY-SEQUENCE:(\d+)", text)
    run, seconds, init, entries = int(run_match[1]) if run_match else 0, 0.0, "", []
    for line in text.split("\n"):
        if line == "#EXT-X-DISCONTINUITY":
            run += 1
        elif line.startswith("#EXTINF:"):
            seconds = float(line[8:].split(",")[0])
        elif line.startswith("#EXT-X-MAP:"):
            init = urljoin(url, re.search(r'URI="([^"]+)"', line)[1])  # type: ignore[index]
        elif line and not line.startswith("#"):
            entries.append(Entry(number, urljoin(url, line), seconds, init, run))
            number += 1
    return entries


def media_urls(multivariant_url: str) -> dict[str, str]:
    """The only video playlist, and the audio playlist beside it."""
    text = httpx2.get(multivariant_url).text
    lines = [line for line in text.split("\n") if line]
    audio = re.search(r'TYPE=AUDIO.*URI="([^"]+)"', text)
    video = next(line for line in lines if not line.startswith("#"))
    urls = {"video": urljoin(multivariant_url, video)}
    if audio:
        urls["audio"] = urljoin(multivariant_url, audio[1])
    return urls


def decode(data: bytes, kind: str) -> tuple[int, float]:
    """Frames (or audio samples per channel) and seconds of one run; fails on any complaint."""
    av.logging.set_level(av.logging.WARNING)
    try:
        opened = av.open(io.BytesIO(data), format="mp4")
        with av.logging.Capture(local=False) as said, opened as container:
            stream = getattr(container.streams, kind)[0]
            stream.codec_context.thread_count = 1  # what it says is heard in this thread
            frames = list(container.decode(stream))
    finally:
        av.logging.set_level(None)
    complaints = [line for _, _, line in said if "duplicated MOOV" not in line]
    assert not complaints, complaints
    times = [frame.pts * frame.time_base for frame in frames]
    assert times == sorted(times)
    lengths = [
        (1 / RATE if kind == "video" else frame.samples / frame.sample_rate) for frame in frames
    ]
    for (before, length), after in zip(zip(times, lengths, strict=True), times[1:], strict=False):
        assert abs(float(after - before) - length) < 0.002, (float(before), float(after))
    return len(frames), sum(lengths)


def judge(entries: list[Entry], kind: str) -> None:
    """Every run decodes whole, and is as long as its playlist says, to within one frame."""
    bodies = {uri: httpx2.get(uri).content for e in entries for uri in (e.uri, e.init)}
    for run in sorted({entry.run for entry in entries}):
        mine = [entry for entry in entries if entry.run == run]
        assert len({entry.init for entry in mine}) == 1
        data = bodies[mine[0].init] + b"".join(bodies[entry.uri] for entry in mine)
        frames, seconds = decode(data, kind)
        said = sum(entry.seconds for entry in mine)
        assert frames > 0
        assert abs(seconds - said) <= 1 / RATE + 1e-6, (kind, run, seconds, said)


@pytest.mark.parametrize("kind", ["video", "audio"])
def test_a_whole_vod_session_decodes_and_is_as_long_as_it_says(weft_url: str, kind: str) -> None:
    """G-01, G-04, A-25: pre-, mid- and post-roll."""
    url = media_urls(open_session(weft_url, "vod"))[kind]
    text = httpx2.get(url).text
    entries = read_entries(text, url)
    assert text.rstrip().endswith("#EXT-X-ENDLIST")
    assert len({entry.run for entry in entries}) >= 5
    judge(entries, kind)


def test_a_minute_of_live_decodes_in_both_renditions(weft_url: str) -> None:
    """A-02: every media sequence number keeps its segment; A-14: both have the same runs."""
    urls = media_urls(open_session(weft_url, "live"))
    seen: dict[str, dict[int, Entry]] = {"video": {}, "audio": {}}
    end = time.monotonic() + LIVE_S
    while time.monotonic() < end:
        for kind, url in urls.items():
            for entry in read_entries(httpx2.get(url).text, url):
                assert seen[kind].setdefault(entry.msn, entry) == entry
        time.sleep(1.0)
    for kind, entries in seen.items():
        in_order = [entries[msn] for msn in sorted(entries)]
        assert [entry.msn for entry in in_order] == list(range(min(entries), max(entries) + 1))
        assert sum(entry.seconds for entry in in_order) > LIVE_S
        judge(in_order, kind)
    runs = {kind: {entry.run for entry in entries.values()} for kind, entries in seen.items()}
    assert runs["video"] == runs["audio"]
    assert len(runs["video"]) >= 4  # two breaks


def test_ffmpegs_own_hls_reader_gets_every_frame_of_a_vod_session(weft_url: str) -> None:
    """All frames arrive, although it skips the init sections behind discontinuities.

    It also complains of times that start again there, and of nothing else; the first segment
    after each comes flagged to be discarded, which is its own doing: hence frames, not pictures.
    """
    url = media_urls(open_session(weft_url, "vod"))["video"]
    entries = read_entries(httpx2.get(url).text, url)
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
    known = re.compile(r"duplicated MOOV|DTS \d+ < \d+ out of order")
    assert [line for _, _, line in said if not known.search(line)] == []
