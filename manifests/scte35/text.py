"""Messages as text: base64 in cue tags and MPDs, hexadecimal in ``#EXT-X-DATERANGE``."""

from base64 import b64decode, b64encode

from manifests.errors import CueError

_MAX_CHARS = 16_384  # twice the largest section in hexadecimal
_URL_SAFE = str.maketrans("-_", "+/")


def read_text(text: str) -> bytes:
    """The bytes of a message written as text.

    Args:
        text: Hexadecimal after ``0x``, else base64 (either alphabet, with or without padding);
            white space is ignored.

    Raises:
        CueError: It is neither, or far longer than a message can be.
    """
    if len(text) > _MAX_CHARS:
        raise CueError(f"{len(text)} characters are more than a message can have")
    digits = "".join(text.split())
    try:
        if digits[:2] in ("0x", "0X"):
            return bytes.fromhex(digits[2:])
        base64 = digits.translate(_URL_SAFE).rstrip("=")
        return b64decode(base64 + "=" * (-len(base64) % 4), validate=True)
    except ValueError as error:
        raise CueError("neither base64 nor hexadecimal") from error


def to_base64(section: bytes) -> str:
    """A message as in ``#EXT-OATCLS-SCTE35`` and in DASH events."""
    return b64encode(section).decode("ascii")


def to_hex(section: bytes) -> str:
    """A message as in SCTE35-OUT of ``#EXT-X-DATERANGE``: ``0xFC30...``."""
    return "0x" + section.hex().upper()
