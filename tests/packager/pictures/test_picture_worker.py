"""What a worker makes of a picture: the same, or one that is no larger than is of use."""

from io import BytesIO
from pathlib import Path

import pytest
from picture_samples import a_picture, png_bomb
from PIL import Image

from packager.pictures.worker import KEPT_BYTES, MAX_SIDES, do


def made(tmp_path: Path, data: bytes) -> tuple[dict[str, object], bytes]:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(data)
    answer = do(source, target)
    return answer, target.read_bytes() if target.exists() else b""


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_what_is_small_stays_as_it_came(tmp_path: Path, format: str) -> None:
    data = a_picture(format=format)
    assert made(tmp_path, data) == ({"width": 40, "height": 30}, data)


def test_what_is_large_in_pixels_or_bytes_becomes_small(tmp_path: Path) -> None:
    answer, data = made(tmp_path, a_picture(size=(4000, 1000)))
    assert answer == {"width": 1280, "height": 320}
    with Image.open(BytesIO(data)) as image:
        assert (image.format, image.size) == ("WEBP", (1280, 320))
    out = BytesIO()
    Image.effect_noise((600, 600), 90).save(out, "PNG")
    assert len(out.getvalue()) > 3 * KEPT_BYTES
    answer, data = made(tmp_path, out.getvalue())
    assert answer == {"width": 600, "height": 600}
    assert len(data) < len(out.getvalue())


def test_what_can_be_seen_through_stays_so(tmp_path: Path) -> None:
    out = BytesIO()
    Image.new("RGBA", (2 * MAX_SIDES[0], 100), (255, 0, 0, 0)).save(out, "PNG")
    _, data = made(tmp_path, out.getvalue())
    with Image.open(BytesIO(data)) as image:
        assert image.convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("data", [png_bomb(), a_picture()[:60], b"GIF89a"])
def test_what_is_no_picture_is_an_answer(tmp_path: Path, data: bytes) -> None:
    answer, written = made(tmp_path, data)
    assert answer["error"] == "PackagingError"
    assert not written
