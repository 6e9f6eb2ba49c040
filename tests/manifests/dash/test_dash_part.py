import copy
from decimal import Decimal
from pathlib import Path

import pytest
from dash_pasting import NS, URL, paste, reread, write_part
from lxml import etree

from manifests.dash.header import read_header
from manifests.dash.model import Mpd, Period, Run
from manifests.dash.periods.cut_point import cut_point, cut_refusal
from manifests.dash.periods.dressing import Dressing, dressing_of
from manifests.dash.periods.part import Part, part_body
from manifests.dash.reading.reader import read_mpd
from tests.mpd_schema import assert_valid, needs_schema

CONTINUITY = "urn:mpeg:dash:period-continuity:2015"
CONNECTIVITY = "urn:mpeg:dash:period-connectivity:2015"

LIVE = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="dynamic" profiles="p:live"
 availabilityStartTime="2026-01-01T00:00:00Z" publishTime="2026-01-01T00:03:00Z"
 minBufferTime="PT4S" minimumUpdatePeriod="PT2S">{period}</MPD>"""
VOD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p:vod" minBufferTime="PT4S"
 mediaPresentationDuration="PT40S">{period}</MPD>"""

# Worked example B.4, when 45 segments have been published.
B4 = """<Period id="P0" start="PT0S">
 <AdaptationSet id="1" contentType="video" mimeType="video/mp4">
  <SegmentTemplate timescale="90000" media="v$Number$.m4s" initialization="v.mp4" startNumber="1">
   <SegmentTimeline><S t="0" d="345600" r="44"/></SegmentTimeline>
  </SegmentTemplate>
  <Representation id="v1" bandwidth="1000000" codecs="avc1.64001f" frameRate="25"/>
  <Representation id="v2" bandwidth="2000000" codecs="avc1.64001f" frameRate="25"/>
 </AdaptationSet>
 <AdaptationSet id="2" contentType="audio" mimeType="audio/mp4" lang="en">
  <SegmentTemplate timescale="48000" media="a$Number$.m4s" initialization="a.mp4" startNumber="1">
   <SegmentTimeline><S t="0" d="184320" r="44"/></SegmentTimeline>
  </SegmentTemplate>
  <Representation id="a1" bandwidth="128000" codecs="mp4a.40.2"/>
 </AdaptationSet>
</Period>"""


def live(period: str) -> Mpd:
    return read_mpd(LIVE.format(period=period).encode(), url=URL)


def vod(period: str) -> Mpd:
    return read_mpd(VOD.format(period=period).encode(), url=URL)


def template(period: bytes | etree._Element, place: str = "AdaptationSet[1]") -> etree._Element:
    element = etree.fromstring(period) if isinstance(period, bytes) else period
    return element.find(f".//{place}/SegmentTemplate")


def bare(fragment: bytes) -> etree._Element:
    """A fragment as a tree without namespaces, for short paths."""
    root = etree.fromstring(fragment)
    for element in root.iter("*"):
        element.tag = element.tag.removeprefix(NS)
    return root


def written(
    mpd: Mpd,
    begin: str = "0",
    end: str | None = None,
    dressing: Dressing | None = None,
    **more: object,
) -> etree._Element:
    """A part of the first Period, without namespaces; it is valid where it stands."""
    part = Part(
        period=mpd.periods[0],
        id="X",
        start=Decimal(begin),
        begin=Decimal(begin),
        end=None if end is None else Decimal(end),
        **more,  # type: ignore[arg-type]
    )
    fragment = write_part(part, dressing or dressing_of(mpd))
    text = paste(mpd, fragment)
    return bare(text).find("Period")


def runs(element: etree._Element) -> list[dict[str, str]]:
    return [dict(s.attrib) for s in element.findall("SegmentTimeline/S")]


def test_the_worked_example_b4_comes_out_to_the_number() -> None:
    mpd = live(B4)
    first = written(mpd, end="100")
    video, audio = first.findall("AdaptationSet/SegmentTemplate")
    assert runs(video) == [{"t": "0", "d": "345600", "r": "26"}]  # 1 to 27
    assert runs(audio) == [{"t": "0", "d": "184320", "r": "26"}]
    assert video.get("startNumber") == "1"
    second = written(mpd, "130", after="P0")
    video, audio = second.findall("AdaptationSet/SegmentTemplate")
    assert video.get("presentationTimeOffset") == "11700000"
    assert video.get("startNumber") == "34"
    assert runs(video) == [{"t": "11404800", "d": "345600", "r": "11"}]
    assert audio.get("presentationTimeOffset") == "6240000"
    assert audio.get("startNumber") == "34"
    assert runs(audio) == [{"t": "6082560", "d": "184320", "r": "11"}]
    for one in second.findall("AdaptationSet"):
        supplement = one.find("SupplementalProperty")
        assert dict(supplement.attrib) == {"schemeIdUri": CONNECTIVITY, "value": "P0"}


