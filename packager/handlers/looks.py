"""Content by the way of a look: a redirect to what was drawn on, or to the original.

Init sections are answered for where they have parameter sets of ours.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from packager.handlers.sessions import SessionDesk
from packager.looks.inits import InitSections
from packager.looks.route import LookRoute
from packager.paths import check_asset

# A CDN may answer all viewers of the look; what is not settled is asked for again.
_SETTLED = {"cache-control": "public, max-age=60"}
_UNSETTLED = {"cache-control": "no-store"}
_INIT = "video/mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookHandlers:
    """What the route of looks calls."""

    desk: SessionDesk
    route: LookRoute
    inits: InitSections

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
        url = way.url
        content = show.segments.content
        if url == original and content is not None:
            url = content + path
        headers = _SETTLED if way.settled else _UNSETTLED
        return RedirectResponse(url, 302, headers=headers)
