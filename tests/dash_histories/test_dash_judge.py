"""The judge itself: what is right passes, and each rule that is broken is named."""

import re
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import pytest
from dash_examples import (
    AST,
    DECIDED,
    FACTS,
    INSERTED,
    LIVE,
    ORIGIN,
    VOD_FACTS,
    WEFT,
    ad,
    content,
    live,
    mpd,
    vod,
)
from dash_judge import judge
from dash_record import Answered, Decided, Facts, Fetched, Happening
from mpd_text import read, seconds

from tests.mpd_schema import complaint, needs_schema


def broken(history: tuple[Happening, ...], facts: Facts) -> set[str]:
    return {one.rule for one in judge(history, facts)}


def test_the_worked_example_passes() -> None:
    """B.4."""
    assert [str(one) for one in judge(live(sessions=2), FACTS)] == []


def test_an_insertion_passes() -> None:
    """B-02, B-10, B-15, H-10."""
    assert [str(one) for one in judge(vod(), VOD_FACTS)] == []


def test_the_worked_example_says_what_the_rules_say() -> None:
    """B.4: the numbers of the rules, as a player computes them."""
    text = read(LIVE[3][2].encode(), "https://weft.invalid/a.mpd")
    assert [(one.id, one.start) for one in text.periods] == [
        ("P0", 0),
        ("b42.0", 100),
        ("b42.1", 115),
        ("P0~b42", 130),
    ]
    video = text.periods[3].track("v1")
    assert video is not None
    assert (video.pto, video.start_number, video.segments[0].start) == (11700000, 34, 11404800)
    assert video.spans[0].start == Fraction("126.72")
    assert video.spans[0].url == "https://origin.example/live/v1/34.m4s"


Change = Callable[[str], str]


def swap(old: str, new: str, count: int = -1) -> Change:
    def change(text: str) -> str:
        assert old in text, f"{old} is not in the answer"
        return text.replace(old, new, count)

    return change


def both(*changes: Change) -> Change:
    def change(text: str) -> str:
        for one in changes:
            text = one(text)
        return text

    return change


def last(old: str, new: str) -> Change:
    def change(text: str) -> str:
        before, found, after = text.rpartition(old)
        assert found
        return before + new + after

    return change


def without(start: str, end: str) -> Change:
    def change(text: str) -> str:
        begin = text.index(start)
        return text[:begin] + text[text.index(end, begin) + len(end) :]

    return change


RETURN = 3  # the answer that shows content, both ads and content again
CONNECTED = (
    '<SupplementalProperty schemeIdUri="urn:mpeg:dash:period-connectivity:2015" value="P0"/>'
)

