"""MPD patch documents: operations on an MPD, written as players read them (B-48; RFC 5261).

Elements of the MPD stand in the patch's own namespace, as in the examples of ISO/IEC 23009-1 and
in every deployed server; there is no white space, because players take it for content.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from lxml import etree

from manifests.dash.model import NAMESPACE
from manifests.errors import ManifestError

PATCH_NAMESPACE = "urn:mpeg:dash:schema:mpd-patch:2020"
# dash.js splits a selector at every "/" and refuses a second "["; Shaka knows no other quotes, and
# unescapes once more.
_UNSELECTABLE = re.compile(r"""[/\[\]'"&<>]""")


class Unpatchable(ManifestError):
    """A change that players do not carry out when a patch asks for it; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation of a patch (RFC 5261, section 4)."""

    kind: Literal["add", "remove", "replace"]
    selector: str
    value: str | None = None  # of an attribute
    elements: tuple[etree._Element, ...] = ()  # copied when they are written
    position: Literal["prepend", "after"] | None = None  # None: as the last children


def selected(name: str, element_id: str | None) -> str:
    """One step of a selector: a child by its name and @id.

    Raises:
        Unpatchable: It has no @id, or none that a selector can hold for all players.
    """
    if not element_id or _UNSELECTABLE.search(element_id):
        raise Unpatchable(f"{name} cannot be selected by its id, {element_id!r}")
    return f"/{name}[@id='{element_id}']"


def write_patch(
    operations: Iterable[Operation],
    *,
    mpd_id: str,
    original_publish_time: str,
    publish_time: str,
) -> bytes:
    """Write a patch document.

    Args:
        operations: In the order in which they are carried out; at least one.
        mpd_id: MPD@id.
        original_publish_time: MPD@publishTime before, as written there.
        publish_time: And after.

    Raises:
        Unpatchable: An element is in no namespace.
    """
    root = etree.Element(
        f"{{{PATCH_NAMESPACE}}}Patch",
        {
            "mpdId": mpd_id,
            "originalPublishTime": original_publish_time,
            "publishTime": publish_time,
        },
        nsmap={None: PATCH_NAMESPACE},
    )
    for one in operations:
        attributes = {"sel": one.selector}
        if one.position is not None:
            attributes["pos"] = one.position
        operation = etree.SubElement(root, f"{{{PATCH_NAMESPACE}}}{one.kind}", attributes)
        operation.text = one.value
        for element in one.elements:
            _graft(operation, element)
    etree.cleanup_namespaces(root)  # what the MPD declares for others than its copied elements
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written


def _graft(parent: etree._Element, element: etree._Element) -> None:
    """Copy an element of an MPD into a patch, without comments and the white space around tags."""
    name = etree.QName(element)
    if name.namespace is None:
        raise Unpatchable(f"{name.localname} is in no namespace, as nothing in a patch can be")
    declared = {prefix: uri for prefix, uri in element.nsmap.items() if prefix is not None}
    if name.namespace == NAMESPACE:
        tag = f"{{{PATCH_NAMESPACE}}}{name.localname}"
    else:
        tag = element.tag
        if element.prefix is None:
            declared[None] = name.namespace
    outside = parent.nsmap
    fresh = {prefix: uri for prefix, uri in declared.items() if outside.get(prefix) != uri}
    copied = etree.SubElement(parent, tag, dict(element.attrib), nsmap=fresh)
    copied.text = _content(element.text)
    for child in element:
        if isinstance(child.tag, str):
            _graft(copied, child)
            copied[-1].tail = _content(child.tail)
        elif tail := _content(child.tail):  # text goes on behind a comment
            if len(copied):
                copied[-1].tail = (copied[-1].tail or "") + tail
            else:
                copied.text = (copied.text or "") + tail


def _content(text: str | None) -> str | None:
    return text if text and not text.isspace() else None
