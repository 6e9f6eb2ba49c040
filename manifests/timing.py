"""Instants and durations as exact numbers: `Decimal` seconds, never binary floats (style, 5).

An instant is seconds since 1970-01-01T00:00:00Z, without leap seconds. Its text is the one of
EXT-X-PROGRAM-DATE-TIME and of the dates in EXT-X-DATERANGE (RFC 8216bis, 4.4.4.6 and 4.4.5.1).
"""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache

from manifests.errors import ManifestError

DATE_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]{1,30}))?"
    r"([Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = EPOCH.toordinal()
MILLISECOND = Decimal("0.001")
LATEST = Decimal(253_402_300_800)  # the first instant of the year 10000
MOST_SECONDS = 10**12  # of what is counted from somewhere
_DIGITS = 15
_SHIFT = 10**_DIGITS
EARLIEST = Decimal(-62_135_596_800)  # the first instant of the year 1


def read_date_time(text: str) -> Decimal:
    """Read a date and time; every digit of the fraction is kept.

    The zone is `Z`, `z` or an offset with or without its colon or minutes; without a zone the
    time is UTC.

    Returns:
        Seconds since 1970, exact.

    Raises:
        ManifestError: The text is not a date and time, or names one that does not exist.
    """
    match = DATE_TIME.fullmatch(text)
    if match is None:
        raise ManifestError(f"not a date and time: {text[:40]!r}")
    minute, second, fraction, zone = match.groups()
    if second > "60":  # 60: a leap second, which is the same as the next one
        raise ManifestError(f"no such date and time: {text!r}")
    seconds = _start_of_minute(minute, zone) + int(second)
    if fraction is None:
        return Decimal(seconds)
    # Made from text: arithmetic would round to the digits of the decimal context.
    digits = len(fraction)
    return Decimal(f"{seconds * 10**digits + int(fraction)}E-{digits}")


@lru_cache(maxsize=256)  # successive segments share their minute
def _start_of_minute(minute: str, zone: str | None) -> int:
    try:
        days = date.fromisoformat(minute[:10]).toordinal() - EPOCH_DAY
        seconds = (days * 24 * 60 + _minutes(minute[11:])) * 60
        if zone is None or zone in "Zz":
            return seconds
        offset = _minutes(zone[1:]) * 60
    except ValueError:
        raise ManifestError(f"no such date and time: {minute}{zone or ''}") from None
    return seconds - offset if zone[0] == "+" else seconds + offset


def _minutes(clock: str) -> int:
    """Minutes of `hh:mm`, `hhmm` or `hh`."""
    hours, minutes = int(clock[:2]), int(clock[2:].lstrip(":") or 0)
    if hours > 23 or minutes > 59:
        raise ValueError
    return hours * 60 + minutes


def format_date_time(at: Decimal) -> str:
    """Format an instant to the millisecond, as in `2026-01-01T00:10:12.000Z`; half goes up.

    Raises:
        ManifestError: The instant is not in the years 1 to 9999.
    """
    if not EARLIEST <= at < LATEST - MILLISECOND:
        raise ManifestError(f"not in the years 1 to 9999: {at} seconds since 1970")
    milliseconds = int(at.quantize(MILLISECOND, rounding=ROUND_HALF_UP).scaleb(3))
    seconds, milliseconds = divmod(milliseconds, 1000)
    whole = (EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None)
    return f"{whole.isoformat()}.{milliseconds:03}Z"


def to_seconds(exact: Fraction) -> Decimal:
    """Seconds as a `Decimal`: exact where no more than 15 digits follow the point, else to the ns.

    Raises:
        ManifestError: More than 10**12 seconds, before or after.
    """
    if abs(exact) > MOST_SECONDS:
        raise ManifestError("more than 10**12 seconds")
    if exact.denominator == 1:
        return Decimal(exact.numerator)
    shifted, rest = divmod(exact.numerator * _SHIFT, exact.denominator)
    if rest == 0:
        return Decimal(shifted).scaleb(-_DIGITS).normalize()
    return Decimal(round(exact * 10**9)).scaleb(-9)


def round_half_up(duration: Decimal) -> int:
    """Round seconds to whole ones as EXT-X-TARGETDURATION compares them; half goes up (A-24)."""
    return int(duration.to_integral_value(rounding=ROUND_HALF_UP))


def fits_target(duration: Decimal, target_duration: int) -> bool:
    """Whether a segment is short enough for EXT-X-TARGETDURATION (A-23): 6.49 fits 6, 6.5 not."""
    return round_half_up(duration) <= target_duration
