"""URLs with a name or an event, as they stand in every part of an ad."""

from collections.abc import Iterable

from lxml import etree

from packager.decisions.ad_xml import MAX_URLS, attribute, children, grandchildren, url
from packager.decisions.ads import Link, Tracking


def read_links(parents: Iterable[etree._Element], name: str) -> tuple[Link, ...]:
    """Read the URLs in the elements of a name, below any of `parents`."""
    found = (
        Link(u, attribute(element, "id"))
        for parent in parents
        for element in children(parent, name)
        if (u := url(element))
    )
    return tuple(found)[:MAX_URLS]


def read_link(parents: Iterable[etree._Element], name: str) -> str | None:
    """Read the first such URL; None where there is none."""
    return next((link.url for link in read_links(parents, name)), None)


def read_tracking(parents: Iterable[etree._Element]) -> tuple[Tracking, ...]:
    """Read the `TrackingEvents` of some elements."""
    found = (
        Tracking(event, u, attribute(tracking, "offset"))
        for parent in parents
        for tracking in grandchildren(parent, "TrackingEvents", "Tracking")
        if (u := url(tracking)) and (event := attribute(tracking, "event"))
    )
    return tuple(found)[:MAX_URLS]
