"""Segments whose heads may tell of breaks: which an MPD has, and what they tell (B-52)."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from manifests.breaks import Cue
from manifests.cues.rules import CueRules
from manifests.dash.cues.emsg import cues_of, inband_representation, read_event_messages
from manifests.dash.model import Mpd
from manifests.dash.segments import MediaSegment, listing

LATEST_PERIODS = 16  # that are looked into for the latest segments


def latest_heads(mpd: Mpd, *, now: Decimal) -> Iterator[MediaSegment]:
    """The segments of a dynamic MPD that may tell of breaks, the latest first.

    Args:
        mpd: The origin's.
        now: Seconds since 1970: segments that are computed, not listed, are complete up to now.

    Raises:
        ManifestError: A segment is in another age.
    """
    for period in reversed(mpd.periods[-LATEST_PERIODS:]):
        carrier = inband_representation(period)
        found = None if carrier is None else listing(mpd, period, carrier, now=now)
        if found is not None:
            yield from found.backwards()


def first_heads(mpd: Mpd) -> Iterator[MediaSegment]:
    """The segments of a static MPD that may tell of breaks, the first one first.

    Raises:
        ManifestError: A segment is in another age.
    """
    for period in mpd.periods:
        carrier = inband_representation(period)
        found = None if carrier is None else listing(mpd, period, carrier)
        if found is not None:
            yield from found.forwards()


def told_by(segment: MediaSegment, head: bytes, rules: CueRules) -> tuple[Cue, ...]:
    """What a segment's messages say of breaks, in their order.

    Args:
        segment: One that may tell.
        head: Its first bytes.
        rules: Which signals count.
    """
    addressing = segment.representation.addressing
    pto = Fraction(0) if addressing is None else Fraction(addressing.pto, addressing.timescale)
    return tuple(
        cue
        for message in read_event_messages(head)
        for cue in cues_of(
            message,
            segment_start=segment.start,
            period_start=segment.period_start,
            pto=pto,
            rules=rules,
        )
    )
