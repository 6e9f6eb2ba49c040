"""A YAML 1.2 document as plain values that know their place in the file.

The rest of the package reads these values and never the YAML library's. What YAML offers beyond
text, numbers, lists and mappings (tags, merge keys, aliases without end) is refused here.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.nodes import Node as YamlNode
from ruamel.yaml.reader import ReaderError

MAX_BYTES = 1 << 20
MAX_VALUES = 50_000  # after aliases are followed
MAX_DEPTH = 24

# What is written otherwise (0x1F, .inf, a thousand digits) stays text, and is then no number.
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER = re.compile(r"[-+]?([0-9]{1,18}\.[0-9]{0,18}|\.?[0-9]{1,18})([eE][-+]?[0-9]{1,2})?")
_YAML = "tag:yaml.org,2002:"
_NUMBERS = {_YAML + "int", _YAML + "float"}
_TAGS = _NUMBERS | {_YAML + name for name in ("str", "timestamp", "bool", "null", "map", "seq")}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands."""

    file: str
    line: int = 0  # 1-based; 0: the file itself
    path: str = ""  # the keys above, "shows.news.breaks[0]"; empty at the top

    def __str__(self) -> str:
        """Write ``weft.yaml:12``."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with a configuration, and what to do about it."""

    place: Place
    reason: str

    def __str__(self) -> str:
        """Write ``weft.yaml:12: shows.news: reason``."""
        where = f"{self.place}: {self.place.path}" if self.place.path else str(self.place)
        return f"{where}: {self.reason}"


class ConfigError(Exception):
    """A configuration cannot be used; `problems` are all that was found, in the file's order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.place.line))
        super().__init__("\n".join(map(str, self.problems)))

    @classmethod
    def at(cls, place: Place, reason: str) -> "ConfigError":
        """Return the error of a single problem."""
        return cls([Problem(place, reason)])


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value; `text` is what the file says, without quotes."""

    place: Place
    value: str | bool | int | Decimal | None
    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    place: Place
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; `keys` has the place of each key, in the order written."""

    place: Place
    keys: Mapping[str, Place]
    values: "Mapping[str, Node]"


Node = Scalar | Sequence | Entries


def read_document(text: str, *, file: str) -> Node:
    """Read the one document of a YAML file.

    Args:
        text: The whole file.
        file: Its name, for the errors.

    Raises:
        ConfigError: It is not YAML, too large, or uses what a configuration has no need of.
    """
    if len(text) > MAX_BYTES:
        raise ConfigError.at(Place(file), f"has more than {MAX_BYTES >> 20} MiB; shorten it")
    yaml = YAML(typ="safe", pure=True)
    yaml.composer.warn_double_anchors = False
    try:
        root = yaml.compose(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = ", ".join(filter(None, (error.context, error.problem)))
        raise ConfigError.at(Place(file, mark.line + 1), f"not YAML: {reason}") from error
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reason = f"the character U+{error.character:04X} is not allowed; remove it"
        raise ConfigError.at(Place(file, line), reason) from error
    except (YAMLError, RecursionError, ValueError) as error:
        raise ConfigError.at(Place(file), "cannot be read as YAML; is it nested deeply?") from error
    if root is None:
        raise ConfigError.at(Place(file), "is empty; a show is the least that it needs")
    problems: list[Problem] = []
    node = _Converter(file, problems).convert(root, Place(file, root.start_mark.line + 1), depth=0)
    if problems:
        raise ConfigError(problems)
    return node


def each(node: Node | None) -> Iterator[Node]:
    """Give the items of a list or the values of a mapping; nothing for anything else."""
    if isinstance(node, Sequence):
        yield from node.items
    elif isinstance(node, Entries):
        yield from node.values.values()


def below(node: Node | None, *keys: str) -> Node | None:
    """Give what stands in nested mappings under `keys`, or None where there is no such thing."""
    for key in keys:
        node = node.values.get(key) if isinstance(node, Entries) else None
    return node


class _Converter:
    """Turns the library's nodes into ours, counting, and goes on after a problem."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self._file = file
        self._problems = problems
        self._left = MAX_VALUES

    def convert(self, node: YamlNode, place: Place, *, depth: int) -> Node:
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            # An alias inside its own anchor ends here too.
            top = Place(self._file, place.line)
            raise ConfigError.at(top, "nested too deeply, or too large once aliases are followed")
        if node.tag not in _TAGS:
            self._problems.append(Problem(place, f"the tag {node.tag} is not supported; remove it"))
        if isinstance(node, MappingNode):
            return self._entries(node, place, depth)
        if isinstance(node, SequenceNode):
            items = (
                self.convert(item, self._place(item, f"{place.path}[{index}]"), depth=depth + 1)
                for index, item in enumerate(node.value)
            )
            return Sequence(place, tuple(items))
        return _scalar(node.tag, node.value, place)

    def _place(self, node: YamlNode, path: str) -> Place:
        return Place(self._file, node.start_mark.line + 1, path)

    def _entries(self, node: MappingNode, place: Place, depth: int) -> Entries:
        keys: dict[str, Place] = {}
        values: dict[str, Node] = {}
        for key_node, value_node in node.value:
            plain = isinstance(key_node, ScalarNode) and key_node.tag in _TAGS
            path = f"{place.path}.{key_node.value}".lstrip(".") if plain else place.path
            key_place = self._place(key_node, path)
            if not plain:
                reason = "a key must be plain text, and << is not supported; write the keys out"
                self._problems.append(Problem(key_place, reason))
            elif key_node.value in keys:
                reason = f"stands here again, first on line {keys[key_node.value].line}; remove one"
                self._problems.append(Problem(key_place, reason))
            else:
                # What is left empty has no place of its own.
                empty = value_node.value == ""
                value_place = key_place if empty else self._place(value_node, path)
                keys[key_node.value] = key_place
                values[key_node.value] = self.convert(value_node, value_place, depth=depth + 1)
        return Entries(place, keys, values)


def _scalar(tag: str | None, text: str, place: Place) -> Scalar:
    value: str | bool | int | Decimal | None = text
    if tag == _YAML + "null":
        value = None
    elif tag == _YAML + "bool" and text.lower() in ("true", "false"):
        value = text.lower() == "true"
    elif tag in _NUMBERS and _INTEGER.fullmatch(text):
        value = int(text)
    elif tag in _NUMBERS and _NUMBER.fullmatch(text):
        value = Decimal(text)
    return Scalar(place, value, text)
