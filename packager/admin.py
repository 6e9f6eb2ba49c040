"""The operators' side: health, readiness and metrics, on an address of their own."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from packager.metrics import CONTENT_TYPE
from packager.responses import json_response
from packager.weft import Weft


def create_admin(weft: Weft) -> Starlette:
    """The application for operators."""

    async def healthz(request: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        return json_response(
            {"ready": weft.warming.done.is_set()}, status=200 if weft.warming.done.is_set() else 503
        )

    async def metrics(request: Request) -> Response:
        weft.metrics.sessions(weft.sessions.resident)
        weft.metrics.packaging_jobs(weft.house.jobs)
        return Response(weft.metrics.render(), media_type=CONTENT_TYPE)

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
        ]
    )
