"""A small reader of MPDs for the judge: what a player understands, by the specification alone.

It shares nothing with the code under test: the standard library's parser, its own inheritance, its
own templates and its own durations. Every Representation comes out as URLs with media times.
"""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import NamedTuple
from urllib.parse import urljoin as _urljoin

MPD = "{urn:mpeg:dash:schema:mpd:2011}"
XLINK = "{http://www.w3.org/1999/xlink}href"
CONTINUITY = "urn:mpeg:dash:period-continuity:2015"
CONNECTIVITY = "urn:mpeg:dash:period-connectivity:2015"
ADDRESSING = ("SegmentBase", "SegmentList", "SegmentTemplate")
urljoin = lru_cache(1 << 16)(_urljoin)

MOST = 100_000  # segments of one Representation

Print = tuple[object, ...]  # an element as a value


class BrokenMpd(Exception):
    """The text is not an MPD that a player could use; `rule` says which rule it breaks."""

    def __init__(self, rule: str, text: str) -> None:
        super().__init__(text)
        self.rule = rule


class Segment(NamedTuple):
    """One segment, or the one resource of an indexed Representation."""

    url: str  # with `@range` where there is one
    start: int  # media ticks
    end: int


class Span(NamedTuple):
    """One segment on the MPD's timeline."""

    url: str
    start: Fraction
    end: Fraction


@dataclass(frozen=True, kw_only=True)
class Track:
    """One Representation, with everything inherited."""

    id: str
    mode: str  # "timeline", "number", "list", "indexed" or "file"
    origin: Fraction  # of the Period, on the MPD's timeline
    timescale: int
    pto: int
    ept_delta: int
    start_number: int
    explicit_t: bool  # the first S has @t, or there is none
    has_timeline: bool
    is_computed: bool  # by players: a number template, or a list that goes on (negative @r)
    init: str | None
    bases: tuple[tuple[str, str | None], ...]  # URL and serviceLocation of every alternative
    offset: str  # availabilityTimeOffset as it adds up
    base_offset: str | None  # availabilityTimeOffset of the BaseURLs alone
    segments: tuple[Segment, ...]
    print: Print
    plan: "_Plan" = field(repr=False)

    def near(self, start: int) -> Segment:
        """The segment that a number template has nearest to a media time, listed or not."""
        step = int(self.plan.given["duration"])
        shift = self.pto + self.ept_delta
        index = round((start - shift) / step)
        media, number = self.plan.given.get("media", ""), self.plan.number + index
        return _named(media, self.plan, number, shift + index * step, step)

    def at(self, ticks: int) -> Fraction:
        """MPD time of a media time (B-01)."""
        return self.origin + Fraction(ticks - self.pto, self.timescale)

    @property
    def tick(self) -> Fraction:
        return Fraction(1, self.timescale)

    @cached_property
    def spans(self) -> tuple[Span, ...]:
        return tuple(Span(one.url, self.at(one.start), self.at(one.end)) for one in self.segments)


@dataclass(frozen=True, kw_only=True)
class Set:
    """One AdaptationSet."""

    id: str | None
    kind: str  # "video", "audio", "text", "image" or "other"
    lang: str | None
    roles: tuple[Print, ...]  # Role and Accessibility
    tracks: tuple[Track, ...]
    links: tuple[tuple[str, str], ...]  # continuity and connectivity: (scheme, value)
    essential: tuple[str, ...]
    protected: bool
    print: Print

    @property
    def is_plain(self) -> bool:
        """Whether it is what a viewer watches: no trick play, no thumbnails."""
        return self.kind in ("video", "audio") and not self.essential


class Event(NamedTuple):
    """One Event on the MPD's timeline."""

    id: str | None
    at: Fraction
    duration: Fraction | None
    print: Print


@dataclass(frozen=True, kw_only=True)
class Stream:
    """One EventStream."""

    scheme: str
    value: str
    events: tuple[Event, ...]


@dataclass(frozen=True, kw_only=True)
class Period:
    """One Period."""

    id: str | None
    start: Fraction
    end: Fraction | None
    has_start: bool
    duration: Fraction | None  # as written
    sets: tuple[Set, ...]
    streams: tuple[Stream, ...]
    asset: Print | None
    print: Print

    @cached_property
    def tracks(self) -> tuple[Track, ...]:
        return tuple(track for one in self.sets for track in one.tracks)

    def track(self, name: str) -> Track | None:
        return next((one for one in self.tracks if one.id == name), None)


