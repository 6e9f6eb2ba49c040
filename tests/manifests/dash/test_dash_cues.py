"""Cues of MPDs (splice rules B-50 to B-52, A-79) and the breaks that they open."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import Cue, CueKind
from manifests.cues import CueRules
from manifests.cues.signals import EVENT_DURATION
from manifests.dash.cues import CUE_SCHEMES, is_cue_scheme, read_cues
from manifests.dash.model import Event, EventStream, Mpd, Period
from manifests.dash.reading.reader import read_mpd
from manifests.scte35 import (
    SegmentationDescriptor,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    TimeSignal,
    read_splice_info,
    to_base64,
    to_hex,
    write_splice_info,
)

SAMPLES = Path(__file__).parents[3] / ".." / "shared" / "reference" / "samples" / "dash-scte35"
AST = 1_767_225_600  # 2026-01-01T00:00:00Z
XML, BIN, BOTH = (f"urn:scte:scte35:{end}" for end in ("2013:xml", "2013:bin", "2014:xml+bin"))
SETS = """<AdaptationSet contentType="video" mimeType="video/mp4">
  <SegmentTemplate media="$Number$.m4s" initialization="i.mp4" duration="2"/>
  <Representation id="v" bandwidth="1"/></AdaptationSet>"""


def stream(*events: str, scheme: str = XML, more: str = 'timescale="10"') -> str:
    return f'<EventStream schemeIdUri="{scheme}" {more}>{"".join(events)}</EventStream>'


def event(at: float, *bodies: str, duration: float | None = None, id: str = "1") -> str:
    """An Event of an EventStream of 10 ticks a second."""
    length = "" if duration is None else f'duration="{round(duration * 10)}"'
    start = f'presentationTime="{round(at * 10)}"'
    return f'<Event {start} {length} id="{id}">{"".join(bodies)}</Event>'


def period(start: float, *streams: str, id: str = "p", more: str = "") -> str:
    return f'<Period id="{id}{start}" start="PT{start}S" {more}>{"".join(streams)}{SETS}</Period>'


def mpd_of(*periods: str, static: bool = False, duration: float = 1000) -> Mpd:
    kind = (
        f'type="static" mediaPresentationDuration="PT{duration}S"'
        if static
        else 'type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"'
    )
    text = f'<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p" minBufferTime="PT2S" {kind}>'
    return read_mpd(f"{text}{''.join(periods)}</MPD>".encode(), url="https://o.example/a.mpd")


def insert(id: int = 9, seconds: int | None = None, *, leaves: bool = True, more: str = "") -> str:
    length = f'<BreakDuration autoReturn="true" duration="{seconds * 90_000}"/>' if seconds else ""
    return f"""<SpliceInfoSection xmlns="http://www.scte.org/schemas/35">
      <SpliceInsert spliceEventId="{id}" outOfNetworkIndicator="{int(leaves)}" {more}>
      {length}</SpliceInsert></SpliceInfoSection>"""


def cancelled(id: int) -> str:
    return insert(id, more='spliceEventCancelIndicator="true"')


def segment(type_id: int, seconds: int | None = None, id: int = 5, *, content: str = "") -> str:
    length = "" if seconds is None else f'segmentationDuration="{seconds * 90_000}"'
    return f"""<Signal xmlns="http://www.scte.org/schemas/35/2016"><SpliceInfoSection>
      <TimeSignal/><SegmentationDescriptor segmentationEventId="{id}" {length}
      segmentationTypeId="{type_id}">{content}</SegmentationDescriptor>
      </SpliceInfoSection></Signal>"""


def section(type_id: int = 0x34, seconds: int | None = 30, id: int = 5) -> bytes:
    ticks = None if seconds is None else seconds * 90_000
    part = SegmentationDescriptor(event_id=id, type_id=type_id, duration_ticks=ticks)
    return write_splice_info(SpliceInfo(command=TimeSignal(), descriptors=(part,)))


def binary(text: str) -> str:
    return f'<Signal xmlns="http://www.scte.org/schemas/35/2016"><Binary>{text}</Binary></Signal>'


B64 = to_base64(section())
NULL = to_base64(write_splice_info(SpliceInfo(command=SpliceNull())))
BROKEN = '<SpliceInfoSection xmlns="http://www.scte.org/schemas/35"/>'
LARGE = f"""<SpliceInfoSection xmlns="http://www.scte.org/schemas/35"><TimeSignal/>{
    '<SegmentationDescriptor segmentationEventId="5" segmentationTypeId="52"/>' * 250
}</SpliceInfoSection>"""
NO_WEB = '<DeliveryRestrictions webDeliveryAllowedFlag="0"/>'


def out(at: str | float, duration: str | int | None = None, rank: int = 9, **more: object) -> Cue:
    return Cue(
        kind=CueKind.OUT,
        at=Decimal(str(at)),
        duration=None if duration is None else Decimal(duration),
        duration_rank=rank,
        **{"event_id": "9", **more},  # type: ignore[arg-type]
    )


def back(at: str | float, **more: object) -> Cue:
    return Cue(kind=CueKind.IN, at=Decimal(str(at)), **{"event_id": "9", **more})  # type: ignore[arg-type]


PLACEMENT = {"event_id": "5", "type_id": 0x34}
PLACEMENT_END = {"event_id": "5", "type_id": 0x35}


def cues_of(mpd: Mpd, rules: CueRules | None = None) -> list[Cue]:
    """The cues, with times in seconds from the timeline's start and without message and dialect."""
    cues = read_cues(mpd, rules=rules or CueRules())
    assert {cue.dialect for cue in cues} <= {"B-51"}
    base = AST if mpd.is_dynamic else 0
    return [replace(cue, at=cue.at - base, dialect="", message=None) for cue in cues]


