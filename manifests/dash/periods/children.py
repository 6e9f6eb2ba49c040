"""Children of an MPD's elements by name, and where the schema wants a new one among them."""

from collections.abc import Collection, Iterator

from lxml import etree

# Of RepresentationBaseType (table 14), which AdaptationSets are of as well: what the schema wants
# before one more SupplementalProperty, and before a Representation's BaseURL.
BEFORE_SUPPLEMENT = (
    "FramePacking",
    "AudioChannelConfiguration",
    "ContentProtection",
    "OutputProtection",
    "EssentialProperty",
    "SupplementalProperty",
)
BEFORE_BASE = (
    *BEFORE_SUPPLEMENT,
    "InbandEventStream",
    "Switching",
    "RandomAccess",
    "GroupLabel",
    "Label",
    "ProducerReferenceTime",
    "ContentPopularityRate",
    "Resync",
)
BEFORE_ROLE = (*BEFORE_BASE, "Accessibility")  # of an AdaptationSet (table 6)


def local_name(element: etree._Element) -> str:
    """Name without namespace; of comments and processing instructions the empty text."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """The children with one of these names in the namespace of their parent, in order.

    The list is made at once: they may be removed meanwhile.
    """
    namespace = etree.QName(element).namespace
    tags = [f"{{{namespace}}}{name}" if namespace else name for name in names]
    return iter(list(element.iterchildren(*tags)))


def make_child(
    parent: etree._Element, name: str, *, behind: Collection[str] = (), at: int | None = None
) -> etree._Element:
    """Add a child in the namespace of its parent.

    Args:
        parent: Changed.
        name: Of the child, without namespace.
        behind: Names of the children that the schema wants before it; the place is behind the
            last of these.
        at: Index of the place, where it is known.
    """
    namespace = etree.QName(parent).namespace
    child = etree.SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
    place_child(parent, child, behind=behind, at=at)
    return child


def place_child(
    parent: etree._Element,
    child: etree._Element,
    *,
    behind: Collection[str] = (),
    at: int | None = None,
) -> None:
    """Put an element among the children of another; arguments are those of `make_child`."""
    if at is None:
        at = 0
        for index, other in enumerate(parent):
            if other is not child and local_name(other) in behind:
                at = index + 1
    parent.insert(at, child)


def remove(element: etree._Element) -> None:
    """Take an element out of its parent."""
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
