"""When an overlay or music shows, asked for one segment after the other."""

from collections.abc import Callable, Iterator
from decimal import Decimal

from manifests.breaks import Cue
from manifests.cues import CueRules
from manifests.splicing.content import Content
from packager.config.music_settings import Music
from packager.config.overlay_settings import AtCues, Overlay
from packager.looks.showings import Showing, Showings, cue_rules

# Says whether a rule holds, by what is known at an instant of the content clock.
HoldsAt = Callable[[Decimal], bool]


class Times:
    """The times of one overlay or of one piece of music."""

    def __init__(self, of: Overlay | Music, holds: HoldsAt | None = None) -> None:
        """Make those that have none before the first cues are observed.

        Args:
            of: Its settings.
            holds: Says while when it shows, where that is not for cues or a schedule to say.
        """
        self._holds = holds
        self._showings = Showings(overlay=of)
        self._origin = Decimal(0)  # where the content begins
        self._since: Decimal | None = None  # the rule has held

    def observe(self, cues: Callable[[CueRules], tuple[Cue, ...]], content: Content) -> None:
        """Take in what a version of content says."""
        if content.window is None:
            return
        self._origin, edge = content.window
        rule = self._showings.overlay.show
        if isinstance(rule, AtCues):
            near_s = Decimal(content.pace_s) / 2
            told = cues(cue_rules(rule))
            self._showings = self._showings.observe(told, edge=edge, near_s=near_s)

    def follow(self, other: "Times") -> None:
        """Take over what another one knows of the same content."""
        self._showings, self._origin = other._showings, other._origin

    def latest(self) -> Iterator[Showing]:
        """All times that are known, the latest first; none of what does not come and go."""
        return self._showings.latest(origin=self._origin)

    def at(self, start: Decimal, end: Decimal, *, known_at: Decimal) -> Showing | None:
        """The time of which an interval has something.

        Args:
            start: Of the interval.
            end: Of the interval.
            known_at: What was known then decides whether a rule holds.
        """
        if self._holds is None:
            return self._showings.at(start, end, origin=self._origin)
        if not self._holds(known_at):
            self._since = None
            return None
        if self._since is None:
            self._since = start
        return Showing(min(self._since, start), None)
