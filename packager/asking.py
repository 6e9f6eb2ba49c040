"""Asking who decides what a break could play, with what they may know of the viewer."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from packager.clock import Clock
from packager.config.break_settings import AssetFill, BreakRule, SlateFill
from packager.config.show_settings import Show
from packager.decisions.decider import AdDecider
from packager.decisions.disclosure import session_for_break
from packager.decisions.offers import Decided
from packager.decisions.request import DecisionRequest
from packager.facts.moment import Facts
from packager.openings import Opening
from packager.packaging.ladder import Ladder
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.session import Session
from packager.viewer import Viewer

_LAST_WORDS = frozenset({Reason.AD_EMPTY, Reason.AD_TIMEOUT})  # of ad servers that gave no ad


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """What asking needs."""

    decider_for: Callable[[Show, BreakRule], AdDecider]
    session_digest: Callable[[str], str]  # what ad servers are told of a session's id
    facts: Facts
    clock: Clock

    async def ask(
        self,
        session: Session,
        presentation: Presentation,
        ladder: Ladder,
        channel: Content,
        one: Opening,
        viewer: Viewer,
        *,
        spread_s: float = 0.0,
    ) -> Decided:
        """Ask who decides what a break could play; the sums are done when its place is listed.

        Args:
            session: As it stands.
            presentation: What it watches.
            ladder: The presentation's.
            channel: As it is now.
            one: The break.
            viewer: Who asked first; ad servers are told of them as far as they consent.
            spread_s: Seconds that there are before the answer is waited for.
        """
        if isinstance(one.rule.fill, SlateFill):
            return Decided()
        length = seconds_to_fill(channel, one.ad_break)
        show = presentation.show
        begin = channel.window[0] if channel.window else one.ad_break.start
        limit = length if length is not None else one.longest or show.limits.max_break_s
        request = replace(
            self.request(session, presentation, one, viewer),
            length=Fraction(limit),
            playhead=None if presentation.live else one.ad_break.start - begin,
            ladder=ladder,
            spread_s=spread_s,
        )
        return await self.decider_for(show, one.rule).decide(request)

    async def renewed(
        self, answer: Decided, presentation: Presentation, ladder: Ladder, one: Opening
    ) -> Decided | None:
        """What was answered some time ago, as it is now; None: it is to be asked for once more.

        What failed may work by now; but what had more time than there is left would take too long.

        Args:
            answer: What `ask` gave.
            presentation: As `ask` takes it, and what follows.
            ladder: See there.
            one: See there.
        """
        if isinstance(one.rule.fill, AssetFill):
            return None  # nobody is called for it, and it may be ready by now
        if not answer.offers and _LAST_WORDS.isdisjoint(answer.reasons):
            return None
        return await self.decider_for(presentation.show, one.rule).renewed(answer, ladder)

    def request(
        self, session: Session, presentation: Presentation, one: Opening, viewer: Viewer
    ) -> DecisionRequest:
        """What is asked with, but for where the break is and how long.

        Args:
            session: As `ask` takes it, and what follows.
            presentation: See there.
            one: See there.
            viewer: See there.
        """
        show = presentation.show
        told, params = show.consent.rules.disclose(viewer, session.record.parameters.ads)
        digest = self.session_digest(session.sid)
        return DecisionRequest(
            show=show.name,
            session=session_for_break(digest, one.ad_break.id) if told.is_anonymous else digest,
            ad_break=one.ad_break,
            length=None,
            now=self.clock.now(),
            live=presentation.live,
            position=one.position,
            viewer=told,
            params=params,
            facts=self.facts.told(
                show,
                session.record.facts,
                self.clock.now(),
                anonymous=told.is_anonymous,
            ),
            blocked_categories=show.ads.blocked_categories,
            ladder=presentation.ladder or Ladder(entries=()),
            source=None if one.vmap is None else one.vmap.source,
            linear=one.linear,
        )


def seconds_to_fill(channel: Content, ad_break: AdBreak) -> Decimal | None:
    """Seconds from where viewers leave, so that no ad starts that cannot end (D-52)."""
    if ad_break.is_point or ad_break.in_at is None:
        return None
    out_at = channel.out_border(ad_break) or ad_break.out_at
    return max(ad_break.in_at - out_at, Decimal(0))
