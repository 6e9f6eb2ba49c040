"""The pre-roll of a live session: where it is in the content, and how players are led to it.

It takes the place of what is listed already, and begins where players do: so far behind the clock
as `suggestedPresentationDelay` says, which is raised for it where it is longer (B-42).
"""

from contextlib import suppress
from decimal import Decimal

from manifests.dash.durations import read_duration
from manifests.dash.model import Mpd
from manifests.errors import ManifestError

DELAY = "suggestedPresentationDelay"
BEHIND = 3  # segments, where the origin suggests nothing
SPARE = 2  # segments between a pre-roll's end and the clock: content is listed that late


def join_delay_s(mpd: Mpd, pace_s: int, seconds: Decimal) -> Decimal:
    """How far behind the clock a session with a pre-roll begins.

    Args:
        mpd: The origin's.
        pace_s: Its longest segment.
        seconds: Most that the pre-roll lasts.
    """
    suggested = Decimal(BEHIND * pace_s)
    if (text := mpd.element.get(DELAY)) is not None:
        with suppress(ManifestError):  # players cannot read it either
            suggested = read_duration(text)
    return max(suggested, seconds + SPARE * pace_s)
