"""SCTE 35 in segments (splice rules B-01, B-51, B-52). Boxes are put together here by hand."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import Cue, CueKind
from manifests.cues import CueRules
from manifests.cues.signals import EVENT_DURATION
from manifests.dash.cues.emsg import (
    MOST_BYTES,
    MOST_MESSAGES,
    EventMessage,
    cues_of,
    inband_representation,
    read_event_messages,
)
from manifests.dash.reading.reader import read_mpd
from manifests.scte35 import SegmentationDescriptor, SpliceInfo, TimeSignal, write_splice_info

SCTE35 = "urn:scte:scte35:2013:bin"
SECTION = write_splice_info(
    SpliceInfo(
        command=TimeSignal(),
        descriptors=(SegmentationDescriptor(event_id=5, type_id=0x34, duration_ticks=2_700_000),),
    )
)
ENDLESS = write_splice_info(
    SpliceInfo(
        command=TimeSignal(), descriptors=(SegmentationDescriptor(event_id=5, type_id=0x34),)
    )
)
MESSAGE = EventMessage(
    scheme=SCTE35,
    value="1001",
    timescale=90_000,
    time=180_000,
    is_absolute=False,
    duration=2_700_000,
    id=7,
    data=SECTION,
)
ABSOLUTE = replace(MESSAGE, is_absolute=True, time=(1 << 33) + 5)


def box(kind: bytes, body: bytes, *, size: int | None = None) -> bytes:
    return (8 + len(body) if size is None else size).to_bytes(4, "big") + kind + body


def emsg(message: EventMessage, *, version: int | None = None) -> bytes:
    """The box that a message stands in (ISO/IEC 23009-1, 5.10.3.3.3)."""
    duration = 0xFFFF_FFFF if message.duration is None else message.duration
    words = message.scheme.encode() + b"\0" + message.value.encode() + b"\0"
    timescale = message.timescale.to_bytes(4, "big")
    last = duration.to_bytes(4, "big") + message.id.to_bytes(4, "big")
    if message.is_absolute:
        fields = timescale + message.time.to_bytes(8, "big") + last + words
    else:
        fields = words + timescale + message.time.to_bytes(4, "big") + last
    number = int(message.is_absolute) if version is None else version
    return box(b"emsg", bytes((number, 0, 0, 0)) + fields + message.data)


STYP, SIDX = box(b"styp", b"msdh" + bytes(8)), box(b"sidx", bytes(32))
MOOF = box(b"moof", bytes(64))


HEADS = {
    "version 0": (STYP + emsg(MESSAGE) + MOOF, [MESSAGE]),
    "version 1": (STYP + SIDX + emsg(ABSOLUTE) + MOOF, [ABSOLUTE]),
    "both, in their order": (
        emsg(ABSOLUTE) + SIDX + emsg(MESSAGE) + MOOF,
        [ABSOLUTE, MESSAGE],
    ),
    "an unknown duration": (
        emsg(replace(MESSAGE, duration=None)),
        [replace(MESSAGE, duration=None)],
    ),
    "nothing in it": (emsg(replace(ABSOLUTE, data=b"")), [replace(ABSOLUTE, data=b"")]),
    "a long size": (
        (1).to_bytes(4, "big") + b"styp" + (24).to_bytes(8, "big") + bytes(8) + emsg(MESSAGE),
        [MESSAGE],
    ),
    "a box up to the end": (
        emsg(ABSOLUTE) + (0).to_bytes(4, "big") + b"emsg" + bytes(40),
        [ABSOLUTE],
    ),
    "behind the media": (MOOF + emsg(MESSAGE), []),
    "behind the samples": (emsg(ABSOLUTE) + box(b"mdat", bytes(9)) + emsg(MESSAGE), [ABSOLUTE]),
    "truncated in the second": (emsg(ABSOLUTE) + emsg(MESSAGE)[:-1], [ABSOLUTE]),
    "truncated in a size": (emsg(ABSOLUTE) + b"\0\0", [ABSOLUTE]),
    "truncated in a long size": (
        emsg(ABSOLUTE) + (1).to_bytes(4, "big") + b"emsg" + b"\0",
        [ABSOLUTE],
    ),
    "a size too small": (emsg(ABSOLUTE) + box(b"free", b"", size=7) + emsg(MESSAGE), [ABSOLUTE]),
    "a later version": (emsg(MESSAGE, version=2) + emsg(ABSOLUTE), [ABSOLUTE]),
    "no timescale": (emsg(replace(MESSAGE, timescale=0)) + emsg(ABSOLUTE), [ABSOLUTE]),
    "no scheme": (emsg(replace(MESSAGE, scheme="")) + emsg(ABSOLUTE), [ABSOLUTE]),
    "too short, version 0": (box(b"emsg", bytes(14)) + emsg(ABSOLUTE), [ABSOLUTE]),
    "too short, version 1": (box(b"emsg", b"\1" + bytes(22)) + emsg(ABSOLUTE), [ABSOLUTE]),
    "empty": (box(b"emsg", b"") + emsg(ABSOLUTE), [ABSOLUTE]),
    "words without end": (box(b"emsg", bytes(4) + b"urn:scte") + emsg(ABSOLUTE), [ABSOLUTE]),
    "too large": (emsg(replace(MESSAGE, data=bytes(MOST_BYTES))) + emsg(ABSOLUTE), [ABSOLUTE]),
    "too many": (emsg(MESSAGE) * (MOST_MESSAGES + 1), [MESSAGE] * MOST_MESSAGES),
    "no bytes": (b"", []),
}


@pytest.mark.parametrize(("head", "messages"), HEADS.values(), ids=HEADS)
def test_messages_are_read_from_a_head(head: bytes, messages: list[EventMessage]) -> None:
    assert list(read_event_messages(head)) == messages


def test_a_head_gives_what_is_whole_in_it() -> None:
    head = STYP + emsg(MESSAGE) + emsg(ABSOLUTE) + MOOF
    first, second = len(STYP + emsg(MESSAGE)), len(STYP + emsg(MESSAGE) + emsg(ABSOLUTE))
    for length in range(len(head)):
        assert len(read_event_messages(head[:length])) == (length >= first) + (length >= second)


MESSAGES = st.builds(
    EventMessage,
    scheme=st.sampled_from([SCTE35, "urn:mpeg:dash:event:2012"]),
    value=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=9),
    timescale=st.integers(1, 0xFFFF_FFFF),
    time=st.integers(0, 0xFFFF_FFFF),
    is_absolute=st.booleans(),
    duration=st.none() | st.integers(0, 0xFFFF_FFFE),
    id=st.integers(0, 0xFFFF_FFFF),
    data=st.binary(max_size=64) | st.just(SECTION),
)


def cues(message: EventMessage, **more: Any) -> tuple[Cue, ...]:
    given_ = {
        "segment_start": Decimal(1000),
        "period_start": Decimal(900),
        "pto": Fraction(10),
        "rules": CueRules(),
    }
    return cues_of(message, **(given_ | more))


@given(st.lists(MESSAGES, max_size=6))
def test_messages_are_read_as_they_were_written(messages: list[EventMessage]) -> None:
    assert list(read_event_messages(STYP + b"".join(map(emsg, messages)) + MOOF)) == messages


@settings(deadline=None)
@given(
    st.binary(max_size=200) | st.lists(MESSAGES, max_size=2).map(lambda m: b"".join(map(emsg, m)))
)
def test_any_bytes_give_messages_and_cues_or_nothing(head: bytes) -> None:
    """H-12."""
    for message in read_event_messages(head):
        for cue in cues(message):
            assert cue.at.is_finite()
            assert cue.duration is None or cue.duration > 0


def test_version_0_counts_from_its_segment() -> None:
    """B-51."""
    (cue,) = cues(MESSAGE)
    assert (cue.kind, cue.at, cue.duration) == (CueKind.OUT, Decimal(1002), Decimal(30))
    assert (cue.event_id, cue.type_id, cue.dialect) == ("5", 0x34, "B-51")


def test_version_1_counts_on_the_timeline_of_its_representation() -> None:
    """B-01."""
    (cue,) = cues(replace(ABSOLUTE, time=112 * 90_000 + 45_000))
    assert cue.at == Decimal("1002.5")  # 900 + 112.5 - 10


def test_the_events_duration_counts_where_the_message_has_none() -> None:
    """A-79."""
    (cue,) = cues(replace(MESSAGE, data=ENDLESS))
    assert (cue.duration, cue.duration_rank) == (Decimal(30), EVENT_DURATION)
    (cue,) = cues(replace(MESSAGE, data=ENDLESS, duration=None))
    assert cue.duration is None


def test_an_unreadable_message_is_as_long_as_its_event() -> None:
    """A-79."""
    (cue,) = cues(replace(MESSAGE, data=SECTION[:-1]))
    assert (cue.at, cue.duration, cue.event_id) == (Decimal(1002), Decimal(30), "7")
    assert cues(replace(MESSAGE, data=SECTION[:-1], duration=None)) == ()


def test_what_is_not_scte_35_says_nothing() -> None:
    assert cues(replace(MESSAGE, scheme="urn:mpeg:dash:event:2012")) == ()


def test_what_no_clock_counts_says_nothing() -> None:
    assert cues(replace(ABSOLUTE, time=(1 << 64) - 1, timescale=1)) == ()


def test_the_operators_rules_count() -> None:
    """C-08."""
    assert cues(MESSAGE, rules=CueRules(start_types=(0x36,))) == ()


def test_a_message_that_several_segments_repeat_is_one_break() -> None:
    """C-09: version 0 counts from each segment anew."""
    told = [
        cue
        for n, time in enumerate((6, 4, 2, 0))
        for cue in cues(replace(MESSAGE, time=time * 90_000), segment_start=Decimal(1000 + 2 * n))
    ]
    log = BreakLog().observe(told, edge=Decimal(1010), seen_edge=None, settings=CueSettings())
    assert [(one.start, one.in_at) for one in log.breaks] == [(1006, 1036)]


INBAND = f'<InbandEventStream schemeIdUri="{SCTE35}" value="1"/>'
OTHER = '<InbandEventStream schemeIdUri="urn:mpeg:dash:event:2012" value="1"/>'


def adaptation_set(kind: str, of_set: str, *representations: tuple[str, int, str]) -> str:
    listed = "".join(
        f'<Representation id="{id}" bandwidth="{bandwidth}">{of_it}</Representation>'
        for id, bandwidth, of_it in representations
    )
    return f"""<AdaptationSet contentType="{kind}" mimeType="{kind}/mp4">{of_set}
      <SegmentTemplate media="$Number$.m4s" duration="2"/>{listed}</AdaptationSet>"""


PERIODS = {
    "of a set: the smallest": (
        adaptation_set("video", INBAND, ("big", 9, ""), ("small", 3, ""), ("middle", 5, "")),
        "small",
    ),
    "of the sets that have it": (
        adaptation_set("video", INBAND, ("v", 9, ""))
        + adaptation_set("audio", OTHER, ("a", 1, "")),
        "v",
    ),
    "of one Representation": (
        adaptation_set("video", "", ("small", 3, OTHER), ("big", 9, OTHER + INBAND)),
        "big",
    ),
    "none": (adaptation_set("video", OTHER, ("v", 9, "")), None),
    "the MPD has the events": (
        f'<EventStream schemeIdUri="{SCTE35}"><Event/></EventStream>'
        + adaptation_set("video", INBAND, ("v", 9, "")),
        None,
    ),
    "the MPD only announces them": (
        f'<EventStream schemeIdUri="{SCTE35}"/>' + adaptation_set("video", INBAND, ("v", 9, "")),
        "v",
    ),
    "the MPD has other events": (
        '<EventStream schemeIdUri="urn:x"><Event/></EventStream>'
        + adaptation_set("video", INBAND, ("v", 9, "")),
        "v",
    ),
}


@pytest.mark.parametrize(("content", "id"), PERIODS.values(), ids=PERIODS)
def test_the_cheapest_carrier_is_found(content: str, id: str | None) -> None:
    """B-52."""
    text = f"""<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" profiles="p" minBufferTime="PT2S"
      type="dynamic" availabilityStartTime="2026-01-01T00:00:00Z"><Period id="1" start="PT0S">
      {content}</Period></MPD>"""
    (period,) = read_mpd(text.encode(), url="https://o.example/a.mpd").periods
    before = etree.tostring(period.element)
    found = inband_representation(period)
    assert (None if found is None else found.id) == id
    assert etree.tostring(period.element) == before
