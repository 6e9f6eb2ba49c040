"""SCTE 35 messages: what an origin says about its breaks (splice rules C-01 to C-16)."""

from manifests.scte35.descriptors import read_mid
from manifests.scte35.model import (
    AudioComponent,
    AudioDescriptor,
    AvailDescriptor,
    BandwidthReservation,
    DtmfDescriptor,
    OtherDescriptor,
    PrivateCommand,
    ScheduledSplice,
    SegmentationDescriptor,
    SpliceCommand,
    SpliceDescriptor,
    SpliceInfo,
    SpliceInsert,
    SpliceNull,
    SpliceSchedule,
    TimeDescriptor,
    TimeSignal,
    adjusted_ticks,
    pts_delta,
)
from manifests.scte35.reader import read_splice_info
from manifests.scte35.text import to_base64, to_hex
from manifests.scte35.writer import write_splice_info

__all__ = [
    "AudioComponent",
    "AudioDescriptor",
    "AvailDescriptor",
    "BandwidthReservation",
    "DtmfDescriptor",
    "OtherDescriptor",
    "PrivateCommand",
    "ScheduledSplice",
    "SegmentationDescriptor",
    "SpliceCommand",
    "SpliceDescriptor",
    "SpliceInfo",
    "SpliceInsert",
    "SpliceNull",
    "SpliceSchedule",
    "TimeDescriptor",
    "TimeSignal",
    "adjusted_ticks",
    "pts_delta",
    "read_mid",
    "read_splice_info",
    "to_base64",
    "to_hex",
    "write_splice_info",
]