# What is wrong: the rule, the answer, the change
ONE: dict[str, tuple[str, int, Change]] = {
    "no XML": ("H-12", 1, swap("</MPD>", "")),
    "an ad without start": ("B-02", RETURN, swap(' start="PT115S"', "")),
    "a gap between Periods": (
        "B-02",
        RETURN,
        swap('id="b42.0" start="PT100S"', 'id="b42.0" start="PT100S" duration="PT14S"'),
    ),
    "an id twice": ("B-02", RETURN, swap('"b42.1"', '"b42.0"')),
    "no length": ("B-02", RETURN, swap("PT115S", "PT100S")),
    "Periods in disorder": ("B-02", RETURN, swap("PT115S", "PT99S")),
    "a duration that is over the next start": (
        "B-10",
        1,
        swap('id="P0" start="PT0S"', 'id="P0" start="PT0S" duration="PT200S"'),
    ),
    "a Period without id": ("B-05", RETURN, swap(' id="P0~b42"', "")),
    "the segment under the cut is missing": ("B-03", RETURN, swap('r="7"', 'r="6"')),
    "a segment after the cut": ("H-11", RETURN, swap('r="7"', 'r="8"')),
    "a segment before the return": (
        "H-11",
        4,
        both(
            swap('startNumber="34"', 'startNumber="33"'),
            swap('t="11404800" d="345600" r="8"', 't="11059200" d="345600" r="9"'),
            swap('t="6082560" d="184320" r="8"', 't="5898240" d="184320" r="9"'),
        ),
    ),
    "the first S without t": ("H-11", RETURN, swap(' t="11404800"', "")),
    "startNumber one too low": ("H-11", RETURN, swap('startNumber="34"', 'startNumber="33"')),
    "PTO forgotten": ("H-10", RETURN, swap(' presentationTimeOffset="11700000"', "")),
    "PTO one tick off": ("B-10", RETURN, swap('"6240000"', '"6240001"')),
    "PTO in another timescale": ("B-10", RETURN, swap('"6240000"', '"11700000"')),
    "a time one tick off": ("H-10", RETURN, swap('t="11404800"', 't="11404801"')),
    "PTO changes later": (
        "B-04",
        4,
        both(swap('"11700000"', '"11700001"'), swap('t="11404800"', 't="11404801"')),
    ),
    "the content's start moves": ("B-04", 4, swap('start="PT130S"', 'start="PT130.5S"')),
    "availabilityStartTime moves": ("B-04", 2, swap("00:00:00Z", "00:00:01Z")),
    "a set's id changes": ("B-24", 4, swap('AdaptationSet id="2"', 'AdaptationSet id="7"')),
    "a set is lost": (
        "B-24",
        4,
        lambda text: without('    <AdaptationSet id="2"', "</AdaptationSet>\n")(text),
    ),
    "an ad's set changes": ("B-04", 2, swap('<Representation id="v"', '<Representation id="w"')),
    "a started Period is gone": (
        "B-06",
        RETURN,
        lambda text: without('  <Period id="b42.0"', "</Period>\n")(text),
    ),
    "a Period is gone too early": (
        "B-34",
        RETURN,
        lambda text: without('  <Period id="P0"', "</Period>\n")(text),
    ),
    "a segment is taken back": ("B-04", 1, swap('r="15"', 'r="13"')),
    "cut where content was listed": (
        "B-30",
        1,
        both(swap('"PT100S"', '"PT96S"'), swap('r="15"', 'r="14"'), swap('"PT115S"', '"PT111S"')),
    ),
    "content is not back when it is there": (
        "B-30",
        RETURN,
        lambda text: without('  <Period id="P0~b42"', "</Period>\n")(text).replace(
            'start="PT115S"', 'start="PT115S" duration="PT15S"'
        ),
    ),
    "content of the break is shown": (
        "B-10",
        RETURN,
        both(
            swap('start="PT130S"', 'start="PT126.72S"'),
            swap('"11700000"', '"11404800"'),
            swap('"6240000"', '"6082560"'),
        ),
    ),
    "content comes back late": (
        "H-14",
        4,
        both(
            swap('start="PT130S"', 'start="PT131S"'),
            swap('"11700000"', '"11790000"'),
            swap('"6240000"', '"6288000"'),
        ),
    ),
    "eptDelta": ("B-14", RETURN, swap('startNumber="34"', 'startNumber="34" eptDelta="-5"')),
    "no link": ("B-18", RETURN, swap(CONNECTED, "")),
    "both links": (
        "B-18",
        RETURN,
        swap(CONNECTED, CONNECTED + CONNECTED.replace("connectivity", "continuity")),
    ),
    "a link to an ad": ("B-18", RETURN, swap('2015" value="P0"', '2015" value="b42.1"')),
    "continuity over a hole": ("B-18", RETURN, swap("connectivity", "continuity")),
    "no availabilityTimeOffset": ("B-21", 1, swap(' availabilityTimeOffset="30"', "")),
    "an ad with duration in the middle": (
        "B-20",
        RETURN,
        swap('id="b42.0" start="PT100S"', 'id="b42.0" start="PT100S" duration="PT15S"'),
    ),
    "an ad without end": (
        "B-20",
        1,
        both(
            swap(' duration="PT15S"', ""),
            swap('<SegmentTimeline><S t="0" d="270000" r="4"/></SegmentTimeline>', ""),
            swap('media="v$Number$.m4s"', 'media="v$Number$.m4s" duration="270000"'),
        ),
    ),
    "an ad that begins later": ("B-20", 1, swap('t="0" d="270000"', 't="90000" d="270000"')),
    "an ad with a hole": (
        "B-03",
        1,
        swap('d="270000" r="4"/>', 'd="270000" r="1"/><S t="810000" d="270000" r="1"/>'),
    ),
    "an ad too short": ("B-03", 1, swap('d="270000" r="4"', 'd="270000" r="3"')),
    "an ad in protected sets": (
        "B-23",
        1,
        swap(
            'codecs="mp4a.40.2" lang="en">\n      <Role',
            'codecs="mp4a.40.2" lang="en">\n      '
            '<ContentProtection schemeIdUri="urn:mpeg:dash:mp4protection:2011" value="cenc"/>\n'
            "      <Role",
        ),
    ),
    "an ad without sound": (
        "B-24",
        1,
        lambda text: (
            text[: text.index('  <Period id="b42.0"')]
            + without('    <AdaptationSet contentType="audio"', "</AdaptationSet>\n")(
                text[text.index('  <Period id="b42.0"') :]
            )
        ),
    ),
    "an ad in another language": ("B-25", 1, last('lang="en"', 'lang="fr"')),
    "an ad without its role": ("B-25", 1, last('value="main"', 'value="dub"')),
    "another ad": ("A-03", 1, swap("ads.example/one/", "ads.example/two/")),
    "ads in another order": (
        "A-03",
        1,
        both(
            swap("ads.example/one/", "ads.example/x/"),
            swap("ads.example/two/", "ads.example/one/"),
            swap("ads.example/x/", "ads.example/two/"),
        ),
    ),
    "content from elsewhere": (
        "B-22",
        RETURN,
        swap("<BaseURL>https://origin.example/live/", "<BaseURL>https://origin.example/"),
    ),
    "a relative base": ("B-22", RETURN, swap("https://origin.example/live/", "live/")),
    "an unknown attribute is lost": ("B-07", RETURN, swap(' acme:y="2"', "")),
    "an unknown attribute of the MPD is lost": ("B-07", RETURN, swap(' acme:x="1"', "")),
    "a bandwidth changes": ("B-07", RETURN, swap('bandwidth="1000000"', 'bandwidth="1"')),
    "a Location of the origin": (
        "B-43",
        RETURN,
        swap('acme:x="1">', 'acme:x="1"><Location>https://origin.example/x</Location>'),
    ),
    "a PatchLocation of the origin": (
        "B-44",
        RETURN,
        swap('acme:x="1">', 'acme:x="1"><PatchLocation>https://o.example/x</PatchLocation>'),
    ),
    "a remote Period": (
        "B-47",
        RETURN,
        swap('acme:y="2"', 'acme:y="2" xmlns:x="http://www.w3.org/1999/xlink" x:href="p.xml"'),
    ),
    "a way to the origin": (
        "H-09",
        RETURN,
        swap(
            "<UTCTiming",
            '<SupplementalProperty schemeIdUri="urn:a" value="https://o/a.mpd"/><UTCTiming',
        ),
    ),
    "another update period": ("B-40", RETURN, swap("PT2S", "PT9S")),
    "publishTime stands still": ("B-41", RETURN, swap("00:02:11.000Z", "00:02:00.000Z")),
    "no clock": ("B-42", RETURN, lambda text: without("  <UTCTiming", "/>\n")(text)),
    "a shorter window": ("B-42", RETURN, swap("PT60S", "PT30S")),
    "an event moves": ("B-50", RETURN, swap('Time="133000"', 'Time="3000"')),
    "an event's PTO is forgotten": ("B-50", RETURN, swap(' presentationTimeOffset="130000"', "")),
    "an event is lost": ("B-50", RETURN, lambda text: without('      <Event id="3"', "\n")(text)),
    "an event outside its Period": (
        "B-50",
        2,
        swap(
            "      <Event",
            '      <Event id="3" presentationTime="133000" duration="1000">x</Event>\n      <Event',
        ),
    ),
    "the cue of the break": (
        "B-52",
        RETURN,
        swap(
            "    <EventStream",
            '    <EventStream schemeIdUri="urn:scte:scte35:2014:xml+bin" timescale="90000">'
            '<Event id="42" presentationTime="9000000" duration="2700000">'
            '<Signal xmlns="http://www.scte.org/schemas/35/2016"><Binary>'
            "/DAlAAAAAAAAAP/wFAUAAAAqf+/+AIlUQP4AKTLgAAEAAAAAsdSV5A==</Binary></Signal></Event>"
            "</EventStream>\n    <EventStream",
            1,
        ),
    ),
}


