"""An origin of programmes: each as VOD, and as live.

/{programme}/vod/index.m3u8   the first 12 s
/{programme}/live/index.m3u8  all 48 s, once: from a window that stands still until it is begun
"""

import hashlib
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from packager.packaging.ladder import TS_ORIGIN
from tests.browser import aes
from tests.browser.programmes import LENGTH_S, PROGRAMMES, SEGMENT_S, Programme, Renditions

VOD_S = 12
WINDOW_S = 12  # of the live playlists
BREAK_AT_S, BREAK_S = 16, 10  # in live
FIRST_MSN = 7  # not 0: the IV of what is encrypted is no index
KEY_S = 6  # seconds that are encrypted with one key

# hls.js 1.7 drops the cues of a discontinuity whose video it has not seen yet (its issue 7850), and
# reads subtitles far ahead: they take their time, so that the video is always there before.
_SUBTITLES_LATE_S = 0.4
_FIRST_DATE = datetime(2026, 1, 1, tzinfo=UTC)
_CORS = {"access-control-allow-origin": "*"}


class Origin:
    """The origin of all programmes."""

    def __init__(self, renditions: Renditions) -> None:
        """`app` is its ASGI application."""
        self._renditions = renditions
        self._begun: dict[str, float] = {}
        self._encrypted = lru_cache(512)(self._encrypt)
        # plain functions: Starlette runs them in threads, because they wait
        self.app = Starlette(
            routes=[
                Route("/{programme}/{mode}/index.m3u8", self._multivariant),
                Route("/{programme}/{mode}/{name}.m3u8", self._playlist),
                Route("/{programme}/keys/{number:int}", self._key),
                Route("/{programme}/media/{name}/init.mp4", self._init),
                Route("/{programme}/media/{name}/{number:int}", self._segment),
            ]
        )

    def begin(self, programme: str) -> None:
        """Let a programme's live window move, from the first call on."""
        self._begun.setdefault(programme, time.monotonic())

    def _multivariant(self, request: Request) -> Response:
        text = self._renditions.multivariant[request.path_params["programme"]]
        return Response(text, media_type="application/vnd.apple.mpegurl", headers=_CORS)

    def _playlist(self, request: Request) -> Response:
        programme = PROGRAMMES[request.path_params["programme"]]
        live = request.path_params["mode"] == "live"
        window = self._window(programme) if live else range(VOD_S // SEGMENT_S)
        name = request.path_params["name"]
        text = self._write(programme, name, window, live=live)
        return Response(text, media_type="application/vnd.apple.mpegurl", headers=_CORS)

    def _window(self, programme: Programme) -> range:
        length, total = WINDOW_S // SEGMENT_S, LENGTH_S // SEGMENT_S
        begun = self._begun.get(programme.name)
        past = 0 if begun is None else int((time.monotonic() - begun) / SEGMENT_S)
        edge = min(total, length + past)
        return range(edge - length, edge)

    def _write(self, programme: Programme, name: str, window: range, *, live: bool) -> str:
        durations = self._renditions.durations[programme.video if name == "subtitles" else name]
        media = f"../media/{name}"
        lines = ["#EXTM3U", "#EXT-X-VERSION:6", f"#EXT-X-TARGETDURATION:{SEGMENT_S}"]
        lines.append(f"#EXT-X-MEDIA-SEQUENCE:{FIRST_MSN + window.start}")
        if not live:
            lines.append("#EXT-X-PLAYLIST-TYPE:VOD")
        if name != "subtitles" and self._renditions.init(name) is not None:
            lines.append(f'#EXT-X-MAP:URI="{media}/init.mp4"')  # before the key: clear
        for number in window:
            if live:
                lines += _cues(number)
                at = _FIRST_DATE + timedelta(seconds=number * SEGMENT_S)
                lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{at.isoformat(timespec='milliseconds')}")
            key, first = divmod(number * SEGMENT_S, KEY_S)
            if programme.encrypted and (first == 0 or number == window.start):
                lines.append(f'#EXT-X-KEY:METHOD=AES-128,URI="../keys/{key}"')  # no IV: A-38
            lines += [f"#EXTINF:{float(durations[number]):.6f},", f"{media}/{number}"]
        if not live:
            lines.append("#EXT-X-ENDLIST")
        return "\n".join([*lines, ""])

    def _init(self, request: Request) -> Response:
        init = self._renditions.init(request.path_params["name"])
        return Response(init, 200 if init else 404, media_type="video/mp4", headers=_CORS)

    def _segment(self, request: Request) -> Response:
        programme = PROGRAMMES[request.path_params["programme"]]
        name, number = request.path_params["name"], request.path_params["number"]
        if name == "subtitles":
            time.sleep(_SUBTITLES_LATE_S)
            return Response(subtitles(programme, number), media_type="text/vtt", headers=_CORS)
        if programme.encrypted:
            data = self._encrypted(programme.name, name, number)
        else:
            data = self._renditions.segment(name, number)
        return Response(data, media_type="application/octet-stream", headers=_CORS)

    def _encrypt(self, programme: str, name: str, number: int) -> bytes:
        return aes.encrypt(
            self._renditions.segment(name, number),
            key=_key(programme, number * SEGMENT_S // KEY_S),
            iv=(FIRST_MSN + number).to_bytes(16),
        )

    def _key(self, request: Request) -> Response:
        key = _key(request.path_params["programme"], request.path_params["number"])
        return Response(key, media_type="application/octet-stream", headers=_CORS)


def subtitles(programme: Programme, number: int) -> str:
    """A WebVTT segment: a cue for each second of the content, which tells that second."""
    text = "WEBVTT\n"  # alone it says that cue time 0 is media time 0, as it is in CMAF
    if programme.video == "ts":
        text += f"X-TIMESTAMP-MAP=MPEGTS:{TS_ORIGIN},LOCAL:00:00:00.000\n"
    for second in range(number * SEGMENT_S, (number + 1) * SEGMENT_S):
        text += f"\n00:00:{second:02d}.100 --> 00:00:{second:02d}.900\nsecond {second}\n"
    return text


def _key(programme: str, number: int) -> bytes:
    return hashlib.sha256(f"{programme} {number}".encode()).digest()[:16]


def _cues(number: int) -> list[str]:
    elapsed = number * SEGMENT_S - BREAK_AT_S
    if elapsed == 0:
        return [f"#EXT-X-CUE-OUT:{BREAK_S}"]
    if 0 < elapsed < BREAK_S:
        return [f"#EXT-X-CUE-OUT-CONT:{elapsed}/{BREAK_S}"]
    return ["#EXT-X-CUE-IN"] if elapsed == BREAK_S else []
