"""Attribute values of an MPD, read strictly and within bounds; errors name the attribute."""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from lxml import etree

from manifests.dash.durations import read_duration, read_instant
from manifests.dash.model import NAMESPACE
from manifests.errors import MpdSyntaxError

LARGEST = 2**64 - 1  # xs:unsignedLong
UNSIGNED = re.compile(r"\+?0*([0-9]{1,20})")
INTEGER = re.compile(r"-?[0-9]{1,19}")
DOUBLE = re.compile(r"[+-]?(?:[0-9]{1,20}(?:\.[0-9]{0,30})?|\.[0-9]{1,30})(?:[eE][+-]?[0-9]{1,2})?")
FRACTION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(?:/([0-9]{1,9}))?")
BLANKS = " \t\r\n"


def mpd_tag(name: str) -> str:
    """The name of an element of MPDs, as trees have it."""
    return f"{{{NAMESPACE}}}{name}"


def place(element: etree._Element) -> str:
    """What an error says of where it is: the line and the name of the element."""
    return f"line {element.sourceline}: {etree.QName(element).localname}"


def inherited(levels: Sequence[etree._Element], name: str) -> tuple[etree._Element, str] | None:
    """The first element that has the attribute, and its value without blanks around it."""
    for element in levels:
        text: str | None = element.get(name)
        if text is not None:
            return element, text.strip(BLANKS)
    return None


def read_unsigned(
    levels: Sequence[etree._Element], name: str, default: int, *, least: int = 0
) -> int:
    """Read an unsigned integer from the first element that has it.

    Raises:
        MpdSyntaxError: It is none, or less than `least`.
    """
    number = read_optional_unsigned(levels, name, least=least)
    return default if number is None else number


def read_optional_unsigned(
    levels: Sequence[etree._Element], name: str, *, least: int = 0
) -> int | None:
    """Read an unsigned integer from the first element that has it, if any has.

    Raises:
        MpdSyntaxError: It is none, or less than `least`.
    """
    found = inherited(levels, name)
    if found is None:
        return None
    element, text = found
    match = UNSIGNED.fullmatch(text)
    if match is None or (number := int(match[1])) > LARGEST:
        raise MpdSyntaxError(f"{place(element)}@{name} is no unsigned integer: {text[:40]!r}")
    if number < least:
        raise MpdSyntaxError(f"{place(element)}@{name} is {number}")
    return number


def read_signed(levels: Sequence[etree._Element], name: str, default: int) -> int:
    """Read an integer from the first element that has it.

    Raises:
        MpdSyntaxError: It is none.
    """
    found = inherited(levels, name)
    if found is None:
        return default
    element, text = found
    if not INTEGER.fullmatch(text):
        raise MpdSyntaxError(f"{place(element)}@{name} is no integer: {text[:40]!r}")
    return int(text)


def read_double(levels: Sequence[etree._Element], name: str) -> Fraction | None:
    """Read an xs:double, exactly as it is written; absent it is 0, and None stands for INF.

    Raises:
        MpdSyntaxError: It is none, or -INF or NaN.
    """
    found = inherited(levels, name)
    if found is None:
        return Fraction(0)
    element, text = found
    if text in ("INF", "+INF"):
        return None
    if not DOUBLE.fullmatch(text):
        raise MpdSyntaxError(f"{place(element)}@{name} is no number: {text[:40]!r}")
    return Fraction(text)


def read_rate(levels: Sequence[etree._Element], name: str) -> Fraction | None:
    """Read a frame rate; None where it is absent or cannot be read, since no time hangs on it."""
    found = inherited(levels, name)
    match = found and FRACTION.fullmatch(found[1])
    if not match or int(match[2] or 1) == 0:
        return None
    return Fraction(match[1]) / int(match[2] or 1)


def read_count(levels: Sequence[etree._Element], name: str) -> int | None:
    """Read a width or the like; None where it is absent or cannot be read, as `read_rate`."""
    found = inherited(levels, name)
    return int(found[1]) if found and re.fullmatch(r"[0-9]{1,9}", found[1]) else None


def read_seconds(element: etree._Element, name: str) -> Decimal | None:
    """Read an xs:duration, if there is one.

    Raises:
        MpdSyntaxError: It is none, or negative.
    """
    text = element.get(name)
    try:
        return None if text is None else read_duration(text)
    except MpdSyntaxError as error:
        raise MpdSyntaxError(f"{place(element)}@{name}: {error}") from None


def read_date(element: etree._Element, name: str) -> Decimal | None:
    """Read an xs:dateTime, if there is one, as seconds since 1970.

    Raises:
        MpdSyntaxError: It is none.
    """
    text = element.get(name)
    try:
        return None if text is None else read_instant(text)
    except MpdSyntaxError as error:
        raise MpdSyntaxError(f"{place(element)}@{name}: {error}") from None
