"""Where a picture is: a URL of the configuration, with facts in its path or query.

``https://img.example/{friend}.png``: what a viewer says never names a host, a port or a folder
(failures.md, threats 1 to 4 and 6).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from packager.decisions.macros import encode_component
from packager.facts.values import write_value
from packager.rules import Value

MAX_CHARACTERS = 2048
_START = re.compile(r"https?://(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?/", re.ASCII)
_FIELD = re.compile(r"\{([^{}]*)\}")
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
# What servers may read as a border of folders, also where it is encoded once or twice (threat 6).
_NOT_IN_PATHS = re.compile(r"[/\\%;?#]|^\.*$")


@dataclass(frozen=True, slots=True)
class PictureUrl:
    """A URL with places for facts; made by `read_picture_url`."""

    literals: tuple[str, ...] = field(repr=False)  # one more than fields; may have keys of servers
    fields: tuple[str, ...]

    def url(self, facts: Callable[[str], Value | None]) -> str | None:
        """The URL for some facts.

        Returns:
            None where a fact has no value, so that no picture is meant. Empty where a value cannot
            stand in a path: no server is to be asked for that.
        """
        return next(self._urls(facts))

    def _urls(self, facts: Callable[[str], Value | None]) -> Iterator[str | None]:
        text = self.literals[0]
        for name, literal in zip(self.fields, self.literals[1:], strict=True):
            value = facts(name)
            if value is None or value == "":
                yield None
                return
            written = write_value(value)
            if not written.isprintable() or ("?" not in text and _NOT_IN_PATHS.search(written)):
                yield ""
                return
            text += encode_component(written) + literal
        yield text if len(text) <= MAX_CHARACTERS else ""


def read_picture_url(text: str) -> PictureUrl:
    """Read a URL with facts.

    Raises:
        ValueError: It is no absolute http(s) URL with a fixed host, or has what is no field.
    """
    if _START.match(text) is None:
        raise ValueError("a picture's URL begins with http(s)://, a fixed host and /")
    if not text.isascii() or not text.isprintable() or set(' #\\"<>') & set(text):
        raise ValueError("a URL has no spaces, fragments or unencoded characters")
    if len(text) > MAX_CHARACTERS:
        raise ValueError(f"has more than {MAX_CHARACTERS} characters")
    pieces = _FIELD.split(text)
    literals, fields = tuple(pieces[::2]), tuple(pieces[1::2])
    if any("{" in literal or "}" in literal for literal in literals):
        raise ValueError("a brace is not closed, or one is inside another")
    for name in fields:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{{{name}}} is no name of a fact")
    return PictureUrl(literals, fields)
