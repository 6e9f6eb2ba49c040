"""The schema of MPDs (ISO/IEC 23009-1, 5th edition), where it lies beside the checkout."""

from functools import cache
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


@cache
def mpd_schema() -> etree.XMLSchema:
    """Read the schema."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Local())
    return etree.XMLSchema(etree.parse(FOLDER / "DASH-MPD.xsd", parser))


def assert_valid(mpd: str | bytes) -> None:
    """Fail, saying where, unless a text is a valid MPD."""
    mpd_schema().assertValid(etree.fromstring(mpd.encode() if isinstance(mpd, str) else mpd))
