"""The schema of MPDs (ISO/IEC 23009-1, 5th edition), where it lies beside the checkout."""

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

FOLDER = Path(__file__).parents[1] / ".." / "shared/reference/schemas/dash/5th-ed-amd1"

needs_schema = pytest.mark.skipif(
    not FOLDER.is_dir(), reason="the schemas are not beside the checkout"
)


class _Local(etree.Resolver):
    """What a schema imports from the web is there too, by the same file name."""

    def resolve(self, url: str, public_id: str, context: object) -> Any:
        return self.resolve_filename(str(FOLDER / url.rpartition("/")[2]), context)


def _read() -> etree.XMLSchema | None:
    if not FOLDER.is_dir():
        return None
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(FOLDER / "DASH-MPD.xsd", parser))


# Read before any test runs: what a schema imports may not be found while other threads parse.
MPD_SCHEMA = _read()


def complaint(mpd: str | bytes) -> str:
    """The first thing that is wrong with an MPD; empty if nothing is, or nobody can tell."""
    if MPD_SCHEMA is None:
        return ""
    try:
        tree = etree.fromstring(mpd.encode() if isinstance(mpd, str) else mpd)
    except etree.XMLSyntaxError as error:
        return str(error)
    if MPD_SCHEMA.validate(tree):
        return ""
    first = MPD_SCHEMA.error_log[0]
    return f"line {first.line}: {first.message[:300]}"


def assert_valid(mpd: str | bytes) -> None:
    """Fail, saying where, unless a text is a valid MPD; the schema must be there."""
    assert MPD_SCHEMA is not None
    assert not (wrong := complaint(mpd)), wrong
