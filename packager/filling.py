"""Filling one break for one session: ask who decides, do the sums, and say what came of it."""

from dataclasses import dataclass
from fractions import Fraction

from manifests.splicing.content import Content
from packager.asking import Asking, seconds_to_fill
from packager.choosing import TOLERANCE, Choosing
from packager.config.break_settings import SlateFill
from packager.decisions.offers import Decided
from packager.filled import Filled, outcome_of
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening
from packager.packaging.ladder import Ladder
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.session import Session
from packager.viewer import Viewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """What filling needs."""

    asking: Asking
    choosing: Choosing
    metrics: Metrics

    async def fill(
        self,
        session: Session,
        presentation: Presentation,
        ladder: Ladder,
        channel: Content,
        one: Opening,
        viewer: Viewer,
        *,
        answer: Decided | None = None,
        spread_s: float = 0.0,
    ) -> Filled:
        """Decide what a session sees in a break; nothing is stored or reported by this.

        Args:
            session: As it stands.
            presentation: What it watches.
            ladder: The presentation's.
            channel: As it is now.
            one: The break.
            viewer: Who asked first; ad servers are told of them as far as they consent.
            answer: What was asked for ahead; None, or where that failed: it is asked now.
            spread_s: Seconds that there are before the answer is waited for.
        """
        length = seconds_to_fill(channel, one.ad_break)
        decided: Decided | None = None
        if answer is not None:
            decided = await self.asking.renewed(answer, presentation, ladder, one)
        if decided is None:
            decided = await self.asking.ask(
                session, presentation, ladder, channel, one, viewer, spread_s=spread_s
            )
            decided = decided if answer is None else decided.after(answer)
        chosen = self.choosing.choose(session, presentation.show, ladder, one, decided, length)
        by_player = session.record.parameters.reporting == "client"
        return outcome_of(channel, one, decided, chosen, by_player=by_player)

    def report(self, session: Session, one: Opening, filled: Filled) -> None:
        """Everything that a viewer got less than planned has its reason (P9)."""
        decided, chosen = filled.decided, filled.chosen
        said = {"session_id": session.sid, "ad_break_id": one.ad_break.id}
        for reason in decided.reasons:
            report(reason, "ad_call_failed", self.metrics, detail=decided.detail, **said)
        for dropped in chosen.dropped:
            if isinstance(dropped.reason, Reason):
                report(dropped.reason, "ad_dropped", self.metrics, ad_id=dropped.ad_id, **said)
        if not isinstance(one.rule.fill, SlateFill):
            failed = any(reason is not Reason.AD_EMPTY for reason in decided.reasons)
            has_ads = bool(filled.overlays) or any(entry.kind == "ad" for entry in chosen.pod)
            self.metrics.ad_request("filled" if has_ads else "failed" if failed else "empty")
        slate = sum(float(entry.duration) for entry in chosen.pod if entry.kind == "slate")
        missing = float(max(chosen.rest, Fraction(0))) + slate
        if missing > float(TOLERANCE):
            self.metrics.unfilled(missing)
            report(
                Reason.BREAK_UNFILLED,
                "ad_break_underfilled",
                self.metrics,
                missing_s=round(missing, 3),
                **said,
            )