# One Period that starts at 20 s, and what its streams say
CASES: dict[str, tuple[str, list[Cue]]] = {
    "B-51 splice_insert": (stream(event(10, insert(9, 30))), [out(30, 30, 1)]),
    "B-51 in a Signal": (
        stream(event(10, f"<Signal>{insert(9, 30)}</Signal>")),
        [out(30, 30, 1)],
    ),
    "B-51 immediate: at the Event's time": (
        stream(event(10, insert(9, 30, more='spliceImmediateFlag="true"'))),
        [out(30, 30, 1)],
    ),
    "B-51 time_signal": (stream(event(10, segment(0x34, 30))), [out(30, 30, 0, **PLACEMENT)]),
    "B-51 xml+bin": (
        stream(event(10, binary(B64)), scheme=BOTH),
        [out(30, 30, 0, **PLACEMENT)],
    ),
    "B-51 binary over several lines": (
        stream(event(10, binary(f"\n  {B64[:20]}\n  {B64[20:]}\n")), scheme=BOTH),
        [out(30, 30, 0, **PLACEMENT)],
    ),
    "B-51 Binary alone": (
        stream(event(10, f"<Binary>{B64}</Binary>"), scheme=BIN),
        [out(30, 30, 0, **PLACEMENT)],
    ),
    "B-51 the Event's text": (
        stream(event(10, B64), scheme=BIN),
        [out(30, 30, 0, **PLACEMENT)],
    ),
    "B-51 the Event's messageData": (
        stream(f'<Event presentationTime="100" messageData="{B64}"/>', scheme=BIN),
        [out(30, 30, 0, **PLACEMENT)],
    ),
    "B-51 a form that the scheme does not promise": (
        stream(event(10, binary(to_hex(section()))), scheme=XML),
        [out(30, 30, 0, **PLACEMENT)],
    ),
    "B-50 presentationTimeOffset": (
        stream(event(110, insert()), more='timescale="10" presentationTimeOffset="1000"'),
        [out(30)],
    ),
    "B-50 no time: at the stream's start": (
        stream(f"<Event>{insert(9, 30)}</Event>"),
        [out(20, 30, 1)],
    ),
    "B-50 before the Period": (
        stream(event(0, insert(9, 30)), more='timescale="10" presentationTimeOffset="50"'),
        [out(15, 30, 1)],
    ),
    "B-50 ticks without end": (
        stream(event(1, insert(9, 30)), more='timescale="90000"'),
        [out("20.000111111", 30, 1)],
    ),
    "A-79 the message's duration wins": (
        stream(event(10, insert(9, 30), duration=20)),
        [out(30, 30, 1)],
    ),
    "A-79 the Event's duration": (
        stream(event(10, segment(0x34), duration=20)),
        [out(30, 20, EVENT_DURATION, **PLACEMENT)],
    ),
    "A-79 a message's zero is no duration": (
        stream(event(10, segment(0x34, 0), duration=20)),
        [out(30, 20, EVENT_DURATION, **PLACEMENT)],
    ),
    "A-79 nor is an Event's": (
        stream(event(10, segment(0x34), duration=0)),
        [out(30, **PLACEMENT)],
    ),
    "A-79 the duration that an emsg has for unknown": (
        stream(f'<Event presentationTime="100" duration="{0xFFFFFFFF}">{insert()}</Event>'),
        [out(30)],
    ),
    "A-79 unreadable, with a duration": (
        stream(event(10, BROKEN, duration=20, id="e")),
        [out(30, 20, EVENT_DURATION, event_id="e")],
    ),
    "A-79 unreadable binary": (
        stream(event(10, binary(B64[:-8] + "AAAAAAA="), duration=20), scheme=BOTH),
        [out(30, 20, EVENT_DURATION, event_id="1")],
    ),
    "A-79 nothing to read": (
        stream(event(10, duration=20)),
        [out(30, 20, EVENT_DURATION, event_id="1")],
    ),
    "A-79 unreadable, without a duration": (stream(event(10, BROKEN)), []),
    "A-79 one of two is unreadable": (
        stream(event(10, BROKEN, insert(9, 30), duration=20)),
        [out(30, 30, 1)],
    ),
    "several sections in one Event": (
        stream(event(10, segment(0x35), f"<Signal>{insert(9, 30)}{insert(9)}</Signal>")),
        [back(30, **PLACEMENT_END), out(30, 30, 1), out(30)],
    ),
    "an end": (stream(event(10, insert(leaves=False), duration=20)), [back(30)]),
    "an end of a segment": (stream(event(10, segment(0x35))), [back(30, **PLACEMENT_END)]),
    "C-05 nothing": (stream(event(10, binary(NULL), duration=20), scheme=BOTH), []),
    "C-05 nothing, as XML": (
        stream(event(10, BROKEN.replace("/>", "><SpliceNull/></SpliceInfoSection>"), duration=20)),
        [],
    ),
    "C-01 more than a section has room for": (
        stream(event(10, LARGE, duration=20)),
        [out(30, 20, EVENT_DURATION, event_id="1")],
    ),
    "C-07 a programme starts": (stream(event(10, segment(0x10), duration=20)), []),
    "C-09 not to be replaced": (
        stream(event(10, segment(0x34, content=NO_WEB), duration=20)),
        [],
    ),
    "comments among the bodies": (
        stream(event(10, "<!-- a --><?b c?>", insert(9, 30), "<Other/>")),
        [out(30, 30, 1)],
    ),
    "another scheme": (stream(event(10, insert(9, 30)), scheme="urn:scte:scte224:2013"), []),
    "in the order of time": (
        stream(event(40, insert(2)), event(10, insert(1)), event(20, insert(1, leaves=False))),
        [out(30, event_id="1"), back(40, event_id="1"), out(60, event_id="2")],
    ),
    "two streams": (
        stream(event(40, insert(2))) + stream(event(10, binary(B64)), scheme=BOTH),
        [out(30, 30, 0, **PLACEMENT), out(60, event_id="2")],
    ),
}


