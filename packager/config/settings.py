"""Settings: dataclass fields that know their key, their help and how they are read.

A dataclass made of such fields is a section of the file. Reading it, the errors about it and its
rows in the README's table all come from the fields.
"""

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import MISSING, dataclass
from difflib import get_close_matches
from typing import Any

from packager.config.document import ConfigError, Entries, Node, Problem, Scalar, Sequence

Read = Callable[[Node], Any]  # from what stands in the file to the value; raises ConfigError
Check = Callable[[Entries], Iterator[Problem]]  # looks at a mapping as a whole


def setting(
    default: Any,
    help: str,
    *,
    read: Read,
    key: str | None = None,
    shown: str = "",
    private: bool = False,
) -> Any:
    """Make a field that the file may leave out.

    Args:
        default: Its value then.
        help: What it is, for the table and the errors.
        read: Turns what stands in the file into the value.
        key: Its name in the file, where that is not the field's.
        shown: The default as it would stand in the file, where `str` does not say it.
        private: It is not printed with the rest.
    """
    metadata = {"help": help, "read": read, "key": key, "shown": shown}
    if isinstance(default, dict):
        # What cannot be hashed is left out, so that the rest still can.
        return dataclasses.field(
            default_factory=default.copy, metadata=metadata, repr=not private, hash=False
        )
    return dataclasses.field(default=default, metadata=metadata, repr=not private)


def required(help: str, *, read: Read, key: str | None = None, private: bool = False) -> Any:
    """Make a field that the file must have; else like `setting`."""
    return setting(MISSING, help, read=read, key=key, private=private)


def section(base: Any, help: str) -> Any:
    """Make a field for a mapping of settings; `base` is the dataclass as it is without it."""
    return setting(base, help, read=Section(base))


def fields_by_key(section: type[Any]) -> dict[str, "dataclasses.Field[Any]"]:
    """Return the settings of a section by their key in the file."""
    settings = (field for field in dataclasses.fields(section) if "read" in field.metadata)
    return {field.metadata["key"] or field.name: field for field in settings}


def is_required(field: "dataclasses.Field[Any]") -> bool:
    """Return whether the file must have the setting."""
    return field.default is MISSING and field.default_factory is MISSING


def suggestion(word: str, known: Iterable[str]) -> str:
    """Say which of the known words may have been meant."""
    known = tuple(known)
    for close in get_close_matches(word.lower(), known, n=1):
        return f"did you mean {close!r}?"
    return f"known here: {', '.join(known) or 'nothing'}"


def entries_of(node: Node) -> Entries:
    """Return `node`, which must be a mapping."""
    if not isinstance(node, Entries):
        raise ConfigError.at(node.place, "must be a mapping, `key: value`")
    return node


@dataclass(frozen=True)
class Section:
    """Reads a mapping into a dataclass.

    `base` is the class, or an instance that gives the values of keys left out. `checks` run even
    where single values are wrong: everything is told at once. Those of `last` look at what
    was read, where nothing is wrong.
    """

    base: Any
    checks: tuple[Check, ...] = ()
    last: tuple[Callable[[Any, Entries], Iterator[Problem]], ...] = ()

    @property
    def type(self) -> type[Any]:
        """The dataclass."""
        return self.base if isinstance(self.base, type) else type(self.base)

    def __call__(self, node: Node) -> Any:
        """Read, or raise ConfigError with all that is wrong in and below the mapping."""
        entries = entries_of(node)
        fields = fields_by_key(self.type)
        problems = [problem for check in self.checks for problem in check(entries)]
        values: dict[str, Any] = {}
        for key, place in entries.keys.items():
            if key in fields:
                with _collecting(problems):
                    read = fields[key].metadata["read"]
                    values[fields[key].name] = read(entries.values[key])
            else:
                problems.append(Problem(place, f"unknown key; {suggestion(key, fields)}"))
        if isinstance(self.base, type):
            for key, field in fields.items():
                if is_required(field) and key not in entries.keys:
                    reason = f"{key!r} is missing, add it: {field.metadata['help']}"
                    problems.append(Problem(entries.place, reason))
        if problems:
            raise ConfigError(problems)
        if isinstance(self.base, type):
            made = self.base(**values)
        else:
            made = dataclasses.replace(self.base, **values)
        if problems := [problem for check in self.last for problem in check(made, entries)]:
            raise ConfigError(problems)
        return made


