"""A sink for beacons: takes every call, answers as its path asks, and tells what came.

``/<answer>/<session>/<break>/<ad>/<level>/<event>`` is a beacon; each part is percent-encoded, the
level is ``inline``, ``wrapper<n>`` or, for what VMAP tracks, ``break``. ``GET /report`` tells what
came, for one session with ``?session=``; ``POST /clear`` forgets it; ``POST /outage/<answer>`` has
all beacons answered so, ``POST /outage`` ends that.
"""

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from loadtests.ads.hits import Hit, Hits, raw_path
from loadtests.ads.wire import reset

KEY_HEADER = "x-weft-idempotency-key"
MAX_HITS = 50_000  # kept in detail
MAX_KEYS = 500_000  # whose calls are counted
MAX_SLOW_S = 600.0

ANSWERS = {
    "ok": "204",
    "<status>": "any number from 200 to 599; 3xx lead to the same beacon, answered `ok`",
    "slow-<seconds>": "204, late",
    "flaky-<n>": "500 for the first n calls of the same URL, then 204",
    "redirect-loop": "302 to itself",
    "hang": "nothing, until the caller goes",
    "reset": "the connection is reset",
}


class BeaconName(NamedTuple):
    """What a beacon's path says."""

    answer: str
    session: str
    break_id: str
    ad: str
    level: str
    event: str


class Sink:
    """The sink; `app` is its ASGI application."""

    def __init__(self, *, max_hits: int = MAX_HITS, clock: Callable[[], float] = time.time) -> None:
        """Make a sink.

        Args:
            max_hits: How many calls are kept in detail.
            clock: Seconds since 1970.
        """
        self.hits: Hits[BeaconName] = Hits(most=max_hits)
        self.outage = ""  # what all beacons are answered with; empty: what their paths ask for
        self._clock = clock
        self._calls: Counter[str] = Counter()  # by idempotency key: all calls
        self._taken: Counter[str] = Counter()  # by idempotency key: calls answered 2xx
        self._same_url: Counter[str] = Counter()  # calls of URLs that fail at first

    def routes(self) -> list[BaseRoute]:
        """Everything that the sink answers."""
        return [
            Route("/report", self._report),
            Route("/clear", self._clear, methods=["POST"]),
            Route("/outage", self._outage, methods=["POST"]),
            Route("/outage/{answer}", self._outage, methods=["POST"]),
            Route("/{rest:path}", _Beacons(self)),
        ]

    def of(self, session: str | None = None, event: str | None = None) -> list[Hit[BeaconName]]:
        """The calls that are kept, in the order in which they came.

        Args:
            session: Only this session's.
            event: Only those of this event.
        """
        return [
            hit
            for hit in self.hits
            if session in (None, hit.name.session) and event in (None, hit.name.event)
        ]

    def duplicates(self, session: str | None = None) -> dict[str, int]:
        """Idempotency keys that were taken (2xx) more than once, and how often.

        A call that was answered 500 may come again with its key: that is no duplicate.
        """
        return self._more_than_once(self._taken, session)

    def repeated(self, session: str | None = None) -> dict[str, int]:
        """Idempotency keys that came more than once, however they were answered."""
        return self._more_than_once(self._calls, session)

    def report(self, session: str | None = None, *, most: int = 1000) -> dict[str, Any]:
        """Everything that came, as plain values.

        Args:
            session: Only this session's; counts are then of calls that are still kept.
            most: How many calls are told in detail, the latest ones.
        """
        hits = self.of(session)
        return {
            "total": self.hits.total,
            "dropped": self.hits.dropped,
            "hits": len(hits),
            "events": Counter(hit.name.event for hit in hits),
            "answers": Counter(str(hit.status) for hit in hits),
            "beacons": Counter("/".join(hit.name[1:]) for hit in hits),
            "without_key": sum(not hit.header(KEY_HEADER) for hit in hits),
            "duplicates": self.duplicates(session),
            "repeated": self.repeated(session),
            "list": [hit.as_json() for hit in hits[max(len(hits) - most, 0) :]],
        }

    def clear(self) -> None:
        """Forget all calls; an outage goes on."""
        self.hits.clear()
        for counter in (self._calls, self._taken, self._same_url):
            counter.clear()

    def take(self, request: Request, body: bytes) -> tuple[str, int]:
        """Note a call; say how it is answered: in words, and with which status."""
        parts = raw_path(request).split("/")[-len(BeaconName._fields) :]
        if len(parts) < len(BeaconName._fields):
            parts = [""] * (len(BeaconName._fields) - len(parts)) + parts
        name = BeaconName(*(unquote(part) for part in parts))
        answer = self.outage or name.answer
        if answer.startswith("flaky-"):
            answer = self._flaky(raw_path(request), answer.removeprefix("flaky-"))
        status = _status(answer)
        hit = self.hits.take(request, name, at=self._clock(), status=status, body=body)
        if key := hit.header(KEY_HEADER):
            self._count(self._calls, key)
            if 200 <= status < 300:
                self._count(self._taken, key)
        return answer, status

    def _flaky(self, url: str, failures: str) -> str:
        self._count(self._same_url, url)
        return "500" if self._same_url[url] <= _seconds(failures) else "ok"

    def _count(self, counter: Counter[str], name: str) -> None:
        if name in counter or len(counter) < MAX_KEYS:
            counter[name] += 1

    def _more_than_once(self, counter: Mapping[str, int], session: str | None) -> dict[str, int]:
        keys = counter if session is None else {hit.header(KEY_HEADER) for hit in self.of(session)}
        return {key: counter[key] for key in keys if counter.get(key, 0) > 1}

    async def _report(self, request: Request) -> Response:
        most = request.query_params.get("most", "1000")
        return JSONResponse(
            self.report(
                request.query_params.get("session"), most=int(most) if most.isdecimal() else 1000
            )
        )

    async def _clear(self, request: Request) -> Response:
        self.clear()
        return Response(status_code=204)

    async def _outage(self, request: Request) -> Response:
        self.outage = request.path_params.get("answer", "")
        return Response(status_code=204)


class _Beacons:
    """The beacons themselves."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        answer, status = self._sink.take(request, body)
        match answer.partition("-"):
            case "slow", _, seconds:
                await asyncio.sleep(min(_seconds(seconds), MAX_SLOW_S))
            case "hang", _, _:
                await until_gone(receive)
                return
            case "reset", _, _:
                await reset(scope, send)
                return
            case _:
                pass
        headers = {"access-control-allow-origin": "*"}  # players in browsers call, too
        if 300 <= status < 400:
            path = raw_path(request)
            headers["location"] = (
                path if answer == "redirect-loop" else path.replace(f"/{answer}/", "/ok/", 1)
            )
        await Response(status_code=status, headers=headers)(scope, receive, send)


async def until_gone(receive: Receive) -> None:
    """Wait until whoever asked has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _status(answer: str) -> int:
    if re.fullmatch("[2-5][0-9][0-9]", answer):
        return int(answer)
    if answer in ("hang", "reset"):
        return 0
    if answer == "redirect-loop":
        return 302
    return 204 if answer == "ok" or answer.startswith("slow-") else 404


def _seconds(text: str) -> float:
    return float(text) if re.fullmatch(r"[0-9]{1,6}(\.[0-9]{1,6})?", text) else 0.0
