"""HLS: multivariant and media playlists (design, section 5.2)."""

from dataclasses import dataclass
from functools import partial
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response

from manifests.hls.channel import Channel
from packager.bodies import Body
from packager.handlers.sessions import SessionDesk
from packager.hls.playlists import Playlists
from packager.hls.presentations import HlsPresentation, HlsPresentations
from packager.log import report
from packager.metrics import Metrics
from packager.planning import Plan, Planner
from packager.reasons import Reason
from packager.responses import playlist_response, refusal
from packager.sessions import Session, Sessions
from packager.stores import StoreError


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsHandlers:
    """What the HLS routes call."""

    desk: SessionDesk
    sessions: Sessions
    presentations: HlsPresentations
    planner: Planner
    playlists: Playlists
    metrics: Metrics

    async def multivariant(self, request: Request) -> Response:
        """``GET /v1/master/{tenant}/{show}/{asset}.m3u8``; without a session one starts."""
        began = perf_counter()
        session, presentation = await self.desk.find_or_start(request)
        await self._begin(session, presentation)
        body = Body(presentation.template.render(session.token))
        self.metrics.manifest("hls", "multivariant", "made", perf_counter() - began)
        return playlist_response(request, body)

    async def media(self, request: Request) -> Response:
        """``GET /v1/manifest/{tenant}/{key}/{number}.m3u8``."""
        began = perf_counter()
        session, presentation = await self.desk.of_token(
            request.path_params["tenant"], request.path_params["key"]
        )
        number = int(request.path_params["number"])
        if number >= len(presentation.uris):
            return refusal(Reason.NOT_FOUND, self.metrics, detail="no such rendition")
        keeper = presentation.keeper
        # One version of the channel for the plan and the body: what is newer is not planned yet.
        channel = keeper.fresh(number) or await keeper.current(number)
        session, plan = await self._plan(session, presentation, channel)
        if any(one.is_insertion and one.final for one in plan.splices):
            channel = await keeper.undated(channel)
        past = partial(self.planner.past, session, presentation, channel)
        body, shared = self.playlists.body(session.sid, presentation, number, channel, plan, past)
        self.metrics.manifest(
            "hls", "media", "shared" if shared else "made", perf_counter() - began
        )
        return playlist_response(request, body)

    async def _begin(self, session: Session, presentation: HlsPresentation) -> None:
        """Start deciding before the first media playlist is asked for."""
        if not presentation.show.breaks:
            return
        channel = await presentation.keeper.current(presentation.reference)
        self.planner.begin(session, presentation, channel)

    async def _plan(
        self, session: Session, presentation: HlsPresentation, channel: Channel
    ) -> tuple[Session, Plan]:
        if not presentation.show.breaks:
            return session, Plan()
        if presentation.live and session.started_at_edge is None:
            session = await self._started(session, channel)
        plan = self.planner.settled(session, presentation, channel)
        if plan is not None:
            return session, plan
        return await self.planner.plan(session, presentation, channel)

    async def _started(self, session: Session, channel: Channel) -> Session:
        """Write down where a live session began, in every process alike."""
        reference = channel.tracks.get(channel.reference)
        if reference is None or not reference.segments:
            return session
        try:
            return await self.sessions.settle_start(session, reference.starts[0])
        except StoreError as error:  # P1: asked again at the next poll
            report(error.reason, "start_not_stored", self.metrics, detail=str(error))
            return session
