"""The breaks of one presentation as its player meets them: which ad is where on the timeline.

Times are `Decimal` seconds of presentation time, which is what the player's own clock shows;
instants (`..._at`) are seconds since 1970.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from packager.decisions.ads import Ad, Tracking

Kind = Literal["ad", "slate", "bumper"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedAd:
    """One entry of a pod, at its place."""

    index: int  # in the pod of the decision
    start_s: Decimal
    duration_s: Decimal  # of the conditioned media (D-50), not what the ad server announced
    ad: Ad | None = None  # None: nothing is known of it but its media
    kind: Kind = "ad"  # only ads are told of (E-11)
    creative_id: str = ""  # our name of the media
    shown_s: Decimal | None = None  # seconds until an early return cuts it; None: it is whole
    start_at: Decimal | None = None  # program date-time of its first frame

    @property
    def seconds(self) -> Decimal:
        """How long it is on the timeline."""
        if self.shown_s is None:
            return self.duration_s
        return max(Decimal(0), min(self.shown_s, self.duration_s))


@dataclass(frozen=True, slots=True, kw_only=True)
class Avail:
    """A break: the ads in it, and what belongs to the break as a whole."""

    id: str  # of the break
    start_s: Decimal
    duration_s: Decimal  # that the viewer is away from the content
    ads: tuple[PlacedAd, ...] = ()  # in the order of the timeline, slate included
    overlays: tuple[Ad, ...] = ()  # that are only drawn over the break's picture (D-10)
    tracking: tuple[Tracking, ...] = ()  # of the break: breakStart, breakEnd, error (D-42)
    announced_s: Decimal | None = None  # how long the cue said that the break is
    start_at: Decimal | None = None  # program date-time of its start
    linear: bool = True  # False: VMAP's breakType says that nothing is played in it (D-40)

    def placement(self, placed: PlacedAd) -> str:
        """Name an entry of this break; no other of the session is ever called so."""
        return f"{self.id}.{placed.index}"
