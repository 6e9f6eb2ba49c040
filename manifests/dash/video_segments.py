"""The segments of an MPD's video that could be replaced, the latest first."""

from collections.abc import Iterator
from decimal import Decimal

from manifests.content_segment import ContentSegment, Source
from manifests.dash.model import Mpd, Period, Representation
from manifests.dash.reading.addressing import initialization_url
from manifests.dash.segments import listing


def video_representations(mpd: Mpd) -> Iterator[tuple[Period, Representation]]:
    """What can be drawn on: clear video in segments, the latest Period first."""
    for period in reversed(mpd.periods):
        for one, representation in period.representations():
            addressing = representation.addressing
            if one.kind != "video" or one.is_trick_mode or one.is_encrypted or addressing is None:
                continue
            if addressing.mode != "indexed":
                yield period, representation


def latest_segments(
    mpd: Mpd, period: Period, representation: Representation, *, now: Decimal | None = None
) -> Iterator[ContentSegment]:
    """The segments that a Representation has in a Period, the latest first.

    Args:
        mpd: The Period's.
        period: One of its Periods.
        representation: One of its Representations.
        now: Seconds since 1970, for those that are computed; None: the MPD is static.

    Raises:
        ManifestError: A segment is in another age, or a URL is none.
    """
    found = listing(mpd, period, representation, now=now)
    if found is None:
        return
    init_url = initialization_url(representation)
    init = None if init_url is None else Source(init_url)
    for segment in found.backwards():
        url = segment.url()
        yield ContentSegment(
            name=url,
            media=Source(url),
            init=init,
            start=segment.start,
            duration=segment.duration,
        )
