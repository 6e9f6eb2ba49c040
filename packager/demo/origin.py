"""The demo's origin: its channel with breaks, and its loop as VOD, in HLS and DASH, over ASGI.

Every answer is a function of the request and the time, so the origin can be stopped and started, or
run twice, and nobody notices. URLs, below wherever the application is mounted:

    /live/index.m3u8  /live/720p.m3u8  /live/720p/init.mp4  /live/720p/12345.m4s
    /live/index.mpd   of the same segments
    /vod/index.m3u8   and likewise
    /time             what DASH players set their clocks by

`index.m3u8?max_height=360` leaves out larger variants. `/live/timeline.json` and
`/vod/timeline.json` tell what is on air, for the demo page (its format: `packager.demo.site`).
"""

from fractions import Fraction
from urllib.parse import urljoin

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from packager.clock import Clock, unix_seconds
from packager.demo.boxes import retime
from packager.demo.media import DemoMedia, LoopRendition
from packager.demo.mpd import even_segment_s, live_mpd, vod_mpd
from packager.demo.playlists import live_playlist, multivariant_playlist, vod_playlist
from packager.demo.schedule import Addressing, Offer, OriginSettings, Schedule
from packager.demo.site import Span, timeline_json

_PLAYLIST = "application/vnd.apple.mpegurl"
_MPD = "application/dash+xml"
_CORS = {"access-control-allow-origin": "*"}
_FOR_EVER = {**_CORS, "cache-control": "public, max-age=31536000, immutable"}
_FOR_A_SECOND = {**_CORS, "cache-control": "public, max-age=1"}
_NEVER = {**_CORS, "cache-control": "no-store"}


def create_demo_origin(
    media: DemoMedia, clock: Clock, settings: OriginSettings | None = None
) -> Starlette:
    """Make the origin's ASGI application.

    Args:
        media: What it plays.
        clock: Says what is on air.
        settings: When breaks come and how they are signalled.

    Raises:
        ValueError: The MPDs cannot have the addressing that the settings ask for.
    """
    schedule = Schedule(media, settings or OriginSettings())
    if schedule.settings.addressing is Addressing.NUMBER:
        even_segment_s(media)  # raises
    programmes = {"live": _Live(schedule, clock), "vod": _Vod(schedule)}

    async def time(request: Request) -> Response:
        text = clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return Response(text, media_type="text/plain", headers=_NEVER)

    routes = [Mount(f"/{name}", routes=item.routes()) for name, item in programmes.items()]
    return Starlette(routes=[Route("/time", time), *routes])


class _Vod:
    """The loop as a VOD, and what it has in common with the channel."""

    playlist_headers = _FOR_EVER

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule

    def routes(self) -> list[Route]:
        # plain functions: Starlette runs them in threads, because segments are read from the disk
        return [
            Route("/index.m3u8", self.multivariant),
            Route("/index.mpd", self.mpd),
            Route("/timeline.json", self.timeline),
            Route("/{rendition}.m3u8", self.playlist),
            Route("/{rendition}/init.mp4", self.init),
            Route("/{rendition}/{number:int}.m4s", self.segment),
        ]

    def multivariant(self, request: Request) -> Response:
        limit = request.query_params.get("max_height", "")
        text = multivariant_playlist(
            self._schedule.media, max_height=int(limit) if limit.isdecimal() else None
        )
        return Response(text, media_type=_PLAYLIST, headers=_FOR_A_SECOND)

    def mpd(self, request: Request) -> Response:
        # absolute: it is asked for by players to whom the MPD came from elsewhere
        text = self._write_mpd(urljoin(str(request.url), "../time"))
        return Response(text, media_type=_MPD, headers=self.playlist_headers)

    def playlist(self, request: Request) -> Response:
        rendition = self._rendition(request)
        text = self._write(rendition)
        return Response(text, media_type=_PLAYLIST, headers=self.playlist_headers)

    def init(self, request: Request) -> Response:
        rendition = self._rendition(request)
        path = self._schedule.media.folder / rendition.name / rendition.init
        return Response(path.read_bytes(), media_type="video/mp4", headers=_FOR_EVER)

    def segment(self, request: Request) -> Response:
        rendition, number = self._rendition(request), request.path_params["number"]
        if number >= self._end():
            raise HTTPException(404, "no such segment yet")
        name = rendition.segments[number % self._schedule.length]
        data = (self._schedule.media.folder / rendition.name / name).read_bytes()
        ticks = self._schedule.shift_ticks(number, rendition)
        moved = retime(data, ticks=ticks, sequence_number=number + 1)
        return Response(moved, media_type="video/iso.segment", headers=_FOR_EVER)

    def timeline(self, request: Request) -> Response:
        end = self._schedule.start(self._schedule.vod_segments)
        spans = (Span("content", "Programme", 0, float(end)),)
        return _timeline(timeline_json(spans, now=0, edge=float(end), pdt_base=None))

    def _rendition(self, request: Request) -> LoopRendition:
        rendition = self._schedule.media.rendition(request.path_params["rendition"])
        if rendition is None:
            raise HTTPException(404, "no such rendition")
        return rendition

    def _write(self, rendition: LoopRendition) -> str:
        return vod_playlist(self._schedule, rendition)

    def _write_mpd(self, time_url: str) -> str:
        return vod_mpd(self._schedule)

    def _end(self) -> int:
        return self._schedule.vod_segments


class _Live(_Vod):
    """The channel."""

    playlist_headers = _FOR_A_SECOND

    def __init__(self, schedule: Schedule, clock: Clock) -> None:
        super().__init__(schedule)
        self._clock = clock

    def timeline(self, request: Request) -> Response:
        schedule, now = self._schedule, self._now()
        window = schedule.published(now)
        start, edge = schedule.start(window.start), schedule.start(window.stop)
        word = "Break" if schedule.settings.offer is Offer.ADS else "Overlay"
        spans = []
        at = start
        for item in schedule.breaks(window.start, window.stop):
            spans.append(Span("content", "Programme", float(at), float(item.start)))
            at = min(item.end, edge)
            spans.append(
                Span("break", f"{word} {item.event_id}", float(max(item.start, start)), float(at))
            )
        spans.append(Span("content", "Programme", float(at), float(edge)))
        base = float(unix_seconds(schedule.settings.epoch))
        spans = [span for span in spans if span.start < span.end]
        return _timeline(timeline_json(spans, now=float(now), edge=float(edge), pdt_base=base))

    def _write(self, rendition: LoopRendition) -> str:
        return _on_air(live_playlist(self._schedule, rendition, self._now()))

    def _write_mpd(self, time_url: str) -> str:
        return _on_air(live_mpd(self._schedule, self._now(), time_url=time_url))

    def _end(self) -> int:
        return self._schedule.complete(self._now())

    def _now(self) -> Fraction:
        return Fraction(
            unix_seconds(self._clock.now()) - unix_seconds(self._schedule.settings.epoch)
        )


def _on_air(text: str | None) -> str:
    if text is None:
        raise HTTPException(404, "not on air yet")
    return text


def _timeline(document: dict[str, object]) -> Response:
    return JSONResponse(document, headers=_NEVER)
