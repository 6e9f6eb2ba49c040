"""Ads that are drawn into pictures: when they may be, and which of them a session has (D-10)."""

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from manifests.breaks import AdBreak
from packager.config.overlay_settings import AdFill
from packager.looks.showings import Showing
from packager.pictures.getting import Picture


class Slot(NamedTuple):
    """A time for which an ad server is asked what an overlay shows."""

    overlay: str  # its name in the show
    fill: AdFill
    showing: Showing

    @property
    def ad_break(self) -> AdBreak:
        """The time as a break, in which nothing is played."""
        begins, ends, break_id = self.showing.begins, self.showing.ends, self.showing.id
        return AdBreak(id=break_id, start=begins, out_at=begins, planned_end=ends)


class SlotAd(NamedTuple):
    """What a session is shown in a slot: sessions with equal ones share a look."""

    slot: str  # its id
    min_s: Decimal | None  # that it should be shown; None: not said
    picture: Picture

    def shown(self, showing: Showing) -> Showing:
        """When: as long as the overlay, or, where nobody knows how long that is, as it asks."""
        if showing.ends is not None or self.min_s is None:
            return showing
        return replace(showing, ends=showing.begins + self.min_s)
