"""Durations and instants of an MPD: xs:duration and xs:dateTime as exact `Decimal` seconds.

Ten digits before the point (until the year 2286) and eighteen after it: as many as the decimal
context adds and subtracts without rounding.
"""

import re
from datetime import timedelta
from decimal import ROUND_FLOOR, Decimal
from functools import lru_cache

from manifests.errors import ManifestError, MpdSyntaxError
from manifests.timing import EPOCH, read_date_time

DURATION = re.compile(
    r"P(?=[0-9T])(?:([0-9]{1,10})Y)?(?:([0-9]{1,10})M)?(?:([0-9]{1,10})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,10})H)?(?:([0-9]{1,10})M)?"
    r"(?:([0-9]{1,10})(?:\.([0-9]{1,18}))?S)?)?"
)
LONGEST_S = 10**10
SECONDS_A_DAY = 86_400


def read_duration(text: str) -> Decimal:
    """Read an xs:duration, as in `PT1H2M3.5S`; every digit of the fraction is kept.

    Years and months may be written if they are 0: nobody can say how many seconds they last.

    Raises:
        MpdSyntaxError: It is none, is negative, has years or months, or more digits than any
            clock needs.
    """
    stripped = text.strip(" \t\r\n")
    match = DURATION.fullmatch(stripped)
    if match is None:
        if stripped.startswith("-"):
            raise MpdSyntaxError(f"a negative duration: {stripped[:40]!r}")
        raise MpdSyntaxError(f"not a duration: {stripped[:40]!r}")
    years, months, days, hours, minutes, whole = (int(part or 0) for part in match.groups()[:6])
    if years or months:
        raise MpdSyntaxError(f"a duration in years or months: {stripped[:40]!r}")
    seconds = days * SECONDS_A_DAY + hours * 3600 + minutes * 60 + whole
    if seconds >= LONGEST_S:
        raise MpdSyntaxError(f"a duration of more than 300 years: {stripped[:40]!r}")
    fraction = match[7]
    return Decimal(f"{seconds}.{fraction}") if fraction else Decimal(seconds)


@lru_cache(4096)  # the same starts stand in the MPDs of many sessions
def write_duration(seconds: Decimal) -> str:
    """Write seconds as an xs:duration, as in `PT12.5S`, with every digit.

    Raises:
        ValueError: They are negative or not finite.
    """
    if not seconds.is_finite() or seconds < 0:
        raise ValueError(f"no duration for an MPD: {seconds}")
    return f"PT{plain(seconds)}S"


def read_instant(text: str) -> Decimal:
    """Read an xs:dateTime; without a zone it is UTC.

    Returns:
        Seconds since 1970, exact.

    Raises:
        MpdSyntaxError: It is none, or has more digits than any clock needs.
    """
    stripped = text.strip(" \t\r\n")
    try:
        at = read_date_time(stripped)
    except ManifestError as error:
        raise MpdSyntaxError(str(error)) from None
    _, _, exponent = at.as_tuple()
    if abs(at) >= LONGEST_S or int(exponent) < -18:
        raise MpdSyntaxError(f"a date out of bounds: {stripped[:60]!r}")
    return at


def write_instant(at: Decimal) -> str:
    """Write seconds since 1970 as an xs:dateTime in UTC, with every digit.

    Raises:
        ValueError: The instant is not in the years 1 to 9999.
    """
    whole = at.to_integral_value(rounding=ROUND_FLOOR)
    try:
        moment = EPOCH + timedelta(seconds=int(whole))
    except (OverflowError, ArithmeticError):
        raise ValueError(f"not in the years 1 to 9999: {at} seconds since 1970") from None
    fraction = plain(at - whole)[1:]
    return f"{moment.replace(tzinfo=None).isoformat()}{fraction}Z"


def plain(number: Decimal) -> str:
    """Write a number without exponent and without zeros at the end of its fraction."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
