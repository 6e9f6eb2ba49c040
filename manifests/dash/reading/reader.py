"""Reading an MPD: from bytes to values that tell when everything is and where (5.3)."""

from dataclasses import replace
from typing import Literal

from lxml import etree

from manifests.dash.model import AdaptationSet, Addressing, Mpd, Period, Representation
from manifests.dash.reading.addressing import (
    SegmentInformation,
    read_addressing,
    read_segment_information,
)
from manifests.dash.reading.attribute_values import (
    inherited,
    mpd_tag,
    place,
    read_count,
    read_date,
    read_rate,
    read_seconds,
    read_unsigned,
)
from manifests.dash.reading.base_urls import (
    BASE_URL,
    BaseUrl,
    add_offsets,
    base_urls_of,
    read_base_urls,
)
from manifests.dash.reading.content_kind import channels_of, is_trick_mode, kind_of, roles_of
from manifests.dash.reading.document import DEFAULT_LIMITS, Limits, read_tree
from manifests.dash.reading.event_streams import read_event_stream
from manifests.dash.reading.period_times import PeriodTime, place_periods
from manifests.dash.reading.xlink import describe_remote, find_remote, is_removed
from manifests.errors import ManifestLimitError, MpdSyntaxError, RemoteElementError

PERIOD, ADAPTATION_SET = mpd_tag("Period"), mpd_tag("AdaptationSet")
REPRESENTATION, EVENT_STREAM = mpd_tag("Representation"), mpd_tag("EventStream")
PROTECTION = mpd_tag("ContentProtection")
MAX_PERIODS = 2_000
MAX_REPRESENTATIONS = 10_000  # of all Periods
TYPES = ("static", "dynamic", "list")

Xlink = Literal["refuse", "keep"]


def read_mpd(
    body: bytes, *, url: str, limits: Limits = DEFAULT_LIMITS, xlink: Xlink = "refuse"
) -> Mpd:
    """Read an MPD.

    Args:
        body: The document.
        url: Where it came from, absolute, after redirects.
        limits: What it may have at most.
        xlink: What to do with elements that stand for others elsewhere: `keep` takes them for
            what is written, which is mostly nothing.

    Raises:
        RemoteElementError: A part of it is elsewhere, and that is refused.
        MpdSyntaxError: It is not well-formed, or says something that cannot be.
        ManifestLimitError: It has more of something than we are willing to read.
        ValueError: `url` is not absolute.
    """
    root = read_tree(body, limits)
    return replace(read_mpd_tree(root, url=url, xlink=xlink), size_bytes=len(body))


def read_mpd_tree(root: etree._Element, *, url: str, xlink: Xlink = "refuse") -> Mpd:
    """Read an MPD from its tree, as `read_mpd`; `size_bytes` is 0.

    Raises:
        RemoteElementError: A part of it is elsewhere, and that is refused.
        MpdSyntaxError: It says something that cannot be.
        ManifestLimitError: It has more of something than we are willing to read.
        ValueError: `url` is not absolute.
    """
    if xlink == "refuse":
        for remote in find_remote(root):
            raise RemoteElementError(describe_remote(remote))
    kind = root.get("type", "static").strip()
    if kind not in TYPES:
        raise MpdSyntaxError(f"{place(root)}@type is {kind[:40]!r}")
    is_dynamic = kind == "dynamic"
    availability_start = read_date(root, "availabilityStartTime")
    if is_dynamic and availability_start is None:
        raise MpdSyntaxError(f"{place(root)} is dynamic and has no @availabilityStartTime")
    elements = [one for one in root.iterchildren(PERIOD) if not is_removed(one)]
    if not elements:
        raise MpdSyntaxError(f"{place(root)} has no Period")
    if len(elements) > MAX_PERIODS:
        raise ManifestLimitError(f"more than {MAX_PERIODS} Periods")
    representations = sum(
        1
        for period in elements
        for one in period.iterchildren(ADAPTATION_SET)
        for _ in one.iterchildren(REPRESENTATION)
    )
    if representations > MAX_REPRESENTATIONS:
        raise ManifestLimitError(f"more than {MAX_REPRESENTATIONS} Representations")
    duration = read_seconds(root, "mediaPresentationDuration")
    base_urls = read_base_urls(root, (BaseUrl(url),))
    return Mpd(
        url=url,
        element=root,
        is_dynamic=is_dynamic,
        periods=tuple(
            _read_period(time, base_urls)
            for time in place_periods(elements, is_dynamic=is_dynamic, duration=duration)
        ),
        bases=base_urls_of(base_urls),
        availability_start=availability_start,
        publish_time=read_date(root, "publishTime"),
        duration=duration,
        minimum_update_s=read_seconds(root, "minimumUpdatePeriod"),
        time_shift_s=read_seconds(root, "timeShiftBufferDepth"),
        max_segment_s=read_seconds(root, "maxSegmentDuration"),
    )


