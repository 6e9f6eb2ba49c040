"""Media that Weft packaged: immutable files under their content's digest (design, section 5.2)."""

from dataclasses import dataclass

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from packager.clips.clips import Clips
from packager.metrics import Metrics
from packager.packaging.library import MediaLibrary
from packager.reasons import Reason
from packager.responses import IMMUTABLE, PERSONAL, refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaHandlers:
    """What the media routes call."""

    library: MediaLibrary
    clips: Clips
    metrics: Metrics

    async def file(self, request: Request) -> Response:
        """``GET /tm/{digest}/{name}``: with ranges, an ETag, and a year in any cache."""
        digest, name = request.path_params["digest"], request.path_params["name"]
        found = await anyio.to_thread.run_sync(
            lambda: self.library.file(digest, name) or self.clips.file(digest, name, private=False)
        )
        if found is None:
            return refusal(Reason.ASSET_UNKNOWN, self.metrics)
        # The digest is the content's, so the tag is the same wherever the file was copied to.
        headers = {"cache-control": IMMUTABLE, "etag": f'"{digest}-{name}"'}
        if has_it(request.headers.get("if-none-match", ""), headers["etag"]):
            return Response(status_code=304, headers=headers)
        return FileResponse(found.path, headers=headers, media_type=found.content_type)

    async def private(self, request: Request) -> Response:
        """``GET /v1/private/{digest}/{name}``: a clip of one viewer's own, for a while."""
        digest, name = request.path_params["digest"], request.path_params["name"]
        found = await anyio.to_thread.run_sync(lambda: self.clips.file(digest, name, private=True))
        if found is None:
            return refusal(Reason.ASSET_UNKNOWN, self.metrics)
        return FileResponse(
            found.path, headers={"cache-control": PERSONAL}, media_type=found.content_type
        )


def has_it(if_none_match: str, etag: str) -> bool:
    """Whether a client says that it has the file (RFC 9110, section 13.1.2)."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]
