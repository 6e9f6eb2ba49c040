"""DASH creatives: what is in their MPD, as far as a creative may have it."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from math import ceil

from manifests.dash.model import AdaptationSet, Addressing, Mpd, Period, Representation
from manifests.dash.reading.addressing import initialization_url, segment_url
from packager.packaging.errors import StreamRefused
from packager.packaging.ready.stream import (
    Piece,
    ReadyRendition,
    need_few,
    need_short,
    need_some,
)


def renditions_of_mpd(mpd: Mpd, *, limit_s: int) -> tuple[ReadyRendition, ...]:
    """Return the renditions of an MPD: video, then audio.

    Args:
        mpd: Of the creative.
        limit_s: Seconds that it may last.

    Raises:
        StreamRefused: It may go on, is encrypted, or is not of one piece.
        MpdSyntaxError: A URL is none.
    """
    if mpd.is_dynamic:
        raise StreamRefused("the MPD is dynamic: it is live")
    if len(mpd.periods) != 1:
        raise StreamRefused(f"the MPD has {len(mpd.periods)} Periods")
    (period,) = mpd.periods
    if period.end is None:
        raise StreamRefused("the MPD does not say how long it lasts")
    duration = Fraction(period.end - period.start)
    need_short(duration, limit_s)
    found = list(_representations(period))
    need_some(found)
    return tuple(
        replace(_rendition(of, duration), spoken=(one.language,) if one.language else ())
        for one, of in found
    )


def _representations(period: Period) -> Iterator[tuple[AdaptationSet, Representation]]:
    for kind in ("video", "audio"):
        for one in period.sets:
            if one.kind != kind or one.is_trick_mode:
                continue
            if one.is_encrypted:
                raise StreamRefused("it is encrypted")
            yield from ((one, of) for of in one.representations)


def _rendition(of: Representation, duration: Fraction) -> ReadyRendition:
    addressing = of.addressing
    if addressing is None:
        raise StreamRefused("a Representation has no segments")
    init = initialization_url(of)
    media = tuple(segment_url(of, *place) for place in _places(addressing, duration))
    if init in media:  # Initialization@range: one file is all there is, and has it
        init = None
    return ReadyRendition(
        init=None if init is None else Piece(init),
        segments=tuple(map(Piece, media)),
        offset_s=Fraction(addressing.pto, addressing.timescale),
    )


def _places(addressing: Addressing, duration: Fraction) -> list[tuple[int, int]]:
    """Return the number and media time of each segment."""
    number = addressing.start_number
    if addressing.runs:
        need_few(sum(run.count for run in addressing.runs))
        times = [
            run.start + run.duration * index
            for run in addressing.runs
            for index in range(run.count)
        ]
        return list(enumerate(times, number))
    if not addressing.duration:
        return [(number, addressing.pto)]
    count = ceil(duration * addressing.timescale / addressing.duration)
    if addressing.end_number is not None:
        count = min(count, addressing.end_number - number + 1)
    need_few(count)
    start = addressing.pto + addressing.ept_delta
    return [(number + index, start + addressing.duration * index) for index in range(count)]