@pytest.mark.parametrize("static", [False, True], ids=["dynamic", "static"])
@pytest.mark.parametrize(("streams", "cues"), CASES.values(), ids=CASES)
def test_cues_are_read(streams: str, cues: list[Cue], static: bool) -> None:
    periods = [period(0), period(20, streams)] if static else [period(20, streams)]
    assert cues_of(mpd_of(*periods, static=static)) == cues


def test_the_message_is_the_section_in_base64_however_it_was_written() -> None:
    mpd = mpd_of(period(0, stream(event(1, segment(0x34, 30)), event(2, binary(B64)))))
    assert [cue.message for cue in read_cues(mpd)] == [B64, B64]
    mpd = mpd_of(period(0, stream(event(1, insert(9, 30)))))
    assert read_splice_info(read_cues(mpd)[0].message or "").command == SpliceInsert(
        event_id=9, out_of_network=True, duration_ticks=2_700_000, auto_return=True
    )


def test_the_operator_says_which_signals_count() -> None:
    """C-08, C-09."""
    mpd = mpd_of(
        period(
            0,
            stream(
                event(1, insert(1, 10), duration=10),
                event(2, segment(0x34, 10, content=NO_WEB)),
                event(3, segment(0x36, 10)),
                event(4, segment(0x37)),
            ),
        )
    )
    rules = CueRules(splice_insert=False, honour_restrictions=False, start_types=(0x34,))
    assert cues_of(mpd, rules) == [out(2, 10, 0, **PLACEMENT)]


