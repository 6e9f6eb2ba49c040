"""Cue tags other than EXT-X-DATERANGE (splice rules A-71 to A-78), one line at a time."""

from dataclasses import replace
from decimal import Decimal

from manifests.breaks import Cue, CueKind
from manifests.cues.payloads import read_message
from manifests.cues.rules import CueRules
from manifests.cues.signals import NO_DURATION, TEXT_DURATION, Refusal, Signal, merge
from manifests.hls.cues.values import Values, read_seconds, read_values

# What tags mean by their name alone, and the rules that describe them
_MEANINGS = {
    "EXT-X-CUE-OUT": (CueKind.OUT, "A-72"),
    "EXT-X-CUE-OUT-CONT": (CueKind.CONT, "A-72"),
    "EXT-X-CUE-IN": (CueKind.IN, "A-72"),
    "EXT-X-CUE-CONT": (CueKind.CONT, "A-74"),
    "EXT-X-CUE-SPAN": (CueKind.CONT, "A-75"),
}
# Tags that are a message, and what they say if it cannot be read
_MESSAGES = {
    "EXT-OATCLS-SCTE35": (None, "A-71"),
    "EXT-SCTE35": (None, "A-76"),
    "EXT-X-SPLICEPOINT-SCTE35": (None, "A-77"),
    "EXT-SCTE35-OUT": (CueKind.OUT, "A-78"),
    "EXT-SCTE35-IN": (CueKind.IN, "A-78"),
}
CUE_TAGS = frozenset({*_MEANINGS, *_MESSAGES, "EXT-X-CUE", "EXT-X-SCTE35", "EXT-X-ASSET"})


def read_cue_tag(name: str, value: str, at: Decimal, rules: CueRules) -> list[Signal]:
    """What one tag says; of a tag that is no cue, nothing.

    Args:
        name: Of the tag, without `#`.
        value: What follows its colon.
        at: Where it takes effect.
        rules: Which signals count.
    """
    values = read_values(value)
    message = values.text("SCTE35", "CUE")
    kind: CueKind | None
    if name in rules.tags:
        kind, dialect = CueKind(rules.tags[name]), "A-78"
    elif name in _MEANINGS:
        kind, dialect = _MEANINGS[name]
    elif name in _MESSAGES:
        kind, dialect = _MESSAGES[name]
        message = message or value
    elif name == "EXT-X-CUE":
        kind, dialect = _ADOBE_TYPES.get((values.text("TYPE") or "").lower()), "A-74"
    elif name == "EXT-X-SCTE35":
        kind, dialect = _kind_of_scte35(values, rules), "A-76"
    else:
        return []
    said = None if kind is None else _said(kind, values, at, dialect)
    return with_message(said, message, at, rules, dialect)


def with_message(
    said: Cue | None, text: str | None, at: Decimal, rules: CueRules, dialect: str
) -> list[Signal]:
    """What a line says by its words and by its message, which knows better if it can be read.

    Args:
        said: The words.
        text: The message, base64 or hexadecimal.
        at: Where the message takes effect.
        rules: Which signals count.
        dialect: The rule that describes the line.
    """
    message = None if text is None else read_message(text, at, rules)
    if message is None:
        return [] if said is None else [said]
    cues = [replace(cue, dialect=dialect) for cue in message.cues]
    if said is not None and said.kind is CueKind.CONT:
        # It carries the message of the start once more; what else happened then is past.
        start = next((cue for cue in cues if cue.kind is CueKind.OUT), None)
        if start is not None:
            return [merge(said, start)]
        return [Refusal(at) if message.refused else said]
    refusal: list[Signal] = [Refusal(at)] if message.refused else []
    if said is None or (message.refused and said.kind is CueKind.OUT):
        return [*cues, *refusal]
    if all(cue.kind is not said.kind for cue in cues):
        return [said, *refusal]
    return [merge(said, cue) if cue.kind is said.kind else cue for cue in cues] + refusal


def _said(kind: CueKind, values: Values, at: Decimal, dialect: str) -> Cue:
    duration = values.seconds("DURATION")
    elapsed = values.seconds("ELAPSEDTIME", "ELAPSED", "AVAIL-DUR-ELAPSED", "TIMEFROMSIGNAL")
    first = values.bare[0] if values.bare else ""
    if kind is CueKind.CONT and elapsed is None:
        before, slash, after = first.partition("/")
        elapsed = read_seconds(before)
        duration = read_seconds(after) if slash and duration is None else duration
    elif duration is None:
        duration = read_seconds(first)
    if kind is CueKind.IN:
        duration = None
    return Cue(
        kind=kind,
        at=at,
        duration=duration,
        duration_rank=NO_DURATION if duration is None else TEXT_DURATION,
        elapsed=elapsed if kind is CueKind.CONT else None,
        event_id=values.text("ID"),
        dialect=dialect,
    )


_ADOBE_TYPES = {
    "spliceout": CueKind.OUT,
    "spliceinsert": CueKind.OUT,
    "splicein": CueKind.IN,
}


def _kind_of_scte35(values: Values, rules: CueRules) -> CueKind | None:
    """By CUE-OUT and CUE-IN, else by the segmentation type."""
    out = (values.text("CUE-OUT") or "").upper()
    if out == "CONT":
        return CueKind.CONT
    if out == "YES":
        return CueKind.OUT
    if (values.text("CUE-IN") or "").upper() == "YES":
        return CueKind.IN
    try:
        type_id = int(values.text("TYPE") or "", 0)
    except ValueError:
        return None
    if type_id in rules.start_types:
        return CueKind.OUT
    return CueKind.IN if type_id - 1 in rules.start_types else None
