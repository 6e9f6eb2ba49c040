"""A reader of MPDs for tests, of its own: Periods, and the segments of one track in each.

It knows BaseURL, SegmentTemplate on any level, with SegmentTimeline or @duration, and the
substitutions in URLs; what it does not know fails the test.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import count, pairwise
from typing import Any
from urllib.parse import urljoin

from lxml import etree

from packager.demo.boxes import decode_time
from tests.browser.decoding import decode, fetch

_NS = "{urn:mpeg:dash:schema:mpd:2011}"
_FRAME_S = Fraction(1, 25)
_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:([\d.]+)S)?")


@dataclass(frozen=True, slots=True)
class Segment:
    """A media segment; times in ticks of media time."""

    url: str
    time: int
    duration: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """The representation of the highest bandwidth of one kind of media in one Period."""

    timescale: int
    offset: int  # media time, ticks, at the Period's start
    init: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A Period of a static MPD, in seconds."""

    id: str
    start: Fraction
    end: Fraction
    tracks: dict[str, Track]  # by kind


def read_periods(text: str, url: str) -> list[Period]:
    """Read a static MPD.

    Args:
        text: The MPD.
        url: Where it came from.
    """
    root = etree.fromstring(text.encode())
    assert root.get("type", "static") == "static"
    total = _seconds(root.get("mediaPresentationDuration"))
    elements = root.findall(f"{_NS}Period")
    starts = [_starts(elements, number) for number in range(len(elements))]
    periods = []
    for element, start, end in zip(elements, starts, [*starts[1:], total], strict=True):
        base = _base(element, _base(root, url))
        tracks = {}
        for adaptation_set in element.findall(f"{_NS}AdaptationSet"):
            kind = adaptation_set.get("contentType") or adaptation_set.get("mimeType").split("/")[0]
            tracks[kind] = _track(adaptation_set, _base(adaptation_set, base), end - start)
        periods.append(Period(id=element.get("id"), start=start, end=end, tracks=tracks))
    return periods


def judge_period(period: Period, kind: str) -> None:
    """Every segment decodes whole and has the time that the MPD says, and none is missing.

    B-01, B-03, H-11: from a frame after the Period's start to a frame before its end, media are
    there; a segment may stick out at both, but none lies wholly outside.
    """
    track = period.tracks[kind]
    media = [fetch(segment.url).content for segment in track.segments]
    assert [decode_time(data) for data in media] == [segment.time for segment in track.segments]
    for before, after in pairwise(track.segments):
        assert before.time + before.duration == after.time, (period.id, kind)
    first, last = track.segments[0], track.segments[-1]
    length = (period.end - period.start) * track.timescale
    near = _FRAME_S * track.timescale
    assert first.time - track.offset <= near, (period.id, kind)
    assert first.time + first.duration > track.offset, (period.id, kind)
    assert last.time + last.duration - track.offset >= length - near, (period.id, kind)
    assert last.time - track.offset < length, (period.id, kind)
    _, seconds = decode(fetch(track.init).content + b"".join(media), kind)
    said = Fraction(sum(segment.duration for segment in track.segments), track.timescale)
    assert abs(seconds - said) <= _FRAME_S + Fraction(1, 10**6), (period.id, kind, seconds, said)


def _starts(elements: list[Any], number: int) -> Fraction:
    """B-02: @start, or where the Period before ends, or 0."""
    given = elements[number].get("start")
    if given is not None:
        return _seconds(given)
    if number == 0:
        return Fraction(0)
    return _starts(elements, number - 1) + _seconds(elements[number - 1].get("duration"))


def _track(adaptation_set: Any, base: str, length: Fraction) -> Track:
    representations = adaptation_set.findall(f"{_NS}Representation")
    best = max(representations, key=lambda item: int(item.get("bandwidth")))
    levels = [adaptation_set.getparent(), adaptation_set, best]
    templates = [found for level in levels for found in level.findall(f"{_NS}SegmentTemplate")]
    attributes = {name: value for item in templates for name, value in item.attrib.items()}
    timelines = [found for item in templates for found in item.findall(f"{_NS}SegmentTimeline")]
    timescale = int(attributes.get("timescale", "1"))
    offset = int(attributes.get("presentationTimeOffset", "0"))
    base = _base(best, base)

    def url(template: str, **values: int | str) -> str:
        return urljoin(base, _fill(template, RepresentationID=best.get("id"), **values))

    number = int(attributes.get("startNumber", "1"))
    end = offset + length * timescale
    if timelines:
        times = _timeline(timelines[-1], end)
    else:
        duration = int(attributes["duration"])
        times = _grid(offset, duration, end)
    return Track(
        timescale=timescale,
        offset=offset,
        init=url(attributes["initialization"]),
        segments=tuple(
            Segment(url(attributes["media"], Number=at, Time=time), time, duration)
            for at, (time, duration) in zip(count(number), times, strict=False)
        ),
    )


def _timeline(timeline: Any, end: Fraction) -> Iterator[tuple[int, int]]:
    runs = timeline.findall(f"{_NS}S")
    time = 0
    for run, after in zip(runs, [*runs[1:], None], strict=True):
        time, duration = int(run.get("t", time)), int(run.get("d"))
        repeat = int(run.get("r", "0"))
        if repeat < 0:
            until = Fraction(after.get("t")) if after is not None else end
            repeat = -((time - until) // duration) - 1
        for _ in range(int(repeat) + 1):
            yield time, duration
            time += duration


def _grid(offset: int, duration: int, end: Fraction) -> Iterator[tuple[int, int]]:
    time = offset
    while time < end:
        yield time, duration
        time += duration


def _base(element: Any, base: str) -> str:
    found = element.find(f"{_NS}BaseURL")
    return base if found is None else urljoin(base, found.text.strip())


def _fill(template: str, **values: int | str) -> str:
    def value(match: re.Match[str]) -> str:
        if not match[1]:
            return "$"
        return (match[2] or "%s") % values[match[1]]

    return re.sub(r"\$(\w*)(%0\d+d)?\$", value, template)


def _seconds(text: str) -> Fraction:
    match = _DURATION.fullmatch(text)
    assert match, text
    hours, minutes, seconds = (Fraction(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