def test_schemes_are_known() -> None:
    """B-52."""
    assert {XML, BIN, BOTH, "urn:scte:scte35:2014:xml"} <= CUE_SCHEMES
    assert all(is_cue_scheme(scheme) for scheme in CUE_SCHEMES)
    assert not is_cue_scheme("urn:mpeg:dash:event:2012")
    assert not is_cue_scheme("")


SAMPLE_CUES = {
    "direct_splice_info_section": ("1704240602.036", "105", "99", 0x34, ((8, b""),)),
    "splice_insert": ("1704093272.729777778", "29.99743333333333333333333333", "4157", None, ()),
    "splice_insert_immediate": ("1704067200", "30", "4158", None, ()),
    "time_signal_segmentation": ("1704067210", "30", "99", 0x34, ((9, b"PROVIDERX"),)),
    "signal_binary_xmlbin": (
        "1780577302.811976",
        "253",  # the Event says 0.001265
        "872416252",
        0x34,
        ((0x0C, b"TVST:france2_20260604_1020"),),
    ),
}


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="the shared samples are not beside the checkout")
@pytest.mark.parametrize("name", SAMPLE_CUES)
def test_a_sample_is_read(name: str) -> None:
    """B-51."""
    at, duration, event_id, type_id, upids = SAMPLE_CUES[name]
    mpd = read_mpd((SAMPLES / f"{name}.mpd").read_bytes(), url="https://o.example/a.mpd")
    cues = read_cues(mpd, rules=CueRules(honour_restrictions=False))
    assert [(cue.kind, cue.at, cue.duration, cue.event_id, cue.type_id) for cue in cues] == [
        (CueKind.OUT, Decimal(at), Decimal(duration), event_id, type_id)
    ]
    assert cues[0].upids == upids
    assert len(read_cues(mpd)) == (name != "signal_binary_xmlbin")  # it forbids web delivery


# Several Periods

