"""Carrying out MPD patches by the letter of RFC 5261, apart from the code that writes them."""

import re
from pathlib import Path

from lxml import etree

MPD = "urn:mpeg:dash:schema:mpd:2011"
PATCH = "urn:mpeg:dash:schema:mpd-patch:2020"
SHARED = Path(__file__).parents[3] / ".." / "shared" / "reference"

# The types that RFC 5261 gives the operations, as far as patches of MPDs have them.
OPERATIONS = """
<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:simpleType name="path"><xs:restriction base="xs:string">
    <xs:pattern value="(/[A-Za-z:]+(\\[[0-9]+\\]|\\[@id='[^']+'\\])?)+(/@[A-Za-z:]+)?"/>
  </xs:restriction></xs:simpleType>
  <xs:complexType name="add" mixed="true">
    <xs:sequence><xs:any processContents="lax" minOccurs="0" maxOccurs="unbounded"/></xs:sequence>
    <xs:attribute name="sel" type="path" use="required"/>
    <xs:attribute name="pos"><xs:simpleType><xs:restriction base="xs:string">
      <xs:enumeration value="before"/>
      <xs:enumeration value="after"/>
      <xs:enumeration value="prepend"/>
    </xs:restriction></xs:simpleType></xs:attribute>
    <xs:attribute name="type" type="xs:string"/>
  </xs:complexType>
  <xs:complexType name="replace" mixed="true">
    <xs:sequence><xs:any processContents="lax" minOccurs="0" maxOccurs="1"/></xs:sequence>
    <xs:attribute name="sel" type="path" use="required"/>
  </xs:complexType>
  <xs:complexType name="remove">
    <xs:attribute name="sel" type="path" use="required"/>
    <xs:attribute name="ws" type="xs:string"/>
  </xs:complexType>
</xs:schema>
"""


class _Operations(etree.Resolver):
    """Stands in for IANA's copy of the schema in RFC 5261: tests have no network."""

    def resolve(self, url: str, public_id: str, context: object) -> object:
        return self.resolve_string(OPERATIONS, context) if "patch-ops" in url else None


def patch_schema() -> etree.XMLSchema:
    parser = etree.XMLParser()
    parser.resolvers.add(_Operations())
    file = SHARED / "schemas" / "dash" / "DASH-MPD-PATCH.xsd"
    return etree.XMLSchema(etree.parse(str(file), parser))


def applied(patch: bytes, mpd: bytes) -> etree._Element:
    """The MPD after a patch; an AssertionError where an operation does not fit."""
    root = _read(mpd)
    document = etree.fromstring(patch)
    assert document.tag == f"{{{PATCH}}}Patch"
    assert document.get("mpdId") == root.get("id")
    assert document.get("originalPublishTime") == root.get("publishTime")
    for operation in document:
        _carry_out(operation, root)
    assert document.get("publishTime") == root.get("publishTime")
    return root


def is_same(tree: etree._Element, mpd: bytes) -> bool:
    """Whether a tree is that of an MPD; comments and white space between tags do not count."""
    return _canonical(tree) == _canonical(_read(mpd))


def _carry_out(operation: etree._Element, root: etree._Element) -> None:
    match = re.fullmatch(r"(.+?)(?:/@([A-Za-z]+))?", operation.get("sel"))
    assert match is not None
    path, attribute = match.groups()
    found = root.xpath(re.sub(r"/([A-Z])", r"/m:\1", path), namespaces={"m": MPD})
    assert len(found) == 1, f"{path} selects {len(found)} elements"
    target = found[0]
    kind = etree.QName(operation).localname
    if attribute is not None:
        assert kind == "replace"
        assert attribute in target.attrib
        target.set(attribute, operation.text)
        return
    elements = [_of_an_mpd(one) for one in operation]
    place = target.getparent()
    position = operation.get("pos")
    if kind == "remove":
        place.remove(target)
    elif kind == "replace":
        assert len(elements) == 1
        place.replace(target, elements[0])
    elif position == "after":
        for number, one in enumerate(elements, start=place.index(target) + 1):
            place.insert(number, one)
    else:
        begin = 0 if position == "prepend" else len(target)
        target[begin:begin] = elements


def _of_an_mpd(element: etree._Element) -> etree._Element:
    """An element of a patch as it is in the MPD: names of the patch's namespace are the MPD's."""
    copied = etree.Element(element.tag.replace(PATCH, MPD), dict(element.attrib))
    copied.text, copied.tail = element.text, element.tail
    copied.extend([_of_an_mpd(child) for child in element])
    return copied


def _read(mpd: bytes) -> etree._Element:
    return etree.fromstring(mpd, etree.XMLParser(remove_comments=True, remove_pis=True))


def _canonical(root: etree._Element) -> list[object]:
    def written(element: etree._Element) -> list[object]:
        text, tail = ((one or "").strip() for one in (element.text, element.tail))
        return [element.tag, dict(element.attrib), text, tail, [written(one) for one in element]]

    return written(root)
