"""The XML of ad servers: bytes into a bounded tree, and what elements say (splice rule D-13).

Elements are found by local name, so a namespace may be there or not. Nothing is fetched: DTDs,
entities and the network are off. Texts are trimmed and never longer than the limits here; what is
unreadable is as good as not said.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from io import BytesIO

from lxml import etree

from packager.reasons import Reason

MAX_BYTES = 1 << 20
MAX_ELEMENTS = 50_000
MAX_DEPTH = 64
MAX_URLS = 400  # in one list, and of one ad
MAX_URL = 8192  # characters; one that is longer is left out
MAX_TEXT = 1000  # characters of a title or a name; what is longer is cut
MAX_MARKUP = 32 << 10  # characters of HTML, XML or parameters; what is longer is left out

_URL = re.compile(r"https?://[^\s\x00-\x20\x7f-\xa0]+", re.IGNORECASE)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d):([0-5]\d(?:\.\d{1,9})?)", re.ASCII)
# What .NET writes of its own strings, before they are sent as UTF-8.
_FALSE_UTF_16 = re.compile(rb"""<\?xml[^>]{0,99}?encoding\s*=\s*["']utf-16["'][^>]{0,99}>""", re.I)


class AdXmlError(Exception):
    """A document cannot be used; the text says why, in short, and names no URL.

    `reason` is the code of the registry, `code` that of VAST's error URLs (D-14).
    """

    def __init__(
        self, why: str, *, reason: Reason = Reason.AD_UNPARSEABLE, code: int = 100
    ) -> None:
        super().__init__(why[:200])  # it may quote what a stranger wrote
        self.reason = reason
        self.code = code


def parse(body: bytes, error: type[AdXmlError]) -> etree._Element:
    """Build the tree, counting while it grows, so that a bomb is dropped before it is large.

    Raises:
        AdXmlError: Of the class `error`: it is malformed, has a DOCTYPE, or is beyond the limits.
    """
    if len(body) > MAX_BYTES:
        raise error(f"more than {MAX_BYTES} bytes", reason=Reason.AD_OVERSIZE)
    # Many ad servers write an empty line before the XML declaration, which XML forbids.
    body = body.removeprefix(b"\xef\xbb\xbf").lstrip()
    events = etree.iterparse(
        BytesIO(_FALSE_UTF_16.sub(b"", body, count=1) if body[:5] == b"<?xml" else body),
        events=("start", "end"),
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        huge_tree=False,
    )
    count = depth = 0
    try:
        for event, element in events:
            if event == "end":
                depth -= 1
                continue
            if depth == 0 and element.getroottree().docinfo.internalDTD is not None:
                raise error("a DOCTYPE is not read")
            depth += 1
            count += 1
            if count > MAX_ELEMENTS or depth > MAX_DEPTH:
                raise error("too many or too deep elements", reason=Reason.AD_OVERSIZE)
    except etree.XMLSyntaxError as problem:
        # Not the parser's own words: they quote the document, beacons of a session too (threat 33).
        line, column = problem.position
        raise error(f"not well-formed XML at line {line}, column {column}") from None
    return events.root


def name_of(element: etree._Element) -> str:
    """The name of an element, without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children(element: etree._Element | None, name: str = "*") -> Iterator[etree._Element]:
    """The elements in an element, all or those of a name."""
    return iter(()) if element is None else element.iterchildren(f"{{*}}{name}")


def grandchildren(
    element: etree._Element | None, parent: str, name: str
) -> Iterator[etree._Element]:
    """The elements `name` in the elements `parent` of an element."""
    for child in children(element, parent):
        yield from children(child, name)


def child(element: etree._Element | None, name: str) -> etree._Element | None:
    """The first element of a name."""
    return next(children(element, name), None)


def attribute(element: etree._Element | None, name: str) -> str:
    """The value of an attribute, trimmed and cut; empty where there is none."""
    value = None if element is None else element.get(name)
    return value.strip()[:MAX_TEXT] if value else ""


def all_text(element: etree._Element | None) -> str:
    """The text of an element, trimmed, of any length."""
    return "" if element is None else (element.text or "").strip()


def text(element: etree._Element | None) -> str:
    """The text of an element, trimmed and cut."""
    return all_text(element)[:MAX_TEXT]


def markup(element: etree._Element | None) -> str:
    """The text of an element that is HTML, XML or parameters; empty where it is too long."""
    content = all_text(element)
    return content if len(content) <= MAX_MARKUP else ""


def source(element: etree._Element) -> str:
    """An element as written; empty where that is too long."""
    written: str = etree.tostring(element, encoding="unicode", with_tail=False)
    return written if len(written) <= MAX_MARKUP else ""


def url(element: etree._Element | None) -> str:
    """The URL in an element: absolute, http(s), without white space (D-06); else empty."""
    content = all_text(element)
    return content if len(content) <= MAX_URL and _URL.fullmatch(content) else ""


def urls(elements: Iterable[etree._Element]) -> tuple[str, ...]:
    """The URLs of elements, as far as they have any."""
    return tuple(found for element in elements if (found := url(element)))[:MAX_URLS]


def whole(content: str) -> int | None:
    """A number without sign or fraction."""
    return int(content) if content.isascii() and content.isdigit() and len(content) <= 9 else None


def pixels(element: etree._Element | None, name: str) -> int:
    """The attribute as a number; 0 where it does not say one."""
    return whole(attribute(element, name)) or 0


def boolean(content: str) -> bool | None:
    """A truth of XML Schema; None where it is neither."""
    return {"true": True, "1": True, "false": False, "0": False}.get(content.lower())


def seconds(content: str) -> Decimal | None:
    """A time ``hh:mm:ss[.mmm]`` in seconds."""
    match = _CLOCK.fullmatch(content)
    if match is None:
        return None
    hours, minutes, rest = match.groups()
    return int(hours) * 3600 + int(minutes) * 60 + Decimal(rest)
