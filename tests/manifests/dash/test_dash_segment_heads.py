"""Which segments may tell of breaks in them, and when they start (splice rules B-01, B-52)."""

from decimal import Decimal
from itertools import islice

import pytest

from manifests.breaks import CueKind
from manifests.cues.rules import CueRules
from manifests.dash.cues.segment_heads import LATEST_PERIODS, first_heads, latest_heads, told_by
from manifests.dash.model import Mpd
from manifests.dash.reading.reader import read_mpd
from manifests.scte35 import SpliceInfo, SpliceInsert, write_splice_info

SCHEME = "urn:scte:scte35:2013:bin"
EPOCH = Decimal(1_767_225_600)  # 2026-01-01T00:00:00Z
TIMELINE = """<SegmentTemplate timescale="10" presentationTimeOffset="50" startNumber="7"
  media="$Number$-$Time$.m4s"><SegmentTimeline><S t="50" d="20" r="1"/><S d="30"/><S t="150" d="20"
  r="{repeat}"/></SegmentTimeline></SegmentTemplate>"""
COMPUTED = """<SegmentTemplate timescale="10" presentationTimeOffset="50" startNumber="7"
  duration="20" media="$Number$.m4s" {more}/>"""
LISTED = """<SegmentList timescale="10" duration="20"><SegmentURL media="a"/><SegmentURL media="b"/>
  </SegmentList>"""


def period(segments: str, attributes: str = 'start="PT100S"', *, inband: str = SCHEME) -> str:
    return f"""<Period {attributes}><AdaptationSet mimeType="video/mp4">
      <InbandEventStream schemeIdUri="{inband}"/>{segments}<Representation id="v" bandwidth="1"/>
      </AdaptationSet></Period>"""


def mpd(*periods: str, dynamic: bool = True) -> Mpd:
    kind = 'type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"' if dynamic else ""
    text = f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {kind}>{"".join(periods)}</MPD>'
    return read_mpd(text.encode(), url="https://o.example/a/i.mpd")


def latest(value: Mpd, into: int, count: int = 100) -> list[tuple[str, Decimal]]:
    """Names and starts, from the MPD's own start, `into` seconds after it."""
    heads = islice(latest_heads(value, now=EPOCH + into), count)
    return [(head.url().rpartition("/")[2], head.start - EPOCH) for head in heads]


def first(value: Mpd) -> list[tuple[str, Decimal]]:
    return [(head.url().rpartition("/")[2], head.start) for head in first_heads(value)]


LIVE = {
    "a timeline": (
        TIMELINE.format(repeat=1),
        [
            ("11-170.m4s", Decimal(112)),
            ("10-150.m4s", Decimal(110)),
            ("9-90.m4s", Decimal(104)),
            ("8-70.m4s", Decimal(102)),
            ("7-50.m4s", Decimal(100)),
        ],
    ),
    "a timeline without end": (
        TIMELINE.format(repeat=-1),
        [("12-190.m4s", Decimal(114)), ("11-170.m4s", Decimal(112))],
    ),
    "numbers": (
        COMPUTED.format(more=""),
        [("14.m4s", Decimal(114)), ("13.m4s", Decimal(112))],
    ),
    "numbers from elsewhere": (
        COMPUTED.format(more='eptDelta="10"'),
        [("14.m4s", Decimal(115)), ("13.m4s", Decimal(113))],
    ),
    "numbers up to an end": (
        COMPUTED.format(more='endNumber="9"'),
        [("9.m4s", Decimal(104)), ("8.m4s", Decimal(102)), ("7.m4s", Decimal(100))],
    ),
    "a list": (LISTED, [("b", Decimal(102)), ("a", Decimal(100))]),
}


@pytest.mark.parametrize(("segments", "heads"), LIVE.values(), ids=LIVE)
def test_the_latest_segments_come_first(segments: str, heads: list[tuple[str, Decimal]]) -> None:
    """17 s after the Period's start; what is computed is complete (B-13)."""
    found = latest(mpd(period(segments)), 117)
    assert found[: len(heads)] == heads
    assert found == sorted(found, key=lambda one: one[1], reverse=True)


def test_a_period_that_has_ended_has_no_more_segments() -> None:
    value = mpd(period(COMPUTED.format(more=""), 'start="PT100S" duration="PT5S"'))
    assert latest(value, 1000) == [
        ("9.m4s", Decimal(104)),
        ("8.m4s", Decimal(102)),
        ("7.m4s", Decimal(100)),
    ]
    assert latest(value, 90) == []


def test_periods_without_such_cues_are_passed_over_and_the_number_of_periods_is_bounded() -> None:
    quiet = period(COMPUTED.format(more=""), 'start="PT200S"', inband="urn:x")
    value = mpd(period(LISTED, 'start="PT100S"'), quiet)
    assert latest(value, 300) == [("b", Decimal(102)), ("a", Decimal(100))]
    many = [quiet.replace("PT200S", f"PT{200 + n}S") for n in range(LATEST_PERIODS)]
    assert latest(mpd(period(LISTED, 'start="PT100S"'), *many), 300) == []


def test_the_segments_of_a_static_mpd_come_in_their_order() -> None:
    value = mpd(
        period(COMPUTED.format(more=""), 'duration="PT5S"'),
        period(TIMELINE.format(repeat=-1), 'duration="PT14S"'),
        dynamic=False,
    )
    assert first(value) == [
        ("7.m4s", Decimal(0)),
        ("8.m4s", Decimal(2)),
        ("9.m4s", Decimal(4)),
        ("7-50.m4s", Decimal(5)),
        ("8-70.m4s", Decimal(7)),
        ("9-90.m4s", Decimal(9)),
        ("10-150.m4s", Decimal(15)),
        ("11-170.m4s", Decimal(17)),
    ]


def test_a_file_that_is_all_there_is_has_no_heads() -> None:
    whole = period("", 'duration="PT5S"').replace(
        'bandwidth="1"/>', 'bandwidth="1"><BaseURL>a.mp4</BaseURL></Representation>'
    )
    assert first(mpd(whole, dynamic=False)) == []


@pytest.mark.parametrize(
    ("version", "time", "at"), [(0, 30, 105), (1, 80, 103)], ids=["version 0", "version 1"]
)
def test_messages_count_from_their_segment_or_from_the_period_b_01(
    version: int, time: int, at: int
) -> None:
    section = write_splice_info(SpliceInfo(command=SpliceInsert(event_id=4, out_of_network=True)))
    words = SCHEME.encode() + b"\0\0"
    width = 8 if version else 4
    numbers = (10).to_bytes(4, "big") + time.to_bytes(width, "big") + bytes(8)
    body = bytes((version, 0, 0, 0)) + (numbers + words if version else words + numbers) + section
    head = (8 + len(body)).to_bytes(4, "big") + b"emsg" + body
    value = mpd(period(TIMELINE.format(repeat=0)))
    second = list(latest_heads(value, now=EPOCH + 200))[-2]
    assert second.time == 70
    (cue,) = told_by(second, head, CueRules())
    assert (cue.kind, cue.at, cue.event_id) == (CueKind.OUT, EPOCH + at, "4")