@pytest.mark.parametrize(("rule", "poll", "change"), ONE.values(), ids=ONE)
def test_a_change_of_the_worked_example_is_found(rule: str, poll: int, change: Change) -> None:
    before = LIVE[poll][2]
    after = change(before)
    assert after != before
    assert rule in broken(live({poll: after}), FACTS)


def test_sessions_of_equal_decisions_have_equal_ids() -> None:
    """B-05."""
    other = {poll: LIVE[poll][2].replace("P0~b42", "P0~s1") for poll in (3, 4)}
    assert broken(live(other, sessions=2), FACTS) == {"B-05"}


def test_a_period_that_was_not_started_comes_back_only_with_its_start() -> None:
    """B-04, B-06: here b42.1 is taken back at 104 s and is there again, elsewhere, at 120 s."""
    gone = LIVE[1][2]
    gone = gone[: gone.index('  <Period id="b42.1"')] + gone[gone.index("  <UTCTiming") :]
    gone = gone.replace('id="b42.0" start="PT100S"', 'id="b42.0" start="PT100S" duration="PT15S"')
    again = LIVE[2][2].replace('start="PT115S"', 'start="PT114S"')
    history = list(live())
    history.insert(3, live({1: LIVE[1][2]})[3])
    assert "B-06" not in broken(tuple(history), FACTS)
    assert "B-06" not in broken(live({1: gone}), FACTS)
    assert "B-04" in broken(live({2: again}), FACTS)