def test_after_an_early_return_b31_the_part_begins_where_the_break_ended() -> None:
    second = written(live(B4), "121")
    video = second.find("AdaptationSet/SegmentTemplate")
    assert video.get("presentationTimeOffset") == "10890000"
    assert video.get("startNumber") == "32"
    assert runs(video)[0] | {"r": ""} == {"t": "10713600", "d": "345600", "r": ""}


def test_with_the_border_policy_b32_a_segment_that_only_touches_is_not_listed() -> None:
    mpd = live(B4)
    first, second = written(mpd, end="103.68"), written(mpd, "130.56", after="P0")
    assert runs(first.find("AdaptationSet/SegmentTemplate")) == [
        {"t": "0", "d": "345600", "r": "26"}
    ]
    video = second.find("AdaptationSet/SegmentTemplate")
    assert video.get("startNumber") == "35"
    assert runs(video) == [{"t": "11750400", "d": "345600", "r": "10"}]


def test_a_whole_period_is_the_same_tree_apart_from_its_dressing() -> None:
    mpd = live(B4.replace("<Period ", "<Period xmlns:q='urn:q' q:z='a&lt;&#10;b' "))
    before = etree.tostring(mpd.element)
    fragment = write_part(
        Part(period=mpd.periods[0], id="P0", start=Decimal(0)), Dressing(bases=())
    )
    read = read_mpd(paste(mpd, fragment), url=URL).periods[0].element
    assert etree.tostring(read, method="c14n", with_tail=False) == etree.tostring(
        mpd.periods[0].element, method="c14n", with_tail=False
    )
    assert etree.tostring(mpd.element) == before


def test_the_body_of_a_part_is_the_same_wherever_it_stands() -> None:
    mpd = live(B4)
    dressing = dressing_of(mpd)
    one = Part(period=mpd.periods[0], id="P0", start=Decimal(0), end=Decimal(100))
    other = Part(
        period=mpd.periods[0], id="Q", start=Decimal("7.5"), end=Decimal(100), duration=Decimal(3)
    )
    body = part_body(one, dressing)
    assert part_body(other, dressing) == body
    assert write_part(one, dressing) == b'<Period id="P0" start="PT0S">' + body
    opening = b'<Period id="Q" start="PT7.5S" duration="PT3S">'
    assert write_part(other, dressing) == opening + body


def test_a_prefix_stays_and_what_the_root_declares_is_not_said_again() -> None:
    body = (
        b'<mpd:MPD xmlns:mpd="urn:mpeg:dash:schema:mpd:2011" xmlns:dvb="urn:dvb" profiles="p:x"'
        b' minBufferTime="PT1S" mediaPresentationDuration="PT9S">'
        b'<mpd:BaseURL dvb:priority="2" serviceLocation="A">c/</mpd:BaseURL>'
        b'<mpd:Period xmlns:own="urn:own" own:a="1"><mpd:AdaptationSet><mpd:Representation id="r"'
        b' bandwidth="1"><mpd:BaseURL>r.mp4</mpd:BaseURL></mpd:Representation>'
        b"</mpd:AdaptationSet></mpd:Period></mpd:MPD>"
    )
    mpd = read_mpd(body, url=URL)
    fragment = write_part(
        Part(period=mpd.periods[0], id="a", start=Decimal(0), begin=Decimal(3)), dressing_of(mpd)
    )
    paste(mpd, fragment)
    assert fragment == (
        b'<mpd:Period id="a" start="PT0S" xmlns:own="urn:own" own:a="1">'
        b'<mpd:BaseURL dvb:priority="2" serviceLocation="A">https://o.example/live/ch/c/'
        b'</mpd:BaseURL><mpd:AdaptationSet><mpd:Representation id="r" bandwidth="1">'
        b'<mpd:BaseURL>r.mp4</mpd:BaseURL><mpd:SegmentBase presentationTimeOffset="3"/>'
        b"</mpd:Representation></mpd:AdaptationSet></mpd:Period>"
    )


