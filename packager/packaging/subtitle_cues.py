"""Subtitles that come with a presentation: cues of its WebVTT segments, in segments of ours (A-55).

A cue that lasts over a border stands in both segments, with the same times, as WebVTT in HLS has it
(RFC 8216bis, section 3.1.4): players show it once.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

MAX_CUES = 20_000
_TIME = re.compile(r"(?:(\d{2,4}):)?([0-5]\d):([0-5]\d)\.(\d{3})")
_TIMING = re.compile(rf"[ \t]*({_TIME.pattern})[ \t]+-->[ \t]+({_TIME.pattern})[ \t]*(.*)")
_MAP = re.compile(r"X-TIMESTAMP-MAP=(.*)")
_TICKS = 90_000  # per second


@dataclass(frozen=True, slots=True)
class TextCue:
    """One cue."""

    start: Fraction  # seconds since the first picture
    end: Fraction
    settings: str  # behind its times
    text: str


@dataclass(frozen=True, slots=True)
class Subtitles:
    """All cues of a presentation, in order, and what applies to them."""

    cues: tuple[TextCue, ...] = ()
    styles: tuple[str, ...] = ()  # STYLE and REGION blocks


def read_subtitles(segments: Iterable[bytes], *, origin: int) -> Subtitles:
    """Read WebVTT segments; what is no cue and no style is left out, and so is what is no WebVTT.

    Args:
        segments: In order.
        origin: Timestamp of the first picture, in 1/90000 s.
    """
    cues: dict[TextCue, None] = {}
    styles: dict[str, None] = {}
    for data in segments:
        text = data.decode("utf-8", "replace").removeprefix("\ufeff").replace("\0", "\ufffd")
        head, *blocks = re.split(r"\n{2,}", text.replace("\r\n", "\n").replace("\r", "\n"))
        if not head.startswith("WEBVTT"):
            continue
        shift = _shift(head, origin)
        for block in blocks:
            if block.startswith(("STYLE", "REGION")):
                styles.setdefault(block.strip("\n"))
            elif len(cues) < MAX_CUES and (cue := _cue(block, shift)) is not None:
                cues.setdefault(cue)
    ordered = sorted(cues, key=lambda cue: (cue.start, cue.end))
    return Subtitles(tuple(ordered), tuple(styles))


def write_segment(subtitles: Subtitles, start: Fraction, end: Fraction, *, origin: int) -> bytes:
    """Write the segment from `start` to `end`, in seconds since the first picture."""
    lines = [f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{origin},LOCAL:00:00:00.000", *subtitles.styles]
    for cue in subtitles.cues:
        if cue.start < end and cue.end > start:
            settings = f" {cue.settings}" if cue.settings else ""
            lines.append(f"{_written(cue.start)} --> {_written(cue.end)}{settings}\n{cue.text}")
    return ("\n\n".join(lines) + "\n\n").encode()


def _shift(head: str, origin: int) -> Fraction:
    """What is added to a cue's times: X-TIMESTAMP-MAP says when, in media time, LOCAL is."""
    found = _MAP.search(head)
    values = dict(_pairs(found[1])) if found else {}
    mpegts, local = values.get("MPEGTS", ""), _TIME.fullmatch(values.get("LOCAL", ""))
    if not mpegts.isdecimal() or local is None or len(mpegts) > 12:
        return Fraction(0)
    return Fraction(int(mpegts) - origin, _TICKS) - _read(*local.groups())


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in text.split(","):
        name, _, value = pair.strip().partition(":")
        yield name, value


def _cue(block: str, shift: Fraction) -> TextCue | None:
    lines = block.strip("\n").split("\n")
    for number, line in enumerate(lines[:2]):  # there may be an identifier before the times
        match = _TIMING.fullmatch(line)
        if match is not None:
            times = match.groups()
            start, end = _read(*times[1:5]) + shift, _read(*times[6:10]) + shift
            text = "\n".join(lines[number + 1 :])
            if end <= max(start, Fraction(0)) or not text.strip():
                return None
            return TextCue(max(start, Fraction(0)), end, times[10].strip(), text)
    return None


def _read(hours: str | None, minutes: str, seconds: str, thousandths: str) -> Fraction:
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    return whole + Fraction(int(thousandths), 1000)


def _written(seconds: Fraction) -> str:
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{rest:03}"