def test_ads_longer_than_their_break_are_found() -> None:
    """H-14."""
    assert broken(live(), Facts(ads=dict.fromkeys(FACTS.ads, Fraction(16)))) == {"H-14"}


def test_the_same_bytes_need_no_new_publish_time() -> None:
    """B-41."""
    history = live()
    assert broken((*history, *history[-2:]), FACTS) == set()


def computed(name: str, start: int) -> str:
    """A content Period whose segments players compute."""
    text = re.sub("<SegmentTimeline>.*?</SegmentTimeline>", "", content(name, start, 1, 1))
    text = text.replace('timescale="90000"', 'timescale="90000" duration="345600"')
    return text.replace('timescale="48000"', 'timescale="48000" duration="184320"')


def answered(
    *told: tuple[int, str, str], decided: tuple[Decided, ...] = ()
) -> tuple[Happening, ...]:
    """What one session was told: wall clock, what the origin says, the answer."""
    found: list[Happening] = []
    for poll, (at, origin, answer) in enumerate(told):
        now = Fraction(AST + at)
        found += [
            Fetched(poll=poll, at=now, url=ORIGIN, body=origin.encode()),
            Answered(
                poll=poll,
                at=now,
                session="session0",
                url=WEFT,
                body=answer.encode(),
                decided=decided,
            ),
        ]
    return tuple(found)


def test_a_copy_without_a_period_that_has_begun_is_stale() -> None:
    """B-06, where no publishTime tells."""

    def undated(*periods: str) -> str:
        return re.sub(' publishTime="[^"]*"', "", mpd(0, *periods))

    one, two = undated(computed("P0", 0)), undated(computed("P0", 0), computed("P1", 98))
    assert broken(answered((101, two, two), (103, one, two)), FACTS) == set()
    assert "B-06" in broken(answered((101, two, two), (103, one, one)), FACTS)
    assert broken(answered((95, two, two), (97, one, one)), FACTS) == set()  # it was withdrawn


