"""An MPD laid out for people to read: blanks between elements, and nothing else, are added.

What the splicer writes has no blanks around what it adds. They mean nothing in an MPD, so they are
added here, but never where text may stand, nor in what is not MPD's own.
"""

from collections.abc import Collection

from lxml import etree

from manifests.dash.model import NAMESPACE
from manifests.dash.periods.children import children, local_name
from manifests.dash.reading.document import read_tree, write_tree

WITH_TEXT = frozenset({"BaseURL", "Event", "Label", "Location", "GroupLabel"})
STEP = "  "


def laid_out(body: bytes, ads: Collection[str]) -> bytes:
    """Lay out an MPD.

    Args:
        body: As the splicer writes it.
        ads: @id of each Period that is an ad: there is nothing of the content in it.

    Raises:
        ManifestError: It is no MPD.
    """
    root = read_tree(body)
    for element in root.iter(f"{{{NAMESPACE}}}*"):
        if local_name(element) not in WITH_TEXT:
            _part(element)
    for period in children(root, "Period"):
        if period.get("id") in ads:
            etree.indent(period, STEP, level=1)
    if len(root) and root[-1].tail:
        root[-1].tail = "\n"
    return write_tree(root).rstrip() + b"\n"


def _part(element: etree._Element) -> None:
    """Give children that stand right behind each other the blanks that the first one has."""
    before = element.text
    if before is None or not before.isspace():
        return
    before = "\n" + before.rpartition("\n")[2]  # no blank lines
    behind = before.removesuffix(STEP)
    element.text = before if len(element) else behind
    for child in element:
        if not (child.tail or "").strip():
            child.tail = behind if child.getnext() is None else before
