"""The pictures of a rendition, as far as its manifest tells of them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Frames:
    """Size and rate; what a manifest does not say is taken to be as most are."""

    width: int = 1280
    height: int = 720
    fps: float = 30.0

    def megapixels(self, seconds: float) -> float:
        """What a stretch of them comes to."""
        return self.width * self.height * self.fps * seconds / 1e6
