"""Live replacement and insertion as Periods: worked example B.4, and changes between polls."""

import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import pytest

from manifests.break_log import BreakLog
from manifests.breaks import AdBreak
from manifests.creative import CmafMedia, Creative, CreativeRendition, CreativeSegment
from manifests.dash.arrangement import AdPart, arrange, recalled
from manifests.dash.channel import DashChannel, DashRules
from manifests.dash.channel_state import read_state, write_state
from manifests.dash.periods.part import Part
from manifests.dash.reading.reader import read_mpd
from manifests.errors import ManifestError
from manifests.scte35 import SpliceInfo, SpliceInsert, to_base64, write_splice_info
from manifests.splicing.timeline import splice

AST = 1767225600  # 2026-01-01T00:00:00Z


def creative(name: str, seconds: str, segment: str = "2.5") -> Creative:
    length, step = Decimal(seconds), Decimal(segment)
    durations = [step] * int(length / step)
    if sum(durations) < length:
        durations.append(length - sum(durations))
    segments = tuple(CreativeSegment(f"/tm/{name}/{n}.m4s", d) for n, d in enumerate(durations, 1))
    media = CmafMedia(
        base=f"/tm/{name}/",
        initialization="init.mp4",
        media="$Number$.m4s",
        start_number=1,
        timescale=1000,
        durations=tuple(int(d * 1000) for d in durations),
        mime_type="video/mp4",
        codecs="avc1.64001f",
        bandwidth=1_000_000,
        width=1280,
        height=720,
        frame_rate="25",
    )
    return Creative(
        id=name,
        duration=length,
        renditions={"v": CreativeRendition(segments, f"/tm/{name}/init.mp4", media)},
    )


A, B = creative("a", "15"), creative("b", "15")


def event(
    at: str, seconds: str | None, *, event_id: int = 42, out: bool = True, cancel: bool = False
) -> str:
    insert = SpliceInsert(
        event_id=event_id,
        cancel=cancel,
        out_of_network=out,
        immediate=True,
        duration_ticks=None if seconds is None else int(Decimal(seconds) * 90000),
        auto_return=seconds is not None,
    )
    message = to_base64(write_splice_info(SpliceInfo(command=insert)))
    return (
        f'<Event presentationTime="{int(Decimal(at) * 1000)}" id="{event_id}-{out}">'
        '<Signal xmlns="http://www.scte.org/schemas/35/2016"><Binary>'
        f"{message}</Binary></Signal></Event>"
    )


def live(edge: int, *events: str, first: int = 1, published: int | None = None) -> str:
    """The origin of worked example B.4, with segments `first` to `edge`."""
    stream = (
        '<EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin" timescale="1000">'
        + "".join(events)
        + "</EventStream>"
    )
    start, count = (first - 1) * 345600, edge - first + 1
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic"
  profiles="urn:mpeg:dash:profile:isoff-live:2011" availabilityStartTime="2026-01-01T00:00:00Z"
  publishTime="2026-01-01T00:{published or edge:02}:00Z"
  minimumUpdatePeriod="PT2S" minBufferTime="PT4S" timeShiftBufferDepth="PT60S">
 <Period id="P0" start="PT0S">{stream if events else ""}
  <AdaptationSet id="1" contentType="video" mimeType="video/mp4" frameRate="25">
   <SegmentTemplate timescale="90000" startNumber="{first}" media="v$Number$.m4s"
     initialization="v.mp4">
    <SegmentTimeline><S t="{start}" d="345600" r="{count - 1}"/></SegmentTimeline></SegmentTemplate>
   <Representation id="v" bandwidth="1000000" codecs="avc1.64001f" width="1280" height="720"/>
  </AdaptationSet>
  <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en">
   <SegmentTemplate timescale="48000" startNumber="{first}" media="a$Number$.m4s"
     initialization="a.mp4">
    <SegmentTimeline>
     <S t="{(first - 1) * 184320}" d="184320" r="{count - 1}"/>
    </SegmentTimeline></SegmentTemplate>
   <Representation id="a" bandwidth="128000" codecs="mp4a.40.2" audioSamplingRate="48000"/>
  </AdaptationSet>
 </Period>
