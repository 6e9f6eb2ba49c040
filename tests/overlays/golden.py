"""Pictures compared to the last bit, and templates for tests."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, features

from overlays.layers import Picture
from overlays.templates.model import Template
from overlays.templates.reader import read_template
from packager.templates.folder import shelf

CASES = Path(__file__).parents[1] / "cases" / "overlays"


def assert_golden(picture: Picture | None, file: Path, *, update: bool) -> None:
    """Compare a picture with the one in the repository, exactly."""
    assert picture is not None
    if update:
        Image.fromarray(picture.pixels).save(file, optimize=True)
    with Image.open(file) as image:
        expected = np.array(image.convert("RGBA"))
    versions = {
        name: features.version(name) for name in ("pil", "freetype2", "raqm", "fribidi", "harfbuzz")
    }
    assert picture.pixels.shape == expected.shape, f"{file.name}: another size, with {versions}"
    differs = (picture.pixels != expected).any(axis=-1)
    most = int(np.abs(picture.pixels.astype(int) - expected).max())
    assert not differs.any(), (
        f"{file.name}: {differs.sum()} pixels differ by up to {most}, drawn with {versions}; "
        "look at the picture before --update-cases"
    )


def template_of(files: Mapping[str, bytes] | None = None, **document: Any) -> Template:
    """A template from its document; what is not given is the plainest there is."""
    whole = {
        "id": "test",
        "version": "1",
        "kind": "drawing",
        "size": [320, 180],
        "data": {"type": "object", "properties": {"name": {"type": "string"}}},
        "elements": [{"type": "box", "box": [20, 20, 100, 40], "fill": "#ff0000"}],
        "samples": ["plain.json"],
        **document,
    }
    given = {"template.json": json.dumps(whole).encode(), "plain.json": b"{}", **(files or {})}
    return read_template(given, shelf())
