"""Where to look at a Representation: its init section and one segment that is there."""

from dataclasses import dataclass
from fractions import Fraction

from manifests.dash.model import AdaptationSet, Addressing, Representation
from manifests.dash.reading.addressing import initialization_url, segment_url

HEAD_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A little of a Representation's media."""

    init: bytes = b""
    media: bytes = b""  # one segment, or the head of a file that is all there is


@dataclass(frozen=True, slots=True)
class ExcerptPlace:
    """Where an excerpt is; the URLs are absolute."""

    init: str | None  # None: it is in the media
    media: str | None  # None: it is encrypted, and no use
    first_bytes: int | None = None  # how much of the media is enough; None: all of it


def excerpt_place(
    one: AdaptationSet, representation: Representation, *, at: Fraction
) -> ExcerptPlace | None:
    """Return where an excerpt of a Representation is; None: it has no segments.

    Args:
        one: Its set.
        representation: Of the MPD.
        at: Seconds from the Period's start. It is the last segment that has ended by then, or the
            first one if none has: with the time that has passed of a live Period, one that is
            there; with 0, the first one.

    Raises:
        MpdSyntaxError: A URL is none.
    """
    addressing = representation.addressing
    if addressing is None:
        return None
    init = initialization_url(representation)
    is_file = addressing.mode == "indexed" and addressing.media is None
    if one.is_encrypted and not (is_file and init in (None, *representation.bases)):
        return ExcerptPlace(init, None)
    media = segment_url(representation, *_segment(addressing, at))
    if init == media:  # Initialization@range
        init = None
    return ExcerptPlace(init, media, HEAD_BYTES if is_file else None)


def _segment(addressing: Addressing, at: Fraction) -> tuple[int, int]:
    """Return the number and media time of the last segment that has ended by then."""
    by_then = addressing.pto + at * addressing.timescale
    first = number = addressing.start_number
    if addressing.runs:
        found = (first, addressing.runs[0].start)
        for run in addressing.runs:
            ended = min(run.count, int((by_then - run.start) // run.duration))
            if ended > 0:
                found = (number + ended - 1, run.start + run.duration * (ended - 1))
            number += run.count
        return found
    if not addressing.duration:
        return first, addressing.pto
    start = addressing.pto + addressing.ept_delta
    ended = max(1, int((by_then - start) // addressing.duration))
    if addressing.end_number is not None:
        ended = min(ended, max(1, addressing.end_number - first + 1))
    return first + ended - 1, start + addressing.duration * (ended - 1)