</MPD>"""


def computed(*events: str, next_start: str | None = None) -> str:
    """The same content where players compute its segments; `next_start`: of a second Period."""
    text = re.sub("<SegmentTimeline>.*?</SegmentTimeline>", "", live(1, *events), flags=re.DOTALL)
    text = text.replace('timescale="90000"', 'timescale="90000" duration="345600"')
    text = text.replace('timescale="48000"', 'timescale="48000" duration="184320"')
    if next_start is None:
        return text
    period = text[text.index("<Period") : text.index("</MPD>")]
    again = period.replace('id="P0" start="PT0S"', f'id="P1" start="PT{next_start}S"')
    return text.replace("</MPD>", again + "</MPD>")


def undated(text: str) -> str:
    return re.sub('publishTime="[^"]*"', "", text)


def advanced(channel: DashChannel, text: str, now: float = 0) -> DashChannel:
    mpd = read_mpd(text.encode(), url="https://o.example/c/live.mpd")
    return channel.advance(mpd, now=AST + Decimal(str(now)))


def told(channel: DashChannel, *pod: Creative, until: Decimal | None = None) -> list[str]:
    """Each Period in short: id, start, duration if it has one, how many segments if not all."""
    splices = [channel.splice_of(one, pod, "v") for one in channel.log.breaks] if pod else []
    found = arrange(channel, [one for one in splices if one is not None], until=until)
    return [
        f"{part.id} {part.start:f}"
        + ("" if part.duration is None else f" for {part.duration:f}")
        + (f" ({part.listed})" if isinstance(part, AdPart) and part.listed is not None else "")
        for part in found.parts
    ]


OUT = event("100", "30")


def test_worked_example_b_4_is_laid_out_as_it_stands() -> None:
    channel = advanced(DashChannel(), live(20, OUT))
    assert told(channel, A, B) == ["P0 0"]  # 76.8 s: nothing behind the cue is listed yet
    channel = advanced(channel, live(27, OUT, first=10))
    assert told(channel, A, B) == ["P0 0", "b1767225700.0 100 (1)"]  # edge 103.68
    channel = advanced(channel, live(31, OUT, first=12))
    assert told(channel, A, B) == ["P0 0", "b1767225700.0 100", "b1767225700.1 115 (1)"]
    channel = advanced(channel, live(34, OUT, first=15))
    assert told(channel, A, B) == [
        "P0 0",
        "b1767225700.0 100",
        "b1767225700.1 115",
        "P0~b1767225700 130",
    ]
    channel = advanced(channel, live(50, OUT, first=35))
    assert told(channel, A, B) == ["P0~b1767225700 130"]  # B-34: it keeps its name and start


def test_what_follows_breaks_that_touch_goes_on_from_the_content_before_them_b_18() -> None:
    channel = advanced(DashChannel(), live(34, first=20))
    breaks = (("a", 5, 15), ("b", 20, 30), ("c", 40, 50), ("d", 50, 60))
    past = [
        splice(
            break_id=name, out_at=Decimal(AST + out), in_at=Decimal(AST + back), pod=(A,), rung="v"
        )
        for name, out, back in breaks
    ]
    (part,) = arrange(channel, past).parts
    assert isinstance(part, Part)
    assert (part.id, part.after) == ("P0~d", "P0~b")
    assert [one.break_id for one in recalled(past)] == ["b", "c", "d"]
    assert arrange(channel, recalled(past)).parts == (part,)
    assert recalled([*recalled(past[:3]), past[3]]) == recalled(past)  # one went past after another


def test_the_content_goes_on_at_the_very_tick() -> None:
    channel = advanced(advanced(DashChannel(), live(20, OUT)), live(34, OUT, first=15))
    one = channel.splice_of(channel.log.breaks[0], (A, B), "v")
    assert one is not None
    assert (one.out_at - AST, (one.in_at or 0) - AST) == (100, 130)
    parts = arrange(channel, [one]).parts
    assert [part.early_s for part in parts if isinstance(part, AdPart)] == [None, None]  # B-21


def test_an_early_return_ends_the_ad_that_plays_and_drops_the_next_b_31() -> None:
    channel = advanced(advanced(DashChannel(), live(20, OUT)), live(31, OUT))
    assert told(channel, A, B)[-1] == "b1767225700.1 115 (1)"
    back = event("121", None, out=False)
    channel = advanced(channel, live(32, OUT, back))
    assert told(channel, A, B) == [
        "P0 0",
        "b1767225700.0 100",
        "b1767225700.1 115 (3)",  # H-11: none lies behind the return
        "P0~b1767225700 121",
    ]
    early = advanced(
        advanced(DashChannel(), live(20, OUT)), live(30, OUT, event("112", None, out=False))
    )
    assert told(early, A, B) == ["P0 0", "b1767225700.0 100 (5)", "P0~b1767225700 112"]


def test_a_short_pod_gives_the_rest_back_to_the_content_d_53() -> None:
    channel = advanced(advanced(DashChannel(), live(20, OUT)), live(34, OUT))
    assert told(channel, A) == ["P0 0", "b1767225700.0 100", "P0~b1767225700 115"]


def test_a_break_that_is_being_decided_is_not_shown() -> None:
    channel = advanced(advanced(DashChannel(), live(20, OUT)), live(30, OUT))
    until = channel.out_border(channel.log.breaks[0])
    parts = arrange(channel, [], until=until).parts
    assert [(part.id, part.listed_until) for part in parts if not isinstance(part, AdPart)] == [
        ("P0", Decimal("100.042"))  # a frame more: what ends with it is not taken back
    ]


def test_a_stale_copy_is_ignored() -> None:
    channel = advanced(advanced(DashChannel(), live(20, OUT)), live(30, OUT))
    assert advanced(channel, live(25, OUT)) is channel


def test_without_publish_time_a_copy_is_stale_that_lists_less_and_nothing_more() -> None:
    def lists(video: int, audio: int) -> str:
        text = live(video).replace(f'd="184320" r="{video - 1}"', f'd="184320" r="{audio - 1}"')
        return undated(text)

    channel = advanced(DashChannel(), lists(20, 20))
    assert channel.mpd is not None
    assert channel.mpd.publish_time is None
    assert advanced(channel, lists(20, 19)).mpd is channel.mpd
    assert advanced(channel, lists(19, 19)).mpd is channel.mpd
    assert advanced(channel, lists(21, 19)).mpd is not channel.mpd  # it began anew
    assert advanced(channel, lists(20, 21)).mpd is not channel.mpd


def with_second_period(text: str, start: str) -> str:
    """The same MPD, whose Period ends where a second one goes on with the same segments."""
    head, _, rest = text.partition("<Period")
    period, _, tail = rest.partition("</Period>")
    first = Fraction(start) // Fraction("3.84")
    count = 31 - first
    second = period.replace('id="P0" start="PT0S"', f'id="P1" start="PT{start}S"')
    for scale, duration in ((90000, 345600), (48000, 184320)):
        run = f'<S t="{first * duration}" d="{duration}" r="{count - 1}"/>'
        second = re.sub(rf'<S t="0" d="{duration}" r="30"/>', run, second)
        told = f'presentationTimeOffset="{round(Fraction(start) * scale)}" timescale="{scale}"'
        second = second.replace(f'timescale="{scale}"', told)
    second = second.replace('startNumber="1"', f'startNumber="{first + 1}"')
    period = period.replace('r="30"', f'r="{first}"')
    return f"{head}<Period{period}</Period><Period{second}</Period>{tail}"


def test_a_period_that_comes_to_begin_just_before_a_cut_is_not_put_before_the_ads_b_04() -> None:
    out = event("100.03", "30")
    channel = advanced(advanced(DashChannel(), live(20, out)), live(30, out))
    assert told(channel, A, B) == ["P0 0", "b1767225700.0 100.04 for 15.00"]
    later = advanced(channel, with_second_period(live(31, out), "100.03"))
    assert told(later, A, B) == ["P0 0", "b1767225700.0 100.04", "b1767225700.1 115.04 (1)"]
    again = read_state(write_state(later), rules=DashRules())
    assert again.cut_in == later.cut_in


def test_also_a_period_whose_segments_players_compute_lasts_until_the_ads_b_04() -> None:
    out = event("100.03", "30")
    channel = advanced(DashChannel(), computed(out), now=90)
    ads = ["b1767225700.0 100.04", "b1767225700.1 115.04 for 15.00"]
    assert told(channel, A, B) == ["P0 0", *ads]
    later = advanced(channel, computed(out, next_start="100.03"), now=102)
    assert told(later, A, B) == ["P0 0", *ads]
    found = arrange(
        later, [one for b in later.log.breaks if (one := later.splice_of(b, (A,), "v"))]
    )
    assert isinstance(part := found.parts[0], Part)
    assert (part.end, part.interval.length) == (Decimal("100.04"), Decimal("100.03"))


def test_without_publish_time_a_copy_is_stale_that_lists_what_had_gone_at_the_front() -> None:
    """B-04: up to the same end."""
    channel = advanced(DashChannel(), undated(live(20, first=4)))
    assert advanced(channel, undated(live(20, first=3))).mpd is channel.mpd
    assert advanced(channel, undated(live(20, first=5))).mpd is not channel.mpd
    assert advanced(channel, undated(live(21, first=3))).mpd is not channel.mpd


def test_without_publish_time_a_copy_is_stale_that_lacks_a_period_which_has_begun_b_06() -> None:
    one, two = undated(computed()), undated(computed(next_start="50"))
    begun = advanced(DashChannel(), two, now=52)
    assert told(begun) == ["P0 0", "P1 50"]
    assert told(advanced(begun, one, now=53)) == ["P0 0", "P1 50"]
    ahead = advanced(DashChannel(), two, now=48)
    assert told(ahead) == ["P0 0", "P1 50"]
    assert told(advanced(ahead, one, now=49)) == ["P0 0"]  # it was withdrawn


def test_without_publish_time_a_copy_is_stale_that_has_a_period_which_had_gone_b_04() -> None:
    """Also while the last Period lies ahead; a copy that tells of another one is newer."""

    def since(number: int, *starts: str) -> str:
        text = undated(computed())
        head, period, tail = text.partition(text[text.index("<Period") : text.index("</MPD>")])
        told = [
            period.replace('id="P0" start="PT0S"', f'id="P{n}" start="PT{start}S"')
            for n, start in enumerate(starts)
        ]
        return "".join((head, *told[number:], tail))

    for now in (98, 102):
        channel = advanced(DashChannel(), since(1, "0", "50", "100"), now=now)
        assert advanced(channel, since(0, "0", "50", "100"), now=now).mpd is channel.mpd
        assert advanced(channel, since(2, "0", "50", "100"), now=now).mpd is not channel.mpd
        assert advanced(channel, since(0, "0", "50", "100", "150"), now=now).mpd is not channel.mpd


@pytest.mark.parametrize("at", ["40", "40.013"])
def test_an_ad_that_has_begun_stays_when_its_break_is_cancelled_at_once_b_06(at: str) -> None:
    out, cancelled = event(at, "20"), event(at, None, cancel=True)
    channel = advanced(DashChannel(), computed(out), now=30)
    channel = advanced(channel, computed(out), now=40.008)
    assert told(channel, A) == ["P0 0", "b1767225640.0 40 for 15"]
    for now in (41, 42, 55):
        channel = advanced(channel, computed(out, cancelled), now=now)
        names = [one.split()[0] for one in told(channel, A)]
        assert names == ["P0", "b1767225640.0", "P0~b1767225640"]  # B-31


def test_an_ad_that_lies_ahead_goes_with_its_break_c_11() -> None:
    out, cancelled = event("40", "20"), event("40", None, cancel=True)
    channel = advanced(DashChannel(), computed(out), now=39)
    assert told(channel, A) == ["P0 0", "b1767225640.0 40 for 15"]
    assert told(advanced(channel, computed(out, cancelled), now=39.5), A) == ["P0 0"]


def test_a_break_that_ends_where_it_begins_removes_nothing() -> None:
    """A-28: both of its ends are one cut, in live no insertion."""
    slow = computed(event("40", "0.05")).replace('frameRate="25"', 'frameRate="10"')
    channel = advanced(DashChannel(), slow, now=45)
    assert len(channel.log.breaks) == 1
    assert told(channel, A) == ["P0 0"]


def test_content_is_back_where_it_was_when_its_segment_has_left_the_window_b_04() -> None:
    """Where frames take no whole number of ticks, segments begin beside them."""
    borders = [round(Fraction(1001 * 31 * number, 30)) for number in range(50)]  # of 31 frames

    def ntsc(first: int, last: int) -> str:
        runs = "".join(f'<S t="{a}" d="{b - a}"/>' for a, b in pairwise(borders[first : last + 1]))
        text = live(last, event("20", "30"), first=first + 1).replace("PT60S", "PT15S")
        video = re.sub("<S [^>]*>", runs, text.partition('<AdaptationSet id="2"')[0])
        video = video.replace('frameRate="25"', 'frameRate="30000/1001"').replace("90000", "1000")
        return f"{video}</Period></MPD>"

    channel = advanced(DashChannel(), ntsc(0, 24))
    short = creative("a", "3.1")
    back = [told(channel := advanced(channel, ntsc(n, n + 15)), short) for n in range(10, 30)]
    assert {one for each in back for one in each if one.startswith("P0~")} == {
        "P0~b1767225620 23.09"
    }


def test_a_channel_remembers_where_it_was_cut() -> None:
    channel = advanced(advanced(DashChannel(), live(20, OUT)), live(34, OUT))
    again = read_state(write_state(channel), rules=DashRules())
    assert again.log == channel.log
    assert again.cuts == channel.cuts
    assert (again.seen_edge, again.published_at) == (channel.seen_edge, channel.published_at)
    assert told(advanced(again, live(50, first=35)), A, B) == ["P0~b1767225700 130"]
    with pytest.raises(ManifestError, match="version"):
        read_state({"version": 0}, rules=DashRules())


def test_publish_time_rises_with_every_version_whatever_the_origin_says_b_41() -> None:
    first = advanced(DashChannel(), live(20, OUT, published=5))
    second = advanced(first, live(21, OUT, published=5))
    assert first.published_at is not None
    assert second.published_at is not None
    assert second.published_at > first.published_at


STATIC = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT2S"
  profiles="urn:mpeg:dash:profile:isoff-live:2011" mediaPresentationDuration="PT60S">
 <Period><AdaptationSet id="1" contentType="video" mimeType="video/mp4" frameRate="25">
  <SegmentTemplate timescale="12800" duration="25600" media="v$Number$.m4s" initialization="v.mp4"/>
  <Representation id="v" bandwidth="1000000" codecs="avc1.64001f" width="1280" height="720"/>
 </AdaptationSet></Period></MPD>"""


