"""What viewers may ask for: routes to handlers, and errors turned into responses."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from packager.clips import opening as clips
from packager.door import Door
from packager.facts.moment import Facts
from packager.handlers.dash import DashHandlers
from packager.handlers.facts import FactHandlers
from packager.handlers.feeds import FeedHandlers
from packager.handlers.hls import HlsHandlers
from packager.handlers.looks import LookHandlers
from packager.handlers.media import MediaHandlers
from packager.handlers.overlays import OverlayHandlers
from packager.handlers.reporting import ReportingHandlers
from packager.handlers.sessions import NotConfigured, SessionDesk
from packager.handlers.tracking import TrackingHandlers
from packager.handlers.why import WhyHandlers
from packager.log import report
from packager.looks.dash import DashLooks
from packager.looks.hls import HlsLooks
from packager.looks.inits import InitSections
from packager.looks.places import ROUTE as LOOK_ROUTE
from packager.openapi import openapi_document
from packager.outbound import OutboundError
from packager.parameters import ParameterError
from packager.paths import PathError
from packager.reasons import Reason
from packager.rendering import addresses
from packager.reporting.places import ROUTE as SEGMENT_ROUTE
from packager.responses import json_response, refusal
from packager.sessions import SessionRefused, UnknownSession
from packager.sharing.sharing import UnknownTimeline
from packager.sound_choice import SoundChoice
from packager.stores import StoreError
from packager.tokens import InvalidToken
from packager.viewing import Viewing
from packager.weft import Weft


def create_app(weft: Weft, *, more: tuple[BaseRoute, ...] = ()) -> ASGIApp:
    """The viewers' side as an ASGI application; `more` are routes of an embedder (the demo)."""

    async def on_error(request: Request, error: Exception) -> Response:
        reason = getattr(error, "reason", None)
        return refusal(
            reason if isinstance(reason, Reason) else Reason.INTERNAL_ERROR,
            weft.metrics,
            detail=f"{type(error).__name__}: {error}",
        )

    async def on_http(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        if status == 405:
            headers = getattr(error, "headers", None)
            return refusal(Reason.METHOD_NOT_ALLOWED, weft.metrics, headers=headers)
        return refusal(Reason.NOT_FOUND, weft.metrics)

    async def on_bug(request: Request, error: Exception) -> Response:
        report(Reason.INTERNAL_ERROR, "request_failed", weft.metrics, exc_info=error)
        return json_response({"error": str(Reason.INTERNAL_ERROR)}, status=500)

    told = (
        UnknownSession,
        UnknownTimeline,
        InvalidToken,
        SessionRefused,
        ParameterError,
        PathError,
        NotConfigured,
        OutboundError,
        StoreError,
    )
    app = Starlette(
        routes=[*routes(weft), *more],
        exception_handlers={
            **dict.fromkeys(told, on_error),
            HTTPException: on_http,
            Exception: on_bug,
        },
    )
    return Door(app, weft.metrics)


def routes(weft: Weft) -> list[BaseRoute]:
    """What viewers may ask for."""
    base = weft.config.public_url or "/"
    desk = SessionDesk(
        config=weft.config,
        sessions=weft.sessions,
        by_format=weft.presentations.by_format,
        settling=weft.settling,
        sharing=weft.sharing,
        stories=weft.presentations.stories,
        facts=weft.facts,
        clock=weft.clock,
        metrics=weft.metrics,
    )
    viewing = Viewing(
        sessions=weft.sessions,
        planner=weft.planner,
        settling=weft.settling,
        metrics=weft.metrics,
    )
    sounds = SoundChoice(Facts(weft.feeds), weft.clock)
    hls = HlsHandlers(
        desk=desk,
        presentations=weft.presentations.hls,
        viewing=viewing,
        sharing=weft.sharing,
        playlists=weft.playlists,
        looks=HlsLooks(weft.looks, weft.guided_looks, base=base, clock=weft.clock),
        sounds=sounds,
        own_looks=weft.own_looks,
        metrics=weft.metrics,
    )
    dash = DashHandlers(
        desk=desk,
        presentations=weft.presentations.dash,
        viewing=viewing,
        sharing=weft.sharing,
        mpds=weft.mpds,
        patches=weft.patches,
        looks=DashLooks(
            weft.looks,
            weft.look_route,
            weft.guided_looks,
            sounds,
            base=base,
            clock=weft.clock,
            metrics=weft.metrics,
        ),
        own_looks=weft.own_looks,
        metrics=weft.metrics,
    )
    media = MediaHandlers(library=weft.library, clips=weft.assets.clips, metrics=weft.metrics)
    overlays = OverlayHandlers(
        rendering=weft.rendering, guided_looks=weft.guided_looks, metrics=weft.metrics
    )
    reporting = ReportingHandlers(
        desk=desk,
        sessions=weft.sessions,
        creative=weft.library.get,
        media_base=weft.library.base,
        reporter=weft.reporter,
        clock=weft.clock,
        metrics=weft.metrics,
    )
    looks = LookHandlers(
        desk=desk,
        route=weft.look_route,
        inits=InitSections(weft.rendering),
        own_looks=weft.own_looks,
        rendering=weft.rendering,
        reporter=weft.reporter,
        clock=weft.clock,
        metrics=weft.metrics,
    )
    facts = FactHandlers(desk=desk, sessions=weft.sessions, clock=weft.clock)
    feeds = FeedHandlers(desk=desk, feeds=weft.feeds, metrics=weft.metrics)
    why = WhyHandlers(
        desk=desk,
        sessions=weft.sessions,
        pods=weft.pods,
        creative=weft.library.get,
        name_of=weft.house.name_of,
        begin_of=weft.presentations.begin_of,
        secret=weft.config.admin.secret,
        clock=weft.clock,
        metrics=weft.metrics,
    )
    tracking = TrackingHandlers(desk=desk, pods=weft.pods, viewing=viewing, filmless=weft.filmless)
    return [
        Route("/v1/session/{tenant}/{show}/{asset:path}", desk.start, methods=["GET", "POST"]),
        Route("/v1/session/{tenant}/{show}/{session}", facts.change, methods=["PATCH"]),
        Route("/v1/master/{tenant}/{show}/{asset:path}.m3u8", hls.multivariant),
        Route("/v1/manifest/{tenant}/{key}/{number:int}.m3u8", hls.media),
        Route("/v1/manifest/{tenant}/{key}/index.mpd", dash.shared_mpd),
        Route("/v1/manifest/{tenant}/{key}/index.mpp", dash.shared_patch),
        Route(f"/v1/manifest/{{tenant}}/{{key}}/{SEGMENT_ROUTE}", reporting.segment),
        Route(f"/v1/manifest/{{tenant}}/{{key}}/{LOOK_ROUTE}", looks.own),
        Route("/v1/tracking/{tenant}/{show}/{session}", tracking.document, methods=["GET", "POST"]),
        Route("/v1/dash/{tenant}/{show}/{asset:path}.mpd", dash.mpd),
        Route("/v1/dash/{tenant}/{show}/{asset:path}.mpp", dash.patch),
        Route("/v1/why/{tenant}/{show}/{session}", why.why),
        Route("/v1/feeds/{tenant}/{show}/{fact}", feeds.push, methods=["POST"]),
        Route("/v1/look/{tenant}/{show}/{look}/{path:path}", looks.segment),
        Route("/tm/{digest}/{name}", media.file),
        Route(f"/{clips.PRIVATE}/{{digest}}/{{name}}", media.private),
        Route(f"/{addresses.PUBLIC}/{addresses.ROUTE}", overlays.public),
        Route(f"/{addresses.PRIVATE}/{addresses.ROUTE}", overlays.private),
        Route("/openapi.json", _openapi),
    ]


async def _openapi(request: Request) -> Response:
    return json_response(openapi_document())
