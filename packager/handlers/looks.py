"""Content by the way of a look: a redirect to what was drawn on, or to the original.

Init sections are answered for where they have parameter sets of ours.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import cast, get_args

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from packager.clock import Clock
from packager.cmcd import LONGEST_BUFFER_S, buffered_s
from packager.config.show_settings import Show
from packager.handlers.contents import CONTENT
from packager.handlers.sessions import SessionDesk
from packager.looks.inits import InitSections
from packager.looks.looks import Worn
from packager.looks.own import OwnLooks
from packager.looks.route import LookRoute, Way
from packager.metrics import Metrics
from packager.paths import Ending, check_asset
from packager.reasons import Reason
from packager.rendering.rendering import Rendering
from packager.reporting.places import Position
from packager.reporting.reporter import Reporter
from packager.reporting.reporter import Request as Evidence
from packager.responses import PERSONAL, refusal
from packager.session import Session

# A CDN may answer all viewers of the look; what is not settled is asked for again.
_SETTLED = {"cache-control": "public, max-age=60"}
_UNSETTLED = {"cache-control": "no-store"}
_OWN = {"cache-control": PERSONAL}
_INIT = "video/mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookHandlers:
    """What the routes of looks call."""

    desk: SessionDesk
    route: LookRoute
    inits: InitSections
    own_looks: OwnLooks
    rendering: Rendering
    reporter: Reporter
    clock: Clock
    metrics: Metrics

    async def segment(self, request: Request) -> Response:
        """``GET /v1/look/{tenant}/{show}/{look}/{path}``: never below another show's origin."""
        path = check_asset(request.path_params["path"])
        show = self.desk.show(request.path_params["tenant"], request.path_params["show"])
        original = show.origin + path
        way = await self.route.way(request.path_params["look"], original)
        if not way.settled and show.overlays:
            init = await self.inits.augmented(original)
            if init is not None:
                return Response(init, headers=_SETTLED, media_type=_INIT)
        headers = _SETTLED if way.settled else _UNSETTLED
        return RedirectResponse(_public(way.url, show, path), 302, headers=headers)

    async def own(self, request: Request) -> Response:
        """``GET /v1/manifest/{tenant}/{key}/look/{ending}/{path}``: what the session is shown.

        Where the server reports an ad on it, the answer waits until it is known whether it is
        drawn: who gets the original has not seen it (E-05).
        """
        params, ending = request.path_params, request.path_params["ending"]
        path = check_asset(params["path"])
        if ending not in get_args(Ending):
            return refusal(Reason.NOT_FOUND, self.metrics, detail="no such format")
        ending = cast(Ending, ending)
        source = self.desk.by_format[ending]
        session, presentation = await self.desk.of_token(params["tenant"], params["key"], source)
        show: Show = presentation.show
        original = show.origin + path
        content = await CONTENT[ending](presentation)
        worn = await self.own_looks.of(session, presentation, content)
        if worn is None:
            return RedirectResponse(_public(original, show, path), 302, headers=_OWN)
        way = await self.route.way(worn.look.key, original)
        if session.record.parameters.reporting == "server":
            way = await self._witnessed(request, session, worn, original, way)
        return RedirectResponse(_public(way.url, show, path), 302, headers=_OWN)

    async def _witnessed(
        self, request: Request, session: Session, worn: Worn, original: str, way: Way
    ) -> Way:
        """The way, once it is known where it leads; ads that are seen there have been shown."""
        found = None if worn.segments is None else worn.segments.find(original)
        if found is None or way.url == original:
            return way
        slots = [one.slot for one in worn.look.drawn(found.segment) if one.slot]
        if not slots:
            return way
        if not await self.rendering.is_there(way.url):
            return Way(original, settled=False)
        if request.method == "GET":
            disclosed = self.desk.disclosed(request, session)
            for slot in slots:
                self.reporter.saw(
                    Evidence(
                        sid=session.sid,
                        break_id=slot,
                        index=0,
                        # Whichever is the first one that is asked for.
                        position=Position(0, 1, Decimal(0), found.segment.duration),
                        ends=(found.segment.duration,),
                        at=self.clock.monotonic(),
                        buffered_s=min(buffered_s(request), LONGEST_BUFFER_S),
                        drawn=True,
                        headers=tuple(disclosed.headers.items()),
                        macros=disclosed.macros,
                    )
                )
        return way


def _public(url: str, show: Show, path: str) -> str:
    """Where players find what a URL stands for: content may be somewhere else for them."""
    content = show.segments.content
    return content + path if url == show.origin + path and content is not None else url
