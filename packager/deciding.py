"""Deciding on the breaks of a session: in time, stored, and given up where that cannot be (A-03).

A break that is being decided holds a live playlist at its out point for as long as players forgive
(half a target duration), then it is left to the content, as is everything that fails.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial

from cachetools import LRUCache

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from manifests.splicing.timeline import FRAME_S
from packager.asking import Asking
from packager.clock import Clock, unix_seconds
from packager.config.break_settings import CueBreaks, VmapBreaks
from packager.decisions.ad_record import write_ads
from packager.decisions.offers import Decided
from packager.decisions.vmap import VmapBreak
from packager.filling import Filler
from packager.foresight import Foresight
from packager.log import report
from packager.metrics import Metrics
from packager.openings import (
    Opening,
    announced_of,
    cue_rule,
    is_live,
    preroll_of,
    refusal_of,
)
from packager.packaging.ladder import Ladder
from packager.prefetch import Pod, Prefetch
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.reporting.errors import Errors
from packager.schedules import Schedules
from packager.sessions import Session, Sessions
from packager.single_flight import FlightError, SingleFlight
from packager.stores import StoreError
from packager.stores.records import Decision
from packager.viewer import Viewer, Who

HOLD = Decimal("0.5")  # target durations that a break may hold a playlist back
UNSTORED = 65_536  # breaks of sessions
FLIGHTS = 16_384  # decisions at a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a playlist waits for the decisions that it needs, in seconds."""

    live_s: float = 0.15
    vod_s: float = 2.5  # once per session: what is missing in the first playlist stays missing


