"""The segments of an MPD's video and sound that could be replaced, the latest first."""

from collections.abc import Collection, Iterator
from decimal import Decimal

from manifests.content_segment import ContentSegment, Source
from manifests.dash.model import Mpd, Period, Representation
from manifests.dash.reading.addressing import initialization_url
from manifests.dash.reading.content_kind import Kind
from manifests.dash.segments import listing

VIDEO: frozenset[Kind] = frozenset({"video"})


def representations_of(
    mpd: Mpd, kinds: Collection[Kind] = VIDEO
) -> Iterator[tuple[Kind, Period, Representation]]:
    """What can be drawn on or mixed: clear video or sound in segments, the latest Period first.

    Args:
        mpd: An MPD.
        kinds: Of AdaptationSets.
    """
    for period in reversed(mpd.periods):
        for one, representation in period.representations():
            addressing = representation.addressing
            if one.kind not in kinds or one.is_trick_mode or one.is_encrypted or addressing is None:
                continue
            if addressing.mode != "indexed":
                yield one.kind, period, representation


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
    after: Source | None = None
    sources = ((segment, Source(segment.url())) for segment in found.backwards())
    here = next(sources, None)
    while here is not None:
        segment, media = here
        here = next(sources, None)
        yield ContentSegment(
            name=media.url,
            media=media,
            init=init,
            start=segment.start,
            duration=segment.duration,
            before=None if here is None else here[1],
            after=after,
        )
        after = media