# -- addressing modes ------------------------------------------------------------------------------

ONE = """<Period id="P" start="PT0S"><AdaptationSet id="1" mimeType="video/mp4">{info}
<Representation id="v" bandwidth="1"/></AdaptationSet></Period>"""


def cut(info: str, begin: str = "0", end: str | None = None, **more: object) -> etree._Element:
    """The segment information of a VOD of 40 s, cut."""
    period = written(vod(ONE.format(info=info)), begin, end, **more)
    return next(
        one
        for one in period.find("AdaptationSet")
        if one.tag.startswith(("SegmentT", "SegmentL", "SegmentB"))
    )


TIMELINE = """<SegmentTemplate media="{media}" timescale="10" presentationTimeOffset="5"
 startNumber="7" endNumber="18"><SegmentTimeline><S t="5" d="40" r="4"/><S d="30" r="3"/>
 <S t="325" d="40" r="2"/></SegmentTimeline></SegmentTemplate>"""


def test_of_a_timeline_with_time_only_the_segments_go() -> None:
    second = cut(TIMELINE.format(media="$Time$.m4s"), "23")
    assert second.get("startNumber") == "7"
    assert second.get("presentationTimeOffset") == "235"
    assert runs(second) == [{"t": "235", "d": "30", "r": "2"}, {"d": "40", "r": "2"}]


def test_of_a_timeline_with_number_the_end_number_stays_true() -> None:
    first, second = (
        cut(TIMELINE.format(media="$Number$.m4s"), end="23.1"),
        cut(TIMELINE.format(media="$Number$.m4s"), "23.1"),
    )
    assert (first.get("startNumber"), first.get("endNumber")) == ("7", "13")
    assert runs(first) == [{"t": "5", "d": "40", "r": "4"}, {"d": "30", "r": "1"}]
    assert (second.get("startNumber"), second.get("endNumber")) == ("13", "18")


def test_in_a_gap_of_a_timeline_nothing_is_listed_twice() -> None:
    info = """<SegmentTemplate media="$Number$" timescale="1"><SegmentTimeline>
    <S t="0" d="4" r="1"/><S t="20" d="4" r="4"/></SegmentTimeline></SegmentTemplate>"""
    assert runs(cut(info, end="12")) == [{"t": "0", "d": "4", "r": "1"}]
    second = cut(info, "12")
    assert (second.get("startNumber"), runs(second)) == ("3", [{"t": "20", "d": "4", "r": "4"}])


def test_a_negative_repeat_is_counted_in_the_first_half_and_stays_in_the_open_second() -> None:
    info = """<SegmentTemplate media="$Number$" timescale="1" startNumber="3"><SegmentTimeline>
    <S t="0" d="4" r="-1"/></SegmentTimeline></SegmentTemplate>"""
    mpd = live(ONE.format(info=info))
    first = written(mpd, end="10").find("AdaptationSet/SegmentTemplate")
    second = written(mpd, "10").find("AdaptationSet/SegmentTemplate")
    assert runs(first) == [{"t": "0", "d": "4", "r": "2"}]
    assert (second.get("startNumber"), runs(second)) == ("5", [{"t": "8", "d": "4", "r": "-1"}])


def test_s_n_is_the_number_of_the_first_segment() -> None:
    info = """<SegmentTemplate media="$Number$" timescale="1" startNumber="3"><SegmentTimeline>
    <S t="0" n="3" d="4" r="9"/></SegmentTimeline></SegmentTemplate>"""
    assert runs(cut(info, "10")) == [{"t": "8", "n": "5", "d": "4", "r": "7"}]


NUMBERS = '<SegmentTemplate media="$Number$" timescale="10" duration="40" startNumber="5"{more}/>'


def test_a_number_template_cut_on_a_border_changes_two_attributes() -> None:
    second = cut(NUMBERS.format(more=' eptDelta="0" pdDelta="3"'), "12")
    assert dict(second.attrib) == {
        "media": "$Number$",
        "timescale": "10",
        "duration": "40",
        "startNumber": "8",
        "presentationTimeOffset": "120",
    }
    assert not len(second)


