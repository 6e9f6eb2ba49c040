"""An ad server for the demo and for tests: well-behaved, slow, broken and hostile by the path.

``/vast/<scenario>[/<argument>]`` answers an ad call, ``/vast/slow/<ms>/<scenario>...`` the same
later; ``/beacon/<ad>/<event>`` takes tracking calls; ``/counts`` says how often all this was asked.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from zlib import crc32

from lxml import etree
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

MAX_NAMES = 1000  # of counters; what has no place is counted as "other"
MAX_SLOW_MS = 60_000
EVENTS = ("start", "firstQuartile", "midpoint", "thirdQuartile", "complete")

# Texts that break whatever forgets to escape or to check: markup, playlists, logs, paths.
HOSTILE_TEXT = "</AdTitle>\"'><script>alert(1)</script>\n#EXT-X-ENDLIST\r\u2028\u202e{$x}%0d%0a"
HOSTILE_URLS = (
    'https://ads.invalid/a.mp4\n#EXT-X-KEY:METHOD=AES-128,URI="https://evil.invalid/"',
    "file:///etc/passwd",
    "javascript:alert(1)",
    "//ads.invalid/a.mp4",
    "https://ads.invalid/a\u2028.mp4",
    "",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAd:
    """An ad that the server sells."""

    id: str
    media_url: str
    duration: Decimal  # seconds
    title: str = ""
    advertiser: str = ""
    category: str = ""
    media_type: str = "video/mp4"
    width: int = 1920
    height: int = 1080
    bitrate: int = 5000  # kbit/s


class AdServer:
    """The ad server; `app` is its ASGI application, `counts` what it was asked."""

    def __init__(self, ads: Sequence[DemoAd], *, base_url: str) -> None:
        """Make an ad server.

        Args:
            ads: What it has to offer, not empty.
            base_url: Where it will be reached, without a slash at the end.
        """
        self.counts: Counter[str] = Counter()
        self._ads = tuple(ads)
        self._base_url = base_url
        self._scenarios: dict[str, Callable[[str, Request], Response]] = {
            "pod": lambda n, request: self._pod(self._rotated(request)[: int(n or 1)]),
            "fill": self._fill,
            "buffet": lambda n, request: self._buffet(self._rotated(request)[: int(n or 1)]),
            "many": lambda n, _: self._buffet((self._ads * int(n or 1))[: int(n or 1)]),
            "empty": lambda _, __: self._empty(),
            "none": lambda _, __: Response(status_code=204),
            "wrapper": lambda _, __: self._wrapper(),
            "conditional": lambda _, __: self._single(ad={"conditionalAd": "true"}),
            "skippable": lambda _, __: self._single(linear={"skipoffset": "00:00:05"}),
            "vpaid": lambda _, __: self._single(file={"apiFramework": "VPAID"}),
            "stream": lambda _, __: self._single(
                file={"type": "application/x-mpegURL", "delivery": "streaming"}
            ),
            "hostile": lambda _, __: self._hostile(),
            "truncated": lambda _, __: _xml(bytes(self._pod(self._ads).body)[:-200]),
            "doctype": lambda _, __: _xml(
                b'<!DOCTYPE VAST [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                b'<VAST version="4.2"><Ad id="&x;"/></VAST>'
            ),
            "wide": lambda _, __: _xml(b'<VAST version="4.2">' + b"<a/>" * 200_000 + b"</VAST>"),
            "oversize": lambda _, __: _xml(b'<VAST version="4.2">' + b" " * (2 << 20) + b"</VAST>"),
            "garbage": lambda _, __: _xml(bytes(range(256)) * 16),
            "html": lambda _, __: Response(
                "<!DOCTYPE html><title>Sign in</title><p>This is a hotel's network.", 200
            ),
            "status": lambda code, _: Response(status_code=int(code or 500)),
            "redirect": lambda _, __: RedirectResponse("http://169.254.169.254/latest/meta-data/"),
        }
        self.app = Starlette(
            routes=[
                Route("/vast/{path:path}", self._vast),
                Route("/beacon/{path:path}", self._beacon, methods=["GET", "POST"]),
                Route("/counts", self._counts),
            ]
        )

    async def _vast(self, request: Request) -> Response:
        name, _, argument = request.path_params["path"].partition("/")
        delay_ms = 0
        if name == "slow":
            first, _, rest = argument.partition("/")
            delay_ms = min(int(first) if first.isdecimal() else 1000, MAX_SLOW_MS)
            name, _, argument = (rest or "pod").partition("/")
        scenario = self._scenarios.get(name)
        if scenario is None or not (argument.isdecimal() or argument == ""):
            return Response("no such scenario", status_code=404)
        self._count(f"vast/{name}")
        await asyncio.sleep(delay_ms / 1000)
        return scenario(argument[:6], request)

    async def _beacon(self, request: Request) -> Response:
        self._count(f"beacon/{request.path_params['path']}")
        return Response(status_code=204)

    async def _counts(self, request: Request) -> Response:
        return JSONResponse(dict(self.counts))

    def _count(self, name: str) -> None:
        known = name in self.counts or len(self.counts) < MAX_NAMES
        self.counts[name if known else "other"] += 1

    def _rotated(self, request: Request) -> tuple[DemoAd, ...]:
        """All ads; which is first depends on the session, so that viewers differ."""
        session = request.query_params.get("sid", "")
        first = crc32(session.encode()) % len(self._ads) if session else 0
        return self._ads[first:] + self._ads[:first]

    def _fill(self, seconds: str, request: Request) -> Response:
        """As many ads, each once, as `d` seconds have place for."""
        wanted = seconds or request.query_params.get("d", "")
        left = Decimal(wanted if wanted.isdecimal() else 30)
        chosen = []
        for ad in self._rotated(request):
            if ad.duration <= left:
                left -= ad.duration
                chosen.append(ad)
        return self._pod(chosen) if chosen else self._empty()

    def _pod(self, ads: Sequence[DemoAd]) -> Response:
        vast = _vast()
        for number, ad in enumerate(ads, 1):
            self._add(vast, ad, ad_attributes={"sequence": str(number)})
        return _document(vast)

    def _buffet(self, ads: Sequence[DemoAd]) -> Response:
        vast = _vast()
        for ad in ads:
            self._add(vast, ad)
        return _document(vast)

    def _empty(self) -> Response:
        vast = _vast()
        _text(vast, "Error", f"{self._base_url}/beacon/none/error?code=[ERRORCODE]")
        return _document(vast)

    def _wrapper(self) -> Response:
        vast = _vast()
        wrapper = etree.SubElement(etree.SubElement(vast, "Ad", id="wrapper"), "Wrapper")
        _text(wrapper, "AdSystem", "Weft demo")
        _text(wrapper, "VASTAdTagURI", f"{self._base_url}/vast/pod")
        return _document(vast)

    def _single(self, **attributes: dict[str, str]) -> Response:
        vast = _vast()
        self._add(
            vast,
            self._ads[0],
            ad_attributes=attributes.get("ad"),
            linear_attributes=attributes.get("linear"),
            file_attributes=attributes.get("file"),
        )
        return _document(vast)

    def _hostile(self) -> Response:
        vast = _vast()
        for number, url in enumerate(HOSTILE_URLS):
            ad = DemoAd(
                id=f"../{number}%2f\u2028",
                media_url=url,
                duration=Decimal(10),
                title=HOSTILE_TEXT,
                advertiser=HOSTILE_TEXT,
                category=HOSTILE_TEXT,
            )
            self._add(vast, ad)
        return _document(vast)

    def _add(
        self,
        vast: etree._Element,
        ad: DemoAd,
        *,
        ad_attributes: dict[str, str] | None = None,
        linear_attributes: dict[str, str] | None = None,
        file_attributes: dict[str, str] | None = None,
    ) -> None:
        beacon = f"{self._base_url}/beacon/{ad.id}"
        inline = etree.SubElement(
            etree.SubElement(vast, "Ad", {"id": ad.id, **(ad_attributes or {})}), "InLine"
        )
        _text(inline, "AdSystem", "Weft demo")
        _text(inline, "Error", f"{beacon}/error?code=[ERRORCODE]")
        _text(inline, "Impression", f"{beacon}/impression?cb=[CACHEBUSTING]")
        _text(inline, "AdServingId", f"demo-{ad.id}")
        _text(inline, "AdTitle", ad.title or ad.id)
        if ad.category:
            _text(inline, "Category", ad.category, authority="https://weft.invalid/categories")
        if ad.advertiser:
            _text(inline, "Advertiser", ad.advertiser)
        creative = etree.SubElement(
            etree.SubElement(inline, "Creatives"), "Creative", id=ad.id, adId=ad.id
        )
        linear = etree.SubElement(creative, "Linear", linear_attributes or {})
        tracking = etree.SubElement(linear, "TrackingEvents")
        for event in EVENTS:
            _text(tracking, "Tracking", f"{beacon}/{event}", event=event)
        _text(linear, "Duration", _clock_time(ad.duration))
        file = {
            "delivery": "progressive",
            "type": ad.media_type,
            "width": str(ad.width),
            "height": str(ad.height),
            "bitrate": str(ad.bitrate),
            **(file_attributes or {}),
        }
        _text(etree.SubElement(linear, "MediaFiles"), "MediaFile", ad.media_url, **file)
        _text(creative, "UniversalAdId", ad.id, idRegistry="weft.invalid")


def _vast() -> etree._Element:
    return etree.Element("VAST", version="4.2", nsmap={None: "http://www.iab.com/VAST"})


def _text(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    etree.SubElement(parent, name, attributes).text = text


def _document(vast: etree._Element) -> Response:
    return _xml(etree.tostring(vast, encoding="utf-8", xml_declaration=True))


def _xml(body: bytes) -> Response:
    return Response(body, media_type="application/xml")


def _clock_time(seconds: Decimal) -> str:
    minutes, rest = divmod(int(seconds * 1000), 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
