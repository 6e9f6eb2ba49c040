"""Values with data in them: `{home.name}`, `{gap:+.1f}`, as elements of a drawing have them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_FIELD = re.compile(r"\{([A-Za-z_]\w*(?:\.\w+)*)(?::([+]?,?(?:\.\d)?[fd]|upper|0\d))?\}")

Scope = Mapping[str, Any]
"""Names to values: the data of the template, inside rows also `row` and `place`."""


@dataclass(frozen=True, slots=True)
class Field:
    """A place for data: its path, and how a number is written."""

    path: tuple[str, ...]
    style: str

    def value(self, scope: Scope) -> Any:
        """What stands there; None where nothing does."""
        value: Any = scope
        for name in self.path:
            if isinstance(value, Mapping):
                value = value.get(name)
            elif isinstance(value, list | tuple) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                return None
        return value


@dataclass(frozen=True, slots=True)
class Expression:
    """A text with places for data."""

    parts: tuple[str | Field, ...]

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """Paths of all the data in it."""
        return tuple(part.path for part in self.parts if isinstance(part, Field))

    def text(self, scope: Scope) -> str:
        """The text with its data; nothing where data is absent."""
        return "".join(
            part if isinstance(part, str) else _written(part.value(scope), part.style)
            for part in self.parts
        )

    def value(self, scope: Scope) -> Any:
        """The data itself where the expression is one place and nothing else; else the text."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Field):
            return self.parts[0].value(scope)
        return self.text(scope)


def read_expression(text: str) -> Expression:
    """Read a text with places for data; `{{` and `}}` are braces.

    Raises:
        ValueError: A brace opens no place that can be read.
    """
    parts: list[str | Field] = []
    place = 0
    plain = ""
    while place < len(text):
        if text.startswith(("{{", "}}"), place):
            plain, place = plain + text[place], place + 2
            continue
        if text[place] in "{}":
            found = _FIELD.match(text, place)
            if found is None:
                raise ValueError(
                    f"{text!r}: write {{name}}, {{row.name}} or {{gap:.1f}}, and {{{{ for a brace"
                )
            if plain:
                parts.append(plain)
            parts.append(Field(tuple(found[1].split(".")), found[2] or ""))
            plain, place = "", found.end()
            continue
        plain, place = plain + text[place], place + 1
    if plain:
        parts.append(plain)
    return Expression(tuple(parts))


def _written(value: Any, style: str) -> str:
    if value is None or isinstance(value, Mapping | list | tuple):
        return ""
    if isinstance(value, str):
        return value.upper() if style == "upper" else value
    if isinstance(value, bool):
        return str(value).lower()
    if style.endswith("d") or (style and style[0] == "0"):
        return format(round(value), style if style.endswith("d") else f"{style}d")
    if style.endswith("f"):
        return format(value, style)
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
