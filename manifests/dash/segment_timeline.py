"""SegmentTimeline as runs of segments (5.3.9.6): what is written in a line costs a line.

However often S@r repeats, it is one number. S elements that go on where the one before ends, with
the same duration, are one run: a timeline of 20,000 elements has often less than 100.
"""

from fractions import Fraction
from math import ceil

from lxml import etree

from manifests.dash.attribute_values import mpd_tag, place
from manifests.dash.model import Run
from manifests.errors import ManifestLimitError, MpdSyntaxError

MAX_SEGMENTS = 10_000_000  # of one timeline: a year of segments of 3 s
S = mpd_tag("S")


def read_runs(
    timeline: etree._Element, *, period_end: Fraction | None, start_number: int = 1
) -> tuple[tuple[Run, ...], bool]:
    """Read the segments that a SegmentTimeline lists, in the order of their starts.

    A run may start after the end of the one before (a gap), or before it by less than a segment
    (rounding). A negative @r reaches to the next S or to the Period's end.

    Args:
        timeline: The element.
        period_end: Media time in ticks at which the Period ends; None: not known.
        start_number: Number of the first segment, which S@n is compared with.

    Returns:
        The runs, and whether the last one goes on for as long as nothing else is told: a
        negative @r in a Period without an end. Then its count is 1.

    Raises:
        MpdSyntaxError: A number is none, a duration is 0, the starts do not increase, or
            numbers are left out.
        ManifestLimitError: There are more segments than anyone can want.
    """
    runs: list[Run] = []
    start = duration = count = total = 0  # of the run that is being read
    last_start = -1
    end = 0  # of the segments so far
    waiting: etree._Element | None = None  # an S with a negative @r, for the start of the next
    for element in timeline.iterchildren(S):
        at = end
        length = repeat = 0
        is_timed = False
        for name, text in element.items():
            if name == "d":
                length = _unsigned(element, name, text)
            elif name == "t":
                at, is_timed = _unsigned(element, name, text), True
            elif name == "r":
                repeat = _repeat(element, text)
            elif name == "n" and _unsigned(element, name, text) != start_number + total:
                raise MpdSyntaxError(f"{place(element)}@n leaves out segment numbers")
        if waiting is not None:
            if not is_timed:
                raise MpdSyntaxError(f"{place(element)} has no @t after a negative @r")
            more = max(ceil(Fraction(at - last_start, duration)), 1) - 1
            count += more
            total += more
            last_start += more * duration
            end = last_start + duration
            waiting = None
        if not length:
            raise MpdSyntaxError(f"{place(element)} has no duration")
        if at <= last_start:
            raise MpdSyntaxError(f"{place(element)} starts at {at}, not after the one before")
        if at != end or length != duration:
            if count:
                runs.append(Run(start, duration, count))
            start, duration, count = at, length, 0
        if repeat < 0:
            waiting, repeat = element, 0
        count += repeat + 1
        total += repeat + 1
        last_start = at + repeat * length
        end = last_start + length
    if waiting is not None and period_end is not None:
        more = max(ceil((period_end - last_start) / duration), 1) - 1
        count += more
        total += more
    if total > MAX_SEGMENTS:
        raise ManifestLimitError(f"{place(timeline)} has {total} segments: at most {MAX_SEGMENTS}")
    if count:
        runs.append(Run(start, duration, count))
    return tuple(runs), waiting is not None and period_end is None


def _unsigned(element: etree._Element, name: str, text: str) -> int:
    if text.isdecimal() and text.isascii() and len(text) <= 20:
        return int(text)
    stripped = text.strip(" \t\r\n")
    if stripped != text:
        return _unsigned(element, name, stripped)
    raise MpdSyntaxError(f"{place(element)}@{name} is no unsigned integer: {text[:40]!r}")


def _repeat(element: etree._Element, text: str) -> int:
    if text.strip(" \t\r\n").startswith("-"):
        _unsigned(element, "r", text.strip(" \t\r\n")[1:])
        return -1
    return _unsigned(element, "r", text)