def test_insertions_move_what_follows_them() -> None:
    channel = advanced(DashChannel(), STATIC)
    splices = [
        channel.insertion_of(Decimal(at), (A,), "v", break_id=f"s{n}")
        for n, at in enumerate(("0", "20.01", "60"))
    ]
    found = arrange(channel, splices)
    assert [f"{part.id} {part.start:f}" for part in found.parts] == [
        "s0.0 0",
        "t0 15",
        "s1.0 35",
        "t0~s1 50",
        "s2.0 90",
    ]
    assert found.inserted == 45


def test_a_zero_length_break_of_a_static_mpd_is_a_point() -> None:
    channel = advanced(DashChannel(), STATIC)
    one = AdBreak(id="b1", start=Decimal(4), out_at=Decimal(4), planned_end=Decimal(4))
    point = channel.insertion_of(one.start, (A, B), "v", break_id=one.id)
    assert [part.id for part in arrange(channel, [point]).parts] == ["t0", "b1.0", "b1.1", "t0~b1"]
    assert replace(point, pod=()) != point


def test_where_segments_are_computed_ads_are_there_ahead_b_21() -> None:
    text = computed(event("40", "20"))
    channel = advanced(DashChannel(), text, now=30)
    short = creative("a", "10"), creative("b", "10")
    assert told(channel, *short) == ["P0 0", "b1767225640.0 40", "b1767225640.1 50 for 10"]
    splices = [channel.splice_of(one, short, "v") for one in channel.log.breaks]
    parts = arrange(channel, [one for one in splices if one is not None]).parts
    assert [part.early_s for part in parts if isinstance(part, AdPart)] == [20, 20]
    later = advanced(channel, text, now=61)
    assert told(later, *short)[-1] == "P0~b1767225640 60"
    assert channel.published_at is not None
    assert later.published_at is not None
    assert later.published_at > channel.published_at  # B-41: though the origin's is the same


