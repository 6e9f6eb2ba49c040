"""DASH: a session's MPD and the patches of it (design, section 5.2; B-48)."""

from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from time import perf_counter

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from manifests.dash.durations import read_instant, write_instant
from manifests.dash.header import PatchLocation
from manifests.dash.patching.patch import unchanged
from manifests.errors import ManifestError
from packager.bodies import Body
from packager.dash.mpds import JoinedMpd, Mpds, published_at
from packager.dash.patches import Patches, patch_ttl_s
from packager.dash.presentations import DashPresentation, DashPresentations
from packager.handlers.sessions import TOKEN_PARAMETER, SessionDesk
from packager.log import report
from packager.looks.dash import DashLooks
from packager.looks.own import OwnLooks
from packager.metrics import Metrics, Outcome
from packager.parameters import ParameterError
from packager.paths import Ending
from packager.reasons import Reason
from packager.responses import PERSONAL, kept_for, mpd_patch_response, mpd_response
from packager.session import Session
from packager.sharing.sharing import Sharing
from packager.viewing import Viewing

ENDING: Ending = "mpd"
PUBLISHED_PARAMETER = "publishTime"
_LONGEST_TIME = 64  # characters
_NEVER = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Latest:
    """A session's MPD as it is now."""

    session: Session
    mpd: JoinedMpd
    is_shared: bool
    published_at: Decimal | None
    patch_ttl_s: Decimal | None  # None: players are not told of patches
    kept_s: int | None  # for which caches may keep it; None: it is the session's own


