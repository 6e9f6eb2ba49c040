"""What one session sees in its breaks: the one place that decides, stores and degrades.

A plan is the session's splices as far as they are settled, and how far its playlists may go. In
live a break that is being decided holds the playlist at its out point for as long as players
forgive (half a target duration), then it is left to the content. In VOD all breaks are settled
before the first media playlist is answered (rules A-03, A-06, A-17, A-18, A-28).
"""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from cachetools import LRUCache

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from manifests.splicing.signalling import Signalling
from manifests.splicing.timeline import FRAME_S, Splice
from packager.clock import Clock
from packager.config.values import VmapBreaks
from packager.decisions.ad_record import write_ads
from packager.decisions.vmap import VmapBreak
from packager.filling import Filler
from packager.foresight import Foresight
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening, announced_of, is_live, openings_of, refusal_of
from packager.packaging.ladder import Ladder
from packager.pod_signals import PodSignals
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.reporting.errors import Errors
from packager.reporting.places import place_of
from packager.schedules import Schedules
from packager.sessions import Session, Sessions
from packager.single_flight import FlightError, SingleFlight
from packager.stores import StoreError
from packager.stores.records import Decision
from packager.viewer import Viewer, Who

HOLD = Decimal("0.5")  # target durations that a break may hold a playlist back
SPLICES = 65_536  # kept ready
FLIGHTS = 16_384  # decisions at a time
NOTHING_TOLD: Mapping[str, Signalling] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a session's playlists are made from, beside the channel."""

    splices: tuple[Splice, ...] = ()
    until: Decimal | None = None  # start of the first break that is not settled


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a playlist waits for the decisions that it needs, in seconds."""

    live_s: float = 0.15
    vod_s: float = 2.5  # once per session: what is missing in the first playlist stays missing


class Planner:
    """Plans for all sessions of a process."""

    def __init__(
        self,
        sessions: Sessions,
        filler: Filler,
        schedules: Schedules,
        errors: Errors,
        *,
        clock: Clock,
        metrics: Metrics,
        patience: Patience | None = None,
    ) -> None:
        """Join what planning needs.

        Args:
            sessions: Store decisions.
            filler: Makes them.
            schedules: Know the breaks that a VMAP has.
            errors: Tells of ads that cannot be had.
            clock: Says the time.
            metrics: Is told of degradations.
            patience: How long playlists wait.
        """
        self._sessions = sessions
        self._filler = filler
        self._schedules = schedules
        self._errors = errors
        self._clock = clock
        self._metrics = metrics
        self._patience = patience or Patience()
        self._foresight = Foresight(clock)
        self._flights: SingleFlight[Decision] = SingleFlight(limit=FLIGHTS)
        self._beginnings: SingleFlight[None] = SingleFlight(limit=FLIGHTS)
        # For a session: the start of the last past break of which a decision is known here.
        self._settled_until: LRUCache[str, Decimal] = LRUCache(SPLICES)
        self._splices: LRUCache[tuple[object, ...], Splice | None] = LRUCache(SPLICES)
        self._held_since: LRUCache[tuple[int, str], float] = LRUCache(4096)
        self._signals = PodSignals(
            load_ads=sessions.ads, creative=filler.house.creative, metrics=metrics
        )
        # Breaks that showed content although that could not be stored: they stay content here.
        self._unstored: LRUCache[tuple[str, str], Reason] = LRUCache(SPLICES)

    async def aclose(self) -> None:
        """End decisions that are being made."""
        await self._beginnings.aclose()
        await self._schedules.aclose()
        await self._foresight.aclose()
        await self._flights.aclose()
        await self._errors.aclose()

    def known(self, session: Session, presentation: Presentation, channel: Content) -> Plan:
        """The plan as far as it is settled; nothing is decided for this."""
        openings = self._openings(session, presentation, channel, since=channel.over)
        return Plan(splices=self._splices_of(session, presentation, channel, openings))

    def settled(
        self, session: Session, presentation: Presentation, channel: Content
    ) -> Plan | None:
        """The plan if everything is settled; None if something is to be decided.

        What it costs grows with the breaks in the window, not with those that are past.
        """
        if not presentation.show.breaks:
            return Plan()
        if self._schedules.known(session, presentation) is None:
            return None
        over = channel.over
        openings = self._openings(
            session, presentation, channel, since=self._since(session, channel, over)
        )
        if any(one.ad_break.id not in session.decisions for one in openings):
            return None
        if self._untold(session, channel, openings, over):
            return None
        return self._plan(session, presentation, channel, openings, over, None)

    async def plan(
        self, session: Session, presentation: Presentation, channel: Content, viewer: Viewer
    ) -> tuple[Session, Plan]:
        """Settle what can be settled in time for who asks, and give the plan."""
        began = self._clock.monotonic()
        session = await self._schedules.settle(
            session, presentation, channel, viewer, patience_s=self._patience.vod_s
        )
        patience_s = self._patience.live_s
        if not is_live(session, presentation):
            patience_s = max(self._patience.vod_s - (self._clock.monotonic() - began), 0.0)
        over = channel.over
        openings = self._openings(
            session, presentation, channel, since=self._since(session, channel, over)
        )
        missing = [one for one in openings if one.ad_break.id not in session.decisions]
        until: Decimal | None = None
        if missing:
            session, until = await self._settle(
                session, presentation, channel, missing, viewer, patience_s=patience_s
            )
        untold = self._untold(session, channel, openings, over)
        loaded = await asyncio.gather(
            *(self._signals.load(session, presentation, decision) for decision in untold)
        )
        told = {one.break_id: found for one, found in zip(untold, loaded, strict=True)}
        return session, self._plan(session, presentation, channel, openings, over, until, told)

    def past(
        self, session: Session, presentation: Presentation, channel: Content, first: int, end: int
    ) -> tuple[Splice, ...]:
        """The session's splices among some of the channel's breaks, by their place in its log."""
        last = channel.log.breaks[end - 1].start
        openings = self._openings(session, presentation, channel, since=first)
        among = [one for one in openings if one.ad_break.start <= last]
        return self._splices_of(session, presentation, channel, among)

    def begin(
        self, session: Session, presentation: Presentation, channel: Content, viewer: Viewer
    ) -> None:
        """Start deciding what is known to come, without waiting for it."""
        if self._schedules.known(session, presentation) is not None:
            self._begin(session, presentation, channel, viewer)
            return

        async def begin() -> None:
            settled = await self._schedules.settle(session, presentation, channel, viewer)
            self._begin(settled, presentation, channel, viewer)

        with suppress(FlightError):  # it is decided when a playlist needs it
            self._beginnings.start(session.sid, begin)

    def _begin(
        self, session: Session, presentation: Presentation, channel: Content, viewer: Viewer
    ) -> None:
        live = is_live(session, presentation)
        for one in self._openings(session, presentation, channel):
            undecided = one.ad_break.id not in session.decisions
            if undecided and refusal_of(one, presentation, channel, live=live) is None:
                self._start(session, presentation, channel, one, viewer)

    def foresee(
        self, session: Session, presentation: Presentation, channel: Content, who: Who
    ) -> None:
        """Have ad servers asked for breaks that are announced, without waiting for it."""
        ladder = presentation.ladder
        for one in announced_of(presentation, channel):
            key = (session.sid, one.ad_break.id)
            if ladder is None or one.ad_break.id in session.decisions or key in self._foresight:
                continue
            ahead_s = _ahead_s(channel, one.ad_break)
            ask = partial(
                self._filler.ask,
                session,
                presentation,
                ladder,
                channel,
                one,
                who(),
                spread_s=self._spread_s(ahead_s),
            )
            self._foresight.begin(key, ask, ahead_s=ahead_s)

    def _spread_s(self, ahead_s: float) -> float:
        """Seconds that there are to ask in, so that there is an answer when a break begins."""
        return max(ahead_s - self._patience.vod_s, 0.0)

    def _openings(
        self, session: Session, presentation: Presentation, channel: Content, *, since: int = 0
    ) -> tuple[Opening, ...]:
        places = self._schedules.known(session, presentation) or ()
        return openings_of(session, presentation, channel, since=since, places=places)

    def _since(self, session: Session, channel: Content, over: int) -> int:
        """The first of the channel's breaks of which a decision may not be known here.

        Another process may have decided while this one did not see the session.
        """
        until = self._settled_until.get(session.sid)
        if until is None:
            return 0
        return bisect_right(channel.log.breaks, until, hi=over, key=lambda one: one.start)

    def _untold(
        self, session: Session, channel: Content, openings: Sequence[Opening], over: int
    ) -> list[Decision]:
        """Decisions of breaks in the window of whose ads it is not known here what to tell."""
        if not session.record.parameters.signalling:
            return []
        decisions = (
            session.decisions.get(one.ad_break.id) for one in _not_over(channel, openings, over)
        )
        return [
            one
            for one in decisions
            if one is not None
            and one.outcome == "fill"
            and self._signals.kept(session, one.break_id) is None
        ]

    def _plan(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        openings: Sequence[Opening],
        over: int,
        until: Decimal | None,
        told: Mapping[str, Signalling] = NOTHING_TOLD,
    ) -> Plan:
        if over:
            self._settled_until[session.sid] = channel.log.breaks[over - 1].start
        openings = _not_over(channel, openings, over)
        splices = self._splices_of(session, presentation, channel, openings, told)
        return Plan(splices=splices, until=until)

    def _splices_of(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        openings: Sequence[Opening],
        told: Mapping[str, Signalling] = NOTHING_TOLD,
    ) -> tuple[Splice, ...]:
        splices = []
        for one in openings:
            decision = session.decisions.get(one.ad_break.id)
            if decision is not None and decision.outcome == "fill":
                signalling: Signalling | None = None
                if session.record.parameters.signalling:
                    signalling = told.get(one.ad_break.id) or self._signals.kept(
                        session, one.ad_break.id
                    )
                splice = self._splice(
                    session, presentation, channel, one.ad_break, decision, signalling
                )
                if splice is not None:
                    splices.append(splice)
        return tuple(splices)

    def _splice(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        ad_break: AdBreak,
        decision: Decision,
        signalling: Signalling | None,
    ) -> Splice | None:
        """A decision as a splice; sessions with equal decisions, told the same, share it."""
        reports = session.record.parameters.reporting == "server"
        key = (
            presentation.channel_id,
            channel.version,
            ad_break.id,
            decision.pod,
            reports,
            None if signalling is None else signalling.digest,
        )
        if key in self._splices:
            found: Splice | None = self._splices[key]
            return found
        ladder = presentation.ladder
        pod = [
            self._filler.house.placed(
                entry.creative_id,
                place_of(ad_break.id, index) if reports and entry.is_tracked else "",
            )
            for index, entry in enumerate(decision.pod)
        ]
        creatives = [
            creative
            for creative in pod
            if creative is not None
            and ladder is not None
            and all(rung.key in creative.renditions for rung in ladder.rungs)
        ]
        if len(creatives) < len(pod):
            # Not remembered: another process may be packaging it at this moment.
            report(Reason.MEDIA_MISSING, "packaged_media_missing", self._metrics)
            return None
        rung = presentation.reference_rung or ""
        if ad_break.is_point:
            splice: Splice | None = channel.insertion_of(
                ad_break.start, creatives, rung, break_id=ad_break.id
            )
        else:
            splice = channel.splice_of(ad_break, creatives, rung)
        if splice is not None and signalling is not None:
            splice = replace(splice, signalling=signalling)
        self._splices[key] = splice
        return splice

    async def _settle(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        missing: Sequence[Opening],
        viewer: Viewer,
        *,
        patience_s: float,
    ) -> tuple[Session, Decimal | None]:
        """Decide in time; give up or hold what is not decided by then."""
        live = is_live(session, presentation)
        given_up: list[Decision] = []
        flights: list[tuple[Opening, asyncio.Task[Decision]]] = []
        for one in missing:
            reason = self._unstored.get((session.sid, one.ad_break.id)) or refusal_of(
                one, presentation, channel, live=live
            )
            if reason is not None:
                given_up.append(_content(channel, one, reason))
            elif (task := self._start(session, presentation, channel, one, viewer)) is not None:
                flights.append((one, task))
            else:
                given_up.append(_content(channel, one, Reason.AD_TIMEOUT))
        late = await self._wait(flights, patience_s=patience_s)
        until: Decimal | None = None
        for one in late:
            out_at = channel.out_border(one.ad_break)
            if live and out_at is not None and self._may_hold(presentation, channel, one.ad_break):
                until = out_at if until is None else min(until, out_at)
            else:
                given_up.append(_content(channel, one, Reason.HOLD_EXPIRED))
        if given_up:
            session = await self._give_up(session, given_up)
            await self._schedules.gave_up(session, presentation.show, given_up, viewer)
            return session, until
        return self._sessions.latest(session), until

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

    def _start(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        one: Opening,
        viewer: Viewer,
    ) -> "asyncio.Task[Decision] | None":
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
        filled = await self._filler.fill(
            session,
            presentation,
            ladder,
            channel,
            one,
            viewer,
            answer=await self._foresight.taken((session.sid, one.ad_break.id)),
            spread_s=self._spread_s(_ahead_s(channel, one.ad_break)),
        )
        tracking = () if vmap is None else vmap.tracking
        ads = {one.ad_break.id: write_ads(filled.ads, tracking)} if any(filled.ads) else {}
        session = await self._sessions.settle(session, filled.decision, ads=ads)
        standing = session.decisions[one.ad_break.id]
        if standing == filled.decision:
            self._filler.report(session, one, filled)
            self._errors.tell(session, presentation.show, standing.break_id, filled.errors, viewer)
        return standing


def _ahead_s(channel: Content, ad_break: AdBreak) -> float:
    """Seconds from the end of what is listed to a break."""
    return 0.0 if channel.window is None else float(ad_break.out_at - channel.window[1])


def _not_over(channel: Content, openings: Sequence[Opening], over: int) -> Sequence[Opening]:
    """What is past is in the numbers (`Playlists`), not in the playlist."""
    if not over:
        return openings
    last = channel.log.breaks[over - 1].start
    return [one for one in openings if one.ad_break.start > last]


def _content(channel: Content, one: Opening, reason: Reason) -> Decision:
    ad_break = one.ad_break
    return Decision(
        break_id=ad_break.id,
        out_at=channel.out_border(ad_break) or ad_break.out_at,
        in_at=ad_break.in_at or ad_break.out_at,
        outcome="content",
        reason=reason,
    )
