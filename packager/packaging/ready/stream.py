"""A creative that comes as HLS or DASH, as values: its renditions and where their segments are."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from manifests.hls.model import ByteRange
from packager.packaging.errors import StreamRefused

SUFFIXES = {"cmaf": ".m4s", "ts": ".ts", "packed-aac": ".aac"}  # of segments, by container
MAX_RENDITIONS = 40
MAX_SEGMENTS = 1000  # of a rendition


@dataclass(frozen=True, slots=True)
class Piece:
    """An init section or a segment: a file, or a part of one."""

    url: str  # absolute
    byterange: ByteRange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyRendition:
    """One rendition, with all its segments."""

    init: Piece | None
    segments: tuple[Piece, ...]
    offset_s: Fraction = Fraction(0)  # media time at which it is to begin (DASH)
    spoken: tuple[str, ...] = ()  # of sound and subtitles: the language, and what it is called

    def __post_init__(self) -> None:
        if not self.segments:
            raise StreamRefused("a rendition has no segments")
        need_few(len(self.segments))
        if len(set(self.segments)) < len(self.segments):
            raise StreamRefused("a rendition has the same segment twice")


def need_few(segments: int) -> None:
    """Raise StreamRefused for more segments than any ad has; ask before they are made a list."""
    if segments > MAX_SEGMENTS:
        raise StreamRefused(f"a rendition has more than {MAX_SEGMENTS} segments")


def need_short(duration_s: Fraction, limit_s: int) -> None:
    """Raise StreamRefused for what lasts longer than sources may."""
    if duration_s > limit_s:
        raise StreamRefused(f"it lasts {float(duration_s):.0f} s, more than {limit_s} s")


def need_some(renditions: Sequence[object]) -> None:
    """Raise StreamRefused for a presentation of no renditions, or of too many."""
    if not renditions:
        raise StreamRefused("it has neither video nor audio")
    if len(renditions) > MAX_RENDITIONS:
        raise StreamRefused(f"it has more than {MAX_RENDITIONS} renditions")
