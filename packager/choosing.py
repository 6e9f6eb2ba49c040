"""Choosing what a break plays: the sums of `packager.decisions.fill`, as a show wants them done."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from manifests.splicing.timeline import FRAME_S
from packager.clock import Clock
from packager.config.break_settings import SlateFill
from packager.config.show_settings import Show
from packager.decisions.bumpers import fill_between
from packager.decisions.fill import Fill, FillRules, fill
from packager.decisions.frequency import Exposures
from packager.decisions.offers import Decided
from packager.facts.moment import Facts
from packager.house_media import House
from packager.openings import Opening
from packager.packaging.ladder import Ladder
from packager.rules import Value
from packager.session import Session

TOLERANCE = Fraction(FRAME_S)

_NOTHING_PLAYS = FillRules(insertion=True)  # every candidate is refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Choosing:
    """What choosing needs."""

    house: House
    facts: Facts
    clock: Clock
    exposures: Exposures = field(default_factory=Exposures)

    def choose(
        self,
        session: Session,
        show: Show,
        ladder: Ladder,
        one: Opening,
        decided: Decided,
        length: Decimal | None,
    ) -> Fill:
        """Do the sums; without an await, so that breaks decided at one time know of each other.

        Args:
            session: Whose caps count.
            show: Says how its breaks are filled.
            ladder: The presentation's.
            one: The break.
            decided: What it could play.
            length: Seconds to fill; None: unknown, or the break is a point.
        """
        if not one.linear:
            return fill(None, decided.candidates, tolerance=TOLERANCE, rules=_NOTHING_PLAYS)
        rules = _rules(show, longest=one.longest)
        known = self.facts.at(show, session.record.facts, self.clock.now())
        caps, break_id, at = show.ads.frequency.caps, one.ad_break.id, one.ad_break.out_at
        if not caps:
            return self._sums(show, ladder, one, decided, length, rules, known)
        allowed = self.exposures.allowances(session, break_id, at, caps, decided.candidates)
        rules = replace(rules, allowances=allowed)
        chosen = self._sums(show, ladder, one, decided, length, rules, known)
        given = [entry.creative_id for entry in chosen.pod if entry.kind == "ad"]
        self.exposures.note(session, break_id, at, given)
        return chosen

    def _sums(
        self,
        show: Show,
        ladder: Ladder,
        one: Opening,
        decided: Decided,
        length: Decimal | None,
        rules: FillRules,
        known: Callable[[str], Value | None],
    ) -> Fill:
        named, otherwise = one.rule.bumpers, one.rule.otherwise
        if isinstance(one.rule.fill, SlateFill):
            slates = self.house.filler(show, "slate", ladder, known)
            length = one.longest if one.ad_break.is_point else length
        elif one.ad_break.is_point:
            slates = self.house.stand_in(show, otherwise, ladder, known)
            rules = replace(rules, insertion=True, overrun=Fraction(show.limits.overrun_s))
            length = None
        else:
            slates = self.house.filler(show, otherwise, ladder, known)
        return fill_between(
            None if length is None else Fraction(length),
            decided.candidates,
            before=self.house.bumper(show, named.before, ladder, known),
            after=self.house.bumper(show, named.after, ladder, known),
            tolerance=TOLERANCE,
            slates=slates,
            rules=rules,
        )


def _rules(show: Show, *, longest: Decimal | None) -> FillRules:
    """What a show says of its ads, whatever the break (D-51, D-53, D-56)."""
    ads = show.ads
    most = ads.max_unfilled_s
    return FillRules(
        max_length=Fraction(longest or show.limits.max_break_s),
        reorder=ads.reorder,
        allow_repeats=not ads.separation.creative,
        allow_same_advertiser=not ads.separation.advertiser,
        allow_same_category=not ads.separation.category,
        blocked_categories=frozenset(one.casefold() for one in ads.blocked_categories),
        max_unfilled=None if most is None else Fraction(most),
    )
