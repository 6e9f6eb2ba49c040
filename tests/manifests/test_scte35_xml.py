"""SCTE 35 messages as XML (splice rules B-51, C-01 to C-14)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from manifests.errors import CueError
from manifests.scte35 import (
    BandwidthReservation,
    PrivateCommand,
    SegmentationDescriptor,
    SpliceCommand,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    TimeSignal,
    read_mid,
    read_splice_info,
    write_splice_info,
)
from manifests.scte35.xml import read_splice_xml

NAMESPACES = [
    "http://www.scte.org/schemas/35",
    "http://www.scte.org/schemas/35/2014",
    "http://www.scte.org/schemas/35/2016",
    "https://scte.org/schemas/35",
    "urn:scte:scte35:2013:xml",
    "urn:mpeg:dash:schema:mpd:2011",  # somebody forgot to write one
]
SIGNAL = '<TimeSignal><SpliceTime ptsTime="900000"/></TimeSignal>'
AT_TEN = TimeSignal(pts_ticks=900_000)


def section(content: str, attributes: str = "", namespace: str = NAMESPACES[0]) -> etree._Element:
    text = f'<SpliceInfoSection xmlns="{namespace}" {attributes}>{content}</SpliceInfoSection>'
    return etree.fromstring(text)


def insert(attributes: str = "", content: str = "") -> str:
    return (
        f'<SpliceInsert spliceEventId="9" outOfNetworkIndicator="true" {attributes}>'
        f"{content}</SpliceInsert>"
    )


def part(attributes: str = 'segmentationTypeId="52"', content: str = "") -> str:
    return f"""{SIGNAL}<SegmentationDescriptor segmentationEventId="5" {attributes}>
        {content}</SegmentationDescriptor>"""


def upid(attributes: str, text: str) -> str:
    return part(content=f"<SegmentationUpid {attributes}>{text}</SegmentationUpid>")


def segment(**more: object) -> SegmentationDescriptor:
    return SegmentationDescriptor(**{"event_id": 5, "type_id": 0x34, **more})  # type: ignore[arg-type]


COMMANDS: dict[str, tuple[str, SpliceCommand]] = {
    "time_signal": (SIGNAL, AT_TEN),
    "time_signal without a time": ("<TimeSignal/>", TimeSignal()),
    "time_signal with an empty time": ("<TimeSignal><SpliceTime/></TimeSignal>", TimeSignal()),
    "C-02 a time beyond the cycle": (
        f'<TimeSignal><SpliceTime ptsTime="{(1 << 33) + 5}"/></TimeSignal>',
        TimeSignal(pts_ticks=5),
    ),
    "splice_insert": (
        insert(
            'spliceImmediateFlag="false" uniqueProgramId="1" availNum="2" availsExpected="3"',
            '<Program><SpliceTime ptsTime="7"/></Program>'
            '<BreakDuration autoReturn="true" duration="2700000"/>',
        ),
        SpliceInsert(
            event_id=9,
            out_of_network=True,
            pts_ticks=7,
            duration_ticks=2_700_000,
            auto_return=True,
            unique_program_id=1,
            avail_num=2,
            avails_expected=3,
        ),
    ),
    "splice_insert, immediate": (
        insert('spliceImmediateFlag=" 1 "', '<Program><SpliceTime ptsTime="7"/></Program>'),
        SpliceInsert(event_id=9, out_of_network=True, immediate=True),
    ),
    "splice_insert, in": (
        '<SpliceInsert spliceEventId="9" outOfNetworkIndicator="0"><Program/></SpliceInsert>',
        SpliceInsert(event_id=9),
    ),
    "splice_insert, cancelled": (
        '<SpliceInsert spliceEventId="9" spliceEventCancelIndicator="true"/>',
        SpliceInsert(event_id=9, cancel=True),
    ),
    "splice_insert, components": (
        insert(
            content='<Component componentTag="1"/><Component componentTag="2">'
            '<SpliceTime ptsTime="8"/></Component><BreakDuration duration="90"/>'
        ),
        SpliceInsert(event_id=9, out_of_network=True, pts_ticks=8, duration_ticks=90),
    ),
    "splice_null": ("<SpliceNull/>", SpliceNull()),
    "splice_schedule": ("<SpliceSchedule><Event/></SpliceSchedule>", SpliceSchedule()),
    "bandwidth_reservation": ("<BandwidthReservation/>", BandwidthReservation()),
    "private_command": (
        '<PrivateCommand identifier="1129661769"/>',
        PrivateCommand(identifier=0x43554549),
    ),
    "after comments and strangers": (
        f"<!-- a --><?b c?><Other/>text{SIGNAL}<SpliceNull/>",
        AT_TEN,
    ),
}


@pytest.mark.parametrize(("content", "command"), COMMANDS.values(), ids=COMMANDS)
def test_a_command_is_read(content: str, command: SpliceCommand) -> None:
    assert read_splice_xml(section(content)) == SpliceInfo(command=command)


PARTS: dict[str, tuple[str, SegmentationDescriptor]] = {
    "only what must be there": (part(), segment()),
    "all": (
        part(
            'segmentationTypeId="52" segmentationDuration="2700000" segmentNum="1"'
            ' segmentsExpected="2" subSegmentNum="3" subSegmentsExpected="4"'
            ' segmentationEventCancelIndicator="false"',
            '<DeliveryRestrictions webDeliveryAllowedFlag="false" noRegionalBlackoutFlag="true"'
            ' archiveAllowedFlag="0" deviceRestrictions="1"/>',
        ),
        segment(
            duration_ticks=2_700_000,
            segment_num=1,
            segments_expected=2,
            sub_segment_num=3,
            sub_segments_expected=4,
            delivery_not_restricted=False,
            web_delivery_allowed=False,
            archive_allowed=False,
            device_restrictions=1,
        ),
    ),
    "cancelled": (
        part('segmentationEventCancelIndicator="true"'),
        SegmentationDescriptor(event_id=5, cancel=True),
    ),
    "C-14 half of the sub-segments": (
        part('segmentationTypeId="52" subSegmentNum="3"'),
        segment(),
    ),
    "C-14 sub-segments of a type without": (
        part('segmentationTypeId="53" subSegmentNum="3" subSegmentsExpected="4"'),
        segment(type_id=0x35),
    ),
    "first edition: type beside the upid": (
        part(
            "",
            '<SegmentationUpid segmentationUpidType="14" segmentationUpidLength="6"'
            ' segmentationTypeId="48" segmentNum="1" segmentsExpected="2">012345'
            "</SegmentationUpid>",
        ),
        segment(type_id=0x30, upids=((0x0E, b"012345"),), segment_num=1, segments_expected=2),
    ),
    "upid: words": (
        upid('segmentationUpidType="9"', "PROVIDER"),
        segment(upids=((9, b"PROVIDER"),)),
    ),
    "upid: words that look like digits": (
        upid('segmentationUpidType="3"', "ABCD12345678"),
        segment(upids=((3, b"ABCD12345678"),)),
    ),
    "upid: text": (
        upid('segmentationUpidType="8" segmentationUpidFormat="text"', " 2CA0A18A "),
        segment(upids=((8, b"2CA0A18A"),)),
    ),
    "upid: hexadecimal": (
        upid('segmentationUpidType="14" segmentationUpidFormat="hexBinary"', "01 23\n45"),
        segment(upids=((14, b"\x01\x23\x45"),)),
    ),
    "upid: hexadecimal by its type": (
        upid('segmentationUpidType="8"', "0x000000002CA0A18A"),
        segment(upids=((8, b"\x00\x00\x00\x00\x2c\xa0\xa1\x8a"),)),
    ),
    "upid: not the hexadecimal that it says": (
        upid('segmentationUpidType="1" segmentationUpidFormat="hexbinary"', "futronic"),
        segment(upids=((1, b"futronic"),)),
    ),
    "upid: base64": (
        upid('segmentationUpidType="12" segmentationUpidFormat="base-64"', "QkVM\nTHs="),
        segment(upids=((12, b"BELL{"),)),
    ),
    "upid: not the base64 that it says": (
        upid('segmentationUpidType="12" segmentationUpidFormat="base-64"', "!"),
        segment(upids=((12, b"!"),)),
    ),
    "upid: MPU with its owner apart": (
        upid('segmentationUpidType="12" formatIdentifier="1111837772"', "7B7D"),
        segment(upids=((12, b"BELL{}"),)),
    ),
    "upid: MPU with its owner twice": (
        upid('segmentationUpidType="12" formatIdentifier="1111837772"', "42454C4C7B7D"),
        segment(upids=((12, b"BELL{}"),)),
    ),
    "upid: empty": (upid('segmentationUpidType="8"', ""), segment(upids=((8, b""),))),
    "upid: none": (upid('segmentationUpidType="0"', ""), segment()),
    "upid: around a comment": (
        upid('segmentationUpidType="9"', "PRO<!-- x -->VIDER"),
        segment(upids=((9, b"PROVIDER"),)),
    ),
}


@pytest.mark.parametrize(("content", "descriptor"), PARTS.values(), ids=PARTS)
def test_a_segment_is_read(content: str, descriptor: SegmentationDescriptor) -> None:
    info = SpliceInfo(command=AT_TEN, descriptors=(descriptor,))
    assert read_splice_xml(section(content)) == info
    assert read_splice_info(write_splice_info(info)) == info  # a section can say the same


def test_several_upids_are_one_list() -> None:
    """C-13."""
    info = read_splice_xml(
        section(
            part(
                content='<SegmentationUpid segmentationUpidType="9">A</SegmentationUpid>'
                '<SegmentationUpid segmentationUpidType="8">0102</SegmentationUpid>'
            )
        )
    )
    descriptor = info.descriptors[0]
    assert isinstance(descriptor, SegmentationDescriptor)
    assert descriptor.upids[0][0] == 0x0D
    assert read_mid(descriptor.upids[0][1]) == ((9, b"A"), (8, b"\x01\x02"))


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_namespace_is_understood(namespace: str) -> None:
    """B-51."""
    assert read_splice_xml(section(SIGNAL, namespace=namespace)).command == AT_TEN


def test_attributes_may_have_the_namespace_too() -> None:
    """A-79."""
    text = (
        '<s:SpliceInfoSection xmlns:s="http://www.scte.org/schemas/35/2016" s:ptsAdjustment="3">'
        '<s:TimeSignal><s:SpliceTime s:ptsTime="900000"/></s:TimeSignal></s:SpliceInfoSection>'
    )
    assert read_splice_xml(etree.fromstring(text)) == SpliceInfo(command=AT_TEN, pts_adjustment=3)


def test_what_is_said_of_the_whole_message_is_read() -> None:
    """C-01."""
    info = read_splice_xml(section(SIGNAL, 'ptsAdjustment="8586003992" tier="+4094"'))
    assert info == SpliceInfo(command=AT_TEN, pts_adjustment=8_586_003_992, tier=4094)


MALFORMED = {
    "no command": section(""),
    "only descriptors": section('<SegmentationDescriptor segmentationEventId="1"/>'),
    "a later protocol": section(SIGNAL, 'protocolVersion="1"'),
    "encrypted": section("<EncryptedPacket/>" + SIGNAL),
    "another element": etree.fromstring("<Signal/>"),
    "a comment": etree.Comment("SpliceInfoSection"),
    "a tier with too many bits": section(SIGNAL, 'tier="4096"'),
    "a number below zero": section(SIGNAL, 'ptsAdjustment="-1"'),
    "a number of many digits": section(SIGNAL, f'ptsAdjustment="{"9" * 1000}"'),
    "no number": section('<TimeSignal><SpliceTime ptsTime="1.5"/></TimeSignal>'),
    "digits of another script": section('<TimeSignal><SpliceTime ptsTime="&#x663;"/></TimeSignal>'),
    "an insert without event": section('<SpliceInsert outOfNetworkIndicator="true"/>'),
    "an insert that neither leaves nor returns": section('<SpliceInsert spliceEventId="1"/>'),
    "an insert of no truth": section(insert('spliceImmediateFlag="maybe"')),
    "a break without length": section(insert(content="<BreakDuration/>")),
    "a break too long": section(insert(content=f'<BreakDuration duration="{1 << 33}"/>')),
    "a segment without event": section(SIGNAL + "<SegmentationDescriptor/>"),
    "a segment without type": section(part("")),
    "a segment of no type": section(part('segmentationTypeId="256"')),
    "a upid longer than its field": section(upid('segmentationUpidType="15"', "a" * 256)),
    "upids longer than their field": section(
        part(
            content=f'<SegmentationUpid segmentationUpidType="15">{"a" * 200}</SegmentationUpid>'
            * 2
        )
    ),
    "more descriptors than a section holds": section(
        SIGNAL + '<SegmentationDescriptor segmentationEventId="1" segmentationTypeId="52"/>' * 257
    ),
}


@pytest.mark.parametrize("element", MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_message_is_refused(element: etree._Element) -> None:
    with pytest.raises(CueError):
        read_splice_xml(element)


NAMES = st.sampled_from(
    [
        "SpliceInfoSection",
        "SpliceInsert",
        "TimeSignal",
        "SpliceTime",
        "Program",
        "Component",
        "BreakDuration",
        "SegmentationDescriptor",
        "SegmentationUpid",
        "DeliveryRestrictions",
        "x",
    ]
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(
        [
            "spliceEventId",
            "outOfNetworkIndicator",
            "spliceImmediateFlag",
            "duration",
            "autoReturn",
            "ptsTime",
            "ptsAdjustment",
            "segmentationEventId",
            "segmentationTypeId",
            "segmentationDuration",
            "segmentationUpidType",
            "segmentationUpidFormat",
            "formatIdentifier",
            "subSegmentNum",
            "subSegmentsExpected",
            "deviceRestrictions",
        ]
    ),
    st.sampled_from(["0", "1", "52", "true", "-1", "", "x", "99999999999", "hexbinary", "base-64"]),
)


def _element(parts: tuple[str, dict[str, str], str, list[etree._Element]]) -> etree._Element:
    name, attributes, text, children = parts
    element = etree.Element(name, attributes)
    element.text = text
    element.extend(children)
    return element


TREES = st.recursive(
    st.builds(
        lambda *parts: _element((*parts, [])),
        NAMES,
        ATTRIBUTES,
        st.sampled_from(["", "0F", "é", "="]),
    ),
    lambda inner: st.builds(
        lambda *parts: _element(parts), NAMES, ATTRIBUTES, st.just(""), st.lists(inner, max_size=4)
    ),
    max_leaves=12,
)


@settings(deadline=None)
@given(st.lists(TREES, max_size=4), ATTRIBUTES)
def test_any_tree_is_a_message_or_a_cue_error(
    children: list[etree._Element], attributes: dict[str, str]
) -> None:
    """H-12."""
    root = _element(("SpliceInfoSection", attributes, "", children))
    before = etree.tostring(root)
    try:
        info = read_splice_xml(root)
    except CueError:
        info = None
    assert info is None or isinstance(info, SpliceInfo)
    assert etree.tostring(root) == before
