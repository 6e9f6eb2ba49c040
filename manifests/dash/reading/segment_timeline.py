"""SegmentTimeline as runs of segments (5.3.9.6): what is written in a line costs a line.

However often S@r repeats, it is one number. S elements that go on where the one before ends, with
the same duration, are one run: a timeline of 20,000 elements has often less than 100.
"""

from fractions import Fraction
from math import ceil

from lxml import etree

from manifests.dash.model import Run
from manifests.dash.reading.attribute_values import BLANKS, LARGEST, UNSIGNED, mpd_tag, place
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
        negative @r in a Period without an end. Then its count tells of one segment.

    Raises:
        MpdSyntaxError: A number is none, a duration is 0, the starts do not increase, or
            numbers are left out.
        ManifestLimitError: There are more segments than anyone can want.
    """
    runs: list[Run] = []
    start, duration, count = 0, -1, 0  # of the run that is being read
    end = 0  # of the last segment
    listed = 0  # segments of the runs before
    is_endless = False  # the S before has a negative @r
    lengths: dict[str, int] = {}  # few durations are written very often
    # The loop is written for 65,000 elements: what can be spared in it is spared.
    for element in timeline.iterchildren(S):
        at = end
        length, repeat = 0, 1
        written = number = None
        for name, text in element.items():
            if name == "d":
                length = lengths.get(text) or _length(element, text, lengths)
            elif name == "t":
                written = text
                if text.isdecimal() and text.isascii() and len(text) < 20:  # below 2**64
                    at = int(text)
                else:
                    at = _unsigned(element, name, text)
            elif name == "r":
                repeat = _repeat(element, text) + 1
            elif name == "n":
                number = _unsigned(element, name, text)
        if is_endless:
            if written is None:
                raise MpdSyntaxError(f"{place(element)} has no @t after a negative @r")
            more = _more(at - end, duration)
            count += more
            end += more * duration
            is_endless = False
        if at != end or length != duration:
            if not length:
                raise MpdSyntaxError(f"{place(element)} has no @d")
            if count:
                runs.append(Run(start, duration, count))
                listed += count
                if at <= end - duration:
                    raise MpdSyntaxError(f"{place(element)} does not start after the one before")
            if at > LARGEST:
                raise MpdSyntaxError(f"{place(element)}@t has more than 64 bits")
            start, duration, count = at, length, 0
        if number is not None and number != start_number + listed + count:
            raise MpdSyntaxError(f"{place(element)}@n leaves out segment numbers")
        if repeat <= 0:
            is_endless, repeat = True, 1
        count += repeat
        end = at + repeat * length
    if is_endless and period_end is not None:
        count += _more(period_end - end, duration)
    if count:
        runs.append(Run(start, duration, count))
    if listed + count > MAX_SEGMENTS:
        raise ManifestLimitError(f"{place(timeline)} has more than {MAX_SEGMENTS} segments")
    return tuple(runs), is_endless and period_end is None


def _more(ticks: int | Fraction, duration: int) -> int:
    """How many segments more than one a negative @r stands for, if it has these ticks to fill."""
    return max(ceil(Fraction(ticks) / duration), 0)


def _length(element: etree._Element, text: str, lengths: dict[str, int]) -> int:
    """Read a duration that has not been met before."""
    length = _unsigned(element, "d", text)
    if not length:
        raise MpdSyntaxError(f"{place(element)}@d is 0")
    lengths[text] = length
    return length


def _repeat(element: etree._Element, text: str) -> int:
    """Read how many more there are; -1 stands for all that are negative."""
    stripped = text.strip(BLANKS)
    if stripped.startswith("-"):
        return -1 if _unsigned(element, "r", stripped[1:]) else 0
    return _unsigned(element, "r", stripped)


def _unsigned(element: etree._Element, name: str, text: str) -> int:
    stripped = text.strip(BLANKS)
    match = UNSIGNED.fullmatch(stripped)
    if match is None:
        raise MpdSyntaxError(f"{place(element)}@{name} is no unsigned integer: {text[:40]!r}")
    return int(match[1])
