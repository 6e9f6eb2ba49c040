"""Messages as XML: the `SpliceInfoSection` of ANSI/SCTE 35, section 11, as in MPDs (rule B-51)."""

from lxml import etree

from manifests.errors import CueError
from manifests.scte35.model import (
    ALL_TIERS,
    PTS_CYCLE,
    BandwidthReservation,
    PrivateCommand,
    SpliceCommand,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    TimeSignal,
)
from manifests.scte35.xml_descriptors import read_segmentation
from manifests.scte35.xml_nodes import Node

_MOST_DESCRIPTORS = 256  # more than a section has room for


def read_splice_xml(section: etree._Element) -> SpliceInfo:
    """Read one message.

    Args:
        section: A SpliceInfoSection of any namespace; not modified.

    Returns:
        The message, its times modulo 2**33 (C-02). Of the descriptors only those of segments, of a
        splice_schedule no events, of a private command no data: the others say nothing of breaks.

    Raises:
        CueError: It is no such element, is encrypted, or lacks or misspells what a message has.
    """
    root = Node(section)
    if root.name != "SpliceInfoSection":
        raise CueError(f"{root.name[:40]!r} instead of SpliceInfoSection")
    if root.number("protocolVersion", 8, default=0):
        raise CueError("unknown protocol version")
    if root.child("EncryptedPacket") is not None:
        raise CueError("encrypted")
    segmentations = tuple(root.children("SegmentationDescriptor"))
    if len(segmentations) > _MOST_DESCRIPTORS:
        raise CueError(f"{len(segmentations)} descriptors")
    return SpliceInfo(
        pts_adjustment=root.number("ptsAdjustment", 64, default=0) % PTS_CYCLE,
        tier=root.number("tier", 12, default=ALL_TIERS),
        command=_read_command(root),
        descriptors=tuple(map(read_segmentation, segmentations)),
    )


def _read_command(root: Node) -> SpliceCommand:
    for node in root.children():
        match node.name:
            case "SpliceInsert":
                return _read_insert(node)
            case "TimeSignal":
                return TimeSignal(pts_ticks=_read_splice_time(node))
            case "SpliceNull":
                return SpliceNull()
            case "SpliceSchedule":
                return SpliceSchedule()
            case "BandwidthReservation":
                return BandwidthReservation()
            case "PrivateCommand":
                return PrivateCommand(identifier=node.number("identifier", 32, default=0))
            case _:
                continue  # a descriptor, or an extension
    raise CueError("no command")


def _read_insert(node: Node) -> SpliceInsert:
    event_id = node.number("spliceEventId", 32)
    if node.flag("spliceEventCancelIndicator", default=False):
        return SpliceInsert(event_id=event_id, cancel=True)
    immediate = node.flag("spliceImmediateFlag", default=False)
    length = node.child("BreakDuration")
    return SpliceInsert(
        event_id=event_id,
        out_of_network=node.flag("outOfNetworkIndicator"),
        immediate=immediate,
        pts_ticks=None if immediate else _read_place(node),
        duration_ticks=None if length is None else length.number("duration", 33),
        auto_return=length is not None and length.flag("autoReturn", default=False),
        unique_program_id=node.number("uniqueProgramId", 16, default=0),
        avail_num=node.number("availNum", 8, default=0),
        avails_expected=node.number("availsExpected", 8, default=0),
    )


def _read_place(node: Node) -> int | None:
    """The time of the program, or of the first component that has one."""
    times = map(_read_splice_time, node.children("Program", "Component"))
    return next((ticks for ticks in times if ticks is not None), None)


def _read_splice_time(node: Node) -> int | None:
    time = node.child("SpliceTime")
    ticks = None if time is None else time.number_or_none("ptsTime", 64)
    return None if ticks is None else ticks % PTS_CYCLE