def test_a_copy_with_a_period_that_had_gone_at_the_front_is_stale() -> None:
    """B-04, where no publishTime tells, nor segments that players compute."""
    zero, one, two = (computed(f"P{n}", start) for n, start in enumerate((0, 50, 98)))
    older, newer = (re.sub(' publishTime="[^"]*"', "", mpd(0, *p)) for p in ((zero, one), (one,)))
    assert broken(answered((99, newer, newer), (101, older, newer)), FACTS) == set()
    assert "B-04" in broken(answered((99, newer, newer), (101, older, older)), FACTS)
    more = re.sub(' publishTime="[^"]*"', "", mpd(0, zero, one, two))
    assert "B-03" in broken(answered((99, newer, newer), (101, more, newer)), FACTS)


def test_a_period_that_the_origin_tells_late_may_come_before_ads_that_have_begun() -> None:
    """B-04, B-06, B-40: nothing else is new before them."""
    ads = ad("b42.0", 100, "one") + ad("b42.1", 115, "two", duration="15")
    first, late = computed("P0", 0), computed("P1", 98)
    before = (101, mpd(101, first), mpd(101, first, ads))
    after = (106, mpd(106, first, late), mpd(106, first, late, ads))
    assert broken(answered(before, after, decided=(DECIDED,)), FACTS) == set()
    known = (101, mpd(101, first, late), mpd(101, first, ads))
    assert "B-04" in broken(answered(known, after, decided=(DECIDED,)), FACTS)


def test_content_may_end_where_the_ads_that_follow_have_no_segment_yet() -> None:
    """B-03, B-30: two segments long, though the origin's next Period is there."""
    answer = mpd(103, content("P0", 0, 12, 15))

    def told(count: int, *decided: Decided) -> set[str]:
        first, second = content("P0", 0, 12, 16), content("P1", 102, 27, count, pto=102)
        return broken(answered((103, mpd(103, first, second), answer), decided=decided), FACTS)

    assert told(1, DECIDED) == set()
    assert told(4, DECIDED) == {"B-30"}
    assert "B-03" in told(1)
    assert "B-03" in told(1, replace(DECIDED, in_at=DECIDED.out_at, ads=()))
    assert "B-03" in told(1, replace(DECIDED, out_at=Fraction(AST + 104)))


INSERTION: dict[str, tuple[str, Change]] = {
    "the sum is forgotten": ("B-10", swap("PT90S", "PT60S")),
    "an ad is cut": ("B-20", swap('start="PT50S"', 'start="PT49S"')),
    "content twice": (
        "B-10",
        swap('presentationTimeOffset="1800000"', 'presentationTimeOffset="1440000"'),
    ),
    "the file's PTO is forgotten": ("B-10", swap('"960000" indexRange', '"0" indexRange')),
    "another index": ("B-15", last("800-999", "800-998")),
    "another file": ("B-15", last("a2.mp4", "a3.mp4")),
    "an ad less": ("A-03", lambda text: without('  <Period id="s0.1"', "</Period>\n")(text)),
    "an ad without German": (
        "B-25",
        lambda text: (
            text[: text.index('  <Period id="s0.0"')]
            + text[text.index('  <Period id="s0.0"') :].replace('lang="de"', 'lang="it"', 1)
        ),
    ),
    "does not begin at 0": ("B-02", swap('id="P0" start="PT0S"', 'id="P0" start="PT1S"')),
    "no end": ("B-02", swap(' mediaPresentationDuration="PT90S"', "")),
}


@pytest.mark.parametrize(("rule", "change"), INSERTION.values(), ids=INSERTION)
def test_a_change_of_the_insertion_is_found(rule: str, change: Change) -> None:
    assert rule in broken(vod(change(INSERTED)), VOD_FACTS)


@needs_schema
def test_an_answer_that_is_not_valid_is_found() -> None:
    """H-12: the schema of the 5th edition."""
    wrong = LIVE[3][2].replace(' minBufferTime="PT4S"', "")
    assert "H-12" in broken(live({3: wrong}), FACTS)
    for _, origin, answer in LIVE:
        assert not complaint(origin.encode())
        assert not complaint(answer.encode())


def test_durations_are_read_exactly() -> None:
    assert seconds("P1DT1H2M3.25S") == 90123 + Fraction(1, 4)
    assert seconds("PT.5S") == Fraction(1, 2)
    assert seconds("-PT5S") == -5
