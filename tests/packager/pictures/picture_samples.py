"""Pictures for tests: sound ones, and what strangers send in their place."""

import struct
import zlib
from io import BytesIO

from PIL import Image


def a_picture(
    colour: str = "#c02040", *, format: str = "PNG", size: tuple[int, int] = (40, 30)
) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, colour).save(out, format)
    return out.getvalue()


def an_animation(format: str) -> bytes:
    out = BytesIO()
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("#ff0000", "#0000ff")]
    frames[0].save(out, format, save_all=True, append_images=frames[1:])
    return out.getvalue()


def png_bomb(side: int = 12_000) -> bytes:
    """One bit a pixel, all alike: 17 KB that become hundreds of megabytes (threat 18)."""
    rows = zlib.compress(bytes(side * (1 + side // 8)), 9)
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", rows) + _chunk(b"IEND")


def _chunk(kind: bytes, data: bytes = b"") -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
