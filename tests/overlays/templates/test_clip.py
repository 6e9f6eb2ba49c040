"""Clips: frames with transparency, as pictures or as a film."""

from collections.abc import Sequence
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from overlays.errors import TemplateError
from overlays.templates.model import Template
from overlays.templates.stage import make_layer
from tests.overlays.golden import template_of


def frame(number: int, size: tuple[int, int] = (320, 180)) -> Image.Image:
    """A square that travels to the right, half transparent."""
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    image.paste((255, 0, 0, 128), (number * 20, 40, number * 20 + 40, 80))
    return image


def folder(count: int) -> dict[str, bytes]:
    files = {}
    for number in range(count):
        file = BytesIO()
        frame(number).save(file, "PNG")
        files[f"frames/{number:04d}.png"] = file.getvalue()
    return files


FRAMES = {"in": [0, 5], "hold": [5, 5], "out": [5, 9]}


def clip_template(files: dict[str, bytes], **clip: Any) -> Template:
    text = {"type": "text", "box": [110, 45, 100, 30], "text": "{name}", "size": 20}
    return template_of(
        files,
        kind="clip",
        fps=25,
        phases={"in": 0.2, "out": 0.16},
        elements=[text],
        clip={"frames": FRAMES, **clip},
    )


def lefts(template: Template, times: Sequence[Fraction], size: tuple[int, int]) -> list[int]:
    layer = make_layer(template, template.canonical({}), size, lasts=Fraction(2))
    return [picture.left for picture in map(layer.at, times) if picture is not None]


TIMES = [Fraction(0), Fraction(2, 25), Fraction(1), Fraction(47, 25), Fraction(49, 25)]


def test_a_clip_comes_holds_and_goes() -> None:
    template = clip_template(folder(10), folder="frames", fps=25)
    assert lefts(template, TIMES, (320, 180)) == [0, 40, 100, 120, 160]
    smaller = lefts(template, TIMES, (160, 90))
    assert smaller == pytest.approx([0, 20, 50, 60, 80], abs=1)
    layer = make_layer(template, template.canonical({"name": "X"}), (320, 180))
    held = layer.at(Fraction(1))
    assert held is layer.at(Fraction(60))
    assert held is not None
    assert held.pixels[2, 2].tolist() == [255, 0, 0, 128]
    assert held.pixels[..., 3].max() == 255  # the text in its box


@pytest.mark.parametrize(
    ("codec", "kind", "pix_fmt"),
    [("qtrle", "mov", "argb"), ("png", "mov", "rgba"), ("libvpx-vp9", "webm", "yuva420p")],
)
def test_a_film_with_transparency_is_a_clip(
    codec: str, kind: str, pix_fmt: str, tmp_path: Path
) -> None:
    av = pytest.importorskip("av", reason="films need PyAV: the extra `media`")
    path = tmp_path / f"clip.{kind}"
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt = 320, 180, pix_fmt
        for number in range(10):
            picture = av.VideoFrame.from_ndarray(np.asarray(frame(number)), format="rgba")
            container.mux(stream.encode(picture.reformat(format=pix_fmt)))
        container.mux(stream.encode(None))
    template = clip_template({f"clip.{kind}": path.read_bytes()}, file=f"clip.{kind}")
    assert lefts(template, TIMES, (320, 180)) == pytest.approx([0, 40, 100, 120, 160], abs=8)
    held = make_layer(template, template.canonical({}), (320, 180)).at(Fraction(1))
    assert held is not None
    middle = [int(value) for value in held.pixels[held.pixels.shape[0] // 2, 20]]
    assert middle == pytest.approx([255, 0, 0, 128], abs=8)


REFUSED: dict[str, tuple[dict[str, bytes], dict[str, Any], str]] = {
    "no pictures": ({}, {"folder": "frames", "fps": 25}, "has 0 pictures"),
    "frames beyond the end": (folder(3), {"folder": "frames", "fps": 25}, "frames 0 to 2"),
    "a playlist in place of a film": (
        {"a.m3u8": b"#EXTM3U\nfile:///etc/passwd"},
        {"file": "a.m3u8"},
        "must be a .mov, .mp4 or .webm",
    ),
    "a playlist that is called a film": (
        {"a.mp4": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd"},
        {"file": "a.mp4"},
        "a.mp4: is no film",
    ),
    "a broken picture": (
        {**folder(9), "frames/0009.png": b"\x89PNG\r\n\x1a\n"},
        {"folder": "frames", "fps": 25},
        "frames/0009.png: ",
    ),
}


@pytest.mark.parametrize(("files", "clip", "said"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_clip_is_refused(
    files: dict[str, bytes], clip: dict[str, Any], said: str
) -> None:
    pytest.importorskip("av", reason="films need PyAV: the extra `media`")
    with pytest.raises(TemplateError, match=said):
        clip_template(files, **clip)
