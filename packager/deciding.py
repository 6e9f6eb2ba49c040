"""Deciding on the breaks of a session: in time, stored, and given up where that cannot be (A-03).

A break that is being decided holds a live playlist at its out point for as long as players forgive
(half a target duration), then it is left to the content, as is everything that fails.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from manifests.splicing.content import Content
from packager.asking_ahead import AskingAhead
from packager.clock import Clock
from packager.config.break_settings import VmapBreaks
from packager.decisions.ad_record import write_ads
from packager.decisions.vmap import VmapBreak
from packager.filling import Filler
from packager.giving_up import GivingUp, left_to_content
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening, is_live, refusal_of
from packager.packaging.ladder import Ladder
from packager.patience import Holds, Patience
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.reporting.errors import Errors
from packager.schedules import Schedules
from packager.session import Session
from packager.sessions import Sessions
from packager.single_flight import FlightError, SingleFlight
from packager.stores import StoreError
from packager.stores.records import Decision
from packager.viewer import Viewer

FLIGHTS = 16_384  # decisions at a time
NO_LADDER = Ladder(entries=())  # where no film is to be played


class Deciding:
    """Decisions of all sessions of a process."""

    def __init__(
        self,
        sessions: Sessions,
        ahead: AskingAhead,
        filler: Filler,
        schedules: Schedules,
        errors: Errors,
        *,
        clock: Clock,
        metrics: Metrics,
        patience: Patience,
    ) -> None:
        """Join what deciding needs.

        Args:
            sessions: Store decisions.
            ahead: Asks ahead of them.
            filler: Makes them.
            schedules: Know the breaks that a VMAP has.
            errors: Tells of ads that cannot be had.
            clock: Says the time.
            metrics: Is told of degradations.
            patience: How long playlists wait.
        """
        self._sessions = sessions
        self._ahead = ahead
        self._filler = filler
        self._schedules = schedules
        self._errors = errors
        self._metrics = metrics
        self.patience = patience
        self._flights: SingleFlight[Decision] = SingleFlight(limit=FLIGHTS)
        self._holds = Holds(clock)
        self._giving_up = GivingUp(sessions, schedules, metrics=metrics)

    async def aclose(self) -> None:
        """End decisions that are being made."""
        await self._ahead.aclose()
        await self._flights.aclose()
        await self._errors.aclose()

    async def settle(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        missing: Sequence[Opening],
        viewer: Viewer,
        *,
        patience_s: float,
    ) -> tuple[Session, Decimal | None]:
        """Decide in time; give up or hold what is not decided by then.

        Returns:
            The session as it stands, and the first place that its playlists must not pass yet.
        """
        live = is_live(session, presentation)
        given_up: list[Decision] = []
        flights: list[tuple[Opening, asyncio.Task[Decision]]] = []
        for one in missing:
            reason = self._giving_up.unstored(session, one.ad_break.id) or refusal_of(
                one, presentation, channel, live=live
            )
            if reason is not None:
                given_up.append(left_to_content(channel, one, reason))
            elif (task := self.start(session, presentation, channel, one, viewer)) is not None:
                flights.append((one, task))
            else:
                given_up.append(left_to_content(channel, one, Reason.AD_TIMEOUT))
        late = await self._wait(flights, patience_s=patience_s)
        until: Decimal | None = None
        for one in late:
            out_at = channel.out_border(one.ad_break)
            may_wait = live and not one.ad_break.joins
            if (
                may_wait
                and out_at is not None
                and self._holds.may_hold(presentation.channel_id, channel, one.ad_break)
            ):
                until = out_at if until is None else min(until, out_at)
            else:
                given_up.append(left_to_content(channel, one, Reason.HOLD_EXPIRED))
        if given_up:
            show = presentation.show
            return await self._giving_up.give_up(session, show, given_up, viewer), until
        return self._sessions.latest(session), until

    def start(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        one: Opening,
        viewer: Viewer,
    ) -> "asyncio.Task[Decision] | None":
        """Start deciding a break; None: it cannot be decided now."""
        ladder = presentation.ladder if one.linear else presentation.ladder or NO_LADDER
        if ladder is None:
            return None
        try:
            return self._flights.start(
                (session.sid, one.ad_break.id),
                lambda: self._decide(session, presentation, ladder, channel, one, viewer),
            )
        except FlightError:
            return None

    async def _wait(
        self, flights: Sequence[tuple[Opening, "asyncio.Task[Decision]"]], *, patience_s: float
    ) -> list[Opening]:
        """Wait for decisions together; return the breaks that have none."""
        results = await asyncio.gather(
            *(self._flights.wait(task, patience_s=patience_s) for _, task in flights),
            return_exceptions=True,
        )
        late = []
        for (one, _), result in zip(flights, results, strict=True):
            if isinstance(result, Decision):
                continue
            late.append(one)
            if not isinstance(result, TimeoutError | FlightError | StoreError):
                # P1: whatever is wrong with a decision, the content plays.
                report(Reason.INTERNAL_ERROR, "decision_failed", self._metrics, exc_info=result)
        return late

    async def _decide(
        self,
        session: Session,
        presentation: Presentation,
        ladder: Ladder,
        channel: Content,
        one: Opening,
        viewer: Viewer,
    ) -> Decision:
        """Fill and store; what is returned is what stands (rule A-03)."""
        vmap: VmapBreak | None = None
        if isinstance(one.rule, VmapBreaks):
            vmap = await self._schedules.break_of(session, presentation.show, one.ad_break.id)
            one = replace(one, vmap=vmap)
        answer, pod = await self._ahead.taken(session, one)
        try:
            filled = await self._filler.fill(
                session,
                presentation,
                ladder,
                channel,
                one,
                viewer,
                answer=answer if pod is None else pod.decided,
                spread_s=self._ahead.spread_s(channel, one.ad_break),
            )
            decision = filled.decision
            if one.ad_break.joins:  # how long it is, its pod says
                length = sum((entry.duration for entry in filled.chosen.pod), Fraction(0))
                end = one.ad_break.out_at + Decimal(length.numerator) / length.denominator
                decision = replace(decision, in_at=channel.return_of(end))
            if pod is not None and filled.has_ads:
                decision = replace(decision, prefetched_at=pod.asked_at)
            tracking = () if vmap is None else vmap.tracking
            ads: dict[str, bytes] = {}
            if filled.has_ads:
                ads[one.ad_break.id] = write_ads(filled.ads, tracking, filled.overlays)
            session = await self._sessions.settle(session, decision, ads=ads)
        except BaseException:
            if pod is not None:  # perhaps it was stored; its ads must not play twice
                self._ahead.prefetch.drop(session.sid)
            raise
        standing = session.decisions[one.ad_break.id]
        is_ours = standing == decision
        if pod is not None and is_ours and filled.has_ads:
            self._ahead.prefetch.used(session.sid)
        elif pod is not None:
            self._ahead.prefetch.put_back(session.sid, pod)
        if is_ours:
            self._filler.report(session, one, filled)
            if pod is None or filled.has_ads:  # else its ads may yet play in another break
                self._errors.tell(
                    session, presentation.show, standing.break_id, filled.errors, viewer
                )
        return standing