def _read_period(time: PeriodTime, above: tuple[BaseUrl, ...]) -> Period:
    element = time.element
    base_urls = read_base_urls(element, above)
    sets = _Sets(time, base_urls, read_segment_information(element, None))
    return Period(
        id=time.id,
        start=time.start,
        end=time.end,
        element=element,
        sets=tuple(
            sets.read(one) for one in element.iterchildren(ADAPTATION_SET) if not is_removed(one)
        ),
        event_streams=tuple(
            read_event_stream(one)
            for one in element.iterchildren(EVENT_STREAM)
            if not is_removed(one)
        ),
        bases=base_urls_of(base_urls),
    )


class _Sets:
    """The AdaptationSets of a Period: what they inherit, and timelines that are read once."""

    def __init__(
        self,
        time: PeriodTime,
        base_urls: tuple[BaseUrl, ...],
        information: SegmentInformation | None,
    ) -> None:
        self._time = time
        self._base_urls = base_urls
        self._information = information
        self._known: dict[SegmentInformation, Addressing] = {}

    def read(self, element: etree._Element) -> AdaptationSet:
        base_urls = read_base_urls(element, self._base_urls)
        information = read_segment_information(element, self._information)
        children = list(element.iterchildren(REPRESENTATION))
        return AdaptationSet(
            id=element.get("id"),
            element=element,
            kind=kind_of(element, children),
            representations=tuple(
                self._read_representation(one, element, base_urls, information) for one in children
            ),
            language=element.get("lang"),
            is_encrypted=any(
                next(one.iterchildren(PROTECTION), None) is not None for one in (element, *children)
            ),
            is_trick_mode=is_trick_mode(element)
            or (bool(children) and all(is_trick_mode(one) for one in children)),
            roles=roles_of(element),
        )

    def _read_representation(
        self,
        element: etree._Element,
        parent: etree._Element,
        above: tuple[BaseUrl, ...],
        information: SegmentInformation | None,
    ) -> Representation:
        levels = (element, parent)
        name = element.get("id")
        if not name:
            raise MpdSyntaxError(f"{place(element)} has no id")
        if element.get("bandwidth") is None:
            raise MpdSyntaxError(f"{place(element)} has no bandwidth")
        base_urls = read_base_urls(element, above)
        information = read_segment_information(element, information)
        return Representation(
            id=name,
            bandwidth=read_unsigned([element], "bandwidth", 0),
            element=element,
            addressing=self._addressing(element, information, base_urls),
            bases=base_urls_of(base_urls),
            mime_type=_text(levels, "mimeType"),
            codecs=_text(levels, "codecs"),
            width=read_count(levels, "width"),
            height=read_count(levels, "height"),
            frame_rate=read_rate(levels, "frameRate"),
            sample_rate=read_count(levels, "audioSamplingRate"),
            channels=channels_of(levels),
        )

    def _addressing(
        self,
        element: etree._Element,
        information: SegmentInformation | None,
        base_urls: tuple[BaseUrl, ...],
    ) -> Addressing | None:
        chain_offset = base_urls[0].availability_offset
        if information is None:
            if next(element.iterchildren(BASE_URL), None) is None:
                return None
            return Addressing(mode="indexed", availability_offset=chain_offset)
        known = self._known.get(information)
        if known is None:
            known = read_addressing(information, duration=self._time.duration)
            self._known[information] = known
        if chain_offset == 0:
            return known
        offset = add_offsets(known.availability_offset, chain_offset)
        return replace(known, availability_offset=offset)


def _text(levels: tuple[etree._Element, ...], name: str) -> str:
    found = inherited(levels, name)
    return found[1] if found else ""
