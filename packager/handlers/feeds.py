"""Feeds that are told over HTTP: who has a feed's secret may say what its fact is."""

import hmac
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from packager.feeds.feeds import Feeds
from packager.handlers.bodies import body_of
from packager.handlers.sessions import SessionDesk
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.responses import refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHandlers:
    """What the route of feeds calls."""

    desk: SessionDesk
    feeds: Feeds
    metrics: Metrics

    async def push(self, request: Request) -> Response:
        """``POST /v1/feeds/{tenant}/{show}/{fact}``: a JSON document with the value in it."""
        path = request.path_params
        self.desk.show(path["tenant"], path["show"])
        pushed = self.feeds.pushed(path["show"], path["fact"])
        if pushed is None:
            return refusal(Reason.FEED_UNKNOWN, self.metrics)
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        secret = pushed.feed.secret.reveal.encode()
        if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), secret):
            return refusal(Reason.FEED_SECRET_WRONG, self.metrics)
        try:
            await pushed.push(await body_of(request))
        except ValueError as error:
            return refusal(Reason.FEED_INVALID, self.metrics, detail=str(error))
        return Response(status_code=204)
