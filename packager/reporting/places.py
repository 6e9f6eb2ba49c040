"""Where a session's player asks for the segments of ads that are reported by the server.

``segment/{break}/{index}/{digest}/{name}``, relative to the session's playlists: nothing in it
names the session, so that sessions with equal timelines have equal playlists (design, section 3).
"""

from dataclasses import dataclass
from decimal import Decimal

from manifests.creative import Creative

ROUTE = "segment/{break_id}/{index:int}/{digest}/{name}"


def place_of(break_id: str, index: int) -> str:
    """What the URIs of an ad's segments begin with.

    Args:
        break_id: Of its break.
        index: Of the ad in the break's pod.
    """
    return f"segment/{break_id}/{index}/"


@dataclass(frozen=True, slots=True)
class Position:
    """One segment of an ad, whatever its rendition (E-06)."""

    number: int  # from 0
    count: int  # segments of the ad
    start: Decimal  # seconds from the ad's start
    end: Decimal


def positions_of(creative: Creative, *, base: str) -> dict[str, Position]:
    """What part of an ad each of its files holds.

    Args:
        creative: The ad's, at its own place.
        base: What its URIs begin with.

    Returns:
        By ``{digest}/{name}``; init segments have no part.
    """
    found: dict[str, Position] = {}
    for rendition in creative.renditions.values():
        start = Decimal(0)
        for number, segment in enumerate(rendition.segments):
            end = start + segment.duration
            name = segment.uri.removeprefix(base)
            found[name] = Position(number, len(rendition.segments), start, end)
            start = end
    return found