@dataclass(frozen=True, kw_only=True)
class Text:
    """One MPD."""

    root: ET.Element = field(repr=False)
    is_dynamic: bool
    ast: Fraction  # 0 where there is none
    published: Fraction | None
    duration: Fraction | None
    depth: Fraction | None  # timeShiftBufferDepth
    periods: tuple[Period, ...]
    attributes: Mapping[str, str]
    locations: tuple[str, ...]
    patches: tuple[str, ...]
    timings: tuple[tuple[str, str], ...]  # UTCTiming: scheme and value, resolved
    head: tuple[Print, ...]  # what stands beside the Periods and is not told above


def read(
    body: bytes, url: str, *, now: Fraction | None = None, depth: Fraction | None = None
) -> Text:
    """Read an MPD.

    Args:
        body: The document.
        url: Where it came from.
        now: Seconds since 1970. Of a dynamic number template without end the segments count as
            listed that are available now and within the time-shift window.
        depth: Of that window; None: as the MPD says.

    Raises:
        BrokenMpd: A player could not read it.
    """
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise BrokenMpd("H-12", str(error)) from None
    if root.tag != MPD + "MPD":
        raise BrokenMpd("H-12", f"the root is {root.tag}")
    bases = _bases([(url, None, None)], root)
    duration = _duration(root.get("mediaPresentationDuration"))
    is_dynamic = root.get("type") == "dynamic"
    ast = instant(root.get("availabilityStartTime")) or Fraction(0)
    depth = depth or _duration(root.get("timeShiftBufferDepth"))
    seen = None
    if is_dynamic and now is not None:
        seen = (now - ast - (now if depth is None else depth), now - ast)
    elements = root.findall(MPD + "Period")
    borders = _borders(elements, duration, is_dynamic)
    periods = tuple(
        _period(element, start, end, bases, seen)
        for element, (start, end) in zip(elements, borders, strict=True)
    )
    told = {MPD + name for name in ("Period", "BaseURL", "Location", "PatchLocation", "UTCTiming")}
    return Text(
        root=root,
        is_dynamic=is_dynamic,
        ast=ast,
        published=instant(root.get("publishTime")),
        duration=duration,
        depth=_duration(root.get("timeShiftBufferDepth")),
        periods=periods,
        attributes=dict(root.attrib),
        locations=tuple((one.text or "").strip() for one in root.findall(MPD + "Location")),
        patches=tuple((one.text or "").strip() for one in root.findall(MPD + "PatchLocation")),
        timings=tuple(
            (one.get("schemeIdUri", ""), one.get("value", ""))
            for one in root.findall(MPD + "UTCTiming")
        ),
        head=tuple(imprint(child) for child in root if child.tag not in told),
    )


def imprint(element: ET.Element, without: Callable[[ET.Element], bool] | None = None) -> Print:
    """An element as a value that can be compared; children may be left out."""
    return (
        element.tag,
        tuple(sorted(element.attrib.items())),
        (element.text or "").strip(),
        tuple(imprint(child) for child in element if without is None or not without(child)),
    )


# Time


def seconds(text: str) -> Fraction:
    """An xs:duration without years and months."""
    match = re.fullmatch(
        r"(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?|\.\d+)S)?)?", text.strip()
    )
    if match is None:
        raise BrokenMpd("H-12", f"{text} is no duration")
    sign, days, hours, minutes, rest = match.groups()
    total = ((int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes or 0)) * 60
    return (total + Fraction(rest or 0)) * (-1 if sign else 1)


def _duration(text: str | None) -> Fraction | None:
    return None if text is None else seconds(text)


def instant(text: str | None) -> Fraction | None:
    """An xs:dateTime as seconds since 1970; without a zone it is UTC."""
    if text is None:
        return None
    match = re.fullmatch(r"(.{10}T\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", text.strip())
    if match is None:
        raise BrokenMpd("H-12", f"{text} is no instant")
    whole, part, zone = match.groups()
    at = datetime.fromisoformat(whole + ("+00:00" if zone in (None, "Z") else zone))
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    return Fraction(since.days * 86400 + since.seconds) + Fraction(part or 0)


