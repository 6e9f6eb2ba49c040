"""The tracking events of an ad: which, in which order, how far into it, and for whom to tell.

Splice rules D-06, D-52, E-02, E-04 and E-10; VAST 4.3, section 3.14.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import quote

from packager.decisions.ads import Ad, Tracking

# Events that follow from playback alone, at these parts of the ad; those of one instant in this
# order (E-02), and `progress` between them and the end.
_MOMENTS: dict[str, Decimal] = {
    "loaded": Decimal(0),
    "impression": Decimal(0),
    "creativeView": Decimal(0),
    "start": Decimal(0),
    "firstQuartile": Decimal("0.25"),
    "midpoint": Decimal("0.5"),
    "thirdQuartile": Decimal("0.75"),
    "complete": Decimal(1),
}
_ORDER = (*(event for event in _MOMENTS if event != "complete"), "progress", "complete")
_RANKS = {event: rank for rank, event in enumerate(_ORDER)}
_KNOWN = {event.lower(): event for event in _ORDER}  # ad servers write "midPoint", too

BREAK_START, BREAK_END = "breakStart", "breakEnd"  # of a break as a whole

_NOT_SHOWN = "notUsed"  # the ad was loaded and is not shown: never true of one that has a place

_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,9})?)%", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class AdEvent:
    """An event and all that are to be told of it, together (D-06).

    An ad has at most one AdEvent of a `key`.
    """

    event: str  # as VAST calls it; impression, error, clickThrough ... for those with own elements
    offset_s: Decimal | None = None  # seconds from the ad's first frame; None: the viewer's act
    urls: tuple[str, ...] = ()  # macros not replaced; each once
    server: bool = False  # True: a server may fire it, on evidence of playback (E-04)

    @property
    def key(self) -> str:
        """What tells it from the other events of its ad; without `/` and `:`."""
        name = quote(self.event, safe="")
        if self.event != "progress" or self.offset_s is None:
            return name
        return f"{name}@{self.offset_s.normalize():f}"


def events_of(ad: Ad, duration: Decimal, *, shown: Decimal | None = None) -> tuple[AdEvent, ...]:
    """List the events of an ad: those of playback in the order they happen, then the viewer's.

    What has no URL is not listed, nor `progress` at a time that cannot be read or is not reached.

    Args:
        ad: With the tracking of every wrapper merged in (D-04).
        duration: Seconds of the conditioned media; quartiles are parts of it (D-50).
        shown: Seconds until an early return; what would be later is not listed, and `complete`
            never is (D-52). None: it is shown whole.
    """
    end = duration if shown is None else min(shown, duration)
    if end <= 0:
        return ()  # E-08: without a first frame there is no start
    timed: dict[tuple[Decimal, int], list[str]] = {}
    acts: list[Tracking] = []
    for tracking in _tracking(ad):
        event = _KNOWN.get(tracking.event.lower())
        if event is None:
            acts.append(tracking)
        elif is_address(tracking.url):
            offset = _offset(event, tracking.offset, duration)
            if offset is not None and offset <= end:
                timed.setdefault((offset, _RANKS[event]), []).append(tracking.url)
    happening = tuple(
        AdEvent(event=_ORDER[rank], offset_s=offset, urls=distinct(urls), server=True)
        for (offset, rank), urls in sorted(timed.items())
    )
    return happening + grouped(acts)


def break_borders(ads: Sequence[Ad | None]) -> tuple[int, ...]:
    """The indexes of the first and the last ad of a pod; empty where there is none."""
    found = [index for index, ad in enumerate(ads) if ad is not None]
    return (found[0], found[-1]) if found else ()


def break_events(
    tracking: Sequence[Tracking], ads: Sequence[Ad | None], index: int, duration: Decimal
) -> tuple[tuple[AdEvent, ...], tuple[AdEvent, ...]]:
    """List what a break owes when one of its ads plays: before the ad's own events, and after them.

    Args:
        tracking: Of the break (D-42).
        ads: Of its pod.
        index: Of the ad.
        duration: Of the ad's media, seconds.
    """
    borders = break_borders(ads)
    found: list[tuple[AdEvent, ...]] = []
    for event, border, offset in (
        (BREAK_START, borders[:1], Decimal(0)),
        (BREAK_END, borders[1:], duration),
    ):
        urls = distinct(one.url for one in tracking if one.event == event and is_address(one.url))
        told = AdEvent(event=event, offset_s=offset, urls=urls, server=True)
        found.append((told,) if urls and index in border else ())
    return found[0], found[1]


def overlay_tracking(ad: Ad) -> tuple[Tracking, ...]:
    """Everything to fire for an ad that is only drawn over something, by the client (D-10)."""
    return (*_tracking(replace(ad, linear=None)), *ad.nonlinear_tracking)


def showing_events(ad: Ad) -> tuple[AdEvent, ...]:
    """What a server may fire when an ad that is drawn into the content is first shown, in order.

    Later ones it may not: how long a viewer has had it before them, only a player knows (E-10).
    """
    timed: dict[str, list[str]] = {}
    for tracking in overlay_tracking(ad):
        event = _KNOWN.get(tracking.event.lower())
        if event is not None and _MOMENTS.get(event) == 0 and is_address(tracking.url):
            timed.setdefault(event, []).append(tracking.url)
    return tuple(
        AdEvent(event=event, offset_s=Decimal(0), urls=distinct(timed[event]), server=True)
        for event in _ORDER
        if event in timed
    )


def grouped(tracking: Iterable[Tracking]) -> tuple[AdEvent, ...]:
    """Put the URLs of each event together, in the order of first mention; for the client alone."""
    events: dict[str, list[str]] = {}
    for one in tracking:
        if is_address(one.url) and one.event != _NOT_SHOWN:
            events.setdefault(one.event, []).append(one.url)
    return tuple(AdEvent(event=event, urls=distinct(urls)) for event, urls in events.items())


def seconds_of(offset: str, duration: Decimal) -> Decimal | None:
    """Read an offset, ``hh:mm:ss[.mmm]`` or ``n%`` of `duration`, in seconds; None: unreadable."""
    text = offset.strip()
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, seconds = clock.groups()
        return int(hours) * 3600 + int(minutes) * 60 + Decimal(seconds)
    if percent := _PERCENT.fullmatch(text):
        return duration * Decimal(percent[1]) / 100
    return None


def is_address(url: str) -> bool:
    """Whether there is anything to fire: ``about:blank`` and nothing at all are not (D-06)."""
    return url.strip().lower() not in ("", "about:blank")


def distinct(urls: Iterable[str]) -> tuple[str, ...]:
    """Each URL once, in order: one that two levels of a chain name is fired once (E-03)."""
    return tuple(dict.fromkeys(urls))


def _tracking(ad: Ad) -> Iterator[Tracking]:
    """Everything that names a URL for an event; elements of their own have the event's name."""
    for impression in ad.impressions:
        yield Tracking("impression", impression.url)
    for viewed in ad.viewable_impressions:  # E-10: only the device knows
        for event, urls in (
            ("viewable", viewed.viewable),
            ("notViewable", viewed.not_viewable),
            ("viewUndetermined", viewed.undetermined),
        ):
            for url in urls:
                yield Tracking(event, url)
    if (linear := ad.linear) is not None:
        yield from linear.tracking
        if linear.click_through is not None:  # E-10: to be opened, never fired by a server
            yield Tracking("clickThrough", linear.click_through)
        for event, links in (
            ("clickTracking", linear.click_tracking),
            ("customClick", linear.custom_clicks),
        ):
            for link in links:
                yield Tracking(event, link.url)
    for url in ad.error_urls:  # what goes wrong on the device; E-07 is for what does here
        yield Tracking("error", url)


def _offset(event: str, written: str, duration: Decimal) -> Decimal | None:
    part = _MOMENTS.get(event)
    return seconds_of(written, duration) if part is None else duration * part
