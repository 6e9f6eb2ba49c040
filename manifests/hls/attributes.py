"""Attribute lists, as in `#EXT-X-MAP:URI="init.mp4"` (RFC 8216bis, section 4.2)."""

import re
from collections.abc import Iterable

from manifests.errors import ManifestLimitError, PlaylistSyntaxError
from manifests.hls.lexer import DEFAULT_LIMITS

Attributes = tuple[tuple[str, str], ...]  # names and values, in the order written

# Possessive (`++`, `*+`): a mismatch is final, so a line of 16 KiB costs 16 Ki steps (threat 21).
PAIR = re.compile(r'[ \t]*+([^=,"\s]++)[ \t]*+=[ \t]*+("[^"\r\n]*+"|[^",\r\n]*+)[ \t]*+(,|\Z)')
UNQUOTABLE = re.compile(r'["\r\n]')


def read_attributes(text: str, *, line: int, limit: int = DEFAULT_LIMITS.attributes) -> Attributes:
    """Split an attribute list into its pairs, in the order written; values keep their quotes.

    Blanks around names and values and a comma at the end are forgiven.

    Args:
        text: What follows the colon, without the line ending.
        line: 1-based number of the line, for the error.
        limit: Most attributes that are read.

    Raises:
        PlaylistSyntaxError: A pair is malformed, or a name appears twice.
        ManifestLimitError: There are more attributes than the limit.
    """
    pairs: dict[str, str] = {}
    position, end = 0, len(text.rstrip())
    while position < end:
        match = PAIR.match(text, position, end)
        if match is None:
            rest = text[position : position + 40]
            raise PlaylistSyntaxError(f"not an attribute list from {rest!r}", line=line)
        name, value, _ = match.groups()
        if name in pairs:
            raise PlaylistSyntaxError(f"attribute {name} appears twice", line=line)
        if len(pairs) == limit:
            raise ManifestLimitError(f"line {line} has more than {limit} attributes")
        pairs[name] = value.rstrip()
        position = match.end()
    return tuple(pairs.items())


def write_attributes(attributes: Iterable[tuple[str, str]]) -> str:
    """Join pairs to an attribute list; values as they are to stand, with their quotes."""
    return ",".join(f"{name}={value}" for name, value in attributes)


def unquote(value: str) -> str:
    """The text of a quoted string; a value without quotes is its own text."""
    return value[1:-1] if len(value) >= 2 and value[0] == value[-1] == '"' else value


def quote(text: str) -> str:
    """A text as a quoted string.

    Raises:
        ValueError: It has a quote, CR or LF, which no quoted string can hold (threat 12).
    """
    if UNQUOTABLE.search(text):
        raise ValueError(f"cannot stand in a quoted string: {text[:40]!r}")
    return f'"{text}"'
