"""SCTE 35 messages as cues: which breaks they open, end and cancel (splice rules C-03 to C-10)."""

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from lxml import etree

from manifests.breaks import Cue, CueKind
from manifests.cues.rules import CueRules
from manifests.cues.signals import BREAK_DURATION, NO_DURATION, SEGMENTATION_DURATION
from manifests.errors import CueError
from manifests.scte35 import (
    SegmentationDescriptor,
    SpliceInfo,
    SpliceInsert,
    TimeSignal,
    read_splice_info,
    to_base64,
    write_splice_info,
)
from manifests.scte35.text import read_text
from manifests.scte35.xml import read_splice_xml

TICKS_PER_S = 90_000
_OVERLAYS = frozenset(range(0x38, 0x3C))  # C-06: they do not replace content
_PROGRAM_ENDS = frozenset((0x11, 0x12, 0x13))  # C-07: they close open breaks
# C-06: what starts something that ads have to do with, whether it opens a break here or not
_STARTS = frozenset((0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x3C, 0x3E, 0x44, 0x46))


@dataclass(frozen=True, slots=True)
class Message:
    """What a message says of breaks: cancellations, then ends, then at most one start."""

    cues: tuple[Cue, ...]
    refused: bool = False  # it starts something, and that is to be left alone


def read_message(text: str, at: Decimal, rules: CueRules) -> Message | None:
    """Read a message that stands as text in a manifest.

    Args:
        text: Base64, or hexadecimal with or without `0x`; quotes and commas around it are ignored.
        at: Where it takes effect (C-15: the place in the manifest, not its PTS).
        rules: Which signals count.

    Returns:
        What it says, or None if it cannot be read.
    """
    read = _read(text.strip(' \t",'))
    if read is None:
        return None
    info, base64 = read
    return _Speaker(at, base64, rules).message(info)


def read_xml_message(section: etree._Element, at: Decimal, rules: CueRules) -> Message | None:
    """Read a message that stands as XML in an MPD (B-51).

    Args:
        section: The SpliceInfoSection.
        at: Where it takes effect (C-15: the time of its Event, not its PTS).
        rules: Which signals count.

    Returns:
        What it says, or None if it cannot be read.
    """
    try:
        info = read_splice_xml(section)
        if not isinstance(info.command, SpliceInsert | TimeSignal):
            return Message(())
        base64 = to_base64(write_splice_info(info))  # the form that all that follows knows
    except (CueError, ValueError):  # ValueError: more than a section has room for
        return None
    return _Speaker(at, base64, rules).message(info)


@lru_cache(maxsize=512)  # the same lines come with every reload, and a message with every CONT
def _read(text: str) -> tuple[SpliceInfo, str] | None:
    if text[:2].upper() == "FC":  # of every section in hexadecimal, and of none in base64
        text = "0x" + text
    try:
        return read_splice_info(text), to_base64(read_text(text))
    except CueError:
        return None


@dataclass(frozen=True, slots=True)
class _Speaker:
    at: Decimal
    base64: str
    rules: CueRules

    def message(self, info: SpliceInfo) -> Message:
        command = info.command
        parts = tuple(part for part in info.descriptors if isinstance(part, SegmentationDescriptor))
        if isinstance(command, SpliceInsert):
            return self._of_insert(command, parts)
        if isinstance(command, TimeSignal):
            return self._of_parts(parts)
        return Message(())  # C-05: nothing, or advance notice only

    def _of_insert(
        self, command: SpliceInsert, parts: tuple[SegmentationDescriptor, ...]
    ) -> Message:
        event_id = str(command.event_id)
        if command.cancel:
            return Message((self._cue(CueKind.CANCEL, event_id),))
        if not command.out_of_network:
            return Message((self._cue(CueKind.IN, event_id),))
        if not self.rules.splice_insert or self._is_restricted(parts):
            return Message((), refused=True)
        part = self._start(parts)
        if part is not None and part.duration_ticks:
            return Message((self._opening(part),))
        start = self._cue(
            CueKind.OUT,
            event_id if part is None else str(part.event_id),
            type_id=None if part is None else part.type_id,
            ticks=command.duration_ticks,
            rank=BREAK_DURATION,
            auto_return=command.auto_return or not command.duration_ticks,
            upids=tuple(upid for part in parts for upid in part.upids),
        )
        return Message((start,))

    def _of_parts(self, parts: tuple[SegmentationDescriptor, ...]) -> Message:
        cues = [self._cue(CueKind.CANCEL, str(part.event_id)) for part in parts if part.cancel]
        for part in parts:
            if part.cancel:
                continue
            if part.type_id in _PROGRAM_ENDS:
                cues.append(self._cue(CueKind.IN, None, type_id=part.type_id))
            elif part.type_id - 1 in self.rules.start_types:
                cues.append(self._cue(CueKind.IN, str(part.event_id), type_id=part.type_id))
        start = self._start(parts)
        if start is not None and not self._is_restricted(parts):
            return Message((*cues, self._opening(start)))
        return Message(
            tuple(cues), refused=any(part.type_id in _STARTS for part in parts if not part.cancel)
        )

    def _start(self, parts: tuple[SegmentationDescriptor, ...]) -> SegmentationDescriptor | None:
        """The start that counts most (C-10)."""
        order = self.rules.start_types
        ignored = frozenset[int]() if self.rules.overlays else _OVERLAYS
        starts = [
            part
            for part in parts
            if not part.cancel and part.type_id in order and part.type_id not in ignored
        ]
        return min(starts, key=lambda part: order.index(part.type_id), default=None)

    def _is_restricted(self, parts: tuple[SegmentationDescriptor, ...]) -> bool:
        return self.rules.honour_restrictions and any(
            not (part.web_delivery_allowed and part.no_regional_blackout)
            for part in parts
            if not part.cancel
            and (part.type_id in _STARTS or part.type_id in self.rules.start_types)
        )

    def _opening(self, part: SegmentationDescriptor) -> Cue:
        return self._cue(
            CueKind.OUT,
            str(part.event_id),
            type_id=part.type_id,
            ticks=part.duration_ticks,
            rank=SEGMENTATION_DURATION,
            upids=part.upids,
        )

    def _cue(
        self,
        kind: CueKind,
        event_id: str | None,
        *,
        type_id: int | None = None,
        ticks: int | None = None,
        rank: int = NO_DURATION,
        auto_return: bool = True,
        upids: tuple[tuple[int, bytes], ...] = (),
    ) -> Cue:
        return Cue(
            kind=kind,
            at=self.at,
            # 0 is what senders write who do not know it; an insertion point is said in text
            duration=Decimal(ticks) / TICKS_PER_S if ticks else None,
            duration_rank=rank if ticks else NO_DURATION,
            event_id=event_id,
            type_id=type_id,
            auto_return=auto_return,
            upids=upids,
            message=self.base64,
        )
