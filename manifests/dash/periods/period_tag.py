"""The start tag of a Period, and the text that follows it: the two halves of every fragment.

What follows the start tag names neither the Period's @id nor its @start, so it is shared by all
sessions in which the Period, or the same part of it, stands somewhere.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from lxml import etree

from manifests.dash.durations import write_duration
from manifests.dash.model import NAMESPACE

XML = "http://www.w3.org/XML/1998/namespace"
PLAIN = re.compile(r"[A-Za-z0-9._~:/-]*").fullmatch  # as ids of Periods are; most texts
ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}
    | {"\t": "&#9;", "\n": "&#10;", "\r": "&#13;"}
)


def escape(text: str) -> str:
    """Text as it may stand between the quotes of an attribute, or in an element."""
    return text if PLAIN(text) else text.translate(ESCAPES)


@dataclass(frozen=True, slots=True)
class PeriodTag:
    """A Period's start tag but for @id, @start and @duration."""

    name: str  # with its prefix
    others: str  # declarations and other attributes, as they are to be written

    def opening(self, *, id: str, start: Decimal, duration: Decimal | None) -> bytes:
        """Write the start tag; without @duration where that is None."""
        written = f'<{self.name} id="{escape(id)}" start="{write_duration(start)}"'
        if duration is not None:
            written += f' duration="{write_duration(duration)}"'
        return f"{written}{self.others}>".encode()


def period_tag(period: etree._Element) -> PeriodTag:
    """The start tag of a Period that is to stand under the root of the origin's MPD."""
    others = _other_attributes(period)
    return PeriodTag(_tag(period), "".join(f' {name}="{escape(value)}"' for name, value in others))


def period_body(period: etree._Element, like: etree._Element) -> bytes:
    """Write everything after the start tag, with the end tag.

    Args:
        period: What was made; it stands under a `shell`.
        like: The origin's Period, whose start tag goes before it.
    """
    return period_content(period) + f"</{_tag(like)}>".encode()


def period_content(period: etree._Element) -> bytes:
    """Write what stands between the tags of a Period that was made under a `shell`."""
    if period.text is None:
        period.text = ""  # so that there are two tags
    written: bytes = etree.tostring(
        period, encoding="UTF-8", xml_declaration=False, with_tail=False
    )
    return written[written.index(b">") + 1 : written.rindex(b"</")]


def shell(period: etree._Element) -> etree._Element:
    """Make an element that has the namespaces of the Period's root, to make a Period under it."""
    root = period.getparent()
    if root is None:
        return etree.Element(f"{{{NAMESPACE}}}MPD", nsmap={None: NAMESPACE})
    return etree.Element(root.tag, nsmap=root.nsmap)


def _tag(period: etree._Element) -> str:
    return f"{period.prefix}:Period" if period.prefix else "Period"


def _other_attributes(period: etree._Element) -> Iterator[tuple[str, str]]:
    """Declarations that the root does not have, and attributes that are not written anew."""
    root = period.getparent()
    known = root.nsmap if root is not None else {None: NAMESPACE}
    prefixes = {XML: "xml"}
    for prefix, uri in period.nsmap.items():
        if prefix:
            prefixes[uri] = prefix
        if known.get(prefix) != uri:
            yield (f"xmlns:{prefix}" if prefix else "xmlns"), uri
    for name, value in period.attrib.items():
        qualified = etree.QName(name)
        if qualified.namespace is not None:
            yield f"{prefixes[qualified.namespace]}:{qualified.localname}", value
        elif name not in ("id", "start", "duration"):
            yield name, value
