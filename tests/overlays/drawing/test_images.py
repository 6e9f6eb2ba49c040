"""Pictures from strangers (failures.md, attacks, no. 18)."""

import struct
import zlib
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from overlays.drawing.images import MAX_IMAGE_BYTES, fitted, read_image
from overlays.errors import ImageError


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes whose header promises many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">L", len(data)) + name + data + struct.pack(">L", zlib.crc32(name + data))
        )

    header = struct.pack(">LLBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes((width // 8 + 1) * min(height, 1000)), 9)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    )


RED = Image.new("RGB", (40, 30), "#ff0000")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_three_kinds_are_read(kind: str) -> None:
    image = read_image(saved(RED, kind))
    assert (image.mode, image.size) == ("RGBA", (40, 30))


@pytest.mark.parametrize("size", [(12_000, 12_000), (4001, 4000), (60_000, 60_000)])
def test_a_bomb_is_refused_by_its_header(size: tuple[int, int]) -> None:
    data = bomb(*size)
    assert len(data) < 20_000
    with pytest.raises(ImageError, match=r"16 million at most|broken"):
        read_image(data)


REFUSED = {
    "GIF": saved(RED, "GIF"),
    "TIFF": saved(RED, "TIFF"),
    "EPS, which runs programs": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "text": b"hello",
    "nothing": b"",
    "cut off": saved(RED, "PNG")[:60],
    "a text chunk that inflates": saved(RED, "PNG")[:33]
    + struct.pack(">L", 30)
    + b"zTXt"
    + bytes(34),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(ImageError):
        read_image(data)


def test_a_file_beyond_the_limit_is_refused_before_it_is_looked_at() -> None:
    with pytest.raises(ImageError, match="16 MiB"):
        read_image(saved(RED, "PNG") + bytes(MAX_IMAGE_BYTES))


@given(st.binary(max_size=300), st.integers(0, 200))
def test_any_bytes_are_a_picture_or_refused(noise: bytes, at: int) -> None:
    for data in (noise, saved(RED, "PNG")[:at] + noise, saved(RED, "WEBP")[:at] + noise):
        with suppress(ImageError):
            read_image(data)


def test_a_picture_is_turned_as_the_camera_was_held() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read_image(saved(RED, "JPEG", exif=exif)).size == (30, 40)


def test_a_picture_covers_its_box_or_lies_in_it_whole() -> None:
    image = RED.convert("RGBA")
    assert fitted(image, (20, 20), cover=True).getchannel("A").getextrema() == (255, 255)
    inside = fitted(image, (40, 40), cover=False)
    assert inside.getchannel("A").getbbox() == (0, 5, 40, 35)
