"""Asking ahead: what breaks could play is asked for before their place is listed.

Of breaks that are announced, and of pre-rolls, each is asked for by itself (`Foresight`); for
those that nobody announces there is a pod, for whichever comes next (`Prefetch`).
"""

from dataclasses import dataclass
from functools import partial

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from packager.asking import Asking
from packager.clock import Clock, unix_seconds
from packager.config.break_settings import CueBreaks
from packager.decisions.offers import Decided
from packager.foresight import Foresight
from packager.openings import Opening, announced_of, cue_rule, preroll_of, refusal_of
from packager.packaging.ladder import Ladder
from packager.patience import Patience
from packager.prefetch import Pod, Prefetch
from packager.presentation import Presentation
from packager.reporting.errors import Errors
from packager.session import Session
from packager.viewer import Viewer, Who


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingAhead:
    """What asking ahead needs, and what was asked for."""

    asking: Asking
    foresight: Foresight
    prefetch: Prefetch
    errors: Errors
    clock: Clock
    patience: Patience

    async def aclose(self) -> None:
        """End what is being asked for."""
        await self.foresight.aclose()
        await self.prefetch.aclose()

    def foresee(
        self, session: Session, presentation: Presentation, channel: Content, who: Who
    ) -> None:
        """Have ad servers asked for what may come, without waiting for it."""
        ladder = presentation.ladder
        if ladder is None:
            return
        announced = [
            one
            for one in announced_of(presentation, channel)
            if one.ad_break.id not in session.decisions
            and (session.sid, one.ad_break.id) not in self.foresight
        ]
        if announced and session.sid in self.prefetch:
            announced = announced[1:]  # there are ads for it
        for one in announced:
            ask = partial(
                self.asking.ask,
                session,
                presentation,
                ladder,
                channel,
                one,
                who(),
                spread_s=self.spread_s(channel, one.ad_break),
            )
            key = (session.sid, one.ad_break.id)
            self.foresight.begin(key, ask, ahead_s=_ahead_s(channel, one.ad_break))
        rule = cue_rule(presentation.show)
        if rule is None or rule.prefetch is None:
            return
        self.prefetch.begin(
            session.sid,
            rule.prefetch,
            lambda ad_break, spread_s: self._ask_unannounced(
                session, presentation, ladder, channel, Opening(ad_break, rule), who(), spread_s
            ),
        )

    def foresee_preroll(
        self, session: Session, presentation: Presentation, channel: Content, viewer: Viewer
    ) -> None:
        """Ask for the pre-roll of a live session whose first playlist is not asked for yet."""
        now = unix_seconds(self.clock.now())
        one, ladder = preroll_of(presentation, channel, now), presentation.ladder
        if one is None or ladder is None or session.started_at_edge is not None:
            return
        if refusal_of(one, presentation, channel, live=True) is None:
            ask = partial(self.asking.ask, session, presentation, ladder, channel, one, viewer)
            self.foresight.begin((session.sid, one.ad_break.id), ask, ahead_s=0.0)

    async def taken(self, session: Session, one: Opening) -> tuple[Decided | None, Pod | None]:
        """What was asked for ahead for a break, to be used in it: an answer of its own, or a pod.

        `Prefetch.taken` says what is to follow for a pod. Neither: it is to be asked for now.
        """
        answer = await self.foresight.taken((session.sid, one.ad_break.id))
        if answer is not None:
            return answer, None
        if not isinstance(one.rule, CueBreaks) or one.rule.prefetch is None:
            return None, None
        return None, self.prefetch.taken(session.sid)

    def spread_s(self, channel: Content, ad_break: AdBreak) -> float:
        """Seconds that there are to ask in, so that there is an answer when a break begins."""
        return max(_ahead_s(channel, ad_break) - self.patience.vod_s, 0.0)

    async def _ask_unannounced(
        self,
        session: Session,
        presentation: Presentation,
        ladder: Ladder,
        channel: Content,
        one: Opening,
        viewer: Viewer,
        spread_s: float,
    ) -> Decided:
        """Ask for a break that is not there yet."""
        decided = await self.asking.ask(
            session, presentation, ladder, channel, one, viewer, spread_s=spread_s
        )
        if not decided.offers:  # no break will tell of it
            self.errors.tell(session, presentation.show, one.ad_break.id, decided.errors, viewer)
        return decided


def _ahead_s(channel: Content, ad_break: AdBreak) -> float:
    """Seconds from the end of what is listed to a break."""
    return 0.0 if channel.window is None else float(ad_break.out_at - channel.window[1])