def test_a_number_template_cut_in_mid_segment_becomes_a_timeline() -> None:
    second = cut(NUMBERS.format(more=""), "13")  # rule B-14
    assert dict(second.attrib) == {
        "media": "$Number$",
        "timescale": "10",
        "startNumber": "8",
        "presentationTimeOffset": "130",
    }
    assert runs(second) == [{"t": "120", "d": "40", "r": "6"}]  # to 40 s
    both = cut(NUMBERS.format(more=""), "13", "24")
    assert runs(both) == [{"t": "120", "d": "40", "r": "2"}]
    assert cut(NUMBERS.format(more=""), end="13").get("duration") == "40"


def test_a_number_template_respects_its_end_number() -> None:
    assert cut(NUMBERS.format(more=' endNumber="30"'), end="13").get("endNumber") == "8"
    assert cut(NUMBERS.format(more=' endNumber="10"'), "12").get("endNumber") == "10"
    assert runs(cut(NUMBERS.format(more=' endNumber="10"'), "13")) == [
        {"t": "120", "d": "40", "r": "2"}
    ]


def test_a_part_that_lasts_longer_than_its_period_has_no_segment_more_h_11() -> None:
    longer = cut(NUMBERS.format(more=""), end="40.01")
    assert (longer.get("endNumber"), longer.get("duration")) == ("14", "40")
    second = cut(NUMBERS.format(more=""), "12", "40.01")
    assert (second.get("startNumber"), second.get("endNumber")) == ("8", "14")
    converted = cut(NUMBERS.format(more=""), "13", "40.01")
    assert runs(converted) == [{"t": "120", "d": "40", "r": "6"}]
    assert "endNumber" not in converted.attrib
    sticks_out = cut(NUMBERS.format(more="").replace('"40"', '"70"'), end="40.01")
    assert "endNumber" not in sticks_out.attrib  # to 42 s: players compute no more


def test_a_number_template_of_an_open_period_goes_on() -> None:
    second = written(live(ONE.format(info=NUMBERS.format(more=""))), "13", after="P")
    assert runs(second.find("AdaptationSet/SegmentTemplate")) == [
        {"t": "120", "d": "40", "r": "-1"}
    ]
    assert second.find("AdaptationSet/SupplementalProperty") is None  # B-18: another mode


def test_where_the_first_segment_begins_early_numbers_are_counted_from_there() -> None:
    second = cut(NUMBERS.format(more=' presentationTimeOffset="30" eptDelta="-10"'), "12")
    assert second.get("startNumber") == "8"  # 20, 60, 100, 140: the cut is at 150
    assert (second.get("presentationTimeOffset"), second.get("eptDelta")) == ("150", None)
    assert runs(second)[0]["t"] == "140"


LIST = """<SegmentList timescale="10" duration="100"><Initialization sourceURL="i"/>
<SegmentURL media="a"/><SegmentURL media="b"/><SegmentURL media="c"/><SegmentURL media="d"/>
</SegmentList>"""


def media(element: etree._Element) -> list[str]:
    return [url.get("media") for url in element.findall("SegmentURL")]


def test_of_a_list_the_urls_go_and_the_initialization_stays() -> None:
    assert media(cut(LIST, end="20")) == ["a", "b"]
    assert media(cut(LIST, end="20.1")) == ["a", "b", "c"]
    second = cut(LIST, "20")
    assert media(second) == ["c", "d"]
    assert (second.get("presentationTimeOffset"), second.get("duration")) == ("200", "100")
    assert second.find("Initialization") is not None


def test_a_list_cut_in_mid_segment_gets_a_timeline() -> None:
    second = cut(LIST, "15")
    assert media(second) == ["b", "c", "d"]
    assert second.get("duration") is None
    assert runs(second) == [{"t": "100", "d": "100", "r": "2"}]
    timed = LIST.replace(' duration="100"', "").replace(
        "<SegmentURL",
        '<SegmentTimeline><S t="0" d="150"/><S d="80" r="2"/></SegmentTimeline><SegmentURL',
        1,
    )
    second = cut(timed, "24")
    assert (media(second), runs(second)) == (["c", "d"], [{"t": "230", "d": "80", "r": "1"}])


def test_an_indexed_file_is_in_both_halves() -> None:
    info = """<SegmentBase timescale="90000" indexRange="0-99"><Initialization range="0-9"/>
    </SegmentBase>"""
    second = cut(info, "12.5", after="P", is_continuous=True)  # rule B-15
    assert (second.get("presentationTimeOffset"), second.get("indexRange")) == ("1125000", "0-99")
    assert cut(info, end="12.5").get("presentationTimeOffset") is None


