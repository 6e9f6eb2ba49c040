"""Reading a JSON document by hand: what is asked for is checked, what nobody asked for is refused.

Errors name the file and the place in it (`elements[2].box`).
"""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import Any, Final

from overlays.errors import TemplateError

_MISSING: Final = object()


class Node:
    """An object of the document. Ask it for its keys, then `finish` it."""

    def __init__(self, value: Any, *, file: str, place: str = "") -> None:
        self.file = file
        self.place = place
        if not isinstance(value, dict):
            raise TemplateError(file, place, f"must be an object, not {_kind(value)}")
        self._value = value
        self._asked: set[str] = set()

    def error(self, problem: str, key: str = "") -> TemplateError:
        """An error about a key of this object, or about the object."""
        return TemplateError(self.file, self._at(key) if key else self.place, problem)

    def has(self, key: str) -> bool:
        """Whether a key is given."""
        return key in self._value

    def names(self) -> tuple[str, ...]:
        """All keys, in the order written: for objects whose keys are names."""
        return tuple(self._value)

    def raw(self, key: str, default: Any = _MISSING) -> Any:
        """A value of any kind."""
        self._asked.add(key)
        value = self._value.get(key, default)
        if value is _MISSING:
            raise self.error("is missing", key)
        return value

    def text(self, key: str, default: Any = _MISSING) -> str:
        """A string; a default may be of any kind and is given back as it is."""
        return self._of_type(key, default, str, "a string")  # type: ignore[no-any-return]

    def flag(self, key: str, default: Any = _MISSING) -> bool:
        """True or false."""
        return self._of_type(key, default, bool, "true or false")  # type: ignore[no-any-return]

    def number(
        self,
        key: str,
        default: Any = _MISSING,
        *,
        least: float = -1e5,
        most: float = 1e5,
    ) -> float:
        """A number between two bounds."""
        value = self.raw(key, default)
        if value is default:
            return value  # type: ignore[no-any-return]
        return self._number(value, key, least, most)

    def numbers(self, key: str, count: int, default: Any = _MISSING) -> tuple[float, ...]:
        """A list of so many numbers."""
        value = self.raw(key, default)
        if value is default:
            return value  # type: ignore[no-any-return]
        if not isinstance(value, list) or len(value) != count:
            raise self.error(f"must be a list of {count} numbers", key)
        return tuple(
            self._number(item, f"{key}[{place}]", -1e5, 1e5) for place, item in enumerate(value)
        )

    def choice(self, key: str, choices: Iterable[str], default: Any = _MISSING) -> str:
        """One of some names."""
        value = self.raw(key, default)
        allowed = tuple(choices)
        if value is not default and value not in allowed:
            raise self.error(f"must be one of {', '.join(allowed)}{_hint(value, allowed)}", key)
        return value  # type: ignore[no-any-return]

    def node(self, key: str) -> "Node":
        """An object; an empty one where the key is not given."""
        return Node(self.raw(key, {}), file=self.file, place=self._at(key))

    def nodes(self, key: str, *, most: int = 1000) -> Iterator["Node"]:
        """A list of objects; none where the key is not given."""
        value = self.raw(key, [])
        if not isinstance(value, list):
            raise self.error(f"must be a list, not {_kind(value)}", key)
        if len(value) > most:
            raise self.error(f"has {len(value)} entries: {most} at most", key)
        for place, item in enumerate(value):
            yield Node(item, file=self.file, place=f"{self._at(key)}[{place}]")

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        for key in self._value:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                hint = _hint(key, self._asked) or f"; known here: {known}"
                raise self.error(f"is not known{hint}", key)

    def _of_type(self, key: str, default: Any, kind: type, name: str) -> Any:
        value = self.raw(key, default)
        if value is not default and not isinstance(value, kind):
            raise self.error(f"must be {name}, not {_kind(value)}", key)
        return value

    def _number(self, value: Any, key: str, least: float, most: float) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.error(f"must be a number, not {_kind(value)}", key)
        if not least <= value <= most:
            raise self.error(f"must be between {least:g} and {most:g}, not {value:g}", key)
        return float(value)

    def _at(self, key: str) -> str:
        return f"{self.place}.{key}" if self.place else key


def _hint(value: object, known: Iterable[str]) -> str:
    near = get_close_matches(str(value), list(known), 1)
    return f"; did you mean {near[0]}?" if near else ""


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false"}
    return names.get(type(value), "null" if value is None else "a number")
