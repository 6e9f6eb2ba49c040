"""When an overlay shows: intervals of the content, from cues, a schedule, or always.

A value: each refresh of the content gives the next one. What viewers have been shown does not
change any more; that is the look's to keep.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import Cue
from manifests.cues import CueRules
from packager.config.overlay_settings import ShowAt, ShowAtCues, ShowRule

# An overlay that is always there has begun so long before: nothing of its beginning is seen.
LONG_AGO_S = Decimal(86_400)


@dataclass(frozen=True, slots=True)
class Showing:
    """One time that an overlay shows, on the content clock."""

    begins: Decimal
    ends: Decimal | None  # None: not known yet

    def covers(self, start: Decimal, end: Decimal) -> bool:
        """Whether something of an interval is in it."""
        return self.begins < end and (self.ends is None or self.ends > start)


def cue_rules(rule: ShowAtCues) -> CueRules:
    """Which signals show an overlay."""
    return CueRules(
        start_types=rule.types,
        overlays=True,
        splice_insert=False,
        honour_restrictions=False,
        classes=dict.fromkeys(rule.classes, "out"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Showings:
    """The times that one overlay shows."""

    rule: ShowRule
    log: BreakLog = field(default_factory=BreakLog)

    def observe(self, cues: tuple[Cue, ...], *, edge: Decimal, near_s: Decimal) -> "Showings":
        """Take in the cues of a window, read by `cue_rules`.

        Args:
            cues: All of them, in order.
            edge: Where the window ends.
            near_s: Cues so near each other are one.
        """
        rule = self.rule
        if not isinstance(rule, ShowAtCues):
            return self
        settings = CueSettings(max_break_s=rule.max_s, near_s=near_s)
        log = self.log.observe(cues, edge=edge, seen_edge=None, settings=settings)
        return self if log is self.log else replace(self, log=log)

    def at(self, start: Decimal, end: Decimal, *, origin: Decimal) -> Showing | None:
        """The time of which an interval has something; of several the first.

        Args:
            start: Of the interval.
            end: Of the interval.
            origin: The content clock where the content begins: schedules count from there.
        """
        rule = self.rule
        if isinstance(rule, ShowAt):
            one = Showing(origin + rule.at, origin + rule.at + rule.seconds)
            return one if one.covers(start, end) else None
        if isinstance(rule, ShowAtCues):
            shown = (Showing(each.out_at, each.in_at) for each in self.log.breaks)
            return next((one for one in shown if one.covers(start, end)), None)
        return Showing(start - LONG_AGO_S, None)
