"""Breaks that are given up: they are left to the content, for good, and their reason is told.

That is stored like any other decision. Where it cannot be, this process remembers it: what has
shown content goes on showing it (P1).
"""

from collections.abc import Sequence

from cachetools import LRUCache

from manifests.splicing.content import Content
from packager.config.show_settings import Show
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening
from packager.reasons import Reason
from packager.schedules import Schedules
from packager.session import Session
from packager.sessions import Sessions
from packager.stores import StoreError
from packager.stores.records import Decision
from packager.viewer import Viewer

UNSTORED = 65_536  # breaks of sessions


class GivingUp:
    """What the sessions of a process have given up."""

    def __init__(self, sessions: Sessions, schedules: Schedules, *, metrics: Metrics) -> None:
        """Join what giving up needs.

        Args:
            sessions: Store decisions.
            schedules: Tell who made a VMAP.
            metrics: Is told of reasons.
        """
        self._sessions = sessions
        self._schedules = schedules
        self._metrics = metrics
        # Breaks that showed content although that could not be stored: they stay content here.
        self._unstored: LRUCache[tuple[str, str], Reason] = LRUCache(UNSTORED)

    def unstored(self, session: Session, break_id: str) -> Reason | None:
        """Why a break was given up, if that could not be stored."""
        return self._unstored.get((session.sid, break_id))

    async def give_up(
        self, session: Session, show: Show, decisions: Sequence[Decision], viewer: Viewer
    ) -> Session:
        """Leave breaks to the content, and tell of it.

        Args:
            session: Whose.
            show: What it watches.
            decisions: As `left_to_content` makes them.
            viewer: Who asked.

        Returns:
            The session as it stands: another request may have decided after all.
        """
        session = await self._stored(session, decisions)
        await self._schedules.gave_up(session, show, decisions, viewer)
        return session

    async def _stored(self, session: Session, decisions: Sequence[Decision]) -> Session:
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


def left_to_content(channel: Content, one: Opening, reason: Reason) -> Decision:
    """The decision that nothing takes the content's place in a break."""
    ad_break = one.ad_break
    return Decision(
        break_id=ad_break.id,
        out_at=channel.out_border(ad_break) or ad_break.out_at,
        in_at=ad_break.in_at or ad_break.out_at,
        outcome="content",
        reason=reason,
    )
