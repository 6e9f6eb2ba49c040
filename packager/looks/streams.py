"""What a rendition carries that a look may change, as far as its manifest tells of it."""

from dataclasses import dataclass

from manifests.content_segment import ContentSegment
from packager.config.show_settings import Show
from packager.looks.frames import Frames
from packager.looks.steps import Drawn, Heard

# What mixing a second of sound costs, told in what drawing costs (`packager.rendering.admission`).
SOUND_MEGAPIXELS = 1.0
_AAC_LC = "mp4a.40.2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Pictures, sound or both."""

    frames: Frames | None = None  # None: it has no pictures that can be drawn on
    has_sound: bool = False  # that can be mixed

    def takes(self, change: Drawn | Heard, segment: ContentSegment) -> bool:
        """Whether a change is one of this rendition; sound is mixed where it is in CMAF."""
        if isinstance(change, Heard):
            return self.has_sound and segment.init is not None
        return self.frames is not None

    def are_changed(self, show: Show) -> bool:
        """Whether a show has anything for it."""
        return bool((self.frames and show.overlays) or (self.has_sound and show.music))

    def megapixels(self, seconds: float) -> float:
        """What changing a stretch of it comes to."""
        pictures = 0.0 if self.frames is None else self.frames.megapixels(seconds)
        return pictures + SOUND_MEGAPIXELS * seconds * self.has_sound


def is_mixable(codec: str) -> bool:
    """Whether sound of a codec (RFC 6381) can be mixed."""
    return codec == _AAC_LC
