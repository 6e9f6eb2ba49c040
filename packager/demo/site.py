"""The demo's page, and the two documents that it reads.

``/streams.json`` says what to play::

    {"players": {"hlsjs": "/players/hlsjs.js", "shaka": ..., "dashjs": ...},
     "views": [{"title": "Live", "streams": [
        {"title": "HLS through Weft", "note": "...", "format": "hls",
         "url": "/v1/master/...m3u8", "timeline": "/demo/timeline/..."}]}]}

A view with overlays has what its buttons need as well, and where the state of things is told::

    "stage": {"score": "/v1/feeds/...", "secret": "...", "facts": "/v1/session/...",
              "state": "/demo/overlays/..."}

    {"score": "2 : 1",       what the latest segment that is listed shows
     "since": 77.2,          where the first one begins that shows it; null: none does
     "workers": 1, "drawn_s": 18.4,  seconds that these were at work
     "drawn": 31, "waiting": 1, "late": 0}  segments

A view with a recap has streams of a session that is yet to begin, `{session}` in the place of its
token, and what a viewer may say of themselves::

    "recap": {"facts": [{"name": "minutes", "label": "Minutes", "of": ["1", "2", "3"],
                         "value": "2", "longest": 64}, ...],  of: empty for any text
              "state": "/demo/recap", "session": "/v1/session/...", "why": "/v1/why/.../{session}"}

``state`` is asked with facts as its query, and says whether a session with those can begin::

    {"ready": false, "made": 0.4}  share of the components

It is made anew for each visit, so that each can have sessions of its own. Players that are not
installed are not told; without hls.js the browser plays HLS itself, if it can.

The address in ``timeline`` says what is on air in that stream; the page asks for it each second::

    {"now": 77.2,            seconds on the stream's own axis, at the time of the answer
     "edge": 76.0,           end of what its playlists offer; a VOD's duration
     "pdt_base": 1767225600, seconds since 1970 of 0 on that axis; null for VOD, whose axis is the
                             media element's currentTime
     "spans": [{"kind": "content", "label": "Programme", "start": 16.0, "end": 30.0},
               {"kind": "ad", "label": "Northwind Coffee", "start": 30.0, "end": 40.0}]}

Kinds are content, ad, slate, bumper, overlay, and break (where an origin says that ads may go).
Spans are in order; a live stream's begin where its window begins. In live the page finds its
playhead by the date that the player tells for it, or else by how far what is buffered lies before
the edge.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

SESSION = "{session}"  # in URLs, for the token of a session that is yet to begin

_PAGE = Path(__file__).parent / "page"
_FILES = {
    "/": "index.html",
    "/page.css": "page.css",
    "/page.js": "page.js",
    "/players.js": "players.js",
    "/stage.js": "stage.js",
    "/recap.js": "recap.js",
}
_PLAYERS = {  # below a node_modules folder
    "hlsjs": "hls.js/dist/hls.min.js",
    "shaka": "shaka-player/dist/shaka-player.compiled.js",
    "dashjs": "dashjs/dist/modern/umd/dash.all.min.js",
}
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
    url: str  # of a multivariant playlist or an MPD
    timeline: str  # URL of its timeline document
    note: str = ""
    format: Literal["hls", "dash"] = "hls"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What the buttons of a view with overlays need: URLs, and who may tell the score."""

    score: str  # of the feed
    secret: str
    facts: str  # of the session
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A fact that the page asks its visitor for."""

    name: str
    label: str
    of: tuple[str, ...]  # empty: any text
    value: str  # at first
    longest: int  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Recap:
    """What the view of the recap needs: what to ask for, and URLs."""

    facts: tuple[Asked, ...]
    state: str
    session: str  # where one begins
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Streams that the page shows beside each other."""

    title: str
    streams: tuple[Stream, ...]
    stage: Stage | None = None
    recap: Recap | None = None


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
    """Return the routes of the page: ``/``, its style and scripts, and its list of streams.

    Args:
        views: Gives what the page offers, the first one first; asked at each load.
        players: A ``node_modules`` folder; of the players, those in it are offered.
    """
    installed = {
        f"/players/{name}.js": (name, players / script)
        for name, script in _PLAYERS.items()
        if players and (players / script).is_file()
    }

    async def streams(request: Request) -> Response:
        document = {
            "players": {name: path for path, (name, _) in installed.items()},
            "views": [asdict(view) for view in await views()],
        }
        return JSONResponse(document, headers=_HEADERS)

    return [
        Route("/streams.json", streams),
        *(_file(path, _PAGE / name) for path, name in _FILES.items()),
        *(_file(path, script) for path, (_, script) in installed.items()),
    ]


def _file(path: str, file: Path) -> Route:
    def answer(request: Request) -> Response:
        return FileResponse(file, headers=_HEADERS)

    return Route(path, answer)