# -- levels ----------------------------------------------------------------------------------------

SPLIT = """<Period id="P" start="PT0S">
<SegmentTemplate media="$RepresentationID$/$Number$" startNumber="10"/>
<AdaptationSet id="1" mimeType="video/mp4"><SegmentTemplate timescale="25" duration="50"/>
 <Representation id="v" bandwidth="1"/><Representation id="w" bandwidth="2"/></AdaptationSet>
<AdaptationSet id="2" mimeType="audio/mp4"><SegmentTemplate timescale="20"/>
 <Representation id="a" bandwidth="1"><SegmentTemplate duration="60"/></Representation>
 <Representation id="b" bandwidth="2"><SegmentTemplate timescale="1" duration="4"/></Representation>
</AdaptationSet></Period>"""


def test_what_is_inherited_is_copied_down_before_it_is_changed() -> None:
    period = written(vod(SPLIT), "12")  # rule B-16
    assert period.find("SegmentTemplate") is None
    assert period.find("AdaptationSet[2]/SegmentTemplate") is None
    found = {
        (one.getparent().get("id"), one.get("startNumber"), one.get("presentationTimeOffset"))
        for one in period.iter("SegmentTemplate")
    }
    assert found == {("1", "16", "300"), ("a", "14", "240"), ("b", "13", "12")}
    assert {one.get("media") for one in period.iter("SegmentTemplate")} == {
        "$RepresentationID$/$Number$"
    }


def test_what_the_whole_period_shares_is_changed_once() -> None:
    shared = ONE.replace("{info}", "").replace(
        "<AdaptationSet", NUMBERS.format(more="") + "<AdaptationSet"
    )
    period = written(vod(shared), "12")
    assert [one.getparent().tag for one in period.iter("SegmentTemplate")] == ["Period"]


def test_an_inherited_duration_does_not_stay_beside_a_timeline() -> None:
    period = written(vod(SPLIT), "13")
    for one in period.iter("SegmentTemplate"):
        assert one.get("duration") is None
        assert len(runs(one)) == 1


# -- what else is in a Period ----------------------------------------------------------------------


def test_segments_of_a_break_being_decided_are_not_listed() -> None:
    period = written(live(B4), listed_until=Decimal(100))
    video, audio = period.findall("AdaptationSet/SegmentTemplate")
    assert runs(video) == [{"t": "0", "d": "345600", "r": "25"}]  # 99.84
    assert runs(audio) == [{"t": "0", "d": "184320", "r": "25"}]


def test_a_cut_on_the_borders_of_a_set_lets_it_run_on() -> None:
    mpd = live(B4.replace('d="184320"', 'd="184319"'))
    sets = written(mpd, "130.56", after="P0", is_continuous=True).findall("AdaptationSet")
    schemes = [one.find("SupplementalProperty").get("schemeIdUri") for one in sets]
    assert schemes == [CONTINUITY, CONNECTIVITY]


def test_continuity_goes_where_the_schema_wants_it_and_the_origins_is_not_true_any_more() -> None:
    told = B4.replace(
        'mimeType="video/mp4">',
        'mimeType="video/mp4"><ContentProtection schemeIdUri="urn:x"/><!-- a -->'
        '<EssentialProperty schemeIdUri="urn:y"/>'
        f'<SupplementalProperty schemeIdUri="{CONTINUITY}" value="before"/>'
        '<SupplementalProperty schemeIdUri="urn:z"/><InbandEventStream schemeIdUri="urn:e"/>'
        '<Role schemeIdUri="urn:mpeg:dash:role:2011" value="main"/>',
    )
    mpd = live(told)
    first, second = written(mpd, end="100"), written(mpd, "130", after="P0")
    supplements = [
        (one.get("schemeIdUri"), one.get("value"))
        for one in second.find("AdaptationSet").findall("SupplementalProperty")
    ]
    assert supplements == [("urn:z", None), (CONNECTIVITY, "P0")]
    assert first.find("AdaptationSet/SupplementalProperty").get("value") == "before"


def test_a_text_file_without_segments_is_in_the_first_half_only() -> None:
    text = """<AdaptationSet id="9" mimeType="text/vtt" lang="en"><Representation id="t"
    bandwidth="1"><BaseURL>t.vtt</BaseURL></Representation></AdaptationSet></Period>"""
    mpd = live(B4.replace("</Period>", text))
    assert written(mpd, end="100").find("AdaptationSet[@id='9']") is not None
    assert written(mpd, "100").find("AdaptationSet[@id='9']") is None  # rule B-17


