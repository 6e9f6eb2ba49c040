"""What templates draw is what it was: Latin, Arabic, Hebrew, Hindi, CJK, emoji, overflow."""

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from overlays.layers import Picture
from overlays.templates.model import Sample
from overlays.templates.stage import make_layer
from packager.templates.folder import find_folder, library, load_template
from packager.templates.preview import over
from tests.overlays.golden import CASES, assert_golden

GOLDEN = CASES / "golden"
TEXTS = sorted(path.stem for path in GOLDEN.glob("*.json") if path.stem != "template")
FINDINGS = {"overflow": {"overflow"}, "missing": {"missing_glyphs"}}


@pytest.mark.parametrize("name", TEXTS)
def test_text_is_drawn_as_it_was(name: str, update_cases: bool) -> None:
    template = load_template(GOLDEN)
    data = template.canonical(json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8")))
    layer = make_layer(template, data, template.size)
    assert_golden(layer.at(Fraction(0)), GOLDEN / f"{name}.png", update=update_cases)
    assert {finding.kind for finding in layer.findings} == FINDINGS.get(name, set())


# It draws nothing, and shows the content in other colours.
PALETTE = load_template(find_folder("palette", beside=Path("/nowhere")))
DRAWN = [name for name in library() if name != PALETTE.id]


@pytest.mark.parametrize("name", DRAWN)
def test_a_template_brought_along_is_drawn_as_it_was(name: str, update_cases: bool) -> None:
    template = load_template(find_folder(name, beside=Path("/nowhere")))
    layer = make_layer(template, template.canonical(template.samples[0].data), (640, 360))
    file = CASES / "library" / f"{name}.png"
    assert_golden(layer.at(template.phases.enter_s), file, update=update_cases)
    assert layer.findings == []


@pytest.mark.parametrize("sample", PALETTE.samples, ids=lambda one: Path(one.name).stem)
def test_the_palette_brought_along_shows_content_as_it_did(
    sample: Sample, update_cases: bool
) -> None:
    """Hues across, from black over the full colour to white down, and greys at the right."""
    layer = make_layer(PALETTE, PALETTE.canonical(sample.data), (160, 90))
    shown = over(layer, PALETTE.phases.enter_s, colours())
    file = CASES / "library" / f"palette_{Path(sample.name).stem}.png"
    assert_golden(Picture(np.asarray(shown), 0, 0), file, update=update_cases)
    assert layer.at(PALETTE.phases.enter_s) is None


def colours() -> Image.Image:
    across, down = np.meshgrid(np.arange(160), np.arange(90))
    value, saturation = np.minimum(down * 6, 255), np.minimum((89 - down) * 6, 255)
    hsv = np.stack([across * 256 // 144, np.where(across < 144, saturation, 0), value], axis=-1)
    return Image.fromarray(hsv.astype(np.uint8), "HSV").convert("RGBA")


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_input_gives_the_same_bytes(name: str) -> None:
    folder = find_folder(name, beside=Path("/nowhere"))
    frames = []
    for _ in range(2):
        template = load_template(folder)
        data = template.canonical(template.samples[-1].data)
        layer = make_layer(template, data, (640, 360), lasts=Fraction(3))
        pictures = [layer.at(Fraction(number, 5)) for number in range(15)]
        frames.append([(p.left, p.top, p.pixels.tobytes()) for p in filter(None, pictures)])
    assert frames[0] == frames[1]
    assert len(set(frames[0])) > 3
