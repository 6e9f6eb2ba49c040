"""How long playlists wait for decisions: an answer for a moment, a live playlist at an out point.

Players forgive a live playlist that stands still for half a target duration more than usual; one
and a half of them in all are the most that may pass (rule A-07).
"""

from dataclasses import dataclass
from decimal import Decimal

from cachetools import LRUCache

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from manifests.splicing.timeline import FRAME_S
from packager.clock import Clock

HOLD = Decimal("0.5")  # target durations that a break may hold a playlist back
HELD = 4096  # breaks of channels


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a playlist waits for the decisions that it needs, in seconds."""

    live_s: float = 0.15
    vod_s: float = 2.5  # once per session: what is missing in the first playlist stays missing


class Holds:
    """The breaks that hold live playlists back in a process, and since when."""

    def __init__(self, clock: Clock) -> None:
        """Hold nothing yet; `clock` says how long something is held."""
        self._clock = clock
        self._since: LRUCache[tuple[int, str], float] = LRUCache(HELD)

    def may_hold(self, channel_id: int, channel: Content, ad_break: AdBreak) -> bool:
        """Whether playlists may stand still, or go on doing so, where a break begins.

        The first of them passes anyway until the content behind the out point is there.

        Args:
            channel_id: Of the presentation.
            channel: As it is now.
            ad_break: Is being decided.
        """
        if not channel.can_hold(ad_break):
            return True  # its time has not come (`refusal_of`)
        out_at, window, pace = channel.out_border(ad_break), channel.window, channel.pace_s
        if out_at is None or window is None or window[1] <= out_at + FRAME_S:
            return True  # nothing is held back yet
        if window[1] - out_at > Decimal("1.5") * pace:
            return False
        now = self._clock.monotonic()
        since = self._since.setdefault((channel_id, ad_break.id), now)
        return now - since <= float(HOLD * pace)
