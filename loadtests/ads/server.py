"""The ad server: scenarios by URL, the films of its ads, and the sink for their beacons.

``/vast/<scenario>`` and ``/vmap/<scenario>`` answer ad calls, ``/media/<film>.mp4`` is what they
show, or ``/media/<film>/...`` as HLS or DASH, ``/sink/...`` takes beacons, ``/calls`` tells which
ad calls came. ``/`` lists the scenarios.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import parse_qsl, quote
from zlib import crc32

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import Receive, Scope, Send

from loadtests.ads.calls import BREAK, QUERY, SESSION, Call
from loadtests.ads.delivery import QUERY as DELIVERY_QUERY
from loadtests.ads.delivery import read_delivery
from loadtests.ads.documents import Film
from loadtests.ads.hits import Hits
from loadtests.ads.scenarios import SCENARIOS, Scenario, write
from loadtests.ads.sink import Sink
from loadtests.ads.vmap_scenarios import VMAP_SCENARIOS

MAX_CALLS = 10_000  # kept in detail
MAX_KEPT = 256  # documents
MAX_KEPT_BYTES = 256 * 1024  # of one of them

FILMS = tuple(
    Film(
        id=f"film{seconds}",
        seconds=Decimal(seconds),
        title=f"{seconds} seconds of {name}",
        advertiser=name,
        category=category,
    )
    for seconds, name, category in (
        (10, "Acme", "cars"),
        (15, "Bolt", "food"),
        (6, "Cord", "toys"),
        (20, "Dash", "travel"),
        (30, "Echo", "music"),
    )
)
KINDS: Mapping[str, Mapping[str, Scenario]] = {"vast": SCENARIOS, "vmap": VMAP_SCENARIOS}


class CallName(NamedTuple):
    """What an ad call's path and query say."""

    kind: str
    scenario: str
    session: str
    break_id: str


class AdServer:
    """The ad server; `app` is its ASGI application, `sink` and `calls` what came."""

    def __init__(
        self,
        films: Sequence[Film] = FILMS,
        *,
        base_url: str = "",
        sink: Sink | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Make an ad server.

        Args:
            films: What its ads show, not empty.
            base_url: Where it is reached, without a slash at the end; empty: where it is called.
            sink: Takes the beacons.
            clock: Seconds since 1970.
        """
        self.films = tuple(films)
        self.sink = Sink(clock=clock) if sink is None else sink
        self.calls: Hits[CallName] = Hits(most=MAX_CALLS)
        self._base_url = base_url
        self._clock = clock
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self.app = Starlette(
            routes=[
                Route("/", self._index),
                Route("/calls", self._calls),
                Route("/media/{name}.mp4", self._media),
                Route("/media/{name}/{path:path}", self._stream),
                Mount("/sink", routes=self.sink.routes()),
                *(Route(f"/{kind}/{{name}}", _Calls(self, kind)) for kind in KINDS),
            ]
        )

    def document(self, kind: str, name: str, query: Mapping[str, str], base_url: str) -> bytes:
        """The document that a call is answered with.

        Args:
            kind: ``vast`` or ``vmap``.
            name: Of the scenario.
            query: Of the call, with what the scenario adds to it.
            base_url: Where the ad server is reached.
        """
        session, break_id = query.get("sid", "-"), query.get("break", "-")
        rest = {name: query[name] for name in query if name not in ("sid", "break")}
        first = self._first(query.get("turn", ""), session)
        key = (kind, name, base_url, first, *rest.items())
        text = self._kept.get(key)
        if text is None:
            films = self.films[first:] + self.films[:first]
            text = write(KINDS[kind][name], Call(base_url=base_url, films=films, query=rest))
            if len(text) <= MAX_KEPT_BYTES:
                self._kept[key] = text
                if len(self._kept) > MAX_KEPT:
                    self._kept.popitem(last=False)
        for placeholder, value in ((SESSION, session), (BREAK, break_id)):
            text = text.replace(
                placeholder.encode(), quote(value, safe="", errors="replace").encode()
            )
        return text

    def _first(self, turn: str, session: str) -> int:
        """Index of the film that comes first."""
        if turn == "sid":
            return crc32(session.encode(errors="replace")) % len(self.films)
        return int(turn[:6]) % len(self.films) if turn.isdecimal() else 0

    async def answer(
        self, kind: str, request: Request, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Answer an ad call."""
        name = request.path_params["name"]
        asked = dict(parse_qsl(request.url.query, keep_blank_values=True))
        scenario = KINDS[kind].get(name)
        delivery = read_delivery(asked if scenario is None else {**scenario.query, **asked})
        self.calls.take(
            request,
            CallName(kind, name, asked.get("sid", ""), asked.get("break", "")),
            at=self._clock(),
            status=404 if scenario is None else delivery.status,
            body=await request.body(),
        )
        if scenario is None:
            await PlainTextResponse("no such scenario\n", 404)(scope, receive, send)
            return
        base_url = self._base_url or str(request.base_url).rstrip("/")
        text = self.document(kind, name, {**scenario.query, **asked}, base_url)
        await delivery.send(delivery.dressed(text), scope, receive, send)

    async def _media(self, request: Request) -> Response:
        for film in self.films:
            if film.id == request.path_params["name"] and film.file is not None:
                return FileResponse(film.file, media_type=film.type)
        return Response(status_code=404)

    async def _stream(self, request: Request) -> Response:
        for film in self.films:
            if film.id == request.path_params["name"] and film.is_stream and film.file is not None:
                folder = film.file.parent.resolve()
                path = (folder / request.path_params["path"]).resolve()
                if path.is_relative_to(folder) and path.is_file():
                    return FileResponse(path)
        return Response(status_code=404)

    async def _calls(self, request: Request) -> Response:
        session = request.query_params.get("session")
        found = [hit.as_json() for hit in self.calls if session in (None, hit.name.session)]
        return JSONResponse({"total": self.calls.total, "list": found[-1000:]})

    async def _index(self, request: Request) -> Response:
        return PlainTextResponse(listing())


class _Calls:
    """Ad calls of one kind."""

    def __init__(self, server: AdServer, kind: str) -> None:
        self._server = server
        self._kind = kind

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await self._server.answer(self._kind, request, scope, receive, send)


def listing() -> str:
    """All scenarios and what a query may say, for people."""
    lines = []
    for kind, scenarios in KINDS.items():
        lines += [f"/{kind}/<scenario>", *_table({n: s.says for n, s in scenarios.items()}), ""]
    lines += ["Query", *_table(QUERY), "", "Query, of how it is sent", *_table(DELIVERY_QUERY), ""]
    return "\n".join(lines)


def _table(rows: Mapping[str, str]) -> list[str]:
    width = max(map(len, rows))
    return [f"  {name:{width}}  {says}" for name, says in rows.items()]
