"""What one session sees in its breaks: the one place that decides, stores and degrades.

A plan is the session's splices as far as they are settled, and how far its playlists may go. In
live a break that is being decided holds the playlist at its out point for as long as players
forgive (half a target duration), then it is left to the content. In VOD all breaks are settled
before the first media playlist is answered (rules A-03, A-06, A-17, A-18, A-28).
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from cachetools import LRUCache

from manifests.breaks import AdBreak, scheduled_breaks
from manifests.creative import Creative
from manifests.hls.channel import Channel
from manifests.splicing.timeline import FRAME_S, Splice
from packager.clock import Clock
from packager.config.values import BreakRule, CueBreaks, ScheduledBreak, Show, SlateFill
from packager.decisions.decider import AdDecider, Decided
from packager.decisions.fill import Fill, FillRules, SlateOption, fill
from packager.decisions.request import BreakPosition, DecisionRequest
from packager.log import report
from packager.metrics import Metrics
from packager.presentations import Presentation
from packager.reasons import Reason
from packager.sessions import Session, Sessions
from packager.single_flight import FlightError, SingleFlight
from packager.stores import StoreError
from packager.stores.records import Decision, PodEntry

TOLERANCE = Fraction(FRAME_S)
HOLD = Decimal("0.5")  # target durations that a break may hold a playlist, beyond its first poll
SPLICES = 65_536  # kept ready


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a session's playlists are made from, beside the channel."""

    splices: tuple[Splice, ...] = ()
    until: Decimal | None = None  # start of the first break that is not settled


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The operator's own media, as packaged for a ladder; None while it is not."""

    creative: Callable[[str], Creative | None]  # by id
    slate: Callable[[Show, Presentation, Fraction], SlateOption | None]  # for a break this long


@dataclass(frozen=True, slots=True)
class _Opening:
    """A break of a presentation and the rule that fills it."""

    ad_break: AdBreak
    rule: BreakRule
    position: BreakPosition = BreakPosition.MID_ROLL

    @property
    def longest(self) -> Decimal | None:
        """Configured length of a scheduled break."""
        return self.rule.seconds if isinstance(self.rule, ScheduledBreak) else None


