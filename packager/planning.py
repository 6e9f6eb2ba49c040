"""What one session sees in its breaks: its splices as far as they are settled, and up to where.

In VOD all breaks are settled before the first media playlist is answered; in live each is when its
place is listed (rules A-03, A-06, A-17, A-18, A-28).
"""

import asyncio
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal

from cachetools import LRUCache

from manifests.breaks import PREROLL_ID
from manifests.splicing.content import Content
from manifests.splicing.signalling import Signalling
from manifests.splicing.timeline import Splice
from packager.asking_ahead import AskingAhead
from packager.clock import Clock, unix_seconds
from packager.deciding import Deciding
from packager.openings import Opening, is_live, openings_of, refusal_of
from packager.pod_signals import PodSignals
from packager.presentation import Presentation
from packager.schedules import Schedules
from packager.session import Session
from packager.single_flight import FlightError, SingleFlight
from packager.splices import NOTHING_TOLD, Splices
from packager.stores.records import Decision
from packager.viewer import Viewer, Who

SETTLED = 65_536  # sessions of which it is remembered how far they are settled
FLIGHTS = 16_384


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a session's playlists are made from, beside the channel."""

    splices: tuple[Splice, ...] = ()
    until: Decimal | None = None  # start of the first break that is not settled
    joined: bool = False  # the session has a pre-roll in live content


class Planner:
    """Plans for all sessions of a process."""

    def __init__(
        self,
        deciding: Deciding,
        ahead: AskingAhead,
        splices: Splices,
        schedules: Schedules,
        signals: PodSignals,
        *,
        clock: Clock,
    ) -> None:
        """Join what planning needs.

        Args:
            deciding: Decides.
            ahead: Asks ahead of that.
            splices: Of what is decided.
            schedules: Know the breaks that a VMAP has.
            signals: Know what manifests tell of ads.
            clock: Says the time.
        """
        self._deciding = deciding
        self._ahead = ahead
        self._splices = splices
        self._schedules = schedules
        self._signals = signals
        self._clock = clock
        self._patience = deciding.patience
        self._beginnings: SingleFlight[None] = SingleFlight(limit=FLIGHTS)
        # For a session: the start of the last past break of which a decision is known here.
        self._settled_until: LRUCache[str, Decimal] = LRUCache(SETTLED)

    async def aclose(self) -> None:
        """End decisions that are being made."""
        await self._beginnings.aclose()
        await self._schedules.aclose()
        await self._deciding.aclose()

    def known(self, session: Session, presentation: Presentation, channel: Content) -> Plan:
        """The plan as far as it is settled; nothing is decided for this."""
        openings = self._openings(session, presentation, channel, since=channel.over)
        return Plan(splices=self._splices.of(session, presentation, channel, openings))

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
            session, until = await self._deciding.settle(
                session, presentation, channel, missing, viewer, patience_s=patience_s
            )
            # A pre-roll is where it was decided to be, perhaps by another process.
            openings = self._openings(
                session, presentation, channel, since=self._since(session, channel, over)
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
        among = [one for one in openings if one.ad_break.start <= last and not one.ad_break.joins]
        return self._splices.of(session, presentation, channel, among)

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
        self._ahead.foresee_preroll(session, presentation, channel, viewer)
        for one in self._openings(session, presentation, channel):
            undecided = one.ad_break.id not in session.decisions
            if undecided and refusal_of(one, presentation, channel, live=live) is None:
                self._deciding.start(session, presentation, channel, one, viewer)

    def _openings(
        self, session: Session, presentation: Presentation, channel: Content, *, since: int = 0
    ) -> tuple[Opening, ...]:
        places = self._schedules.known(session, presentation) or ()
        now = unix_seconds(self._clock.now())
        return openings_of(session, presentation, channel, since=since, places=places, now=now)

    def foresee(
        self, session: Session, presentation: Presentation, channel: Content, who: Who
    ) -> None:
        """Have ad servers asked for breaks that are announced, without waiting for it."""
        self._ahead.foresee(session, presentation, channel, who)

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
        splices = self._splices.of(session, presentation, channel, openings, told)
        preroll = session.decisions.get(PREROLL_ID)
        joined = preroll is not None and preroll.outcome == "fill"
        return Plan(splices=splices, until=until, joined=joined)


def _not_over(channel: Content, openings: Sequence[Opening], over: int) -> Sequence[Opening]:
    """What is past is in the numbers (`Playlists`), not in the playlist."""
    if not over:
        return openings
    last = channel.log.breaks[over - 1].start
    return [one for one in openings if one.ad_break.joins or one.ad_break.start > last]
