"""How a Representation's segments are found, over all levels of inheritance (5.3.9).

SegmentTemplate, SegmentList and SegmentBase may stand in Period, AdaptationSet and Representation;
the lowest level that has one says which it is, and what it does not say comes from the same
element of the levels above, attribute by attribute (5.3.9.1, B-16).
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from lxml import etree

from manifests.dash.model import Addressing, Mode, Representation, Run
from manifests.dash.reading.attribute_values import (
    inherited,
    mpd_tag,
    place,
    read_double,
    read_optional_unsigned,
    read_signed,
    read_unsigned,
)
from manifests.dash.reading.segment_timeline import read_runs
from manifests.dash.reading.xlink import is_removed
from manifests.errors import MpdSyntaxError
from manifests.uris import Base

TEMPLATE, LIST, BASE = mpd_tag("SegmentTemplate"), mpd_tag("SegmentList"), mpd_tag("SegmentBase")
KINDS = (TEMPLATE, LIST, BASE)
TIMELINE, SEGMENT_URL = mpd_tag("SegmentTimeline"), mpd_tag("SegmentURL")
INITIALIZATION = mpd_tag("Initialization")
IDENTIFIER = re.compile(r"\$(?:(RepresentationID)|(Number|Time|Bandwidth)(?:%0([0-9]{1,2})d)?)?\$")


@dataclass(frozen=True, slots=True)
class SegmentInformation:
    """The elements that say together how segments are found; the lowest level is first."""

    kind: str  # the elements' tag
    levels: tuple[etree._Element, ...]


def read_segment_information(
    element: etree._Element, above: SegmentInformation | None
) -> SegmentInformation | None:
    """Join what a level says of its segments with what the levels above say.

    Raises:
        MpdSyntaxError: There is more than one of the elements.
    """
    own = [child for child in element.iterchildren(*KINDS) if not is_removed(child)]
    if not own:
        return above
    if len(own) > 1:
        raise MpdSyntaxError(f"{place(own[1])} stands beside {place(own[0])}")
    kind = own[0].tag
    if above is None or above.kind != kind:
        return SegmentInformation(kind, (own[0],))
    return SegmentInformation(kind, (own[0], *above.levels))


def read_addressing(information: SegmentInformation, *, duration: Decimal | None) -> Addressing:
    """Read how segments are found.

    Args:
        information: What is said of them.
        duration: The Period's in seconds; None: not known.

    Raises:
        MpdSyntaxError: Something is not a number, is impossible, or is missing.
        ManifestLimitError: There are more segments than anyone can want.
    """
    levels = information.levels
    is_list = information.kind == LIST
    timescale = read_unsigned(levels, "timescale", 1, least=1)
    pto = read_unsigned(levels, "presentationTimeOffset", 0)
    ept_delta = read_signed(levels, "eptDelta", 0)
    ticks = read_optional_unsigned(levels, "duration", least=1)
    start_number = read_unsigned(levels, "startNumber", 1)
    media = initialization = None
    if information.kind == TEMPLATE:
        media, initialization = _text(levels, "media"), _text(levels, "initialization")
    timeline = _first(levels, TIMELINE)
    urls = _segment_urls(levels) if is_list else []
    runs: tuple[Run, ...] = ()
    is_open = False
    if timeline is not None:
        end = None if duration is None else pto + Fraction(duration) * timescale
        runs, is_open = read_runs(timeline, period_end=end, start_number=start_number)
        if is_list and sum(run.count for run in runs) != len(urls):
            raise MpdSyntaxError(f"{place(timeline)} does not list one S for each SegmentURL")
    elif is_list and ticks is not None and urls:
        runs = (Run(pto + ept_delta, ticks, len(urls)),)
    elif is_list and len(urls) > 1:
        raise MpdSyntaxError(f"{place(levels[0])} has neither @duration nor SegmentTimeline")
    if information.kind == TEMPLATE and media is None and (ticks or timeline is not None):
        raise MpdSyntaxError(f"{place(levels[0])} has no @media")
    return Addressing(
        mode=_mode(information.kind, timeline is not None, ticks),
        timescale=timescale,
        pto=pto,
        ept_delta=ept_delta,
        start_number=start_number,
        runs=runs,
        is_open=is_open,
        duration=None if timeline is not None else ticks,
        end_number=read_optional_unsigned(levels, "endNumber"),
        by_time=any(found[2] == "Time" for found in IDENTIFIER.finditer(media or "")),
        is_list=is_list,
        media=media,
        initialization=_initialization(levels) if initialization is None else initialization,
        availability_offset=read_double(levels, "availabilityTimeOffset"),
    )


def _mode(kind: str, has_timeline: bool, ticks: int | None) -> Mode:
    if kind == BASE:
        return "indexed"
    if has_timeline:
        return "timeline"
    if ticks is None:  # one segment, that lasts as long as the Period
        return "indexed"
    return "list" if kind == LIST else "duration"


def segment_url(representation: Representation, number: int, time: int) -> str:
    """The absolute URL of a media segment, by the first of the base URLs.

    Args:
        representation: Whose segment.
        number: The segment's number: `start_number` for the first one.
        time: Its media time in ticks, as S@t.

    Raises:
        MpdSyntaxError: It has no such segment, or its URL is none.
    """
    addressing = representation.addressing
    if addressing is None:
        raise MpdSyntaxError(f"Representation {representation.id[:80]!r} has no segments")
    if addressing.is_list:
        urls = _segment_urls(_levels_of(representation.element))
        index = number - addressing.start_number
        if not 0 <= index < len(urls):
            raise MpdSyntaxError(f"Representation {representation.id[:80]!r} has no {number}")
        return _absolute(representation, urls[index].get("media"))
    return _absolute(representation, expand(addressing.media, representation, number, time))


def initialization_url(representation: Representation) -> str | None:
    """The absolute URL of the init segment, by the first of the base URLs.

    Returns:
        None: there is none, or it is told by the media alone (SegmentBase without Initialization).

    Raises:
        MpdSyntaxError: The URL is none.
    """
    addressing = representation.addressing
    if addressing is None or addressing.initialization is None:
        return None
    return _absolute(representation, expand(addressing.initialization, representation, 0, 0))


def expand(
    template: str | None, representation: Representation, number: int, time: int
) -> str | None:
    """Put values in the place of a template's identifiers (5.3.9.4.4).

    `$SubNumber$` and what is no identifier stay as they are.
    """
    values = {"Number": number, "Time": time, "Bandwidth": representation.bandwidth}

    def value(match: re.Match[str]) -> str:
        is_id, name, width = match.groups()
        if is_id:
            return representation.id
        return f"{values[name]:0{int(width or 1)}}" if name else "$"

    return None if template is None else IDENTIFIER.sub(value, template)


def _absolute(representation: Representation, reference: str | None) -> str:
    base = representation.bases[0]
    try:
        return Base(base).join(reference) if reference else base
    except ValueError as error:
        raise MpdSyntaxError(f"Representation {representation.id[:80]!r}: {error}") from None


def _text(levels: tuple[etree._Element, ...], name: str) -> str | None:
    found = inherited(levels, name)
    return found[1] if found else None


def _first(levels: tuple[etree._Element, ...], tag: str) -> etree._Element | None:
    return next((child for level in levels for child in level.iterchildren(tag)), None)


def _initialization(levels: tuple[etree._Element, ...]) -> str | None:
    """The URL that an Initialization element tells; empty where it is a range of the media."""
    element = _first(levels, INITIALIZATION)
    return None if element is None else str(element.get("sourceURL", "")).strip()


def _segment_urls(levels: tuple[etree._Element, ...]) -> list[etree._Element]:
    return next((urls for level in levels if (urls := level.findall(SEGMENT_URL))), [])


def _levels_of(element: etree._Element) -> tuple[etree._Element, ...]:
    """The SegmentLists that hold for a Representation, the lowest first."""
    return tuple(
        child
        for level in (element, *element.iterancestors())
        for child in level.iterchildren(LIST)
        if not is_removed(child)
    )