AD = stream(event(0, insert(9)))  # a break without a length
AGAIN = stream(event(0, insert(9)), more='timescale="10" presentationTimeOffset="200"')
RETURN = stream(event(5, insert(9, leaves=False)))
PERIODS: dict[str, tuple[list[str], list[Cue]]] = {
    "an ad Period": ([period(0), period(30, AD), period(50)], [out(30), back(50)]),
    "with a type": (
        [period(30, stream(event(0, segment(0x34)))), period(50)],
        [out(30, **PLACEMENT), back(50, **PLACEMENT_END)],
    ),
    "that goes on": ([period(0), period(30, AD)], [out(30)]),
    "with its own duration": (
        [period(0), period(30, AD, more='duration="PT9S"')],
        [out(30), back(39)],
    ),
    "almost at its start": (
        [period(30, stream(event(30, insert()), more='timescale="10000"')), period(50)],
        [out("30.03"), back(50)],
    ),
    "in its midst": ([period(30, stream(event(3, insert()))), period(50)], [out(33)]),
    "with a duration": (
        [period(30, stream(event(0, insert(9, 30)))), period(50)],
        [out(30, 30, 1)],
    ),
    "with the Event's duration": (
        [period(30, stream(event(0, insert(9), duration=15))), period(50)],
        [out(30, 15, EVENT_DURATION)],
    ),
    "with the duration in another stream": (
        [period(30, AD, stream(event(0, insert(9, 15)))), period(50)],
        [out(30), out(30, 15, 1)],
    ),
    "with a return": (
        [period(30, stream(event(0, insert()), event(12, insert(leaves=False)))), period(50)],
        [out(30), back(42)],
    ),
    "with a return later on": (
        [period(30, AD), period(50, RETURN)],
        [out(30), back(55)],
    ),
    "the same id later on": (
        [period(30, AD), period(50), period(80, AD), period(90, RETURN)],
        [out(30), back(50), out(80), back(95)],
    ),
    "two in a row": (
        [period(30, AD), period(50, stream(event(0, insert(10)))), period(60)],
        [out(30), back(50), out(50, event_id="10"), back(60, event_id="10")],
    ),
    "over two Periods, told again (B-50)": (
        [
            period(30, AD),
            period(50, AGAIN),
            period(70),
        ],
        [out(30), out(30), back(70)],
    ),
    "over two Periods, told again at the start of the second": (
        [period(30, AD), period(50, AD), period(70)],
        [out(30), out(50), back(70), back(70)],
    ),
    "over Periods for each spot (C-08)": (
        [
            period(30, stream(event(0, segment(0x34)), event(0, segment(0x30, 20, 6)))),
            period(50, stream(event(0, segment(0x30, 20, 7)))),
            period(70),
        ],
        [
            out(30, **PLACEMENT),
            out(30, 20, 0, event_id="6", type_id=0x30),
            out(50, 20, 0, event_id="7", type_id=0x30),
            back(70, **PLACEMENT_END),
        ],
    ),
    "cut short: what was to come is void": (
        [period(0, stream(event(60, insert(9, 30)), event(50, insert(10, 30)))), period(50)],
        [out(50, 30, 1, event_id="10")],
    ),
}


@pytest.mark.parametrize(("periods", "cues"), PERIODS.values(), ids=PERIODS)
def test_a_break_may_be_a_period(periods: list[str], cues: list[Cue]) -> None:
    """A break ends with its Period where nothing else says when."""
    assert cues_of(mpd_of(*periods)) == cues


def test_the_only_period_is_no_break() -> None:
    assert cues_of(mpd_of(period(0, AD), static=True)) == [out(0)]
    assert cues_of(mpd_of(period(0, AD), period(20), static=True)) == [out(0), back(20)]


# How breaks come of it

SETTINGS = CueSettings(max_break_s=Decimal(120))


def log_of(*versions: Mpd | tuple[Mpd, int], rules: CueRules | None = None) -> BreakLog:
    """The breaks after successive versions; beside each the edge, if it is not at 1000 s."""
    log, seen = BreakLog(), None
    for version in versions:
        mpd, edge_s = version if isinstance(version, tuple) else (version, 1000)
        edge = Decimal(AST + edge_s)
        cues = read_cues(mpd, rules=rules or CueRules())
        log = log.observe(cues, edge=edge, seen_edge=seen, settings=SETTINGS)
        again = log.observe(cues, edge=edge, seen_edge=seen, settings=SETTINGS)
        assert again == log
        seen = edge
    return log


def spans(log: BreakLog) -> list[tuple[Decimal, Decimal | None]]:
    return [
        (one.out_at - AST, None if one.in_at is None else one.in_at - AST) for one in log.breaks
    ]


