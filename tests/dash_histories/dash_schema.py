"""The MPD schema of the 5th edition with its amendment, where it lies beside the checkout."""

from functools import cache
from pathlib import Path

from lxml import etree

FOLDER = Path(__file__).parents[2] / ".." / "shared/reference/schemas/dash/5th-ed-amd1"


class _Beside(etree.Resolver):  # type: ignore[misc]
    """Finds what a schema imports in its own folder, by file name."""

    def resolve(self, url: str, _id: str, context: object) -> object:
        near = FOLDER / url.rpartition("/")[2]
        return self.resolve_filename(str(near), context) if near.exists() else None


@cache
def _schema() -> etree.XMLSchema | None:
    path = FOLDER / "DASH-MPD.xsd"
    if not path.exists():
        return None
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Beside())
    return etree.XMLSchema(etree.parse(str(path), parser))


def has_schema() -> bool:
    """Whether anything can be checked."""
    return _schema() is not None


def complaint(body: bytes) -> str:
    """The first thing that is wrong with a document; empty if nothing is, or nobody can tell."""
    schema = _schema()
    if schema is None:
        return ""
    try:
        tree = etree.fromstring(body)
    except etree.XMLSyntaxError as error:
        return str(error)
    if schema.validate(tree):
        return ""
    first = schema.error_log[0]
    return f"line {first.line}: {first.message[:300]}"
