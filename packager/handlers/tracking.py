"""The tracking document of a session, for its player (design, section 5.2)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial

from starlette.requests import Request
from starlette.responses import Response

from manifests.dash.channel import DashChannel
from manifests.dash.content_clock import origin_of
from manifests.timing import EPOCH
from packager.decisions.ad_record import NO_POD, PodRecord
from packager.decisions.beacon_macros import beacon_macros
from packager.decisions.macros import MacroValue
from packager.filmless import FilmlessBreaks
from packager.handlers.contents import CONTENT
from packager.handlers.sessions import FORMAT_PARAMETER, SessionDesk
from packager.paths import Ending
from packager.pods import Pods
from packager.responses import PERSONAL
from packager.tracking.avails import Avail, PlacedAd
from packager.tracking.document import tracking_document
from packager.tracking.placing import avails_of
from packager.viewing import Viewing


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingHandlers:
    """What the tracking route calls."""

    desk: SessionDesk
    viewing: Viewing
    pods: Pods
    filmless: FilmlessBreaks

    async def document(self, request: Request) -> Response:
        """``GET, POST /v1/tracking/{tenant}/{show}/{session}``.

        Times are those of the player that has the session's manifest in the format that the URL
        says: HLS counts from what the session began with, live DASH from availabilityStartTime.
        """
        path = request.path_params
        ending: Ending = "mpd" if request.query_params.get(FORMAT_PARAMETER) == "mpd" else "m3u8"
        source = self.desk.by_format[ending]
        session, presentation = await self.desk.of_token(path["tenant"], path["session"], source)
        session.require(show=path["show"])
        content = await CONTENT[ending](presentation)
        who = partial(self.desk.viewer, request)
        session, plan = await self.viewing.plan(session, presentation, content, who)
        pods: dict[str, PodRecord] = {}
        for one in plan.splices:
            pods[one.break_id] = await self.pods.of(session.sid, one.break_id) or NO_POD
        start_at: Decimal | None = None
        if isinstance(content, DashChannel) and content.mpd is not None:
            zero = origin_of(content.mpd)
            start_at = content.mpd.availability_start if content.mpd.is_dynamic else None
        else:
            begin = content.window[0] if content.window is not None else Decimal(0)
            zero = begin if session.started_at_edge is None else session.started_at_edge
        body = tracking_document(
            avails_of(
                plan.splices,
                pods,
                zero=zero,
                by_segments=ending == "m3u8",
                filmless=await self.filmless.of(session, presentation, content, who),
            ),
            reporting=session.record.parameters.reporting,
            macros_of=partial(_macros, self.desk.disclosed(request, session).macros),
            dash_start_at=start_at,
        )
        headers = {"cache-control": PERSONAL}
        return Response(body, headers=headers, media_type="application/json")


def _macros(
    viewer: Mapping[str, MacroValue], avail: Avail, placed: PlacedAd | None
) -> Mapping[str, MacroValue]:
    """What is settled when the client is told (D-20): break, ad, device, consent."""
    values = {**viewer, "BREAKMAXDURATION": int(avail.duration_s)}
    if placed is None or placed.ad is None:
        return values
    # The time and the number that is new each time are left to who makes the request.
    return beacon_macros(placed.ad, index=placed.index, now=EPOCH, seed="", base=values)