Versions = Sequence[tuple[Mpd, int]]
HISTORIES: dict[str, tuple[Versions, list[tuple[int, int | None]]]] = {
    "announced, running, over": (
        [(mpd_of(period(0, stream(event(30, insert(9, 30))))), edge) for edge in (20, 40, 70)],
        [(30, 60)],
    ),
    "announced, and taken back": (
        [(mpd_of(period(0, stream(event(30, insert(9, 30))))), 20), (mpd_of(period(0)), 25)],
        [],
    ),
    "moved before it starts (C-11)": (
        [
            (mpd_of(period(0, stream(event(30, insert(9, 30))))), 20),
            (mpd_of(period(0, stream(event(36, insert(9, 30))))), 25),
        ],
        [(36, 66)],
    ),
    "cancelled by an event before it (C-11)": (
        [
            (mpd_of(period(0, stream(event(30, insert(9, 30))))), 20),
            (mpd_of(period(0, stream(event(25, cancelled(9)), event(30, insert(9, 30))))), 28),
        ],
        [],
    ),
    "cancelled, and its id used again (C-11)": (
        [
            (
                mpd_of(
                    period(
                        0,
                        stream(
                            event(25, cancelled(9)),
                            event(30, insert(9, 30)),
                            event(90, insert(9, 10)),
                        ),
                    )
                ),
                100,
            )
        ],
        [(90, 100)],
    ),
    "ended early by an event": (
        [
            (mpd_of(period(0, stream(event(30, insert(9, 30))))), 40),
            (
                mpd_of(
                    period(0, stream(event(30, insert(9, 30)), event(45, insert(9, leaves=False))))
                ),
                42,
            ),
        ],
        [(30, 45)],
    ),
    "told in two forms": (
        [
            (
                mpd_of(
                    period(
                        0,
                        stream(event(30, segment(0x34, 30))),
                        stream(event(30, binary(B64)), scheme=BOTH),
                    )
                ),
                40,
            )
        ],
        [(30, 60)],
    ),
    "told again in the next Period (B-50)": (
        [
            (mpd_of(period(0, stream(event(30, insert(9, 30))))), 40),
            (
                mpd_of(
                    period(0, stream(event(30, insert(9, 30)))),
                    period(
                        44,
                        stream(
                            event(0, insert(9, 30)),
                            more='timescale="10" presentationTimeOffset="140"',
                        ),
                    ),
                ),
                50,
            ),
            (
                mpd_of(
                    period(
                        44,
                        stream(
                            event(0, insert(9, 30)),
                            more='timescale="10" presentationTimeOffset="140"',
                        ),
                    )
                ),
                55,
            ),
        ],
        [(30, 60)],
    ),
    "told again at the next Period's start, for what is left": (
        [
            (
                mpd_of(
                    period(0, stream(event(30, insert(9, 30)))),
                    period(44, stream(event(0, insert(9, 16)))),
                ),
                50,
            )
        ],
        [(30, 60)],
    ),
    "a Period of its own, until the next one comes": (
        [
            (mpd_of(period(0), period(30, AD)), 40),
            (mpd_of(period(0), period(30, AD), period(50)), 60),
            (mpd_of(period(30, AD), period(50)), 70),
            (mpd_of(period(50)), 90),
        ],
        [(30, 50)],
    ),
    "a Period for each spot (C-08)": (
        [
            (mpd_of(*PERIODS["over Periods for each spot (C-08)"][0][:count]), 10 + 20 * count)
            for count in (1, 2, 3)
        ],
        [(30, 70)],
    ),
    "nothing ends it": ([(mpd_of(period(0, stream(event(30, insert())))), 200)], [(30, 150)]),
}


@pytest.mark.parametrize(("versions", "expected"), HISTORIES.values(), ids=HISTORIES)
def test_breaks_come_of_successive_versions(
    versions: Versions, expected: list[tuple[int, int | None]]
) -> None:
    """A-79, C-11, B-50."""
    assert spans(log_of(*versions)) == expected


# Anything goes

ANY_XML = st.sampled_from(
    [
        insert(9, 30),
        insert(leaves=False),
        cancelled(9),
        segment(0x34),
        segment(0x35),
        binary(B64),
        binary("!"),
        BROKEN,
        "<Signal/>",
        "<Binary/>",
        "<!-- -->",
        "text",
        B64,
        NULL,
    ]
)
ANY_EVENT = st.builds(
    lambda at, duration, bodies: Event(
        at=at,
        duration=duration,
        id=None,
        element=etree.fromstring(f"<Event>{''.join(bodies)}</Event>"),
    ),
    st.fractions() | st.fractions(0, 100),
    st.none() | st.fractions(0) | st.fractions(0, 100),
    st.lists(ANY_XML | st.text("AQ/+=09é ", max_size=20).map(binary), max_size=3),
)
ANY_PERIODS = st.lists(
    st.tuples(st.integers(0, 60), st.booleans(), st.lists(ANY_EVENT, max_size=4)), max_size=4
)


