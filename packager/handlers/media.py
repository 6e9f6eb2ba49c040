"""Media that Weft packaged: immutable files under their content's digest (design, section 5.2)."""

from dataclasses import dataclass

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from packager.metrics import Metrics
from packager.packaging.library import MediaLibrary
from packager.reasons import Reason
from packager.responses import IMMUTABLE, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaHandlers:
    """What the media routes call."""

    library: MediaLibrary
    metrics: Metrics

    async def file(self, request: Request) -> Response:
        """``GET /tm/{digest}/{name}``: with ranges, an ETag, and a year in any cache."""
        found = await anyio.to_thread.run_sync(
            self.library.file, request.path_params["digest"], request.path_params["name"]
        )
        if found is None:
            return refusal(Reason.ASSET_UNKNOWN, self.metrics)
        return FileResponse(
            found.path, headers={"cache-control": IMMUTABLE}, media_type=found.content_type
        )