def _borders(
    elements: list[ET.Element], total: Fraction | None, is_dynamic: bool
) -> list[tuple[Fraction, Fraction | None]]:
    """B-02: where each Period starts and ends."""
    starts: list[Fraction] = []
    durations = [_duration(element.get("duration")) for element in elements]
    for index, element in enumerate(elements):
        start = _duration(element.get("start"))
        if start is None and index == 0 and not is_dynamic:
            start = Fraction(0)
        elif start is None:
            before = durations[index - 1] if index else None
            if before is None:
                raise BrokenMpd("B-02", f"nobody can tell where Period {index} starts")
            start = starts[-1] + before
        starts.append(start)
    ends: list[Fraction | None] = list(starts[1:])
    if starts:
        last = durations[-1]
        ends.append(total if last is None else starts[-1] + last)
    return list(zip(starts, ends, strict=True))


# Elements


_Base = tuple[str, str | None, str | None]  # URL, serviceLocation, availabilityTimeOffset


def _bases(bases: list[_Base], element: ET.Element) -> list[_Base]:
    """What a level's BaseURLs make of those above."""
    own = element.findall(MPD + "BaseURL")
    if not own:
        return bases
    return [
        (
            urljoin(base, (one.text or "").strip()),
            one.get("serviceLocation", service),
            _sum(offset, one.get("availabilityTimeOffset")),
        )
        for base, service, offset in bases
        for one in own
    ]


def _sum(*offsets: str | None) -> str | None:
    given = [one for one in offsets if one is not None]
    if not given:
        return None
    return "INF" if "INF" in given else str(sum(map(Fraction, given)))


def _period(
    element: ET.Element,
    start: Fraction,
    end: Fraction | None,
    bases: list[_Base],
    seen: tuple[Fraction, Fraction] | None,
) -> Period:
    bases = _bases(bases, element)
    sets = []
    for one in element.findall(MPD + "AdaptationSet"):
        own = _bases(bases, one)
        tracks = tuple(
            _track([element, one, inner], start, end, _bases(own, inner), seen)
            for inner in one.findall(MPD + "Representation")
        )
        sets.append(_set(one, tracks))
    asset = element.find(MPD + "AssetIdentifier")
    apart = ("BaseURL", "EventStream", "AdaptationSet", "AssetIdentifier", *ADDRESSING)
    left = {MPD + name for name in apart}
    attributes = {
        key: value for key, value in element.items() if key not in ("id", "start", "duration")
    }
    return Period(
        id=element.get("id"),
        start=start,
        end=end,
        has_start="start" in element.attrib,
        duration=_duration(element.get("duration")),
        sets=tuple(sets),
        streams=tuple(_stream(one, start) for one in element.findall(MPD + "EventStream")),
        asset=None if asset is None else imprint(asset),
        print=(
            tuple(sorted(attributes.items())),
            *(imprint(child) for child in element if child.tag not in left),
        ),
    )


def _set(element: ET.Element, tracks: tuple[Track, ...]) -> Set:
    inner = element.find(MPD + "Representation")
    mime = element.get("mimeType") or (inner.get("mimeType") if inner is not None else None) or ""
    codecs = element.get("codecs") or (inner.get("codecs") if inner is not None else None) or ""
    kind = element.get("contentType") or mime.partition("/")[0]
    if kind == "application":
        kind = "text" if codecs.startswith(("stpp", "wvtt")) or "ttml" in mime else "other"
    left = {MPD + name for name in ("Representation", "BaseURL", *ADDRESSING)}
    links = tuple(
        (scheme, one.get("value", ""))
        for one in element.findall(MPD + "SupplementalProperty")
        if (scheme := one.get("schemeIdUri", "")) in (CONTINUITY, CONNECTIVITY)
    )
    return Set(
        id=element.get("id"),
        kind=kind,
        lang=element.get("lang"),
        roles=tuple(
            imprint(one) for one in element if one.tag in (MPD + "Role", MPD + "Accessibility")
        ),
        tracks=tracks,
        links=links,
        essential=tuple(
            one.get("schemeIdUri", "") for one in element.findall(MPD + "EssentialProperty")
        ),
        protected=element.find(f".//{MPD}ContentProtection") is not None,
        print=imprint(
            element,
            lambda child: (
                child.tag in left or child.get("schemeIdUri", "") in (CONTINUITY, CONNECTIVITY)
            ),
        ),
    )


