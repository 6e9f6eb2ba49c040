"""How Weft answers: playlists, JSON, errors as reason codes, and what caches may do with each."""

from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response

from packager.bodies import Body
from packager.log import report
from packager.metrics import Metrics
from packager.reasons import Reason

HLS_TYPE = "application/vnd.apple.mpegurl"
DASH_TYPE = "application/dash+xml"
DASH_PATCH_TYPE = "application/dash-patch+xml"
PERSONAL = "private, no-store"
RETRY_AFTER_S = "5"
CHANGED_S = 60
WHOLE_S = 3600  # for which caches keep what does not change any more
IMMUTABLE = "public, max-age=31536000, immutable"


def json_response(value: object, *, status: int = 200) -> Response:
    """A JSON document for one viewer."""
    return Response(
        orjson.dumps(value),
        status,
        headers={"cache-control": PERSONAL},
        media_type="application/json",
    )


def kept_for(pace_s: int, *, live: bool, changed: bool) -> int:
    """Seconds for which caches may keep a manifest that viewers share.

    Args:
        pace_s: After which a live one changes: half of it, and players are not late.
        live: Whether it goes on.
        changed: Whether segments are asked for by the way of a look, which processes know of those
            whose manifests they were asked for.
    """
    if live:
        return max(pace_s // 2, 1)
    return CHANGED_S if changed else WHOLE_S


def playlist_response(request: Request, body: Body, kept_s: int | None = None) -> Response:
    """A playlist, compressed if the client takes gzip.

    Args:
        request: For it.
        body: The playlist.
        kept_s: For how long caches may keep it; None: it is one viewer's.
    """
    return _manifest_response(request, body, HLS_TYPE, kept_s)


def mpd_response(request: Request, body: Body, kept_s: int | None = None) -> Response:
    """An MPD; see `playlist_response`."""
    return _manifest_response(request, body, DASH_TYPE, kept_s)


def mpd_patch_response(request: Request, body: Body) -> Response:
    """An MPD patch for one viewer, compressed if the client takes gzip."""
    return _manifest_response(request, body, DASH_PATCH_TYPE)


def _manifest_response(
    request: Request, body: Body, media_type: str, kept_s: int | None = None
) -> Response:
    headers = {"cache-control": PERSONAL, "vary": "Accept-Encoding"}
    if kept_s is not None:
        headers |= {"cache-control": f"public, max-age={kept_s}", "etag": body.etag}
        known = request.headers.get("if-none-match", "")
        if any(one.strip() in (body.etag, "*") for one in known.split(",")):
            return Response(status_code=304, headers=headers)
    content = body.plain
    if body.compresses and accepts_gzip(request.headers.get("accept-encoding", "")):
        content = body.gzip
        headers["content-encoding"] = "gzip"
    return Response(content, headers=headers, media_type=media_type)


def accepts_gzip(accept_encoding: str) -> bool:
    """Whether a client takes gzip (RFC 9110, section 12.5.3)."""
    for choice in accept_encoding.split(","):
        name, _, weight = choice.partition(";")
        if name.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "").lower() not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def refusal(
    reason: Reason, metrics: Metrics, *, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """An error: its code and status to the client, the details to the log (design, 5.4)."""
    report(reason, "request_refused", metrics, detail=detail)
    status = reason.status or 502
    later = {"retry-after": RETRY_AFTER_S} if status in (429, 503) else {}
    return Response(
        orjson.dumps({"error": str(reason)}),
        status,
        # Threat 25: nobody keeps an error for longer than a moment.
        headers={"cache-control": "no-store", **later, **(headers or {})},
        media_type="application/json",
    )
