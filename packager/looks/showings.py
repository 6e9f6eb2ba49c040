"""When an overlay shows: intervals of the content, from cues, a schedule, or always.

A value: each refresh of the content gives the next one. What viewers have been shown does not
change any more; that is the look's to keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal

from manifests.break_log import BreakLog, CueSettings
from manifests.breaks import Cue
from manifests.cues import CueRules
from packager.config.overlay_settings import Overlay, ShowAt, ShowAtCues

# An overlay that is always there has begun so long before: nothing of its beginning is seen.
LONG_AGO_S = Decimal(86_400)


@dataclass(frozen=True, slots=True)
class Showing:
    """One time that an overlay shows, on the content clock."""

    begins: Decimal
    ends: Decimal | None  # None: not known yet
    id: str = ""  # no other of the show's content has it, of those that come and go

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
        schemes=rule.schemes,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Showings:
    """The times that one overlay shows."""

    overlay: Overlay
    log: BreakLog = field(default_factory=BreakLog)

    def observe(self, cues: tuple[Cue, ...], *, edge: Decimal, near_s: Decimal) -> "Showings":
        """Take in the cues of a window, read by `cue_rules`.

        Args:
            cues: All of them, in order.
            edge: Where the window ends.
            near_s: Cues so near each other are one.
        """
        rule = self.overlay.show
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
        if not isinstance(self.overlay.show, ShowAt | ShowAtCues):
            return Showing(start - LONG_AGO_S, None)
        found: Showing | None = None
        for one in self.latest(origin=origin):
            if one.ends is not None and one.ends <= start:
                break
            found = one if one.covers(start, end) else found
        return found

    def latest(self, *, origin: Decimal) -> Iterator[Showing]:
        """All times that are known, the latest first; none of what does not come and go.

        Args:
            origin: As `at` takes it.
        """
        rule, name = self.overlay.show, f"o.{self.overlay.name}"
        if isinstance(rule, ShowAt):
            yield Showing(origin + rule.at, origin + rule.at + rule.seconds, name)
        elif isinstance(rule, ShowAtCues):
            for one in reversed(self.log.breaks):
                yield Showing(one.out_at, one.in_at, f"{name}.{one.id}")
