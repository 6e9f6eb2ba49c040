"""MPD documents as trees and back, without loss and without harm (failures.md, threats 14 to 16).

Whatever could make a parser work out of proportion is refused by looking at the bytes, before
there is a tree: document types and entities, other encodings than UTF-8, and too much of anything.
"""

import re
from dataclasses import dataclass

from lxml import etree

from manifests.dash.model import NAMESPACE
from manifests.errors import ManifestLimitError, MpdSyntaxError

NEWLINE = b"\n"
BOM = b"\xef\xbb\xbf"
# What may stand before the root element; possessive, so that its cost is linear.
PROLOG = re.compile(rb"(?:[ \t\r\n]++|<!--.*?-->|<\?.*?\?>)*+", re.DOTALL)
DECLARATION = re.compile(rb"<\?xml\s[^>]{0,200}?encoding\s*=\s*[\"']([^\"'>]{0,40})[\"']")
ROOT = re.compile(rb"<(?:[^\s/>:]{1,80}:)?([^\s/>:<]{1,80})")
# libxml2's names for what it refuses, as in ERR_TAG_NAME_MISMATCH.
KINDS = {code: name for name, code in vars(etree.ErrorTypes).items() if isinstance(code, int)}
UTF8 = {b"utf-8", b"utf8", b"us-ascii", b"ascii"}  # ASCII is UTF-8 too


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an MPD may have at most; counted in its bytes, where the count may be too high."""

    bytes: int = 4 * 1024 * 1024
    elements: int = 150_000  # the SegmentTimelines of a 2 MB MPD have some 65,000 S elements
    depth: int = 64
    attributes: int = 256  # of one element
    all_attributes: int = 450_000
    namespaces: int = 20_000  # declarations: each SCTE 35 event may have its own


DEFAULT_LIMITS = Limits()


def read_tree(body: bytes, limits: Limits = DEFAULT_LIMITS) -> etree._Element:
    """Read the tree of an MPD: its root, with comments and processing instructions around it.

    Entities of XML itself and CDATA sections become the text that they stand for.

    Raises:
        MpdSyntaxError: It is not well-formed UTF-8 XML, has a document type, or is no MPD.
        ManifestLimitError: It has more of something than the limits allow.
    """
    _check_size(body, limits)
    body = body.removeprefix(BOM)
    _check_prolog(body, "MPD")
    root = _parsed(body, limits)
    if root.tag != f"{{{NAMESPACE}}}MPD":
        raise MpdSyntaxError(f"the root is {_name(root)}, not MPD in {NAMESPACE}")
    return root


def read_elements(body: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> etree._Element:
    """Read a piece of an MPD: elements of one name, one after the other, with comments (5.5.3).

    Args:
        body: The piece.
        name: Of the elements, in the namespace of MPDs; what declares no namespace is in it.
        limits: What the piece may have at most.

    Returns:
        An element that has them as its children, and nothing else.

    Raises:
        MpdSyntaxError: It is not well-formed UTF-8 XML, has a document type, or something else.
        ManifestLimitError: It has more of something than the limits allow.
    """
    _check_size(body, limits)
    body = body.removeprefix(BOM)
    start = _check_prolog(body, name)
    lines = NEWLINE * body.count(NEWLINE, 0, start)  # an error tells the line of the piece
    opening = f'<piece xmlns="{NAMESPACE}">'.encode()
    root = _parsed(opening + lines + body[start:] + b"</piece>", limits)
    if any((text or "").strip() for text in (root.text, *(child.tail for child in root))):
        raise MpdSyntaxError(f"text beside {name}")
    for child in root.iterchildren(etree.Element):
        if child.tag != f"{{{NAMESPACE}}}{name}":
            raise MpdSyntaxError(f"line {child.sourceline}: {_name(child)}, not {name}")
    return root


def _parsed(body: bytes, limits: Limits) -> etree._Element:
    parser = etree.XMLParser(
        encoding="utf-8",  # whatever is declared: the bytes have been looked at as UTF-8
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        collect_ids=False,
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError as error:
        raise MpdSyntaxError(_reason(body, error)) from None
    if etree.XPath(f"boolean({'/*' * (limits.depth + 1)})")(root):
        raise ManifestLimitError(f"elements more than {limits.depth} deep")
    return root


def _name(element: etree._Element) -> str:
    name = etree.QName(element)
    return f"{name.localname[:80]} in namespace {(name.namespace or '')[:80]!r}"


def write_tree(root: etree._Element) -> bytes:
    """Write a tree as UTF-8, with what stands around its root; read again, it is the same tree."""
    tree = root.getroottree()
    written: bytes = etree.tostring(
        tree, encoding="UTF-8", xml_declaration=True, standalone=tree.docinfo.standalone or None
    )
    return written


def _check_size(body: bytes, limits: Limits) -> None:
    if len(body) > limits.bytes:
        raise ManifestLimitError(f"{len(body)} bytes: an MPD may have {limits.bytes}")
    ends = body.count(b"</")
    counts = (
        ("elements", body.count(b"<") - ends, limits.elements),
        ("ends of elements", ends, limits.elements),
        ("attributes", body.count(b"="), limits.all_attributes),
        ("namespace declarations", body.count(b"xmlns"), limits.namespaces),
    )
    for what, count, limit in counts:
        if count > limit:
            raise ManifestLimitError(f"{count} {what}: an MPD may have {limit}")
    # An attribute takes five bytes with its blank: what is shorter cannot have too many.
    for piece in re.finditer(rb"<[^<]{%d,}" % (5 * limits.attributes), body):
        if piece[0].count(b"=") > limits.attributes:
            raise ManifestLimitError(f"an element with more than {limits.attributes} attributes")


def _check_prolog(body: bytes, root: str) -> int:
    """Look at everything before the first element, and at its name; where it starts."""
    if b"\0" in body or body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise MpdSyntaxError("not UTF-8: it seems to be UTF-16 or UTF-32")
    declared = DECLARATION.match(body)
    if declared and declared[1].lower() not in UTF8:
        raise MpdSyntaxError(
            f"declared to be in {declared[1].decode(errors='replace')!r}, not UTF-8"
        )
    prolog = PROLOG.match(body)
    start = prolog.end() if prolog else 0
    rest = body[start : start + 200]
    line = body.count(b"\n", 0, start) + 1
    if not rest:
        raise MpdSyntaxError(f"line {line}: no element")
    if re.match(rb"<!doctype\s+html|<html[\s>]", rest, re.IGNORECASE):
        raise MpdSyntaxError(f"line {line}: an HTML page, not an MPD")
    if rest.startswith(b"<!"):
        raise MpdSyntaxError(f"line {line}: document types and entities are refused")
    name = ROOT.match(rest)
    if name is None:
        found = rest[:40].decode(errors="backslashreplace")
        raise MpdSyntaxError(f"line {line}: neither XML nor UTF-8: {found!r}")
    if name[1] != root.encode():
        raise MpdSyntaxError(
            f"line {line}: the root is {name[1].decode(errors='replace')}, not {root}"
        )
    return start


def _reason(body: bytes, error: etree.XMLSyntaxError) -> str:
    """What is wrong with a document that the parser refused, in words that are not its own.

    The parser's message quotes the document, and a URL in it may be signed (threat 33).
    """
    # Only now: the text of every MPD would cost a third more time than its tree alone.
    try:
        body.decode()
    except UnicodeDecodeError as no_text:
        return f"line {body.count(NEWLINE, 0, no_text.start) + 1}: not UTF-8"
    kind = KINDS.get(error.code, "").replace("ERR_", "").replace("_", " ").lower()
    return f"line {error.lineno or 1}: not well-formed XML ({kind or error.code})"
