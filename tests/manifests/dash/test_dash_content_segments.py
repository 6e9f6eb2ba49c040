from decimal import Decimal

from manifests.content_segment import Source
from manifests.dash.content_segments import latest_segments, representations_of
from manifests.dash.reading.reader import read_mpd

EPOCH = Decimal(1_767_225_600)  # 2026-01-01T00:00:00Z
MPD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic"
 availabilityStartTime="2026-01-01T00:00:00Z">
 <Period id="a" start="PT0S" duration="PT8S"><AdaptationSet contentType="video">
  <SegmentTemplate timescale="10" duration="40" media="a$Number$.m4s" initialization="a.mp4"/>
  <Representation id="v" bandwidth="1"/></AdaptationSet></Period>
 <Period id="b" start="PT8S">
  <AdaptationSet contentType="video">
   <SegmentTemplate timescale="10" media="$RepresentationID$-$Time$.m4s" presentationTimeOffset="80"
    initialization="$RepresentationID$.mp4">
    <SegmentTimeline><S t="80" d="40" r="2"/><S d="20"/></SegmentTimeline></SegmentTemplate>
   <Representation id="v1" bandwidth="1"/><Representation id="v2" bandwidth="2"/></AdaptationSet>
  <AdaptationSet contentType="video"><ContentProtection schemeIdUri="urn:x"/>
   <SegmentTemplate duration="4" media="e$Number$.m4s"/>
   <Representation id="e" bandwidth="1"/></AdaptationSet>
  <AdaptationSet contentType="video"><Representation id="file" bandwidth="1">
   <BaseURL>f.mp4</BaseURL><SegmentBase indexRange="0-9"/></Representation></AdaptationSet>
  <AdaptationSet contentType="audio"><SegmentTemplate duration="4" media="$Number$.m4s"/>
   <Representation id="a1" bandwidth="1"/></AdaptationSet>
 </Period></MPD>"""


def test_clear_video_in_segments_can_be_drawn_on() -> None:
    mpd = read_mpd(MPD.encode(), url="https://o.example/x/i.mpd")
    found = [(period.id, one.id) for _, period, one in representations_of(mpd)]
    assert found == [("b", "v1"), ("b", "v2"), ("a", "v")]


def test_clear_sound_in_segments_can_be_mixed() -> None:
    mpd = read_mpd(MPD.encode(), url="https://o.example/x/i.mpd")
    found = [(kind, one.id) for kind, _, one in representations_of(mpd, ("audio", "video"))]
    assert found == [("video", "v1"), ("video", "v2"), ("audio", "a1"), ("video", "v")]


def test_segments_know_those_beside_them() -> None:
    mpd = read_mpd(MPD.encode(), url="https://o.example/x/i.mpd")
    _, period, representation = next(iter(representations_of(mpd)))
    last, *_, first = latest_segments(mpd, period, representation, now=EPOCH + 20)
    assert (last.after, first.before) == (None, None)
    assert last.before == Source("https://o.example/x/v1-160.m4s")
    assert first.after == Source("https://o.example/x/v1-120.m4s")


def test_segments_stand_on_the_content_clock() -> None:
    mpd = read_mpd(MPD.encode(), url="https://o.example/x/i.mpd")
    told = {
        representation.id: [
            (one.name.rpartition("/")[2], one.start - EPOCH, one.end - EPOCH)
            for one in latest_segments(mpd, period, representation, now=EPOCH + 20)
        ]
        for _, period, representation in representations_of(mpd)
    }
    assert told["v"] == [("a2.m4s", 4, 8), ("a1.m4s", 0, 4)]
    assert told["v2"] == [
        ("v2-200.m4s", 20, 22),
        ("v2-160.m4s", 16, 20),
        ("v2-120.m4s", 12, 16),
        ("v2-80.m4s", 8, 12),
    ]
    _, period, representation = next(iter(representations_of(mpd)))
    one = next(latest_segments(mpd, period, representation, now=EPOCH + 20))
    assert one.init == Source("https://o.example/x/v1.mp4")
