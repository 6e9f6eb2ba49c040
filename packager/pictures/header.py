"""What the first bytes of a picture say, read without decoding it (failures.md, threat 18).

PNG, JPEG and WEBP, and nothing that moves. A bomb is told by its size in pixels, which every one of
these formats says before anything that has to be unpacked.
"""

from dataclasses import dataclass
from typing import Literal

from packager.pictures.errors import PictureError
from packager.reasons import Reason

MAX_PIXELS = 16_000_000

Format = Literal["PNG", "JPEG", "WEBP"]

_PNG = b"\x89PNG\r\n\x1a\n"
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xDA)}  # JPEG markers that stand alone
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}  # SOFn (T.81, table B.1)
_ANIMATED = 0x02  # in VP8X's flags


@dataclass(frozen=True, slots=True)
class Header:
    """Kind and size of a picture."""

    format: Format
    width: int
    height: int


def read_header(data: bytes) -> Header:
    """Read kind and size.

    Raises:
        PictureError: It is none of the formats, moves, has no size, or too large a one.
    """
    if data.startswith(_PNG):
        header = Header("PNG", *_png(data))
    elif data.startswith(b"\xff\xd8\xff"):
        header = Header("JPEG", *_jpeg(data))
    elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        header = Header("WEBP", *_webp(data))
    else:
        raise _invalid("neither PNG nor JPEG nor WEBP")
    if not header.width or not header.height:
        raise _invalid("a picture without pixels")
    if header.width * header.height > MAX_PIXELS:
        most = MAX_PIXELS // 1_000_000
        detail = f"{header.width} x {header.height} pixels: {most} million at most"
        raise PictureError(Reason.PICTURE_OVERSIZE, detail)
    return header


def _png(data: bytes) -> tuple[int, int]:
    """PNG, third edition: IHDR is first; acTL before the pixels makes it an animation."""
    if data[12:16] != b"IHDR" or len(data) < 33:
        raise _invalid("a PNG without IHDR")
    place = 8
    while place + 8 <= len(data) and (kind := data[place + 4 : place + 8]) != b"IDAT":
        if kind == b"acTL":
            raise _invalid("an animation")
        place += 12 + int.from_bytes(data[place : place + 4])
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _jpeg(data: bytes) -> tuple[int, int]:
    """ITU-T T.81, annex B: the size is in the frame header."""
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # fill bytes
            place += 1
        elif marker in _WITHOUT_LENGTH:
            place += 2
        elif marker in _FRAMES and place + 9 <= len(data):
            height, width = data[place + 5 : place + 7], data[place + 7 : place + 9]
            return int.from_bytes(width), int.from_bytes(height)
        else:
            place += 2 + max(2, int.from_bytes(data[place + 2 : place + 4]))
    raise _invalid("a JPEG without a frame")


def _webp(data: bytes) -> tuple[int, int]:
    """RFC 9649, section 2."""
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        raise _invalid("a WEBP that ends in its header")
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = (int.from_bytes(body[at : at + 2], "little") for at in (6, 8))
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        if body[0] & _ANIMATED:
            raise _invalid("an animation")
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
        return width, height
    raise _invalid("a WEBP of an unknown kind")


def _invalid(detail: str) -> PictureError:
    return PictureError(Reason.PICTURE_INVALID, detail)
