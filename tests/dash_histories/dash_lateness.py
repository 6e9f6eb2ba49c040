"""Which sets go without their last segments where a Period is cut, by what the origin listed then.

B-04 lets nobody add to a Period that is not the last. What text lacks when the Period is cut may
be waited for while it is one segment of video and audio; what lacks more is not there for good.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from dash_record import FRAME
from mpd_text import Text


@dataclass(frozen=True, slots=True)
class _Version:
    """One version of the last Period."""

    start: Fraction  # of the Period
    edge: Fraction  # all of video and audio is listed to here
    last: Fraction  # where the last segment begins
    ends: Mapping[str, Fraction]  # of everything else, by Representation


@dataclass(slots=True)
class Lateness:
    """All that an origin has listed, version by version."""

    versions: list[_Version] = field(default_factory=list)

    def take(self, text: Text) -> None:
        """One more version."""
        if not text.is_dynamic or not text.periods:
            return
        period = text.periods[-1]
        plain = [one for each in period.sets if each.is_plain for one in each.tracks]
        if not plain or any(one.mode != "timeline" or not one.spans for one in plain):
            return
        self.versions.append(
            _Version(
                start=period.start,
                edge=min(one.spans[-1].end for one in plain),
                last=min(one.spans[-1].start for one in plain),
                ends={
                    one.id: one.spans[-1].end if one.spans else period.start
                    for each in period.sets
                    for one in each.tracks
                    if not each.is_plain and one.mode == "timeline"
                },
            )
        )

    def given_up(self, start: Fraction, cut: Fraction) -> Mapping[str, Fraction]:
        """Where what goes without the rest is listed to, by Representation.

        Args:
            start: Of the origin's Period.
            cut: Where it is cut for a break.
        """
        for one in self.versions:
            if one.start != start or one.edge < cut:
                continue
            late = {name: end for name, end in one.ends.items() if end < cut}
            if all(end < one.last - FRAME for end in late.values()):
                return late
        return {}