def _stream(element: ET.Element, start: Fraction) -> Stream:
    timescale = int(element.get("timescale", 1))
    pto = int(element.get("presentationTimeOffset", 0))
    events = []
    for one in element.findall(MPD + "Event"):
        ticks, duration = int(one.get("presentationTime", 0)), one.get("duration")
        events.append(
            Event(
                one.get("id"),
                start + Fraction(ticks - pto, timescale),
                None if duration is None else Fraction(int(duration), timescale),
                imprint(one),
            )
        )
    return Stream(
        scheme=element.get("schemeIdUri", ""),
        value=element.get("value", ""),
        events=tuple(events),
    )


# Addressing


def _track(
    levels: list[ET.Element],
    start: Fraction,
    end: Fraction | None,
    bases: list[_Base],
    seen: tuple[Fraction, Fraction] | None,
) -> Track:
    element = levels[-1]
    kind = next(
        (
            kind
            for level in reversed(levels)
            for kind in ADDRESSING
            if level.find(MPD + kind) is not None
        ),
        None,
    )
    given: dict[str, str] = {}
    children: dict[str, list[ET.Element]] = {}
    for level in levels:  # 5.3.9.1: what a lower level says replaces what a higher one said
        found = None if kind is None else level.find(MPD + kind)
        if found is not None:
            given |= found.attrib
            children |= {child.tag: found.findall(child.tag) for child in found}
    base = bases[0][0]
    timescale = int(given.get("timescale", 1))
    pto = int(given.get("presentationTimeOffset", 0))
    length = None if end is None else (end - start) * timescale
    offset = _sum(bases[0][2], given.get("availabilityTimeOffset")) or "0"
    if seen is not None:
        early = 0 if offset == "INF" else Fraction(offset)
        seen = (seen[0] - start) * timescale + pto, (seen[1] + early - start) * timescale + pto
    plan = _Plan(
        given=given,
        children=children,
        base=base,
        names={
            "RepresentationID": element.get("id", ""),
            "Bandwidth": element.get("bandwidth", ""),
        },
        pto=pto,
        number=int(given.get("startNumber", 1)),
        end=None if length is None else pto + length,
        seen=seen,
    )
    timeline = children.get(MPD + "SegmentTimeline")
    mode, segments = _segments(kind, plan, timeline)
    first = None if timeline is None else timeline[0].find(MPD + "S")
    left = {MPD + name for name in ("BaseURL", *ADDRESSING)}
    return Track(
        id=element.get("id", ""),
        mode=mode,
        origin=start,
        timescale=timescale,
        pto=pto,
        ept_delta=int(given.get("eptDelta", 0)),
        start_number=plan.number,
        explicit_t=first is None or "t" in first.attrib,
        has_timeline=timeline is not None,
        is_computed=mode == "number"
        or any(int(one.get("r", 0)) < 0 for one in ([] if timeline is None else timeline[0])),
        init=_init(kind, plan),
        bases=tuple((url, service) for url, service, _ in bases),
        offset=offset,
        base_offset=bases[0][2],
        segments=tuple(segments),
        print=imprint(element, lambda child: child.tag in left),
        plan=plan,
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    given: Mapping[str, str]
    children: Mapping[str, list[ET.Element]]
    base: str
    names: Mapping[str, str]
    pto: int
    number: int
    end: Fraction | None  # of the Period, media ticks
    seen: tuple[Fraction, Fraction] | None  # media ticks


def _init(kind: str | None, plan: _Plan) -> str | None:
    if kind == "SegmentTemplate" and "initialization" in plan.given:
        return urljoin(plan.base, _fill(plan.given["initialization"], plan.names))
    for one in plan.children.get(MPD + "Initialization", ()):
        return _ranged(urljoin(plan.base, one.get("sourceURL", "")), one.get("range"))
    return None


def _ranged(url: str, span: str | None) -> str:
    return url if span is None else f"{url}@{span}"


def _segments(
    kind: str | None, plan: _Plan, timeline: list[ET.Element] | None
) -> tuple[str, list[Segment]]:
    if kind is None or kind == "SegmentBase":
        index = plan.given.get("indexRange")
        return "file" if kind is None else "indexed", [Segment(_ranged(plan.base, index), 0, 0)]
    if kind == "SegmentList":
        urls = [
            _ranged(urljoin(plan.base, one.get("media", "")), one.get("mediaRange"))
            for one in plan.children.get(MPD + "SegmentURL", ())
        ]
        if timeline is not None:
            times = list(_times(timeline[0], plan))
            if len(times) != len(urls):
                raise BrokenMpd("B-12", f"{len(times)} times for {len(urls)} SegmentURLs")
        else:
            step = int(plan.given.get("duration", 0))
            times = [(plan.pto + step * i, step) for i in range(len(urls))]
            if not step and plan.end is not None:
                times = [(plan.pto, int(plan.end - plan.pto))]
        return "list", [
            Segment(url, start, start + step)
            for url, (start, step) in zip(urls, times, strict=True)
        ]
    media = plan.given.get("media", "")
    if timeline is not None:
        return "timeline", [
            _named(media, plan, plan.number + i, start, step)
            for i, (start, step) in enumerate(_times(timeline[0], plan))
        ]
    step = int(plan.given.get("duration", 0))
    if not step:
        raise BrokenMpd("B-16", "a SegmentTemplate with neither timeline nor duration")
    return "number", [
        _named(media, plan, plan.number + i, start, step) for i, start in _counted(step, plan)
    ]


def _named(media: str, plan: _Plan, number: int, start: int, step: int) -> Segment:
    names = {**plan.names, "Number": str(number), "Time": str(start)}
    return Segment(urljoin(plan.base, _fill(media, names)), start, start + step)


def _fill(template: str, names: Mapping[str, str]) -> str:
    def value(match: re.Match[str]) -> str:
        if not match[1]:
            return "$"
        text = names.get(match[1])
        if text is None:
            raise BrokenMpd("H-12", f"unknown name in {template}")
        return text.rjust(int(match[2] or 1), "0")

    return re.sub(r"\$(\w*)(?:%0(\d+)d)?\$", value, template)


def _times(timeline: ET.Element, plan: _Plan) -> Iterator[tuple[int, int]]:
    """Start and duration of every segment of a SegmentTimeline (5.3.9.6)."""
    entries = timeline.findall(MPD + "S")
    at = count = 0
    for index, one in enumerate(entries):
        at = int(one.get("t", at))
        step, repeat = int(one.get("d", 0)), int(one.get("r", 0))
        if step <= 0:
            raise BrokenMpd("B-03", f"a segment of {step} ticks at {at}")
        if repeat < 0:
            limit: Fraction | int | None = plan.end
            if index + 1 < len(entries):
                limit = int(entries[index + 1].get("t", 0))
            elif limit is None and plan.seen is not None:
                limit = plan.seen[1]
            repeat = 0 if limit is None else -((at - limit) // step) - 1
        for _ in range(repeat + 1):
            count += 1
            if count > MOST:
                raise BrokenMpd("H-12", f"more than {MOST} segments")
            yield at, step
            at += step


def _counted(step: int, plan: _Plan) -> Iterator[tuple[int, int]]:
    """Index and start of the segments of a number template that are in the Period and seen."""
    first = 0
    last = None if plan.end is None else -((plan.pto - plan.end) // step) - 1
    if "endNumber" in plan.given:
        ends = int(plan.given["endNumber"]) - plan.number
        last = ends if last is None else min(last, ends)
    shift = plan.pto + int(plan.given.get("eptDelta", 0))
    if shift != plan.pto and last is not None:
        last = max(last, int(-((shift - (plan.end or 0)) // step)) - 1)
    if plan.seen is not None and last is None:
        low, high = plan.seen
        first = max(int((low - shift) // step), 0)
        last = int((high - shift) // step) - 1
    last = first - 1 if last is None else int(last)
    if last - first > MOST:
        raise BrokenMpd("H-12", f"more than {MOST} segments")
    for index in range(first, last + 1):
        yield index, shift + index * step
