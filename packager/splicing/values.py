"""Values of a plan, checked while they are read: a mistake is told by its place in the document."""

import json
from collections.abc import Sequence
from decimal import Decimal
from re import Pattern
from typing import Any, NoReturn

from manifests.errors import ManifestError
from manifests.timing import read_date_time
from manifests.uris import CLEAN

LARGEST = 2**53 - 1  # of counts: the last one that every JSON reader keeps exact


class PlanError(ValueError):
    """A plan cannot be read, or does not suit its manifest; the text says what to do."""


def read_object(
    value: object, where: str, *, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, Any]:
    """An object with these keys and no others."""
    if not isinstance(value, dict):
        refuse(where, "an object", value)
    for name in value:
        if name not in required and name not in optional:
            known = ", ".join((*required, *optional))
            raise PlanError(f"{where}: unknown key {name[:40]!r}; known: {known}")
    for name in required:
        if name not in value:
            raise PlanError(f"{where}: {name} is missing")
    return value


def read_list(value: object, where: str) -> list[Any]:
    """A list of one or more values."""
    if not isinstance(value, list) or not value:
        refuse(where, "a list that is not empty", value)
    return value


def read_seconds(value: object, where: str) -> Decimal:
    """Seconds, 0 or more, with the digits that were written."""
    # A year is more than any manifest lists, and keeps exponents from growing.
    if not isinstance(value, Decimal) or not 0 <= value < 366 * 86_400:
        refuse(where, "seconds, 0 or more", value)
    # The digits stay as written, without an exponent: they go into EXTINF.
    return value if value.as_tuple().exponent == 0 else Decimal(f"{value:f}")


def read_length(value: object, where: str) -> Decimal:
    """Seconds, more than 0."""
    seconds = read_seconds(value, where)
    if not seconds:
        refuse(where, "more than 0 seconds", value)
    return seconds


def read_count(value: object, where: str, *, least: int = 1, most: int = LARGEST) -> int:
    """A whole number."""
    if not isinstance(value, Decimal) or not least <= value <= most or value != int(value):
        refuse(where, f"a whole number, {least} or more", value)
    return int(value)


def read_date(value: object, where: str) -> Decimal:
    """An instant, in seconds since 1970."""
    if not isinstance(value, str):
        refuse(where, 'a date as in "2026-01-01T00:10:18Z"', value)
    try:
        return read_date_time(value)
    except ManifestError as error:
        raise PlanError(f"{where}: {error}") from None


def read_uri(value: object, where: str) -> str:
    """A URI, absolute or relative."""
    if not isinstance(value, str) or not CLEAN.fullmatch(value) or value.startswith("#"):
        refuse(where, "a URI", value)
    return value


def read_name(value: object, where: str) -> str:
    """Text that can be shown."""
    if not isinstance(value, str) or not value or not value.isprintable():
        refuse(where, "a name", value)
    return value


def read_match(value: object, where: str, form: Pattern[str], expected: str) -> str:
    """Text of a certain form."""
    if not isinstance(value, str) or not form.fullmatch(value):
        refuse(where, expected, value)
    return value


def refuse(where: str, expected: str, value: object) -> NoReturn:
    """Say what was found instead of what was expected."""
    shown = json.dumps(value, default=str)
    shown = shown if len(shown) <= 40 else f"{shown[:40]}..."
    raise PlanError(f"{where}: expected {expected}, found {shown}")
