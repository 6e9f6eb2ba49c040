"""Remote elements of an MPD (5.5, B-47): what is elsewhere cannot be spliced.

Remote Periods can be put in. What is there is read as if the MPD had it: URLs in it are relative to
what URLs in the MPD are relative to. Nothing that is remote may have remote parts in turn.
"""

from collections.abc import Mapping
from copy import deepcopy

from lxml import etree

from manifests.dash.model import NAMESPACE
from manifests.dash.periods.children import remove
from manifests.dash.reading.attribute_values import mpd_tag, place
from manifests.dash.reading.base_urls import BaseUrl, read_base_urls
from manifests.dash.reading.document import Limits, read_elements
from manifests.errors import ManifestError, RemoteElementError

XLINK = "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
RESOLVE_TO_ZERO = "urn:mpeg:dash:resolve-to-zero:2013"
PERIOD = mpd_tag("Period")
MAX_REMOTE = 16  # remote Periods of an MPD
REMOTE_LIMITS = Limits(
    bytes=1024 * 1024, elements=20_000, all_attributes=60_000, namespaces=2_000, depth=64
)
# Elements that may be remote stand at most in a Representation, and none is in a SegmentTimeline:
# looking through all S elements would take as long as reading them.
REMOTE = etree.XPath(
    " | ".join(f"{path}/mpd:*[@xlink:href]" for path in ("", "/*", "/*/*", "/*/*/*", "/*/*/*/*")),
    namespaces={"mpd": NAMESPACE, "xlink": XLINK},
)


def is_removed(element: etree._Element) -> bool:
    """Whether an element is one that resolves to nothing."""
    return bool(element.get(HREF, "").strip() == RESOLVE_TO_ZERO)


def find_remote(root: etree._Element) -> list[etree._Element]:
    """The elements that stand for others elsewhere, in document order."""
    return [element for element in REMOTE(root) if not is_removed(element)]


def describe_remote(element: etree._Element) -> str:
    """What an error says of a remote element; queries may hold secrets."""
    reference = element.get(HREF, "").partition("?")[0]
    return f"{place(element)} is elsewhere: {reference[:200]!r}"


def remote_periods(root: etree._Element, *, url: str) -> dict[etree._Element, str]:
    """Find remote Periods, and where they are.

    Whether they are meant to be resolved at once or when they are reached (@actuate) makes no
    difference: without them nobody knows when anything is.

    Args:
        root: The MPD.
        url: Where it came from, absolute.

    Returns:
        Absolute URLs, by the element that stands for what is there; in document order.

    Raises:
        RemoteElementError: There are too many, a URL is none, or something else is remote.
        MpdSyntaxError: What URLs are relative to cannot be read.
    """
    found = find_remote(root)
    if len(found) > MAX_REMOTE:
        raise RemoteElementError(f"{len(found)} remote elements: an MPD may have {MAX_REMOTE}")
    for element in found:
        if element.tag != PERIOD:
            raise RemoteElementError(f"{describe_remote(element)}; only Periods are resolved")
    base = read_base_urls(root, (BaseUrl(url),))[0].base
    urls = {}
    for element in found:
        try:
            urls[element] = base.join(element.get(HREF, "").strip())
        except ValueError:
            raise RemoteElementError(f"{describe_remote(element)}, which is no URL") from None
    return urls


def embed_periods(root: etree._Element, *, url: str, remote: Mapping[str, bytes]) -> None:
    """Put in what remote Periods stand for: any number of Periods.

    Args:
        root: The MPD; changed.
        url: Where it came from, absolute.
        remote: What is at each of the URLs that `remote_periods` gives.

    Raises:
        RemoteElementError: Something is remote that cannot be put in, or cannot be read.
        MpdSyntaxError: What URLs are relative to cannot be read.
    """
    for element, where in remote_periods(root, url=url).items():
        try:
            periods = read_remote_periods(remote[where])
        except ManifestError as error:
            raise RemoteElementError(
                f"{describe_remote(element)}; what is there: {error}"
            ) from error
        for period in periods:
            element.addprevious(period)
        remove(element)


def read_remote_periods(body: bytes) -> list[etree._Element]:
    """Read what a remote Period stands for.

    Returns:
        The Periods; there may be none.

    Raises:
        RemoteElementError: They have remote parts in turn.
        MpdSyntaxError: It is not well-formed, or something else than Periods.
        ManifestLimitError: It has more of something than `REMOTE_LIMITS` allow.
    """
    piece = read_elements(body, "Period", REMOTE_LIMITS)
    for nested in find_remote(piece):
        raise RemoteElementError(f"{describe_remote(nested)}: remote again")
    return [deepcopy(one) for one in piece.iterchildren(PERIOD) if not is_removed(one)]
