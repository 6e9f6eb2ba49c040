"""What the demo's page tells of overlays: what is drawn onto which segment, and how workers do."""

from decimal import Decimal
from itertools import groupby

from starlette.requests import Request
from starlette.responses import Response

from manifests.content_segment import ContentSegment
from manifests.hls.replaced import latest_segments
from packager.clock import unix_seconds
from packager.config.feed_settings import PushedFeed
from packager.demo import site
from packager.demo.schedule import OriginSettings
from packager.demo.stage import STAGE
from packager.looks.steps import Drawn
from packager.responses import json_response
from packager.weft import Weft

Listed = list[tuple[ContentSegment, tuple[Drawn, ...]]]


class Backstage:
    """The show with overlays, seen from behind."""

    def __init__(self, weft: Weft, settings: OriginSettings, *, tenant: str, asset: str) -> None:
        """Look at one asset of the show, whose channel has these settings."""
        self._weft = weft
        self._epoch = unix_seconds(settings.epoch)
        self._tenant, self._asset = tenant, asset

    def stage(self, token: str) -> site.Stage:
        """What the page's buttons need, in the session of that token."""
        feed = self._weft.config.shows[STAGE].facts["score"].feed
        return site.Stage(
            score=f"/v1/feeds/{self._tenant}/{STAGE}/score",
            secret=feed.secret.reveal if isinstance(feed, PushedFeed) else "",
            facts=f"/v1/session/{self._tenant}/{STAGE}/{token}",
            state=f"/demo/overlays/{token}",
        )

    async def timeline(self, request: Request) -> Response:
        """``GET /demo/overlays/{token}/timeline``: what HLS viewers are told to see, and when."""
        spans = [
            site.Span(
                kind="overlay" if shown else "content",
                label=shown or "Programme",
                start=self._seconds(segments[0][0].start),
                end=self._seconds(segments[-1][0].end),
            )
            for shown, group in groupby(await self._listed(request), lambda one: _label(one[1]))
            if (segments := list(group))
        ]
        document = site.timeline_json(
            spans,
            now=self._seconds(unix_seconds(self._weft.clock.now())),
            edge=spans[-1].end if spans else 0.0,
            pdt_base=float(self._epoch),
        )
        return json_response(document)

    async def state(self, request: Request) -> Response:
        """``GET /demo/overlays/{token}``, as `packager.demo.site` tells."""
        scores = [(segment, _score(drawn)) for segment, drawn in await self._listed(request)]
        last = scores[-1][1] if scores else None
        since = None
        for segment, score in reversed(scores):
            if last is None or score != last:
                break
            since = segment.start
        return json_response(
            {
                "score": last,
                "since": None if since is None else self._seconds(since),
                "workers": self._weft.config.rendering.workers,
                "drawn_s": self._measured("weft_overlay_render_seconds_sum"),
                "drawn": self._measured("weft_overlay_render_seconds_count"),
                "waiting": self._measured("weft_overlay_jobs", state="waiting"),
                "late": self._measured("weft_overlay_requests_total", outcome="late"),
            }
        )

    async def _listed(self, request: Request) -> Listed:
        """The segments of the reference rendition, the oldest first, and what is drawn on them."""
        weft = self._weft
        session = await weft.sessions.resume(request.path_params["token"], weft.clock.now())
        show = weft.config.shows[STAGE]
        presentation = await weft.presentations.hls.get(self._tenant, show, self._asset)
        channel = await presentation.keeper.current(presentation.reference)

        def drawn(segment: ContentSegment) -> tuple[Drawn, ...]:
            # A viewer who says something else has another look from then on.
            worn = weft.looks.of(session, presentation, at_ms=int(segment.end * 1000))
            return () if worn is None else worn.look.shown(segment)

        segments = list(latest_segments(channel.tracks[channel.reference]))
        return [(segment, drawn(segment)) for segment in reversed(segments)]

    def _seconds(self, instant: Decimal) -> float:
        return float(instant - self._epoch)

    def _measured(self, name: str, **labels: str) -> float:
        return self._weft.metrics.registry.get_sample_value(name, labels) or 0.0


def _label(drawn: tuple[Drawn, ...]) -> str:
    """Such as ``2 : 1, sponsor``; empty: the original."""
    others = [one.overlay for one in drawn if one.overlay != "bug"]
    return ", ".join([score, *others]) if (score := _score(drawn)) else ", ".join(others)


def _score(drawn: tuple[Drawn, ...]) -> str | None:
    return next((str(one.data.data["score"]) for one in drawn if one.overlay == "bug"), None)