class Planner:
    """Plans for all sessions of a process."""

    def __init__(
        self,
        sessions: Sessions,
        house: House,
        decider_for: Callable[[Show, BreakRule], AdDecider],
        *,
        clock: Clock,
        metrics: Metrics,
        session_digest: Callable[[str], str],
        deadline_s: float = 0.15,
    ) -> None:
        """Join what planning needs.

        Args:
            sessions: Store decisions.
            house: Configured media, and creatives by id.
            decider_for: Says who decides for a rule of a show.
            clock: Says the time.
            metrics: Is told of degradations.
            session_digest: What ad servers are told of a session's id.
            deadline_s: How long a playlist waits for a decision.
        """
        self._sessions = sessions
        self._house = house
        self._decider_for = decider_for
        self._clock = clock
        self._metrics = metrics
        self._session_digest = session_digest
        self._deadline_s = deadline_s
        self._flights: SingleFlight[Decision] = SingleFlight(limit=16_384)
        self._splices: LRUCache[tuple[object, ...], Splice | None] = LRUCache(SPLICES)
        self._first_seen: LRUCache[tuple[str, str], float] = LRUCache(4096)

    async def aclose(self) -> None:
        """End decisions that are being made."""
        await self._flights.aclose()

    def known(self, session: Session, presentation: Presentation, channel: Channel) -> Plan:
        """The plan as far as it is settled; nothing is decided for this."""
        if presentation.ladder is None:
            return Plan()
        openings = self._openings(session, presentation, channel)
        return self._plan(session, presentation, channel, openings, None)

    def settled(
        self, session: Session, presentation: Presentation, channel: Channel
    ) -> Plan | None:
        """The plan if everything in the window is settled; None if something is to be decided."""
        if presentation.ladder is None:
            return Plan()
        openings = self._openings(session, presentation, channel)
        if any(one.ad_break.id not in session.decisions for one in openings):
            return None
        return self._plan(session, presentation, channel, openings, None)

    async def plan(
        self, session: Session, presentation: Presentation, channel: Channel
    ) -> tuple[Session, Plan]:
        """Settle what can be settled within the deadline, and give the plan."""
        if presentation.ladder is None:
            return session, Plan()
        openings = self._openings(session, presentation, channel)
        missing = [one for one in openings if one.ad_break.id not in session.decisions]
        until: Decimal | None = None
        if missing:
            session, until = await self._settle(session, presentation, channel, missing)
        return session, self._plan(session, presentation, channel, openings, until)

    def begin(self, session: Session, presentation: Presentation, channel: Channel) -> None:
        """Start deciding what is known to come, without waiting for it."""
        if presentation.ladder is None:
            return
        for one in self._openings(session, presentation, channel):
            if one.ad_break.id not in session.decisions:
                self._start(session, presentation, channel, one)

    def _openings(
        self, session: Session, presentation: Presentation, channel: Channel
    ) -> list[_Opening]:
        """The session's breaks whose out point is listed, in order, with their rules."""
        show, started = presentation.show, session.started_at_edge
        by_cue = next((rule for rule in show.breaks if isinstance(rule, CueBreaks)), None)
        openings = []
        if by_cue is not None:
            for ad_break in channel.log.breaks:
                if ad_break.is_point and presentation.live:
                    continue  # an insertion would fall behind the live edge
                if started is not None and ad_break.in_at is not None and ad_break.in_at <= started:
                    continue  # it was over when the session began
                if ad_break.is_point or channel.out_border(ad_break) is not None:
                    openings.append(_Opening(ad_break, by_cue))
        if not presentation.live:
            openings += _scheduled(show, channel)
            openings.sort(key=lambda one: one.ad_break.out_at)
        return openings

    def _plan(
        self,
        session: Session,
        presentation: Presentation,
        channel: Channel,
        openings: Iterable[_Opening],
        until: Decimal | None,
    ) -> Plan:
        splices = []
        for one in openings:
            decision = session.decisions.get(one.ad_break.id)
            if decision is not None and decision.outcome == "fill":
                splice = self._splice(presentation, channel, one.ad_break, decision)
                if splice is not None:
                    splices.append(splice)
        return Plan(splices=tuple(splices), until=until)

    def _splice(
        self, presentation: Presentation, channel: Channel, ad_break: AdBreak, decision: Decision
    ) -> Splice | None:
        """A decision as a splice; sessions with equal decisions share it."""
        key = (presentation.keeper.id, channel.version, ad_break.id, decision.pod)
        if key in self._splices:
            found: Splice | None = self._splices[key]
            return found
        pod = [self._house.creative(entry.creative_id) for entry in decision.pod]
        creatives = [creative for creative in pod if creative is not None]
        rung = presentation.reference_rung
        splice = None
        if len(creatives) < len(pod):
            report(Reason.MEDIA_MISSING, "packaged_media_missing", self._metrics)
        elif ad_break.is_point:
            splice = channel.insertion_of(ad_break.start, creatives, rung, break_id=ad_break.id)
        else:
            splice = channel.splice_of(ad_break, creatives, rung)
        self._splices[key] = splice
        return splice

    async def _settle(
        self,
        session: Session,
        presentation: Presentation,
        channel: Channel,
        missing: Sequence[_Opening],
    ) -> tuple[Session, Decimal | None]:
        """Decide within the deadline; give up or hold what is not decided by then."""
        given_up: list[Decision] = []
        flights: list[tuple[_Opening, asyncio.Task[Decision]]] = []
        for one in missing:
            reason = self._refusal(presentation, channel, one)
            if reason is not None:
                given_up.append(self._content(channel, one, reason))
            elif (task := self._start(session, presentation, channel, one)) is not None:
                flights.append((one, task))
            else:
                given_up.append(self._content(channel, one, Reason.AD_TIMEOUT))
        waiting = self._deadline_s
        late: list[_Opening] = []
        decided: list[Decision] = []
        if flights:
            results = await asyncio.gather(
                *(self._flights.wait(task, patience_s=waiting) for _, task in flights),
                return_exceptions=True,
            )
            for (one, _), result in zip(flights, results, strict=True):
                if isinstance(result, Decision):
                    decided.append(result)
                elif isinstance(result, TimeoutError | FlightError | StoreError):
                    late.append(one)
                else:
                    raise result
        until: Decimal | None = None
        for one in late:
            out_at = channel.out_border(one.ad_break)
            if presentation.live and out_at is not None and self._may_hold(channel, one.ad_break):
                until = out_at if until is None else min(until, out_at)
            else:
                given_up.append(self._content(channel, one, Reason.HOLD_EXPIRED))
        if given_up:
            try:
                session = await self._sessions.settle(session, *given_up)
            except StoreError as error:  # P1: content plays on; nothing of ours is published
                report(error.reason, "decision_not_stored", self._metrics, detail=str(error))
                return session, until
            for decision in given_up:
                report(
                    Reason[decision.reason.upper()],
                    "break_left_to_content",
                    self._metrics,
                    session_id=session.sid,
                    ad_break_id=decision.break_id,
                )
        if decided:
            session = self._sessions.latest(session)
        return session, until

    def _refusal(
        self, presentation: Presentation, channel: Channel, one: _Opening
    ) -> Reason | None:
        """Why a break is left alone, whatever an ad server would say."""
        ad_break = one.ad_break
        if ad_break.is_point:
            return None
        if ad_break.length == 0:
            return Reason.BREAK_TOO_LATE
        reference = channel.tracks.get(channel.reference)
        out_at = channel.out_border(ad_break)
        if reference is None or out_at is None or not reference.segments:
            return Reason.BREAK_TOO_LATE
        if not channel.is_aligned(ad_break):
            return Reason.BREAK_REFUSED_ALIGNMENT
        if presentation.live and out_at < reference.starts[0]:
            return Reason.BREAK_TOO_LATE  # rule A-18: no break without its beginning
        return None

    def _may_hold(self, channel: Channel, ad_break: AdBreak) -> bool:
        """Rule A-07: a playlist may stand still for one and a half target durations in all."""
        track = channel.tracks[channel.reference]
        now = self._clock.monotonic()
        key = (channel.reference + track.playlist.url, ad_break.id)
        first = self._first_seen.setdefault(key, now)
        target = track.playlist.target_duration
        out_at = channel.out_border(ad_break)
        recent = out_at is not None and track.edge - out_at <= Decimal("1.5") * target
        return recent and now - first <= float(HOLD * target)

    def _content(self, channel: Channel, one: _Opening, reason: Reason) -> Decision:
        ad_break = one.ad_break
        return Decision(
            break_id=ad_break.id,
            out_at=channel.out_border(ad_break) or ad_break.out_at,
            in_at=ad_break.in_at or ad_break.out_at,
            outcome="content",
            reason=reason,
        )

    def _start(
        self, session: Session, presentation: Presentation, channel: Channel, one: _Opening
    ) -> "asyncio.Task[Decision] | None":
        try:
            return self._flights.start(
                (session.sid, one.ad_break.id),
                lambda: self._decide(session, presentation, channel, one),
            )
        except FlightError:
            return None

    async def _decide(
        self, session: Session, presentation: Presentation, channel: Channel, one: _Opening
    ) -> Decision:
        """Ask, fill and store; what is returned is what stands (rule A-03)."""
        show, ad_break, rule = presentation.show, one.ad_break, one.rule
        length = None if ad_break.is_point else ad_break.length
        slate_only = isinstance(rule.fill, SlateFill)
        decided = Decided()
        if not slate_only:
            decided = await self._ask(session, presentation, one, length)
        chosen = self._fill(show, presentation, one, decided, length)
        decision = self._decision(channel, one, decided, chosen)
        session = await self._sessions.settle(session, decision)
        standing = session.decisions[ad_break.id]
        if standing is decision or standing == decision:
            self._report(session, one, decided, chosen)
        return standing

    async def _ask(
        self,
        session: Session,
        presentation: Presentation,
        one: _Opening,
        length: Decimal | None,
    ) -> Decided:
        assert presentation.ladder is not None  # noqa: S101  (no breaks without)
        show = presentation.show
        limit = length if length is not None else one.longest or show.limits.max_break_s
        decider = self._decider_for(show, one.rule)
        return await decider.decide(
            DecisionRequest(
                show=show.name,
                session=self._session_digest(session.sid),
                ad_break=one.ad_break,
                length=Fraction(limit),
                now=self._clock.now(),
                live=presentation.live,
                playhead=None if presentation.live else one.ad_break.start,
                position=one.position,
                params=session.record.parameters.ads,
                ladder=presentation.ladder,
            )
        )

    def _fill(
        self,
        show: Show,
        presentation: Presentation,
        one: _Opening,
        decided: Decided,
        length: Decimal | None,
    ) -> Fill:
        longest = Fraction(one.longest or show.limits.max_break_s)
        slate_only = isinstance(one.rule.fill, SlateFill)
        wants_slate = slate_only or one.rule.otherwise == "slate"
        if one.ad_break.is_point and not slate_only:
            rules = FillRules(
                insertion=True, max_length=longest, overrun=Fraction(show.limits.overrun_s)
            )
            return fill(None, decided.candidates, tolerance=TOLERANCE, rules=rules)
        if one.ad_break.is_point:
            length = one.longest
        wanted = longest if length is None else Fraction(length)
        slate = self._house.slate(show, presentation, wanted) if wants_slate else None
        return fill(
            None if length is None else Fraction(length),
            decided.candidates,
            tolerance=TOLERANCE,
            slate=slate,
            rules=FillRules(max_length=longest),
        )

    def _decision(
        self, channel: Channel, one: _Opening, decided: Decided, chosen: Fill
    ) -> Decision:
        ad_break = one.ad_break
        out_at = channel.out_border(ad_break) or ad_break.out_at
        pod = tuple(PodEntry(entry.creative_id, entry.kind) for entry in chosen.pod)
        dropped = [d.reason for d in chosen.dropped if isinstance(d.reason, Reason)]
        reasons = (*decided.reasons, *dropped, Reason.BREAK_UNFILLED)
        return Decision(
            break_id=ad_break.id,
            out_at=out_at,
            in_at=ad_break.in_at or out_at,
            outcome="fill" if pod else "content",
            pod=pod,
            reason="" if pod else reasons[0],
        )

    def _report(self, session: Session, one: _Opening, decided: Decided, chosen: Fill) -> None:
        """Everything that a viewer got less than planned has its reason (P9)."""
        said = {"session_id": session.sid, "ad_break_id": one.ad_break.id}
        for reason in decided.reasons:
            report(reason, "ad_call_failed", self._metrics, detail=decided.detail, **said)
        for dropped in chosen.dropped:
            if isinstance(dropped.reason, Reason):
                report(dropped.reason, "ad_dropped", self._metrics, ad_id=dropped.ad_id, **said)
        if not isinstance(one.rule.fill, SlateFill):
            failed = any(reason is not Reason.AD_EMPTY for reason in decided.reasons)
            has_ads = any(entry.kind == "ad" for entry in chosen.pod)
            self._metrics.ad_request("filled" if has_ads else "failed" if failed else "empty")
        slate = sum(float(entry.duration) for entry in chosen.pod if entry.kind == "slate")
        missing = float(max(chosen.rest, Fraction(0))) + slate
        if missing > float(TOLERANCE):
            self._metrics.unfilled(missing)
            report(
                Reason.BREAK_UNFILLED,
                "ad_break_underfilled",
                self._metrics,
                missing_s=round(missing, 3),
                **said,
            )


def _scheduled(show: Show, channel: Channel) -> list[_Opening]:
    """Breaks at configured times; positions as ad servers know them."""
    rules = [rule for rule in show.breaks if isinstance(rule, ScheduledBreak)]
    reference = channel.tracks.get(channel.reference)
    if not rules or reference is None:
        return []
    begin, end = reference.starts[0], reference.edge
    places = [None if rule.at == "end" else begin + Decimal(rule.at) for rule in rules]
    breaks, _ = scheduled_breaks(places, end)
    openings = []
    for ad_break in breaks:
        position = BreakPosition.MID_ROLL
        if ad_break.start <= begin + FRAME_S:
            position = BreakPosition.PRE_ROLL
        elif ad_break.start >= end - FRAME_S:
            position = BreakPosition.POST_ROLL
        openings.append(_Opening(ad_break, rules[int(ad_break.id[1:])], position))
    return openings