@settings(deadline=None)
@given(ANY_PERIODS, st.booleans())
def test_any_events_give_cues_or_nothing(
    parts: list[tuple[int, bool, list[Event]]], is_dynamic: bool
) -> None:
    """H-12; and what they give, breaks can be made of."""
    nothing = etree.Element("x")
    periods, start = [], Decimal(0)
    for length, is_known, events in parts:
        one = EventStream(
            scheme=XML, value="", timescale=1, pto=0, events=tuple(events), element=nothing
        )
        end = start + length if is_known else None
        periods.append(
            Period(id="p", start=start, end=end, element=nothing, sets=(), event_streams=(one,))
        )
        start += length
    mpd = Mpd(
        url="",
        element=nothing,
        is_dynamic=is_dynamic,
        periods=tuple(periods),
        bases=(),
        availability_start=Decimal(AST),
    )
    cues = read_cues(mpd)
    for cue in cues:
        assert cue.at.is_finite()
        assert cue.duration is None or cue.duration > 0
    if all(cue.kind is not CueKind.CANCEL for cue in cues):
        assert list(cues) == sorted(cues, key=lambda cue: cue.at)
    log = BreakLog().observe(cues, edge=Decimal(AST), seen_edge=None, settings=SETTINGS)
    assert log.observe(cues, edge=Decimal(AST), seen_edge=None, settings=SETTINGS) == log


def test_many_events_take_no_longer_than_their_number() -> None:
    """Events at the starts of many Periods, all of one id, and as many cancellations of it."""
    body = etree.fromstring(f"<Event>{insert()}</Event>")
    gone = etree.fromstring(f"<Event>{cancelled(9)}</Event>")
    periods = tuple(
        Period(
            id=str(n),
            start=Decimal(n),
            end=Decimal(n + 1),
            element=body,
            sets=(),
            event_streams=(
                EventStream(
                    scheme=XML,
                    value="",
                    timescale=1,
                    pto=0,
                    element=body,
                    events=tuple(
                        Event(at=Fraction(0), duration=None, id=None, element=element)
                        for element in (body, gone) * 10
                    ),
                ),
            ),
        )
        for n in range(500)
    )
    mpd = Mpd(url="", element=body, is_dynamic=False, periods=periods, bases=())
    began = perf_counter()
    assert len(read_cues(mpd)) > 10_000
    assert perf_counter() - began < 10  # seconds; if it were quadratic, minutes


SPONSOR = "urn:acme:sponsor:2026"


def test_events_of_a_named_scheme_open_breaks_for_as_long_as_they_last() -> None:
    """B-50: whatever is in them; one without a duration goes on."""
    mpd = mpd_of(
        period(
            20,
            stream(event(10, "<x/>", duration=30), scheme=f" {SPONSOR} "),
            stream(event(60), '<Event presentationTime="900"/>', scheme=SPONSOR),
            stream(event(10, duration=30), scheme="urn:acme:other"),
        )
    )
    assert read_cues(mpd) == ()
    cues = read_cues(mpd, rules=CueRules(schemes=(SPONSOR,)))
    assert [replace(cue, at=cue.at - AST) for cue in cues] == [
        out(30, 30, EVENT_DURATION, event_id=f"{SPONSOR} 1", dialect="B-50"),
        out(80, event_id=f"{SPONSOR} 1", dialect="B-50"),
        out(110, event_id=None, dialect="B-50"),
    ]


def test_a_named_event_that_two_periods_have_is_one_break() -> None:
    """B-50: repeated behind a split, with the same id and time."""
    whole = stream(event(10, duration=30), scheme=SPONSOR)
    rest = stream(event(-10, duration=30), scheme=SPONSOR).replace(
        'presentationTime="-100"', 'presentationTime="100"'
    )
    later = rest.replace("timescale", 'presentationTimeOffset="200" timescale')
    mpd = mpd_of(period(0, whole), period(20, later, id="q"))
    cues = read_cues(mpd, rules=CueRules(schemes=(SPONSOR,)))
    log = BreakLog().observe(cues, edge=Decimal(AST + 60), seen_edge=None, settings=CueSettings())
    assert [(one.out_at - AST, one.in_at and one.in_at - AST) for one in log.breaks] == [(10, 40)]
