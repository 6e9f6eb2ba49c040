"""The numbers of attribute lists and tags (RFC 8216bis, section 4.2), within sane bounds."""

import re
from decimal import Decimal

from manifests.errors import PlaylistSyntaxError

INTEGER = re.compile(r"[0-9]{1,20}")
DECIMAL = re.compile(r"[0-9]{1,10}(?:\.[0-9]{0,30})?|\.[0-9]{1,30}")


def read_integer(text: str, *, line: int) -> int:
    """Read a decimal integer.

    Raises:
        PlaylistSyntaxError: It is none, or has more than 20 digits.
    """
    if not INTEGER.fullmatch(text):
        raise PlaylistSyntaxError(f"not an integer: {text[:40]!r}", line=line)
    return int(text)


def read_decimal(text: str, *, line: int) -> Decimal:
    """Read a decimal number that is not negative, with all its digits.

    Raises:
        PlaylistSyntaxError: It is none, or has more digits than any clock needs.
    """
    if not DECIMAL.fullmatch(text):
        raise PlaylistSyntaxError(f"not a number: {text[:40]!r}", line=line)
    return Decimal(text)
