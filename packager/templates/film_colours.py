"""From what a template says of the content's colours to the tables that change a frame."""

from functools import lru_cache

from overlays.frames.treatments import Palette, make_palette
from overlays.templates.model import Tone


@lru_cache(maxsize=64)
def palette_of(tone: Tone, *, full_range: bool) -> Palette:
    """Make a palette, once for all frames that want it.

    Args:
        tone: What a template says.
        full_range: Whether black is 0 in the film.
    """
    return make_palette(
        hue_degrees=tone.hue,
        saturation=tone.saturation,
        contrast=tone.contrast,
        brightness=tone.brightness,
        full_range=full_range,
    )
