"""DASH: a session's MPD (design, section 5.2)."""

from dataclasses import dataclass
from functools import partial
from time import perf_counter

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from packager.dash.mpds import Mpds
from packager.dash.presentations import DashPresentations
from packager.handlers.sessions import TOKEN_PARAMETER, SessionDesk
from packager.metrics import Metrics
from packager.paths import Ending
from packager.responses import PERSONAL, mpd_response
from packager.viewing import Viewing

ENDING: Ending = "mpd"


@dataclass(frozen=True, slots=True, kw_only=True)
class DashHandlers:
    """What the DASH routes call."""

    desk: SessionDesk
    presentations: DashPresentations
    viewing: Viewing
    mpds: Mpds
    metrics: Metrics

    async def mpd(self, request: Request) -> Response:
        """``GET /v1/dash/{tenant}/{show}/{asset}.mpd``; without a session one starts."""
        began = perf_counter()
        token = request.query_params.get(TOKEN_PARAMETER)
        if token is None:
            session, presentation = await self.desk.find_or_start(request, self.presentations)
            channel = presentation.keeper.fresh() or await presentation.keeper.current()
            self.viewing.begin(session, presentation, channel)
            return RedirectResponse(
                self.desk.url(session, ENDING), 302, headers={"cache-control": PERSONAL}
            )
        session, presentation = await self.desk.named(request, token, self.presentations)
        keeper = presentation.keeper
        channel = keeper.fresh() or await keeper.current()
        session, plan = await self.viewing.plan(session, presentation, channel)
        past = partial(self.viewing.planner.past, session, presentation, channel)
        body, shared = self.mpds.body(
            session, presentation, channel, plan, past, location=self.desk.url(session, ENDING)
        )
        self.metrics.manifest("dash", "mpd", "shared" if shared else "made", perf_counter() - began)
        return mpd_response(request, body)
