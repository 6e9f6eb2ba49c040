"""The table of all settings, for the README, from the settings themselves."""

import dataclasses
from collections.abc import Iterator
from dataclasses import MISSING
from typing import Any

from packager.config.settings import (
    ByWord,
    Either,
    ListOf,
    MapOf,
    OneOf,
    Read,
    Section,
    Short,
    fields_by_key,
    is_required,
)
from packager.config.values import CONFIG


def settings_table() -> str:
    """Return every setting with its default and meaning as a Markdown table."""
    rows = [f"| `{path}` | {default} | {help} |" for path, default, help in _rows("", CONFIG)]
    unique = dict.fromkeys(rows)  # the kinds of breaks have settings in common
    return "\n".join(["| Setting | Default | Meaning |", "|---|---|---|", *unique])


def _rows(path: str, section: Section) -> Iterator[tuple[str, str, str]]:
    for key, field in fields_by_key(section.type).items():
        below = f"{path}.{key}".lstrip(".")
        read = field.metadata["read"]
        is_group = isinstance(read, Section) and not isinstance(read.base, type)
        if not is_group:
            yield below, _default(section, field), field.metadata["help"]
        for inner_path, inner in _sections(below, read):
            yield from _rows(inner_path, inner)


def _sections(path: str, read: Read) -> Iterator[tuple[str, Section]]:
    """Give the sections that `read` leads to, with their path in the file."""
    match read:
        case Section():
            yield path, read
        case Short(section=section):
            yield from _sections(path, section)
        case ListOf(item=item):
            yield from _sections(f"{path}[]", item)
        case MapOf(item=item):
            yield from _sections(f"{path}.NAME", item)
        case OneOf(sections=sections) | ByWord(sections=sections):
            for inner in sections.values():
                yield from _sections(path, inner)
        case Either(present=present, absent=absent):
            yield path, absent
            yield path, present
        case _:  # a single value
            return


def _default(section: Section, field: "dataclasses.Field[Any]") -> str:
    if field.metadata["shown"]:
        return f"`{field.metadata['shown']}`"
    if is_required(field):
        return "required"
    if isinstance(section.base, type):
        value = field.default if field.default is not MISSING else {}
    else:
        value = getattr(section.base, field.name)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple) and value:
        return f"`[{', '.join(map(str, value))}]`"
    return "" if value in (None, (), {}) else f"`{value}`"
