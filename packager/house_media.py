"""The operator's own media as breaks have use for it: bumpers, slate, and stand-ins for ads."""

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from manifests.creative import Creative
from packager.config.break_settings import AssetFill, Otherwise
from packager.config.show_settings import Show
from packager.decisions.bumpers import Bumper
from packager.decisions.slates import SlateOption
from packager.looks.binding import Facts
from packager.packaging.ladder import Ladder
from packager.reasons import Reason

_SHORTEST = Fraction(1, 2)  # seconds of a rest that is worth a splice


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The operator's own media, as packaged for a ladder; None while it is not."""

    creative: Callable[[str], Creative | None]  # by id
    slate: Callable[[Show, Ladder], SlateOption | None]
    # By name, and by what is known of viewer and moment, of which clips are made.
    asset: Callable[[Show, str, Ladder, Facts], Creative | Reason | None]
    media_base: str = "/tm/"  # what URIs of all creatives begin with

    def bumper(self, show: Show, name: str | None, ladder: Ladder, facts: Facts) -> Bumper | None:
        """A bumper, if one is named and packaged."""
        found = None if name is None else self.asset(show, name, ladder, facts)
        if not isinstance(found, Creative):
            return None
        return Bumper(found.id, Fraction(found.duration))

    def stand_in(
        self, show: Show, otherwise: Otherwise, ladder: Ladder, facts: Facts
    ) -> tuple[SlateOption, ...]:
        """The asset that shows for want of ads, never cut; none where it is not packaged (D-57)."""
        if not isinstance(otherwise, AssetFill):
            return ()
        found = self.asset(show, otherwise.asset, ladder, facts)
        if not isinstance(found, Creative):
            return ()
        duration = Fraction(found.duration)
        return (SlateOption(id=found.id, duration=duration, minimum=min(_SHORTEST, duration)),)

    def filler(
        self, show: Show, otherwise: Otherwise, ladder: Ladder, facts: Facts
    ) -> tuple[SlateOption, ...]:
        """What fills the time that no ad takes: the asset, then slate; the rest is the content's.

        An asset leaves a rest, so slate comes after it where the show has any (D-53).
        """
        if otherwise == "content":
            return ()
        slate = self.slate(show, ladder)
        return (
            *self.stand_in(show, otherwise, ladder, facts),
            *(() if slate is None else (slate,)),
        )

    def placed(self, creative_id: str, place: str) -> Creative | None:
        """A creative whose segments are asked for at a place; where they are, without one."""
        creative = self.creative(creative_id)
        if creative is None or not place:
            return creative
        return creative.placed(place, base=self.media_base)
