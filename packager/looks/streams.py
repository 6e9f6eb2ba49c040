"""What a rendition carries that a look may change, as far as its manifest tells of it."""

from dataclasses import dataclass

from manifests.content_segment import ContentSegment
from manifests.uris import without_query
from packager.config.show_settings import Show
from packager.looks.frames import Frames
from packager.looks.steps import Drawn, Heard

# What mixing a second of sound costs, told in what drawing costs (`packager.rendering.admission`).
SOUND_MEGAPIXELS = 1.0
_AAC_LC = "mp4a.40.2"
_PACKED = (".aac", ".mp3", ".ac3", ".ec3")  # RFC 8216bis 3.1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Pictures, sound or both."""

    frames: Frames | None = None  # None: it has no pictures that can be drawn on
    has_sound: bool = False  # that can be mixed

    def takes(self, change: Drawn | Heard, segment: ContentSegment) -> bool:
        """Whether a change is one of this rendition; packed audio is not mixed."""
        if isinstance(change, Heard):
            is_packed = without_query(segment.media.url).endswith(_PACKED)
            return self.has_sound and not is_packed
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