def test_an_mpd_without_periods_is_not_carried_on() -> None:
    channel = advanced(DashChannel(), live(20, OUT))
    text = live(21).replace(' start="PT0S"', "")  # early available: it only announces
    with pytest.raises(ManifestError, match="without Periods"):
        advanced(channel, text)


def test_a_period_that_cannot_be_cut_can_be_replaced_as_a_whole() -> None:
    """B-13: `$Time$` with @duration; its borders are the neighbours'."""
    template = '<SegmentTemplate timescale="1" duration="2" media="$Time$"/>'
    periods = "".join(
        f'<Period id="{name}" duration="PT10S"><AdaptationSet mimeType="video/mp4">{template}'
        '<Representation id="v" bandwidth="1"/></AdaptationSet></Period>'
        for name in ("one", "two", "three")
    )
    text = (
        '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" minBufferTime="PT1S" '
        f'profiles="p:x">{periods}</MPD>'
    )
    whole, inside = (
        AdBreak(id=name, start=at, out_at=at, planned_end=Decimal(20))
        for name, at in (("whole", Decimal(10)), ("inside", Decimal(15)))
    )
    for ad_break, aligned in ((whole, True), (inside, False)):
        channel = advanced(DashChannel(log=BreakLog((ad_break,))), text)
        assert channel.is_aligned(ad_break) is aligned
        for seconds, is_filled in (("10", aligned), ("6", False)):
            one = channel.splice_of(ad_break, [creative("a", seconds)], "v")
            assert (one is not None) is is_filled  # B-03: after 6 s nothing could follow


def test_a_segment_where_no_clock_goes_is_refused() -> None:
    """H-12: whatever an origin says, it is read or refused with a reason."""
    with pytest.raises(ManifestError, match="300 years"):
        advanced(DashChannel(), live(20).replace('t="0" d="345600"', f't="{10**19}" d="345600"'))
