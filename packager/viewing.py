"""A session at its presentation: begun, and planned anew for every answer, in either format."""

from dataclasses import dataclass

from manifests.splicing.content import Content
from packager.log import report
from packager.metrics import Metrics
from packager.planning import Plan, Planner
from packager.presentation import Presentation
from packager.session import Session
from packager.sessions import Sessions
from packager.stores import StoreError
from packager.viewer import Viewer, Who


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewing:
    """What the handlers of both formats do with a session."""

    sessions: Sessions
    planner: Planner
    metrics: Metrics

    def begin(
        self, session: Session, presentation: Presentation, content: Content, viewer: Viewer
    ) -> None:
        """Start deciding before the first breaks are asked for."""
        if presentation.show.breaks:
            self.planner.begin(session, presentation, content, viewer)

    async def plan(
        self, session: Session, presentation: Presentation, content: Content, who: Who
    ) -> tuple[Session, Plan]:
        """What the session sees of this version of the content."""
        show = presentation.show
        if (
            presentation.live
            and session.started_at_edge is None
            and (show.breaks or show.draws_ads)
        ):
            session = await self._started(session, content)
        if not show.breaks:
            return session, Plan()
        if presentation.live:
            self.planner.foresee(session, presentation, content, who)
        plan = self.planner.settled(session, presentation, content)
        if plan is not None:
            return session, plan
        return await self.planner.plan(session, presentation, content, who())

    async def _started(self, session: Session, content: Content) -> Session:
        """Write down where a live session began, in every process alike."""
        if content.window is None:
            return session
        try:
            return await self.sessions.settle_start(session, content.window[0])
        except StoreError as error:  # P1: asked again at the next poll
            report(error.reason, "start_not_stored", self.metrics, detail=str(error))
            return session
