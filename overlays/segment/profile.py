"""How hard the encoder tries, and how many bytes it may use."""

from dataclasses import dataclass
from typing import Literal

# slower ones may write raw macroblocks, which cannot be moved by bits in CAVLC
Preset = Literal["ultrafast", "superfast", "veryfast", "faster"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Part of what a rendered segment is known by: another profile, another result."""

    preset: Preset = "superfast"
    rate: float = 1.0  # bytes of a replacement, at most, as a share of the original's
    tries: int = 4  # encodings of one GOP until it is small enough
