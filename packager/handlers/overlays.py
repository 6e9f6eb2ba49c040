"""Segments with overlays: as rendered, or their originals while there is nothing better."""

from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from packager.handlers.media import has_it
from packager.looks.guided import GuidedLooks
from packager.metrics import Metrics
from packager.packaging.store import CONTENT_TYPES
from packager.reasons import Reason
from packager.rendering.addresses import Address
from packager.rendering.rendering import Rendering
from packager.responses import IMMUTABLE, PERSONAL, refusal

# What stands there now need not stand there in a moment.
_ORIGINAL = {"cache-control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayHandlers:
    """What the routes of overlaid segments call."""

    rendering: Rendering
    guided_looks: GuidedLooks
    metrics: Metrics

    async def public(self, request: Request) -> Response:
        """``GET /tm/{id}/{original}/{name}``: what all who have the URL may see."""
        address = self.rendering.addresses.read(private=False, **request.path_params)
        path = await self._result(address)
        if path is None:
            return await self._original(address)
        headers = {"cache-control": IMMUTABLE, "etag": f'"{address.id}"'}
        if has_it(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        return FileResponse(path, headers=headers, media_type=_type(address))

    async def private(self, request: Request) -> Response:
        """``GET /v1/private/{id}/{original}/{name}``: somebody's own pixels, for a while."""
        address = self.rendering.addresses.read(private=True, **request.path_params)
        path = await self._result(address)
        if path is None:
            return await self._original(address)
        return FileResponse(path, headers={"cache-control": PERSONAL}, media_type=_type(address))

    async def _result(self, address: Address) -> Path | None:
        if address.original is None:  # a manifest that names it waited for nothing
            await self.guided_looks.offered(address.id)
        return await self.rendering.result(address)

    async def _original(self, address: Address) -> Response:
        piece = address.original
        if piece is None:
            return refusal(Reason.OVERLAY_NOT_THERE, self.metrics)
        if piece.byte_range is None:
            return RedirectResponse(piece.url, 302, headers=_ORIGINAL)
        # A player that asks for a whole segment cannot be sent to a part of a file.
        data = await self.rendering.original(piece)
        return Response(data, headers=_ORIGINAL, media_type=_type(address))


def _type(address: Address) -> str:
    return CONTENT_TYPES[f".{address.name.rpartition('.')[2]}"]
