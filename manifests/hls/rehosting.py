"""Tag lines that go into a playlist with another URL: no variables, no relative URIs left.

Rules A-36 and A-47. Of playlist lines that are not understood otherwise, DATERANGE, SESSION-DATA
and SESSION-KEY among them.
"""

from manifests.errors import PlaylistSyntaxError
from manifests.hls.attributes import quote, read_attributes, unquote, write_attributes
from manifests.hls.lexer import BLANKS, tag_name
from manifests.hls.tags import PASSED_ATTRIBUTE_TAGS
from manifests.hls.uris import Resolver
from manifests.hls.variables import Variables

URI_ATTRIBUTES = frozenset({"URI", "SERVER-URI", "X-ASSET-URI", "X-ASSET-LIST", "X-URI"})


def rehost_line(line: str, *, variables: Variables, resolver: Resolver, number: int) -> str:
    """Resolve the variables of a tag line and make the URIs in its attributes absolute.

    Tags that we do not know are left alone, but for a URI in what reads as an attribute list:
    where the playlist moves, it would lead nowhere. Comments and lines without either are given
    back as they are.

    Args:
        line: Raw line, not that of a URI.
        variables: Those of the playlist, all defined.
        resolver: For the URL of the playlist.
        number: 1-based, for the error.

    Raises:
        PlaylistSyntaxError: A tag that we know has an unknown variable or an impossible URI.
    """
    line = line.strip(BLANKS)
    name = tag_name(line)
    value = line.partition(":")[2]
    if name is None or ("{$" not in value and "UR" not in value and "X-ASSET-LIST" not in value):
        return line
    known = name in PASSED_ATTRIBUTE_TAGS
    try:
        attributes = (
            variables.read_attributes(value, line=number)
            if known
            else read_attributes(value, line=number)
        )
        rehosted = tuple(
            (n, quote(resolver.resolve(unquote(v), line=number)) if n in URI_ATTRIBUTES else v)
            for n, v in attributes
        )
    except PlaylistSyntaxError:
        if known:
            raise
        return line
    if rehosted == attributes and "{$" not in value:
        return line
    return f"#{name}:{write_attributes(rehosted)}"
