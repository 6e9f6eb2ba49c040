"""Text, trick play and thumbnails listed later than video, where Periods are cut (B-04)."""

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest

from loadtests.synthetic_mpd import dash_creative
from manifests.break_log import BreakLog
from manifests.breaks import AdBreak
from manifests.creative import Creative
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.channel_state import read_state, write_state
from manifests.dash.reading.reader import read_mpd
from manifests.dash.rendering import Renderer

AST = 1767225600  # 2026-01-01T00:00:00Z
URL = "https://o.example/c/live.mpd"
RULES = DashRules(cues=None)
BREAK = AdBreak(
    id="b", start=Decimal(AST + 102), out_at=Decimal(AST + 102), planned_end=Decimal(AST + 132)
)
POD = (dash_creative("ad", 30, segment_s=2),)

TEXT = 'contentType="text" mimeType="application/mp4" codecs="stpp"'
SETS = {
    "text": f"<AdaptationSet {TEXT}>",
    "trick": '<AdaptationSet contentType="video" mimeType="video/mp4"><EssentialProperty '
    'schemeIdUri="http://dashif.org/guidelines/trickmode" value="1"/>',
    "thumbnails": '<AdaptationSet contentType="image" mimeType="image/jpeg">',
}


def live(edge: int, late: int | None, *, kind: str = "text", updates: bool = True) -> str:
    """Segments of 4 s: video from 60 s to `edge`, the other set to `late`, or none of it."""

    def information(end: int) -> str:
        count = (end - 60) // 4
        lines = f'<S t="60000" d="4000" r="{count - 1}"/>' if count else ""
        return (
            '<SegmentTemplate timescale="1000" media="$RepresentationID$-$Time$.m4s" '
            f'initialization="i.mp4"><SegmentTimeline>{lines}</SegmentTimeline></SegmentTemplate>'
        )

    update = 'minimumUpdatePeriod="PT2S"' if updates else ""
    return f"""<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" {update}
  profiles="urn:mpeg:dash:profile:isoff-live:2011" availabilityStartTime="2026-01-01T00:00:00Z"
  minBufferTime="PT4S" timeShiftBufferDepth="PT120S"><Period id="P0" start="PT0S">
 <AdaptationSet contentType="video" mimeType="video/mp4" frameRate="25">{information(edge)}
  <Representation id="v720" bandwidth="1000000" codecs="avc1.64001f"/></AdaptationSet>
 {SETS[kind]}{information(60 if late is None else late)}
  <Representation id="t" bandwidth="1000"/></AdaptationSet>
</Period></MPD>"""


def advanced(channel: DashChannel, text: str) -> DashChannel:
    return channel.advance(read_mpd(text.encode(), url=URL), now=Decimal(AST))


def written(channel: DashChannel, pod: Sequence[Creative], until: Decimal | None = None) -> bytes:
    found = [channel.splice_of(one, pod, "v720") for one in channel.log.breaks] if pod else []
    renderer = Renderer(rules=RULES, rung_of=lambda _, representation: representation.id)
    splices = [one for one in found if one is not None]
    return renderer.render(channel, splices, until=until).filled(location=None)


def told(
    channel: DashChannel, pod: Sequence[Creative] = POD, until: Decimal | None = None
) -> list[str]:
    """Each Period in short: its id, and where each Representation's list ends (s on the MPD)."""
    mpd = read_mpd(written(channel, pod, until), url=URL)
    found = []
    for period in mpd.periods:
        line = period.id
        for _, one in period.representations():
            how = one.addressing
            assert how is not None
            end = None if how.end is None else period.start + round(how.seconds(how.end))
            line += f" {one.id}-{end}"
        found.append(line)
    return found


def started(*polls: tuple[int, int | None], kind: str = "text") -> DashChannel:
    channel = DashChannel(rules=RULES, log=BreakLog((BREAK,)))
    for edge, late in ((100, 96), *polls):
        channel = advanced(channel, live(edge, late, kind=kind))
    return channel


@pytest.mark.parametrize("kind", SETS)
def test_a_period_is_cut_when_what_is_a_segment_behind_is_there(kind: str) -> None:
    """B-04, B-30: nothing of video is listed meanwhile that is to be taken back."""
    assert told(started(kind=kind)) == ["P0 v720-100 t-96"]
    assert told(started((104, 100), kind=kind)) == ["P0 v720-100 t-100"]
    cut = ["P0 v720-104 t-104", "b.0 v720-108"]
    assert told(started((104, 100), (108, 104), kind=kind)) == cut


@pytest.mark.parametrize("kind", SETS)
def test_what_is_not_there_a_segment_later_is_never_added(kind: str) -> None:
    channel = started((104, 100), (108, 100), kind=kind)
    assert told(channel) == ["P0 v720-104 t-100", "b.0 v720-108"]
    channel = advanced(channel, live(112, 112, kind=kind))
    assert told(channel) == ["P0 v720-104 t-100", "b.0 v720-112"]
    channel = advanced(channel, live(140, 136, kind=kind))
    assert told(channel) == ["P0 v720-104 t-100", "b.0 v720-132", "P0~b v720-140 t-136"]


@pytest.mark.parametrize("late", [None, 64, 92])
def test_a_set_that_is_sparse_or_at_its_end_holds_nothing_up(late: int | None) -> None:
    channel = started((104, late))
    assert told(channel) == [f"P0 v720-104 t-{late}", "b.0 v720-104"]
    assert channel.awaited_at is None
    channel = advanced(channel, live(108, 108))
    assert told(channel) == [f"P0 v720-104 t-{late}", "b.0 v720-108"]


def test_what_is_listed_to_the_very_cut_is_not_late() -> None:
    channel = DashChannel(rules=RULES, log=BreakLog((BREAK,)))
    channel = advanced(channel, live(104, 104))
    assert (channel.awaited_at, dict(channel.late)) == (None, {})


def test_an_mpd_that_is_never_updated_again_waits_for_nothing_b_40() -> None:
    channel = advanced(started(), live(104, 100, updates=False))
    assert told(channel)[0] == "P0 v720-104 t-100"


def test_only_who_leaves_the_content_there_waits_and_goes_without() -> None:
    assert told(started((104, 100)), ()) == ["P0 v720-104 t-100"]
    channel = advanced(started((104, 100), (108, 100)), live(112, 112))
    assert told(channel, ()) == ["P0 v720-112 t-112"]


def test_while_a_break_is_decided_nothing_is_added_that_its_period_would_not_have() -> None:
    channel = advanced(started((104, 100), (108, 100)), live(112, 112))
    assert told(channel, (), until=BREAK.out_at) == ["P0 v720-100 t-100"]
    assert told(channel)[0] == "P0 v720-104 t-100"


def test_another_process_goes_without_the_same() -> None:
    channel = started((104, 100), (108, 100))
    state = json.loads(json.dumps(write_state(channel)))
    again = advanced(read_state(state, rules=RULES), live(112, 112))
    assert written(again, POD) == written(advanced(channel, live(112, 112)), POD)
    assert told(again)[0] == "P0 v720-104 t-100"
    waiting = json.loads(json.dumps(write_state(started((104, 100)))))
    again = advanced(read_state(waiting, rules=RULES), live(104, 100))
    assert told(again) == ["P0 v720-100 t-100"]
