"""Variables, as in `{$host}/a.ts` (RFC 8216bis, sections 4.3 and 4.4.2.3; rule A-36)."""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit

from manifests.errors import ManifestLimitError, PlaylistSyntaxError
from manifests.hls.attributes import Attributes, read_attributes, unquote
from manifests.hls.lexer import DEFAULT_LIMITS, Limits

REFERENCE = re.compile(r"\{\$([A-Za-z0-9_-]++)\}")
NAME = re.compile(r"[A-Za-z0-9_-]+")
BREAKS_OUT = re.compile(r"[,\s]")  # would end a value without quotes
UNSAFE = re.compile(r'["\x00-\x1f\x7f-\x9f]')  # would end the string or line that it is put into


class Variables:
    """The variables that are defined so far, while a playlist is read from top to bottom."""

    def __init__(
        self,
        defined: Iterable[tuple[str, str]] = (),
        *,
        query: Mapping[str, str] | None = None,
        imports: Mapping[str, str] | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        """Start with some variables, often none.

        Args:
            defined: Names and values.
            query: Parameters of the playlist's URL, for QUERYPARAM.
            imports: Variables of the multivariant playlist, for IMPORT; None: this is one itself.
            limits: Bounds what references may grow to.
        """
        self._values = dict(defined)
        self._query = query or {}
        self._imports = imports
        self._limits = limits
        self._left = limits.size_bytes  # what references may still add, in the whole playlist

    @property
    def pairs(self) -> Attributes:
        """Names and values, in the order defined."""
        return tuple(self._values.items())

    def define(self, text: str, *, line: int) -> None:
        """Take the attribute list of one EXT-X-DEFINE.

        Raises:
            PlaylistSyntaxError: It defines nothing, or something that already is, or nowhere is.
        """
        attributes = dict(read_attributes(text, line=line, limit=self._limits.attributes))
        kinds = [kind for kind in ("NAME", "IMPORT", "QUERYPARAM") if kind in attributes]
        if len(kinds) != 1:
            raise PlaylistSyntaxError("DEFINE needs NAME, IMPORT or QUERYPARAM", line=line)
        kind = kinds[0]
        name = unquote(attributes[kind])
        if not NAME.fullmatch(name):
            raise PlaylistSyntaxError(f"not a name of a variable: {name[:40]!r}", line=line)
        if name in self._values:
            raise PlaylistSyntaxError(f"variable {name} is defined twice", line=line)
        if kind == "NAME":
            if "VALUE" not in attributes:
                raise PlaylistSyntaxError(f"variable {name} has no value", line=line)
            value: str | None = self.resolve(unquote(attributes["VALUE"]), line=line)
        elif kind == "QUERYPARAM":
            value = self._query.get(name)
        elif self._imports is None:
            raise PlaylistSyntaxError("IMPORT in a multivariant playlist", line=line)
        else:
            value = self._imports.get(name)
        if value is None:
            raise PlaylistSyntaxError(f"variable {name} is not there to be taken", line=line)
        if UNSAFE.search(value):
            raise PlaylistSyntaxError(f"variable {name} has a quote or control", line=line)
        self._values[name] = value

    def resolve(self, text: str, *, line: int) -> str:
        """Put values where a URI or an attribute's value refers to variables.

        Raises:
            PlaylistSyntaxError: A variable is not defined on an earlier line.
            ManifestLimitError: The text becomes too long, or all texts together do.
        """
        if "{$" not in text:
            return text

        def value_of(match: re.Match[str]) -> str:
            try:
                value = self._values[match[1]]
            except KeyError:
                raise PlaylistSyntaxError(f"unknown variable {match[1]}", line=line) from None
            self._left -= len(value)
            if self._left < 0:
                raise ManifestLimitError(f"line {line}: variables make the playlist too large")
            return value

        resolved = REFERENCE.sub(value_of, text)
        if len(resolved) > self._limits.line_length:
            raise ManifestLimitError(f"line {line}: variables make it too long")
        return resolved

    def read_attributes(self, text: str, *, line: int) -> Attributes:
        """Read an attribute list with its variables resolved.

        Raises:
            PlaylistSyntaxError: It is malformed, or a variable's value would make it so.
            ManifestLimitError: There are too many attributes, or they become too long.
        """
        attributes = read_attributes(text, line=line, limit=self._limits.attributes)
        if "{$" not in text:
            return attributes
        resolved = tuple((name, self.resolve(value, line=line)) for name, value in attributes)
        for name, value in resolved:
            if value[:1] != '"' and BREAKS_OUT.search(value):
                raise PlaylistSyntaxError(f"attribute {name} must be quoted", line=line)
        return resolved


def query_of(url: str) -> dict[str, str]:
    """The parameters of a URL, decoded; of one that is there twice the first."""
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True)
    except ValueError:
        return {}
    return dict(reversed(pairs))