EVENTS = B4.replace(
    "<AdaptationSet",
    """<EventStream schemeIdUri="urn:e" value="1" timescale="10" presentationTimeOffset="50">
 <Event presentationTime="150" duration="20" id="1">a</Event><!-- 10 to 12 -->
 <Event presentationTime="1040" duration="20" id="2"/><Event presentationTime="1050" id="3"/>
 <Event presentationTime="900" duration="800" id="4"/></EventStream><AdaptationSet""",
    1,
)


def test_an_event_that_is_active_at_the_cut_is_in_both_halves() -> None:
    mpd = live(EVENTS)  # rule B-50; the cut is at 1050 on the events' clock
    first, second = written(mpd, end="100"), written(mpd, "100")
    assert [one.get("id") for one in first.iter("Event")] == ["1", "2", "4"]
    assert [one.get("id") for one in second.iter("Event")] == ["2", "3", "4"]
    assert first.find("EventStream").get("presentationTimeOffset") == "50"
    assert second.find("EventStream").get("presentationTimeOffset") == "1050"
    assert second.find("EventStream/Event").get("presentationTime") == "1040"


def test_ticks_of_events_get_shorter_where_the_cut_is_between_two() -> None:
    mpd = live(EVENTS)
    part = Part(period=mpd.periods[0], id="X", start=Decimal("99.88"), begin=Decimal("99.88"))
    stream = reread(mpd, write_part(part, dressing_of(mpd))).periods[0].event_streams[0]
    assert {
        (event.id, event.at * 100, event.duration and event.duration * 100)
        for event in stream.events
    } == {
        ("2", -88, 200),
        ("3", 12, None),
        ("4", -1488, 8000),
    }


def test_schemes_that_the_dressing_removes_are_gone_from_events_and_sets() -> None:
    mpd = live(
        EVENTS.replace(
            'mimeType="video/mp4">', 'mimeType="video/mp4"><InbandEventStream schemeIdUri="urn:e"/>'
        )
    )
    removed = dressing_of(mpd, removed_schemes=frozenset({"urn:e"}))
    period = written(mpd, dressing=removed)
    assert period.find("EventStream") is None
    assert next(period.iter("InbandEventStream"), None) is None
    assert written(mpd).find(".//InbandEventStream") is not None


# -- dressing --------------------------------------------------------------------------------------


def based(root: str = "", period: str = "", info: str = LIST) -> Mpd:
    body = VOD.format(period=root + ONE.format(info=info))
    return read_mpd(body.replace('"PT0S">', f'"PT0S">{period}', 1).encode(), url=URL)


def bases(period: etree._Element) -> list[dict[str, str]]:
    return [dict(one.attrib) | {"url": one.text} for one in period.findall("BaseURL")]


def test_a_period_without_base_gets_the_mpds_or_the_mpds_folder() -> None:
    assert bases(written(based())) == [{"url": "https://o.example/live/ch/"}]
    two = '<BaseURL serviceLocation="A">x/</BaseURL><BaseURL>https://b.example/</BaseURL>'
    assert bases(written(based(two))) == [  # rule B-22
        {"serviceLocation": "A", "url": "https://o.example/live/ch/x/"},
        {"url": "https://b.example/"},
    ]


def test_a_relative_base_of_a_period_is_joined_to_each_of_the_mpds() -> None:
    mpd = based(
        '<BaseURL serviceLocation="A" availabilityTimeOffset="1.5">x/</BaseURL>'
        '<BaseURL availabilityTimeOffset="INF">https://b.example/</BaseURL>',
        '<BaseURL availabilityTimeOffset="2">p/</BaseURL>',
    )
    assert bases(written(mpd)) == [
        {
            "serviceLocation": "A",
            "availabilityTimeOffset": "3.5",
            "url": "https://o.example/live/ch/x/p/",
        },
        {"availabilityTimeOffset": "INF", "url": "https://b.example/p/"},
    ]
    absolute = based("<BaseURL>x/</BaseURL>", '<BaseURL byteRange="a">https://c.example/</BaseURL>')
    assert bases(written(absolute)) == [{"byteRange": "a", "url": "https://c.example/"}]