class Deciding:
    """Decisions of all sessions of a process."""

    def __init__(
        self,
        sessions: Sessions,
        asking: Asking,
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
            asking: Asks ahead of them.
            filler: Makes them.
            schedules: Know the breaks that a VMAP has.
            errors: Tells of ads that cannot be had.
            clock: Says the time.
            metrics: Is told of degradations.
            patience: How long playlists wait.
        """
        self._sessions = sessions
        self._asking = asking
        self._filler = filler
        self._schedules = schedules
        self._errors = errors
        self._clock = clock
        self._metrics = metrics
        self.patience = patience
        self._foresight = Foresight(clock)
        self._prefetch = Prefetch(clock, metrics)
        self._flights: SingleFlight[Decision] = SingleFlight(limit=FLIGHTS)
        self._held_since: LRUCache[tuple[int, str], float] = LRUCache(4096)
        # Breaks that showed content although that could not be stored: they stay content here.
        self._unstored: LRUCache[tuple[str, str], Reason] = LRUCache(UNSTORED)

    async def aclose(self) -> None:
        """End decisions that are being made."""
        await self._foresight.aclose()
        await self._prefetch.aclose()
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
            reason = self._unstored.get((session.sid, one.ad_break.id)) or refusal_of(
                one, presentation, channel, live=live
            )
            if reason is not None:
                given_up.append(_content(channel, one, reason))
            elif (task := self.start(session, presentation, channel, one, viewer)) is not None:
                flights.append((one, task))
            else:
                given_up.append(_content(channel, one, Reason.AD_TIMEOUT))
        late = await self._wait(flights, patience_s=patience_s)
        until: Decimal | None = None
        for one in late:
            out_at = channel.out_border(one.ad_break)
            may_wait = live and not one.ad_break.joins
            if (
                may_wait
                and out_at is not None
                and self._may_hold(presentation, channel, one.ad_break)
            ):
                until = out_at if until is None else min(until, out_at)
            else:
                given_up.append(_content(channel, one, Reason.HOLD_EXPIRED))
        if given_up:
            session = await self._give_up(session, given_up)
            await self._schedules.gave_up(session, presentation.show, given_up, viewer)
            return session, until
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
        ladder = presentation.ladder
        if ladder is None:
            return None
        try:
            return self._flights.start(
                (session.sid, one.ad_break.id),
                lambda: self._decide(session, presentation, ladder, channel, one, viewer),
            )
        except FlightError:
            return None

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
            and (session.sid, one.ad_break.id) not in self._foresight
        ]
        if announced and session.sid in self._prefetch:
            announced = announced[1:]  # there are ads for it
        for one in announced:
            key = (session.sid, one.ad_break.id)
            ahead_s = _ahead_s(channel, one.ad_break)
            ask = partial(
                self._asking.ask,
                session,
                presentation,
                ladder,
                channel,
                one,
                who(),
                spread_s=self._spread_s(ahead_s),
            )
            self._foresight.begin(key, ask, ahead_s=ahead_s)
        rule = cue_rule(presentation.show)
        if rule is None or rule.prefetch is None:
            return
        self._prefetch.begin(
            session.sid,
            rule.prefetch,
            lambda ad_break, spread_s: self._ask_ahead(
                session, presentation, ladder, channel, Opening(ad_break, rule), who(), spread_s
            ),
        )

    def foresee_preroll(
        self, session: Session, presentation: Presentation, channel: Content, viewer: Viewer
    ) -> None:
        """Ask for the pre-roll of a live session whose first playlist is not asked for yet."""
        now = unix_seconds(self._clock.now())
        one, ladder = preroll_of(presentation, channel, now), presentation.ladder
        if one is None or ladder is None or session.started_at_edge is not None:
            return
        if refusal_of(one, presentation, channel, live=True) is None:
            ask = partial(self._asking.ask, session, presentation, ladder, channel, one, viewer)
            self._foresight.begin((session.sid, one.ad_break.id), ask, ahead_s=0.0)

    async def _ask_ahead(
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
        decided = await self._asking.ask(
            session, presentation, ladder, channel, one, viewer, spread_s=spread_s
        )
        if not decided.offers:  # no break will tell of it
            self._errors.tell(session, presentation.show, one.ad_break.id, decided.errors, viewer)
        return decided

    def _spread_s(self, ahead_s: float) -> float:
        """Seconds that there are to ask in, so that there is an answer when a break begins."""
        return max(ahead_s - self.patience.vod_s, 0.0)

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

    async def _give_up(self, session: Session, decisions: Sequence[Decision]) -> Session:
        """Leave breaks to the content, for good."""
        try:
            session = await self._sessions.settle(session, *decisions)
        except StoreError as error:  # P1: content plays on, and must go on playing there
            report(error.reason, "decision_not_stored", self._metrics, detail=str(error))
            for decision in decisions:
                key = (session.sid, decision.break_id)
                self._unstored[key] = Reason[decision.reason.upper()]
            return session
        for decision in decisions:
            if session.decisions[decision.break_id] == decision:
                report(
                    Reason[decision.reason.upper()],
                    "break_left_to_content",
                    self._metrics,
                    session_id=session.sid,
                    ad_break_id=decision.break_id,
                )
        return session

    def _may_hold(self, presentation: Presentation, channel: Content, ad_break: AdBreak) -> bool:
        """Rule A-07: a playlist may stand still for one and a half target durations in all.

        The first of them passes anyway until the content behind the out point is there.
        """
        if not channel.can_hold(ad_break):
            return True  # its time has not come (`refusal_of`)
        out_at, window, pace = channel.out_border(ad_break), channel.window, channel.pace_s
        if out_at is None or window is None or window[1] <= out_at + FRAME_S:
            return True  # nothing is held back yet
        if window[1] - out_at > Decimal("1.5") * pace:
            return False
        now = self._clock.monotonic()
        since = self._held_since.setdefault((presentation.channel_id, ad_break.id), now)
        return now - since <= float(HOLD * pace)

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
        answer = await self._foresight.taken((session.sid, one.ad_break.id))
        pod = None if answer is not None else self._taken_pod(session, one)
        try:
            filled = await self._filler.fill(
                session,
                presentation,
                ladder,
                channel,
                one,
                viewer,
                answer=answer if pod is None else pod.decided,
                spread_s=self._spread_s(_ahead_s(channel, one.ad_break)),
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
                self._prefetch.drop(session.sid)
            raise
        standing = session.decisions[one.ad_break.id]
        is_ours = standing == decision
        if pod is not None and is_ours and filled.has_ads:
            self._prefetch.used(session.sid)
        elif pod is not None:
            self._prefetch.put_back(session.sid, pod)
        if is_ours:
            self._filler.report(session, one, filled)
            if pod is None or filled.has_ads:  # else its ads may yet play in another break
                self._errors.tell(
                    session, presentation.show, standing.break_id, filled.errors, viewer
                )
        return standing

    def _taken_pod(self, session: Session, one: Opening) -> Pod | None:
        """What was asked for before there was a break, if this is one that it is for."""
        if not isinstance(one.rule, CueBreaks) or one.rule.prefetch is None:
            return None
        return self._prefetch.taken(session.sid)


def _ahead_s(channel: Content, ad_break: AdBreak) -> float:
    """Seconds from the end of what is listed to a break."""
    return 0.0 if channel.window is None else float(ad_break.out_at - channel.window[1])


def _content(channel: Content, one: Opening, reason: Reason) -> Decision:
    ad_break = one.ad_break
    return Decision(
        break_id=ad_break.id,
        out_at=channel.out_border(ad_break) or ad_break.out_at,
        in_at=ad_break.in_at or ad_break.out_at,
        outcome="content",
        reason=reason,
    )
