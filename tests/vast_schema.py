"""Whether documents are valid VAST, judged by the IAB's schemas that are beside the checkout."""

import re
from functools import cache
from pathlib import Path

import pytest
from lxml import etree

FOLDER = Path(__file__).parents[1] / ".." / "shared" / "reference" / "schemas" / "vast"
FILES = {
    "2.0": "vast_2.0.1.xsd",
    "3.0": "vast3_draft.xsd",
    "4.0": "vast4.xsd",
    "4.1": "vast_4.1.xsd",
    "4.2": "vast_4.2.xsd",
    "4.3": "vast_4.2.xsd",  # there is none of 4.3; this is the nearest
}

_MACRO = re.compile(rb"\[[A-Z]+\]")

needs_schemas = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the shared schemas are not beside the checkout"
)


@cache
def _schema(version: str) -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(FOLDER / FILES[version]))


def complaint(document: bytes, version: str) -> str:
    """The first thing that is wrong with a document; empty if nothing is."""
    schema = _schema(version)
    document = _MACRO.sub(b"-1", document)  # libxml2 takes no URI with brackets
    try:
        tree = etree.fromstring(document, etree.XMLParser(huge_tree=True))
    except etree.XMLSyntaxError as error:
        return str(error)
    if schema.validate(tree):
        return ""
    first = schema.error_log[0]
    return f"line {first.line}: {first.message[:300]}"
