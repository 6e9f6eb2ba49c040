"""A segment of the content as those see it who draw on it or mix it, whichever format lists it."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Source:
    """Bytes at the origin: a resource, or a part of it."""

    url: str  # absolute
    first_byte: int | None = None  # None: all of it
    last_byte: int | None = None  # the last one of the part


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentSegment:
    """One media segment of one rendition."""

    name: str  # what a manifest's writer knows it by
    media: Source
    init: Source | None  # None: the segment needs none (MPEG-TS), or none is known
    start: Decimal  # on the content clock
    duration: Decimal  # seconds
    before: Source | None = None  # of the segment that is listed before it; None: there is none
    after: Source | None = None  # of the one that is listed after it; None: none, or none yet

    @property
    def end(self) -> Decimal:
        """Where it ends, on the content clock."""
        return self.start + self.duration
