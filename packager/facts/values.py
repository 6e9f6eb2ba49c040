"""Values of facts, from the text that says them and back.

A value is kept and sent on as text, in one canonical form each, and typed where a rule asks for it.
"""

import re
from collections.abc import Mapping

import orjson

from packager.rules import Kind, Value

# Whole numbers fit in 64 bits; floats have digits enough for what is counted or measured.
_INT = re.compile(r"[+-]?[0-9]{1,18}")
_FLOAT = re.compile(r"[+-]?([0-9]{1,15}(\.[0-9]{0,9})?|\.[0-9]{1,9})")
_MOST = 1e15
_BOOLS: Mapping[str, bool] = {"true": True, "1": True, "false": False, "0": False}
_BLANKS: Mapping[Kind, Value] = {"string": "", "int": 0, "float": 0.0, "bool": False, "strings": ()}
MAX_ITEMS = 32  # of a list of texts


def read_value(kind: Kind, text: str) -> Value:
    """Read a value of a kind.

    Raises:
        ValueError: The text says none.
    """
    if kind == "bool" and text.lower() in _BOOLS:
        return _BOOLS[text.lower()]
    if kind == "int" and _INT.fullmatch(text):
        return int(text)
    if kind == "float" and _FLOAT.fullmatch(text) and abs(float(text)) < _MOST:
        return float(text)
    if kind == "string" and text.isprintable():
        return text
    if kind == "strings" and text.isprintable():
        items = tuple(dict.fromkeys(item.strip() for item in text.split(",") if item.strip()))
        if len(items) <= MAX_ITEMS:
            return items
    raise ValueError(f"is no {kind}")


def write_value(value: Value) -> str:
    """Write a value as `read_value` reads it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        whole, _, decimals = f"{value:.9f}".partition(".")
        return f"{whole}.{decimals.rstrip('0') or '0'}"
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)


def blank(kind: Kind) -> Value:
    """What a fact is of which nothing is known: empty text, 0, false or an empty list."""
    return _BLANKS[kind]


def text_of_json(value: object, kind: Kind = "string") -> str:
    """Write a JSON text, number or boolean as text; for `strings` also a list of texts.

    Raises:
        ValueError: It is none of these.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return orjson.dumps(value).decode()
    if (
        kind == "strings"
        and isinstance(value, list)
        and all(isinstance(item, str) for item in value)
    ):
        if any("," in item for item in value):
            raise ValueError("is a list with a comma in one of its texts")
        return ",".join(value)
    raise ValueError("is no text, number or boolean")
