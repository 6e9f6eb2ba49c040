"""The fonts that every template can fall back on, in two weights."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from overlays.errors import FontError
from overlays.text.fonts import Font, read_font

WEIGHTS: Final = ("regular", "bold")
_ORDER = ("Sans", "SansArabic", "SansHebrew", "SansDevanagari", "SansCJK", "ColorEmoji")


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """Bundled fonts, read once per process."""

    families: Mapping[str, tuple[Font, ...]]  # weight to its fonts, Latin first, emoji last
    digest: str  # of all the files: what is drawn depends on them


def read_shelf(files: Mapping[str, bytes]) -> Shelf:
    """Read the bundled fonts.

    Args:
        files: Name to bytes, of the folder `overlays/fonts`; what is no font is left aside.

    Raises:
        FontError: One is missing or broken.
        EngineMissing: Pillow cannot shape text here.
    """
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(hashlib.sha256(name.encode()).digest())
        digest.update(hashlib.sha256(files[name]).digest())
    fonts = {
        name: read_font(name, data)
        for name, data in sorted(files.items())
        if name.endswith((".ttf", ".otf"))
    }
    families = {
        weight: tuple(_best(fonts, script, weight) for script in _ORDER) for weight in WEIGHTS
    }
    return Shelf(families, digest.hexdigest())


def _best(fonts: Mapping[str, Font], script: str, weight: str) -> Font:
    """The font of a script in a weight, or in the only one that there is."""
    ours = {
        name: font
        for name, font in fonts.items()
        if name[4:].partition("-")[0].removesuffix(".ttf") == script
    }
    for name, font in ours.items():
        if weight.title() in name:
            return font
    if not ours:
        raise FontError(f"the bundled font Noto{script} is missing")
    return next(iter(ours.values()))
