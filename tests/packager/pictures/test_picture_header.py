"""What a picture says of itself before anything is decoded (failures.md, threat 18)."""

import struct
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from picture_samples import a_picture, an_animation, png_bomb
from PIL import Image

from packager.pictures.errors import PictureError
from packager.pictures.header import read_header
from packager.reasons import Reason


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("size", [(1, 1), (40, 30), (700, 3)])
def test_kind_and_size_are_read(format: str, size: tuple[int, int]) -> None:
    header = read_header(a_picture(format=format, size=size))
    assert (header.format, header.width, header.height) == (format, *size)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_every_kind_of_webp_is_known(mode: str) -> None:
    for options in ({"lossless": True}, {"quality": 80}, {"quality": 80, "exif": b"Exif\0\0II"}):
        out = BytesIO()
        Image.new(mode, (33, 21)).save(out, "WEBP", **options)  # type: ignore[arg-type]
        header = read_header(out.getvalue())
        assert (header.width, header.height) == (33, 21)


def test_a_bomb_is_told_by_its_header() -> None:
    bomb = png_bomb()
    assert len(bomb) < 20_000
    with pytest.raises(PictureError, match="12000 x 12000") as told:
        read_header(bomb)
    assert told.value.reason is Reason.PICTURE_OVERSIZE


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_what_moves_is_refused(format: str) -> None:
    with pytest.raises(PictureError, match="animation") as told:
        read_header(an_animation(format))
    assert told.value.reason is Reason.PICTURE_INVALID


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<svg onload='x'/>",
        b"GIF89a" + bytes(40),
        b"#EXTM3U\nfile:///etc/passwd",
        a_picture()[:20],
        a_picture(format="JPEG")[:20],
        a_picture(format="WEBP")[:20],
        b"RIFF" + bytes(4) + b"WEBPVP9 " + bytes(40),
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 0, 9) + bytes(40),
        b"\xff\xd8\xff" + b"\xff" * 5000,
    ],
)
def test_other_magic_is_refused(data: bytes) -> None:
    with pytest.raises(PictureError) as told:
        read_header(data)
    assert told.value.reason is Reason.PICTURE_INVALID


@given(
    head=st.sampled_from(
        [a_picture(format=f)[:n] for f in ("PNG", "JPEG", "WEBP") for n in (4, 24)]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_are_read_or_refused(head: bytes, rest: bytes) -> None:
    with suppress(PictureError):
        assert read_header(head + rest).width > 0