@dataclass(frozen=True)
class Short:
    """Reads a mapping by its section, or in its place the value of one of its keys alone."""

    section: "Section | OneOf"
    key: str

    def __call__(self, node: Node) -> Any:
        """Read, or raise ConfigError."""
        if not isinstance(node, Entries):
            node = Entries(node.place, {self.key: node.place}, {self.key: node})
        return self.section(node)


@dataclass(frozen=True)
class ListOf:
    """Reads a list into a tuple."""

    item: Read

    def __call__(self, node: Node) -> tuple[Any, ...]:
        """Read, or raise ConfigError with all that is wrong in the list."""
        if not isinstance(node, Sequence):
            raise ConfigError.at(node.place, "must be a list, `[one, two]` or lines with dashes")
        problems: list[Problem] = []
        values = []
        for item in node.items:
            with _collecting(problems):
                values.append(self.item(item))
        if problems:
            raise ConfigError(problems)
        return tuple(values)


@dataclass(frozen=True)
class MapOf:
    """Reads a mapping whose keys are names that the operator chooses.

    `check_name` raises ValueError for what cannot be one. With `named`, the values are dataclasses
    that have their key in `name`.
    """

    item: Read
    check_name: Callable[[str], object]
    named: bool = False

    def __call__(self, node: Node) -> Mapping[str, Any]:
        """Read, or raise ConfigError with all that is wrong in the mapping."""
        entries = entries_of(node)
        problems: list[Problem] = []
        values: dict[str, Any] = {}
        for name, place in entries.keys.items():
            with _collecting(problems):
                value = self.item(entries.values[name])
                values[name] = dataclasses.replace(value, name=name) if self.named else value
            try:
                self.check_name(name)
            except ValueError as error:
                problems.append(Problem(place, str(error)))
        if problems:
            raise ConfigError(problems)
        return values


@dataclass(frozen=True)
class Either:
    """Reads a mapping by one section where a key stands in it, and else by another."""

    key: str
    present: Section
    absent: Section

    def __call__(self, node: Node) -> Any:
        """Read, or raise ConfigError."""
        return (self.present if self.key in entries_of(node).keys else self.absent)(node)


@dataclass(frozen=True)
class ByWord:
    """Reads a mapping by the section that the word of one of its keys names.

    Every section has that key; the first one says what is wrong with a word that names none.
    """

    key: str
    sections: Mapping[str, Section]

    def __call__(self, node: Node) -> Any:
        """Read, or raise ConfigError."""
        word = entries_of(node).values.get(self.key)
        first = next(iter(self.sections.values()))
        named = self.sections.get(word.text, first) if isinstance(word, Scalar) else first
        return named(node)


@dataclass(frozen=True)
class OneOf:
    """Reads a mapping by the one section whose key stands in it, or a plain word."""

    sections: Mapping[str, Section | ByWord]
    words: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def __call__(self, node: Node) -> Any:
        """Read, or raise ConfigError."""
        if isinstance(node, Scalar) and node.text in self.words:
            return self.words[node.text]
        found = [key for key in self.sections if isinstance(node, Entries) and key in node.keys]
        if len(found) != 1:
            choices = [*(f"`{key}: ...`" for key in self.sections), *(f"`{w}`" for w in self.words)]
            raise ConfigError.at(node.place, f"must be exactly one of {', '.join(choices)}")
        return self.sections[found[0]](node)


@contextmanager
def _collecting(problems: list[Problem]) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        problems.extend(error.problems)
