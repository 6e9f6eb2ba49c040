"""Cues in EXT-X-DATERANGE (splice rules A-60 to A-62, A-70 and A-78)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from manifests.breaks import Cue, CueKind
from manifests.cues.rules import CueRules
from manifests.cues.signals import (
    DATERANGE_DURATION,
    NO_DURATION,
    PLANNED_DURATION,
    Signal,
    merge,
)
from manifests.errors import ManifestError
from manifests.hls.cues.tags import with_message
from manifests.hls.cues.values import Values, read_values
from manifests.timing import read_date_time

_OUT, _IN, _CMD = "SCTE35-OUT", "SCTE35-IN", "SCTE35-CMD"


def is_scte35(value: str) -> bool:
    """Whether the attributes of an EXT-X-DATERANGE make it a cue."""
    return "SCTE35-" in value and not read_values(value).named.keys().isdisjoint((_OUT, _IN, _CMD))


def is_of_class(value: str, rules: CueRules) -> bool:
    """Whether the attributes of an EXT-X-DATERANGE have a class that is a cue (rule A-78)."""
    return bool(rules.classes) and read_values(value).text("CLASS") in rules.classes


@dataclass(frozen=True, slots=True)
class _Tag:
    """One tag of a range."""

    values: Values
    at: Decimal  # the place of its line
    place: int  # which place in the playlist that is


@dataclass(slots=True)
class DateRanges:
    """The ranges of a playlist, gathered from their tags in the order written."""

    rules: CueRules
    shift_s: Decimal | None  # added to dates; None: the content has no dates, lines count
    _tags: dict[str, list[_Tag]] = field(default_factory=dict)

    def add(self, value: str, at: Decimal, place: int) -> None:
        """Take in one tag: what follows its colon, and where its line stands."""
        values = read_values(value)
        key = values.text("ID") or f"\n{len(self._tags)}"  # one that no ID can be
        self._tags.setdefault(key, []).append(_Tag(values, at, place))

    def signals(self) -> list[tuple[int, Signal]]:
        """What the ranges say, each with the place of the tag that says it."""
        return [
            found
            for tags in self._tags.values()
            for found in _Range(tags, self.rules, self.shift_s).signals()
        ]


class _Range:
    """All tags of one ID."""

    def __init__(self, tags: Sequence[_Tag], rules: CueRules, shift_s: Decimal | None) -> None:
        self.tags = tags
        self.rules = rules
        self.shift_s = shift_s
        named: dict[str, str] = {}
        for tag in tags:
            for name, value in tag.values.named.items():
                named.setdefault(name, value)  # later tags add, and change nothing
        self.whole = Values((), named)
        self.meaning = rules.classes.get(named.get("CLASS", ""))
        self.start = self._date(self.whole, "START-DATE")
        self.end = self._date(self.whole, "END-DATE")
        self.length = self.whole.seconds("DURATION")
        if self.length is None and self.start is not None and self.end is not None:
            self.length = max(self.end - self.start, Decimal(0))

    def signals(self) -> Iterator[tuple[int, Signal]]:
        opening, command, back = (self._first(name) for name in (_OUT, _CMD, _IN))
        if self.meaning == "out":
            opening = opening or self.tags[0]
        elif self.meaning == "in":
            back = back or self.tags[0]
        elif self.meaning == "cont":
            yield self.tags[0].place, self._cue(CueKind.CONT, self._at(self.tags[0]))
        if command is not None:
            yield from self._command(command)
        if opening is not None:
            yield from self._pair(opening, back)
        elif back is not None:
            said = self._cue(CueKind.IN, self._return_at(back, back))
            yield from self._with_message(said, _IN, back)

    def _pair(self, opening: _Tag, back: _Tag | None) -> Iterator[tuple[int, Signal]]:
        signals = list(self._with_message(self._cue(CueKind.OUT, self._at(opening)), _OUT, opening))
        yield from signals
        opened = next((s for _, s in signals if isinstance(s, Cue) and s.kind is CueKind.OUT), None)
        if opened is None or self.length == 0 or (self.length is None and back is None):
            return  # refused; or a point; or it still goes on
        tag = back or opening
        said = replace(
            self._cue(CueKind.IN, self._return_at(opening, tag)),
            event_id=opened.event_id,
            type_id=None if opened.type_id is None else opened.type_id + 1,  # C-06
        )
        yield from self._with_message(said, _IN, tag)

    def _command(self, tag: _Tag) -> Iterator[tuple[int, Signal]]:
        """SCTE35-CMD, which says nothing but what its message says."""
        at = self._at(tag)
        for signal in with_message(None, self.whole.text(_CMD), at, self.rules, "A-70"):
            if isinstance(signal, Cue) and signal.kind is CueKind.OUT:
                signal = merge(self._cue(CueKind.OUT, at), signal)
            yield tag.place, signal

    def _with_message(self, said: Cue, name: str, tag: _Tag) -> Iterator[tuple[int, Signal]]:
        text = self.whole.text(name)
        for signal in with_message(said, text, said.at, self.rules, said.dialect):
            yield tag.place, signal

    def _cue(self, kind: CueKind, at: Decimal) -> Cue:
        duration, rank = self.length, DATERANGE_DURATION
        if duration is None:
            duration, rank = self.whole.seconds("PLANNED-DURATION"), PLANNED_DURATION
        if duration is None or kind is CueKind.IN:
            duration, rank = None, NO_DURATION
        return Cue(
            kind=kind,
            at=at,
            duration=duration,
            duration_rank=rank,
            event_id=self.whole.text("ID"),
            dialect="A-70" if self.meaning is None else "A-78",
        )

    def _at(self, tag: _Tag) -> Decimal:
        """A-70: the date counts, where there is one; else the place of the line."""
        return tag.at if self.start is None else self.start

    def _return_at(self, opening: _Tag, back: _Tag) -> Decimal:
        start = self._at(opening)
        if self.length is not None:
            return start + self.length
        if self.end is not None:
            return self.end
        # Against A-60, but seen: the tag of the return has a start of its own.
        own = self._date(back.values, "START-DATE")
        return own if own is not None and (own > start or opening is back) else back.at

    def _first(self, name: str) -> _Tag | None:
        return next((tag for tag in self.tags if tag.values.text(name)), None)

    def _date(self, values: Values, name: str) -> Decimal | None:
        text = values.text(name)
        if self.shift_s is None or text is None:
            return None
        try:
            return read_date_time(text) + self.shift_s
        except ManifestError:
            return None