def test_content_may_be_had_from_another_host() -> None:
    info = LIST.replace('"a"', '"https://o.example/live/a"').replace('"b"', '"/live/b"')
    info = info.replace('"c"', '"../../elsewhere/c"').replace('"d"', '"../d"')
    mpd = based(info=info)
    hosts = ("https://o.example/live/", "https://cdn.example/x/")
    period = written(mpd, dressing=dressing_of(mpd, content_base=hosts))
    assert bases(period) == [{"url": "https://cdn.example/x/ch/"}]
    assert media(period.find("AdaptationSet/SegmentList")) == [
        "https://cdn.example/x/a",
        "https://cdn.example/x/b",
        "https://o.example/elsewhere/c",
        "../d",
    ]


def test_an_asset_identifier_is_added_where_there_is_none() -> None:
    mpd = based(period="<BaseURL>p/</BaseURL>")
    dressing = dressing_of(mpd, asset_id="news")
    identifier = written(mpd, dressing=dressing).find("AssetIdentifier")
    assert identifier.get("value") == "news"  # rule B-19
    own = based(period='<AssetIdentifier schemeIdUri="urn:a" value="own"/>')
    found = written(own, dressing=dressing).findall("AssetIdentifier")
    assert [one.get("value") for one in found] == ["own"]


def test_runs_of_a_part_are_read_back_where_they_were() -> None:
    mpd = live(B4)
    part = Part(period=mpd.periods[0], id="X", start=Decimal(130), begin=Decimal(130))
    period: Period = reread(mpd, write_part(part, dressing_of(mpd))).periods[0]
    addressing = period.sets[0].representations[0].addressing
    assert addressing is not None
    assert addressing.runs == (Run(11404800, 345600, 12),)
    assert period.start + Decimal("-3.28") == Decimal("126.72")
    assert addressing.seconds(11404800) == pytest.approx(-3.28)


# -- MPDs of others --------------------------------------------------------------------------------

SHARED = Path(__file__).parents[3] / ".." / "shared"
REAL = [
    path
    for folder in ("media", "reference/samples/dash", "reference/samples/dash-scte35")
    for path in sorted((SHARED / folder).rglob("*.mpd"))
    # Two are not well-formed, and one has a Period elsewhere.
    if b'.xsd"bprofiles' not in path.read_bytes() and path.name != "example_G11.mpd"
]


@needs_schema
@pytest.mark.skipif(not REAL, reason="the samples are not beside the checkout")
def test_real_mpds_are_valid_whole_and_in_parts() -> None:
    hosts = ("https://o.example/", "https://cdn.example/")
    told = 0
    for path in REAL:
        mpd = read_mpd(path.read_bytes(), url=URL)
        dressing = dressing_of(mpd, content_base=hosts, asset_id="show")
        parts: list[Part] = []
        for period in mpd.periods:
            at = cut_point(period, Decimal(2))
            assert at is not None, cut_refusal(period)
            end = period.start + at
            parts.append(Part(period=period, id=period.id, start=period.start, end=at))
            parts.append(Part(period=period, id=f"{period.id}~b", start=end, begin=at, after="x"))
        periods = [write_part(part, dressing) for part in parts]
        text = read_header(mpd, spliced=True).render(
            location="https://weft.example/a.mpd",
            publish_time=mpd.publish_time,
            duration=mpd.duration,
            max_segment_s=mpd.max_segment_s,
            periods=periods,
        )
        if periods:
            assert_valid(b"".join(text))
        told += len(periods)
    assert told > 20


@pytest.mark.skipif(not REAL, reason="the samples are not beside the checkout")
def test_real_periods_are_the_same_trees_when_nothing_is_done_to_them() -> None:
    for path in REAL:
        mpd = read_mpd(path.read_bytes(), url=URL)
        for period in mpd.periods:
            part = Part(period=period, id=period.element.get("id") or "t", start=period.start)
            root = copy.deepcopy(mpd.element)
            marked = etree.tostring(root).partition(b">")[0] + b">"
            written = etree.fromstring(marked + write_part(part, Dressing(bases=())) + b"</MPD>")[0]
            original = copy.deepcopy(period.element)
            for one in (written, original):
                for name in ("id", "start", "duration"):
                    one.attrib.pop(name, None)
            assert etree.tostring(
                written, method="c14n", exclusive=True, with_tail=False
            ) == etree.tostring(original, method="c14n", exclusive=True, with_tail=False)
