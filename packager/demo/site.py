"""The demo's page, and the two documents that it reads.

``/streams.json`` says what to play::

    {"hlsjs": "/players/hls.js",        or null: the browser plays HLS itself
     "views": [{"title": "Live", "streams": [
        {"title": "Through Weft", "note": "...", "url": "/v1/master/...m3u8",
         "timeline": "/demo/timeline/..."}]}]}

It is made anew for each visit, so that each can have sessions of its own.

The address in ``timeline`` says what is on air in that stream; the page asks for it each second::

    {"now": 77.2,            seconds on the stream's own axis, at the time of the answer
     "edge": 76.0,           end of what its playlists offer; a VOD's duration
     "pdt_base": 1767225600, seconds since 1970 of 0 on that axis; null for VOD, whose axis is the
                             media element's currentTime
     "spans": [{"kind": "content", "label": "Programme", "start": 16.0, "end": 30.0},
               {"kind": "ad", "label": "Northwind Coffee", "start": 30.0, "end": 40.0}]}

Kinds are content, ad, slate, bumper, and break (where an origin says that ads may go). Spans are in
order; a live stream's begin where its window begins. In live the page finds its playhead by the
program date-time that the player tells, or else by how far what is buffered lies before the edge.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

_PAGE = Path(__file__).parent / "page"
_FILES = {"/": "index.html", "/page.css": "page.css", "/page.js": "page.js"}
_PLAYER = Path("hls.js/dist/hls.min.js")  # below a node_modules folder
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": "default-src 'self'; img-src 'self' data:; media-src * blob: data:; "
    "connect-src *; worker-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a stream's timeline."""

    kind: str  # "content", "ad", "slate", "bumper", "break"
    label: str
    start: float  # seconds on the stream's axis
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Something that the page plays."""

    title: str
    url: str  # of a multivariant playlist
    timeline: str  # URL of its timeline document
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Streams that the page shows beside each other."""

    title: str
    streams: tuple[Stream, ...]


def timeline_json(
    spans: Iterable[Span], *, now: float, edge: float, pdt_base: float | None
) -> dict[str, object]:
    """Return the timeline document, in the form told above."""
    return {
        "now": now,
        "edge": edge,
        "pdt_base": pdt_base,
        "spans": [asdict(span) for span in spans],
    }


Views = Callable[[], Awaitable[Sequence[View]]]


def demo_page_routes(views: Views, *, players: Path | None = None) -> list[BaseRoute]:
    """Return the routes of the page: ``/``, its style and script, and its list of streams.

    Args:
        views: Gives what the page offers, the first one first; asked at each load.
        players: A ``node_modules`` folder; with hls.js in it the page plays with hls.js.
    """
    script = players / _PLAYER if players else None
    has_script = script is not None and script.is_file()

    async def streams(request: Request) -> Response:
        document = {
            "hlsjs": "/players/hls.js" if has_script else None,
            "views": [asdict(view) for view in await views()],
        }
        return JSONResponse(document, headers=_HEADERS)

    routes: list[BaseRoute] = [_file(path, _PAGE / name) for path, name in _FILES.items()]
    routes.append(Route("/streams.json", streams))
    if script is not None and has_script:
        routes.append(_file("/players/hls.js", script))
    return routes


def _file(path: str, file: Path) -> Route:
    def answer(request: Request) -> Response:
        return FileResponse(file, headers=_HEADERS)

    return Route(path, answer)
