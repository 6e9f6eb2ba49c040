"""Elements by local names, and their attributes as the values that messages are made of.

Every edition of SCTE 35 has its own namespace and vendors have more, some of them on attributes
too, so local names alone count: the scheme of the event stream has said what they mean (B-51).
"""

import re
from collections.abc import Iterator

from lxml import etree

from manifests.errors import CueError

_DIGITS = re.compile(r"\+?[0-9]{1,20}")
_FLAGS = {"true": True, "1": True, "false": False, "0": False}


class Node:
    """One element; not modified."""

    __slots__ = ("_attributes", "element", "name")

    def __init__(self, element: etree._Element) -> None:
        tag = element.tag  # of comments and the like it is a function
        self.name: str = _local(tag) if isinstance(tag, str) else ""
        self.element = element
        self._attributes: dict[str, str] = {
            _local(name): value for name, value in element.attrib.items()
        }

    @property
    def text(self) -> str:
        """Its own text, around comments, without white space at both ends."""
        parts: list[str] = [self.element.text or ""]
        parts += (child.tail or "" for child in self.element)
        return "".join(parts).strip()

    def children(self, *names: str) -> "Iterator[Node]":
        """The elements in it that have one of these names; without names, all."""
        nodes = (Node(child) for child in self.element if isinstance(child.tag, str))
        return (node for node in nodes if not names or node.name in names)

    def child(self, name: str) -> "Node | None":
        """The first element in it that has this name."""
        return next(self.children(name), None)

    def has(self, *names: str) -> bool:
        """Whether all of these attributes are there."""
        return all(name in self._attributes for name in names)

    def word(self, name: str) -> str:
        """An attribute as it is written; empty where it is not there."""
        return self._attributes.get(name, "").strip()

    def number(self, name: str, bits: int, *, default: int | None = None) -> int:
        """An attribute as an unsigned integer.

        Args:
            name: Of the attribute.
            bits: How many its field has in a section.
            default: What it is where it is not there; None: it must be there.

        Raises:
            CueError: It is no such number, or missing.
        """
        text = self._written(name, has_default=default is not None)
        if text is None:
            return default or 0
        if not _DIGITS.fullmatch(text) or (value := int(text)) >> bits:
            raise CueError(f"{name} is {text[:40]!r}")
        return value

    def number_or_none(self, name: str, bits: int) -> int | None:
        """An attribute as an unsigned integer, or None where it is not there.

        Raises:
            CueError: It is no such number.
        """
        return self.number(name, bits) if self.has(name) else None

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """An attribute as a truth value; `default` as for `number`.

        Raises:
            CueError: It is none, or missing.
        """
        text = self._written(name, has_default=default is not None)
        if text is None:
            return bool(default)
        if (value := _FLAGS.get(text.lower())) is None:
            raise CueError(f"{name} is {text[:40]!r}")
        return value

    def _written(self, name: str, *, has_default: bool) -> str | None:
        text = self._attributes.get(name)
        if text is None and not has_default:
            raise CueError(f"{self.name[:40]} without {name}")
        return None if text is None else text.strip()


def _local(name: str) -> str:
    return name.rpartition("}")[2]
