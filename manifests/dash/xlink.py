"""Remote elements of an MPD (5.5, B-47): what is elsewhere cannot be spliced."""

from lxml import etree

from manifests.dash.attribute_values import place
from manifests.dash.model import NAMESPACE

XLINK = "http://www.w3.org/1999/xlink"
HREF = f"{{{XLINK}}}href"
RESOLVE_TO_ZERO = "urn:mpeg:dash:resolve-to-zero:2013"
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