@dataclass(frozen=True, slots=True, kw_only=True)
class DashHandlers:
    """What the DASH routes call."""

    desk: SessionDesk
    presentations: DashPresentations
    viewing: Viewing
    sharing: Sharing
    mpds: Mpds
    patches: Patches
    looks: DashLooks
    own_looks: OwnLooks
    metrics: Metrics

    async def mpd(self, request: Request) -> Response:
        """``GET /v1/dash/{tenant}/{show}/{asset}.mpd``; without a session one starts.

        Who has a timeline with others is sent on to where they have it.
        """
        began = perf_counter()
        token = request.query_params.get(TOKEN_PARAMETER)
        if token is None:
            session, presentation = await self.desk.find_or_start(request, self.presentations)
            seen = await self.sharing.of(session, presentation, ENDING)
            channel = presentation.keeper.fresh() or await presentation.keeper.current()
            await self.viewing.begin(seen, presentation, channel, self.desk.viewer(request))
            return _elsewhere(self.desk.url(session, ENDING))
        session, presentation = await self.desk.named(request, token, self.presentations)
        seen = await self.sharing.of(session, presentation, ENDING)
        if seen.shared:
            return _elsewhere(self.desk.url(seen, ENDING))
        return self._mpd(request, await self._latest(request, session, presentation), began)

    async def shared_mpd(self, request: Request) -> Response:
        """``GET /v1/manifest/{tenant}/{key}/index.mpd``: that of all who share a timeline."""
        began = perf_counter()
        session, presentation = await self._keyed(request)
        return self._mpd(request, await self._latest(request, session, presentation), began)

    def _mpd(self, request: Request, latest: _Latest, began: float) -> Response:
        patch_location: PatchLocation | None = None
        if latest.patch_ttl_s is not None and latest.published_at is not None:
            patch_url = self._patch_url(latest.session, latest.published_at)
            patch_location = PatchLocation(patch_url, latest.patch_ttl_s)
            self.patches.sent(latest.session.sid, latest.published_at, latest.mpd)
        body = latest.mpd.text.filled(
            location=self.desk.url(latest.session, ENDING),
            publish_time=latest.published_at,
            patch_location=patch_location,
            base_url=self.desk.own_url(latest.session),
        )
        outcome: Outcome = "shared" if latest.is_shared else "made"
        self.metrics.manifest("dash", "mpd", outcome, perf_counter() - began)
        return mpd_response(request, Body(body), latest.kept_s)

    async def patch(self, request: Request) -> Response:
        """``GET /v1/dash/{tenant}/{show}/{asset}.mpp``: from the MPD published then to the latest.

        B-48 has 410 and 425 for versions that are too old or too new. Players do not take them as
        they are meant (`unchanged`), so every version is answered: with a patch that does not fit
        where there is none, after which the client asks for the whole MPD. So is a session of a
        show that offers no patches any more: its player may not know yet.
        """
        began = perf_counter()
        theirs = _read_instant(request.query_params.get(PUBLISHED_PARAMETER, ""))
        token = request.query_params.get(TOKEN_PARAMETER, "")
        session, presentation = await self.desk.named(request, token, self.presentations)
        latest = await self._latest(request, session, presentation)
        return await self._patch(request, latest, theirs, began)

    async def shared_patch(self, request: Request) -> Response:
        """``GET /v1/manifest/{tenant}/{key}/index.mpp``: the same for a shared timeline."""
        began = perf_counter()
        theirs = _read_instant(request.query_params.get(PUBLISHED_PARAMETER, ""))
        session, presentation = await self._keyed(request)
        latest = await self._latest(request, session, presentation)
        return await self._patch(request, latest, theirs, began)

    async def _patch(
        self, request: Request, latest: _Latest, theirs: Decimal, began: float
    ) -> Response:
        ours, ttl_s = latest.published_at, latest.patch_ttl_s
        body: bytes | None = None
        outcome: Outcome = "unchanged"
        if ours is not None and ttl_s is not None and theirs != ours:
            sid = latest.session.sid
            patch, shared = await self.patches.between(sid, theirs, latest.mpd, ttl_s=ttl_s)
            if patch is not None:
                patch_url = self._patch_url(latest.session, ours)
                body = patch.filled(original=theirs, publish_time=ours, patch_url=patch_url)
                outcome = "shared" if shared else "made"
                self.patches.sent(sid, ours, latest.mpd)
        if body is None:
            time = write_instant(_NEVER if ours is None else ours)
            body = unchanged(mpd_id=latest.mpd.text.header.mpd_id, publish_time=time)
        self.metrics.manifest("dash", "patch", outcome, perf_counter() - began)
        return mpd_patch_response(request, Body(body))

    async def _keyed(self, request: Request) -> tuple[Session, DashPresentation]:
        params = request.path_params
        return await self.desk.of_key(params["tenant"], params["key"], self.presentations)

    async def _latest(
        self, request: Request, session: Session, presentation: DashPresentation
    ) -> _Latest:
        keeper = presentation.keeper
        channel = keeper.fresh() or await keeper.current()
        who = partial(self.desk.viewer, request)
        session, plan = await self.viewing.plan(session, presentation, channel, who)
        past = partial(self.viewing.planner.past, session, presentation, channel)
        worn = self.looks.worn(session, presentation, channel)
        self.own_looks.foresee(session, presentation, channel, who)
        mpd, shared = self.mpds.joined(session, presentation, channel, plan, past, worn)
        for break_id, why in () if shared else mpd.text.left_out.items():
            report(
                Reason.LADDER_UNMATCHED,
                "break_left_to_content",
                self.metrics,
                session_id=session.sid,
                ad_break_id=break_id,
                detail=why,
            )
        kept_s: int | None = None
        if session.shared:
            changed = presentation.show.changes_content
            kept_s = kept_for(channel.pace_s, live=presentation.live, changed=changed)
        return _Latest(
            session=session,
            mpd=mpd,
            is_shared=shared,
            published_at=published_at(session, channel),
            patch_ttl_s=patch_ttl_s(channel) if presentation.show.patches else None,
            kept_s=kept_s,
        )

    def _patch_url(self, session: Session, publish_time: Decimal) -> str:
        url = self.desk.url(session, "mpp")
        return (
            f"{url}{'&' if '?' in url else '?'}{PUBLISHED_PARAMETER}={write_instant(publish_time)}"
        )


def _elsewhere(url: str) -> Response:
    return RedirectResponse(url, 302, headers={"cache-control": PERSONAL})


def _read_instant(text: str) -> Decimal:
    try:
        if len(text) <= _LONGEST_TIME:
            return read_instant(text)
    except ManifestError:
        pass
    raise ParameterError(f"{PUBLISHED_PARAMETER} is no time")
