"""HLS: multivariant and media playlists (design, section 5.2)."""

from dataclasses import dataclass
from functools import partial
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response

from packager.bodies import Body
from packager.handlers.sessions import SessionDesk
from packager.hls.playlists import Playlists
from packager.hls.presentations import HlsPresentations
from packager.looks.hls import HlsLooks
from packager.looks.own import OwnLooks
from packager.metrics import Metrics
from packager.reasons import Reason
from packager.responses import kept_for, playlist_response, refusal
from packager.sharing.sharing import Sharing
from packager.sound_choice import SoundChoice
from packager.viewing import Viewing


@dataclass(frozen=True, slots=True, kw_only=True)
class HlsHandlers:
    """What the HLS routes call."""

    desk: SessionDesk
    presentations: HlsPresentations
    viewing: Viewing
    sharing: Sharing
    playlists: Playlists
    looks: HlsLooks
    sounds: SoundChoice
    own_looks: OwnLooks
    metrics: Metrics

    async def multivariant(self, request: Request) -> Response:
        """``GET /v1/master/{tenant}/{show}/{asset}.m3u8``; without a session one starts."""
        began = perf_counter()
        session, presentation = await self.desk.find_or_start(request, self.presentations)
        seen = await self.sharing.of(session, presentation, "m3u8")
        if presentation.show.breaks:
            channel = await presentation.keeper.current(presentation.reference)
            await self.viewing.begin(seen, presentation, channel, self.desk.viewer(request))
        sound = self.sounds.of(session, presentation.show)
        body = Body(presentation.template_for(sound).render(seen.token))
        self.metrics.manifest("hls", "multivariant", "made", perf_counter() - began)
        return playlist_response(request, body)

    async def media(self, request: Request) -> Response:
        """``GET /v1/manifest/{tenant}/{key}/{number}.m3u8``."""
        began = perf_counter()
        session, presentation = await self.desk.of_key(
            request.path_params["tenant"], request.path_params["key"], self.presentations
        )
        number = int(request.path_params["number"])
        if number >= len(presentation.uris):
            return refusal(Reason.NOT_FOUND, self.metrics, detail="no such rendition")
        keeper = presentation.keeper
        # One version of the channel for the plan and the body: what is newer is not planned yet.
        channel = keeper.fresh(number) or await keeper.current(number)
        who = partial(self.desk.viewer, request)
        session, plan = await self.viewing.plan(session, presentation, channel, who)
        if any(one.is_insertion and one.final for one in plan.splices):
            channel = await keeper.undated(channel)
        worn = await self.looks.worn(session, presentation, number, channel)
        self.own_looks.foresee(session, presentation, channel, who, rendition=number)
        past = partial(self.viewing.planner.past, session, presentation, channel)
        body, shared = self.playlists.body(
            session.sid, presentation, number, channel, plan, past, worn
        )
        self.metrics.manifest(
            "hls", "media", "shared" if shared else "made", perf_counter() - began
        )
        kept_s: int | None = None
        if session.shared:
            changed = presentation.show.changes_content
            kept_s = kept_for(channel.pace_s, live=presentation.live, changed=changed)
        return playlist_response(request, body, kept_s)
