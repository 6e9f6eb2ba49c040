"""An overlay that players draw over the content, as manifests of both formats tell it (B-64)."""

from dataclasses import dataclass
from decimal import Decimal
from hashlib import blake2b

Rectangle = tuple[int, int, int, int]
"""Left, top, width, height, in pixels of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidedOverlay:
    """A picture for a while."""

    begins: Decimal  # on the content clock
    ends: Decimal
    url: str  # of a PNG with transparency
    size: tuple[int, int]  # of it: it covers the whole frame
    film: Rectangle | None = None  # where the content goes meanwhile; None: it stays as it is

    @property
    def number(self) -> int:
        """Tells it from all others of the content, in 32 bits."""
        times = f"{self.begins.normalize():f} {self.ends.normalize():f}"
        return int.from_bytes(blake2b(f"{times} {self.url}".encode(), digest_size=4).digest())
