"""The door: what holds for every request, whatever its route.

Odd requests are turned away here, before anything reads them; every answer may be read by pages of
any origin, since players in browsers are; and HEAD is GET without a body.
"""

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from packager.metrics import Metrics
from packager.parameters import MAX_QUERY_CHARACTERS
from packager.paths import PathError, check_raw_path
from packager.reasons import Reason
from packager.responses import refusal

MAX_HEADERS, MAX_HEADER_BYTES = 64, 16 * 1024  # threat 27

_PREFLIGHT = {
    "access-control-allow-origin": "*",
    "access-control-allow-headers": "*",  # rule F-03: players send CMCD in headers
    "access-control-allow-methods": "GET, HEAD, POST, PATCH, OPTIONS",
    "access-control-max-age": "86400",
    "cache-control": "public, max-age=86400",
}
_EXPOSED = "Content-Length, Content-Range, Date"


class Door:
    """An ASGI application in front of another one."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        """Stand before `app`; what is turned away is counted."""
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Always, not only for requests with an Origin: caches keep one answer for all.
                headers = MutableHeaders(scope=message)
                headers["access-control-allow-origin"] = "*"
                headers["access-control-expose-headers"] = _EXPOSED
            elif scope["method"] == "HEAD" and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        reason = _obstacle(scope)
        if reason is not None:
            await refusal(reason, self._metrics, detail="at the door")(scope, receive, answer)
        elif scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
        else:
            await self._app(scope, receive, answer)


def _obstacle(scope: Scope) -> Reason | None:
    """Why a request goes no further."""
    headers = scope["headers"]
    # Threat 26: caches and servers differ in which of two hosts they take.
    if sum(name == b"host" for name, _ in headers) > 1:
        return Reason.PATH_INVALID
    if (
        len(scope["query_string"]) > MAX_QUERY_CHARACTERS
        or len(headers) > MAX_HEADERS
        or sum(len(name) + len(value) for name, value in headers) > MAX_HEADER_BYTES
    ):
        return Reason.REQUEST_TOO_LARGE
    try:
        check_raw_path(scope["raw_path"])
    except PathError as error:
        return error.reason
    return None
