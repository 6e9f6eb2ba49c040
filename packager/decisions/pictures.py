"""The picture of a NonLinear ad that can be drawn into content (splice rule D-10)."""

from decimal import Decimal
from typing import NamedTuple

from packager.decisions.ads import Ad, NonLinear

# What workers decode; what an ad server calls otherwise is not asked for.
_TYPES = frozenset(("", "image/png", "image/jpeg", "image/jpg", "image/webp"))


class AdPicture(NamedTuple):
    """Which of an ad's overlays is drawn."""

    nonlinear: NonLinear
    url: str

    @property
    def min_s(self) -> Decimal | None:
        """Seconds that it should be shown at least; None: not said."""
        return self.nonlinear.min_duration


def picture_of(ad: Ad) -> AdPicture | None:
    """The first picture of an ad; None: it has pages or programs only, or is none to be drawn."""
    for nonlinear in ad.nonlinears:
        for resource in nonlinear.resources:
            if resource.kind == "static" and resource.type.strip().lower() in _TYPES:
                return AdPicture(nonlinear, resource.value)
    return None
