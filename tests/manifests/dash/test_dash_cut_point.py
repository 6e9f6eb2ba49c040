from decimal import Decimal

import pytest
from dash_pasting import URL

from manifests.dash.model import Period
from manifests.dash.periods.cut_point import cut_point, cut_refusal
from manifests.dash.reading.reader import read_mpd

MPD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p:vod" minBufferTime="PT4S"
 mediaPresentationDuration="PT200.01S"><Period>{sets}</Period></MPD>"""


def timed(kind: str, timescale: int, ticks: int, rate: str = "", pto: int = 0) -> str:
    """A set with segments of so many ticks, for 200 s."""
    count = 201 * timescale // ticks
    return f"""<AdaptationSet mimeType="{kind}/mp4"><SegmentTemplate timescale="{timescale}"
    media="$Number$" presentationTimeOffset="{pto}"><SegmentTimeline><S t="{pto}" d="{ticks}"
    r="{count}"/></SegmentTimeline></SegmentTemplate>
    <Representation id="{kind}{timescale}" bandwidth="1" {rate}/></AdaptationSet>"""


def period(*sets: str) -> Period:
    return read_mpd(MPD.format(sets="".join(sets)).encode(), url=URL).periods[0]


VIDEO_25 = timed("video", 90000, 345600, 'frameRate="25"', pto=7)
AUDIO_48 = timed("audio", 48000, 184320)
FILM = timed("video", 12288, 24576, 'frameRate="24"')
NTSC = timed("video", 30000, 60060, 'frameRate="30000/1001"')
AUDIO_44 = timed("audio", 44100, 88200)
TEXT = timed("text", 1000, 4000)
FILE = """<AdaptationSet mimeType="text/vtt"><Representation id="t" bandwidth="1">
<BaseURL>t.vtt</BaseURL></Representation></AdaptationSet>"""
NUMBERS = """<AdaptationSet mimeType="video/mp4"><SegmentTemplate timescale="1000" duration="2002"
 media="{media}"/><Representation id="v" bandwidth="1"/></AdaptationSet>"""

CASES = {
    "a frame": ([VIDEO_25, AUDIO_48], "100.013", "100"),
    "the other frame": ([VIDEO_25, AUDIO_48], "100.021", "100.04"),
    "a border of the video within half a frame": ([VIDEO_25, AUDIO_48], "103.661", "103.68"),
    "no border but a frame": ([VIDEO_25, AUDIO_48], "103.659", "103.64"),
    "the start": ([VIDEO_25, AUDIO_48], "0.02", "0"),
    "before the start": ([VIDEO_25], "-3", "0"),
    "the end, which is on no frame": ([VIDEO_25, AUDIO_48], "199.999", "200.01"),
    "behind the end": ([VIDEO_25], "300", "200.01"),
    "near a frame of which there is no decimal": ([NTSC, AUDIO_48], "10", "10.01"),
    "between frames, on the grid of 2000": ([NTSC, AUDIO_48], "10.04", "10.0435"),
    # 24 and 44.1: their common grid is 1/4 s; audio is cut less than a tick away (B-10).
    "the video's grid alone": ([FILM, AUDIO_44], "10.04", "10.041748046875"),
    "all have 1000, which is enough": ([VIDEO_25, AUDIO_48, TEXT], "100.021", "100.04"),
    "no frame rate": ([NUMBERS.format(media="$Number$")], "10.0312", "10.031"),
    "no frame rate, near a border": ([NUMBERS.format(media="$Number$")], "10.0304", "10.01"),
    "audio alone": ([AUDIO_44], "10.0349", "10.03"),
    "a text file": ([VIDEO_25, FILE], "100.021", "100.04"),
}


@pytest.mark.parametrize(("sets", "at", "expected"), CASES.values(), ids=CASES)
def test_a_period_is_cut_at(sets: list[str], at: str, expected: str) -> None:
    assert cut_point(period(*sets), Decimal(at)) == Decimal(expected)


@pytest.mark.parametrize(("sets", "at", "expected"), CASES.values(), ids=CASES)
def test_a_cut_point_is_a_cut_point(sets: list[str], at: str, expected: str) -> None:
    assert cut_point(period(*sets), Decimal(expected)) == Decimal(expected)


def test_a_cut_counted_from_another_is_the_same_whatever_is_listed() -> None:
    """B-04: what followed it was published."""
    late = VIDEO_25.replace('<S t="7"', '<S t="907"')  # all of it is listed 10 ms later
    assert cut_point(period(late), Decimal("103.64")) == Decimal("103.65")
    for at, frame in (("103.651", "103.64"), ("103.669", "103.68"), ("199.999", "200.01")):
        for one in (period(VIDEO_25), period(late)):
            found = cut_point(one, Decimal(at), counted_from=Decimal("100.04"))
            assert found == Decimal(frame)


REFUSED = {
    "time from a duration": (NUMBERS.format(media="$Time$"), "B-13"),
    "sequences": (VIDEO_25.replace("<S ", '<S k="2" '), "S@k"),
    "patterns": (VIDEO_25.replace("<S ", '<S p="0" '), "S@p"),
    "nothing to play": (
        '<AdaptationSet mimeType="video/mp4"><Representation id="v" bandwidth="1"/>'
        "</AdaptationSet>",
        "no segments",
    ),
}


@pytest.mark.parametrize(("one", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_cut_says_why_and_still_has_its_borders(one: str, reason: str) -> None:
    found = period(one)
    assert reason in (cut_refusal(found) or "")
    assert cut_point(found, Decimal(100)) is None
    assert cut_point(found, Decimal(0)) == 0
    assert cut_point(found, Decimal("200.01")) == Decimal("200.01")


def test_what_can_be_cut_is_not_refused() -> None:
    assert cut_refusal(period(VIDEO_25.replace("<S ", '<S k="1" '), AUDIO_48, FILE)) is None
