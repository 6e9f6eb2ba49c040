"""SegmentationDescriptor as XML, and its upids (ANSI/SCTE 35, section 11; rules C-13, C-14)."""

import re
from base64 import b64decode

from manifests.errors import CueError
from manifests.scte35.model import SUB_SEGMENT_TYPES, SegmentationDescriptor
from manifests.scte35.xml_nodes import Node

_LONGEST_UPID = 255  # bytes
_MPU, _MID = 0x0C, 0x0D
# C-13: upids that are letters and digits, whatever these look like
_WORDS = frozenset((0x01, 0x02, 0x03, 0x07, 0x09, 0x0E, 0x0F, 0x11))
_HEX = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2})+)")


def read_segmentation(node: Node) -> SegmentationDescriptor:
    """Read one SegmentationDescriptor.

    Raises:
        CueError: It lacks or misspells what a descriptor has.
    """
    event_id = node.number("segmentationEventId", 32)
    if node.flag("segmentationEventCancelIndicator", default=False):
        return SegmentationDescriptor(event_id=event_id, cancel=True)
    upids = tuple(node.children("SegmentationUpid"))
    # Senders of the first edition write the type and the numbers beside the upid.
    typed = node if node.has("segmentationTypeId") or not upids else upids[0]
    type_id = typed.number("segmentationTypeId", 8)
    limits = node.child("DeliveryRestrictions")
    sub_segment: tuple[int | None, int | None] = (None, None)  # C-14: both, or neither
    if type_id in SUB_SEGMENT_TYPES and typed.has("subSegmentNum", "subSegmentsExpected"):
        sub_segment = typed.number("subSegmentNum", 8), typed.number("subSegmentsExpected", 8)
    return SegmentationDescriptor(
        event_id=event_id,
        type_id=type_id,
        duration_ticks=node.number_or_none("segmentationDuration", 40),
        upids=_read_upids(upids),
        web_delivery_allowed=_allows(limits, "webDeliveryAllowedFlag"),
        no_regional_blackout=_allows(limits, "noRegionalBlackoutFlag"),
        archive_allowed=_allows(limits, "archiveAllowedFlag"),
        device_restrictions=3
        if limits is None
        else limits.number("deviceRestrictions", 2, default=3),
        delivery_not_restricted=limits is None,
        segment_num=typed.number("segmentNum", 8, default=0),
        segments_expected=typed.number("segmentsExpected", 8, default=0),
        sub_segment_num=sub_segment[0],
        sub_segments_expected=sub_segment[1],
    )


def _allows(limits: Node | None, name: str) -> bool:
    return limits is None or limits.flag(name, default=True)


def _read_upids(nodes: tuple[Node, ...]) -> tuple[tuple[int, bytes], ...]:
    """The upid as a section has it: several are one of type MID there."""
    upids = tuple(_read_upid(node) for node in nodes)
    if len(upids) > 1:
        upids = ((_MID, b"".join(bytes((kind, len(raw))) + raw for kind, raw in upids)),)
    if upids and len(upids[0][1]) > _LONGEST_UPID:
        raise CueError("upids longer than a descriptor")
    return tuple((kind, raw) for kind, raw in upids if kind or raw)


def _read_upid(node: Node) -> tuple[int, bytes]:
    kind = node.number("segmentationUpidType", 8, default=0)
    raw = _upid_bytes(node.text, kind, node.word("segmentationUpidFormat").lower())
    if kind == _MPU and node.has("formatIdentifier"):
        owner = node.number("formatIdentifier", 32).to_bytes(4, "big")
        raw = raw if raw.startswith(owner) else owner + raw
    if len(raw) > _LONGEST_UPID:
        raise CueError(f"a upid of {len(raw)} bytes")
    return kind, raw


def _upid_bytes(text: str, kind: int, form: str) -> bytes:
    """A upid as bytes; what is not written as it says stays the text that it is (A-79)."""
    if form in ("base-64", "base64"):
        try:
            return b64decode("".join(text.split()), validate=True)
        except ValueError:
            return text.encode()
    is_words = form == "text" or (not form and kind in _WORDS)
    digits = None if is_words else _HEX.fullmatch("".join(text.split()))
    return text.encode() if digits is None else bytes.fromhex(digits[1])
