"""Sessions over HTTP: explicit and implicit start, and finding one again (design, section 5.2)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from packager.clock import Clock
from packager.config.break_settings import VastFill, VmapFill
from packager.config.show_settings import Show
from packager.config.values import Config
from packager.decisions.disclosure import Disclosed
from packager.facts.moment import Facts
from packager.facts.said import take
from packager.handlers.bodies import body_of
from packager.log import report
from packager.metrics import Metrics
from packager.parameters import (
    Pairs,
    Parameters,
    read_body,
    read_query,
)
from packager.paths import Ending, check_asset, read_ending
from packager.personalization.settled import NOTHING
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.responses import json_response
from packager.session import Session
from packager.sessions import Sessions
from packager.settling import Settling
from packager.sharing.addresses import is_address
from packager.sharing.sharing import Sharing
from packager.stories.answers import SessionAnswers
from packager.stories.stories import Stories
from packager.tokens import new_sid
from packager.viewer import Viewer, read_viewer

FORMAT_PARAMETER = "aws.format"  # of the manifest that a player has: `m3u8` or `mpd`
TOKEN_PARAMETER = "aws.sessionId"  # noqa: S105  (the name of a parameter)
_ADS = (VastFill, VmapFill)  # what brings ads that somebody wants to be told of


_ROUTES: Mapping[Ending | Literal["mpp"], str] = {"m3u8": "master", "mpd": "dash", "mpp": "dash"}

P = TypeVar("P", bound=Presentation)
P_co = TypeVar("P_co", bound=Presentation, covariant=True)


class PresentationSource(Protocol[P_co]):
    """The presentations of one format."""

    def made(self, tenant: str, show: Show, asset: str, parameters: Pairs) -> P_co | None:
        """A presentation if it was made before, at once."""

    async def get(self, tenant: str, show: Show, asset: str, parameters: Pairs = ()) -> P_co:
        """A presentation as its origin has it now."""


class NotConfigured(Exception):
    """A URL names a tenant or show that is not there; `reason` says which."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.meaning)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDesk:
    """Starts sessions and finds them, with the presentation that each watches."""

    config: Config
    sessions: Sessions
    by_format: Mapping[Ending, PresentationSource[Any]]
    settling: Settling
    sharing: Sharing
    stories: Stories
    facts: Facts
    clock: Clock
    metrics: Metrics

    async def start(self, request: Request) -> Response:
        """``GET, POST /v1/session/{tenant}/{show}/{asset}``."""
        asset, ending = read_ending(request.path_params["asset"])
        session, _ = await self._begin(request, asset, self.by_format[ending])
        return json_response(
            {
                "manifestUrl": self.url(session, ending),
                "trackingUrl": self.tracking_url(session, ending),
                "sessionUrl": self.session_url(session),
            }
        )

    def url(self, session: Session, ending: Ending | Literal["mpp"]) -> str:
        """What a session's player asks for: a path, or a URL where the public one is known."""
        record = session.record
        if session.shared:
            return f"{self._base()}v1/manifest/{record.tenant}/{session.token}/index.{ending}"
        return (
            f"{self._base()}v1/{_ROUTES[ending]}/{record.tenant}/{record.show}/{record.asset}"
            f".{ending}?{TOKEN_PARAMETER}={session.token}"
        )

    def tracking_url(self, session: Session, ending: Ending) -> str:
        """Where the player of a manifest of that format is told of its ads."""
        record = session.record
        path = f"v1/tracking/{record.tenant}/{record.show}/{session.token}"
        return f"{self._base()}{path}?{FORMAT_PARAMETER}={ending}"

    def session_url(self, session: Session) -> str:
        """Where facts of a session can be changed."""
        record = session.record
        return f"{self._base()}v1/session/{record.tenant}/{record.show}/{session.token}"

    def own_url(self, session: Session) -> str | None:
        """What relative URLs of segments follow; None: the session has none of its own.

        They are of ads that the server reports, and of content that ads are drawn on. It stays the
        same all through a session (B-04), whatever its breaks turn out to be.
        """
        record = session.record
        show: Show | None = self.config.shows.get(record.show)
        if show is None:
            return None
        asks = any(isinstance(rule.fill, _ADS) for rule in show.break_rules)
        if not show.draws_ads and not (asks and record.parameters.reporting == "server"):
            return None
        return f"{self._base()}v1/manifest/{record.tenant}/{session.token}/"

    async def find_or_start(
        self, request: Request, source: PresentationSource[P]
    ) -> tuple[Session, P]:
        """The session that a manifest is asked for, new if none is named."""
        token = request.query_params.get(TOKEN_PARAMETER)
        asset = check_asset(request.path_params["asset"])
        if token is None:
            return await self._begin(request, asset, source)
        session = await self._find(token)
        _require(session, request)
        return session, await self._presentation(session, source)

    async def named(
        self, request: Request, token: str, source: PresentationSource[P]
    ) -> tuple[Session, P]:
        """The session that a manifest's URL names, with its presentation as it was made before."""
        session, presentation = await self.of_token(request.path_params["tenant"], token, source)
        _require(session, request)
        return session, presentation

    async def of_token(
        self, tenant: str, token: str, source: PresentationSource[P]
    ) -> tuple[Session, P]:
        """The session of a URL that its token is in."""
        session = self.sessions.lookup(token, self.clock.now()) or await self._find(token)
        session.require(tenant=tenant)
        return session, await self._made(session, source)

    async def of_key(
        self, tenant: str, key: str, source: PresentationSource[P]
    ) -> tuple[Session, P]:
        """The session of a manifest's URL, or one that stands for all who share a timeline."""
        if not is_address(key):
            return await self.of_token(tenant, key, source)
        session = await self.sharing.find(tenant, key)
        return session, await self._made(session, source)

    def viewer(self, request: Request) -> Viewer:
        """Who asks."""
        peer = request.client.host if request.client else ""
        return read_viewer(request.headers, peer, self.config.listen.trusted)

    def disclosed(self, request: Request, session: Session) -> Disclosed:
        """What ad servers may know of who asks."""
        record = session.record
        rules = self.show(record.tenant, record.show).consent.rules
        disclosed, _ = rules.disclose(self.viewer(request), record.parameters.ads)
        return disclosed

    async def _find(self, token: str) -> Session:
        return await self.sessions.resume(token, self.clock.now())

    async def _made(self, session: Session, source: PresentationSource[P]) -> P:
        """The presentation that a session watches, as it was made before."""
        record = session.record
        show = self.show(record.tenant, record.show)
        made = source.made(record.tenant, show, record.asset, record.parameters.manifest)
        return made or await self._presentation(session, source)

    async def _presentation(self, session: Session, source: PresentationSource[P]) -> P:
        record = session.record
        show = self.show(record.tenant, record.show)
        return await source.get(record.tenant, show, record.asset, record.parameters.manifest)

    async def _begin(
        self,
        request: Request,
        asset: str,
        source: PresentationSource[P],
    ) -> tuple[Session, P]:
        tenant, name = request.path_params["tenant"], request.path_params["show"]
        show = self.show(tenant, name)
        asset = check_asset(asset)
        parameters, viewer = await _parameters(request, show), self.viewer(request)
        if parameters.signalling is None:  # settled for as long as the session lasts
            parameters = replace(parameters, signalling=show.ads.signalling)
        permits = show.consent.rules.permitted(viewer, parameters.ads)
        said = take(show.facts, parameters.facts, request.headers, permits=permits)
        for fact in said.refused:
            report(Reason.FACT_INVALID, "fact_not_taken", self.metrics, show=name, fact=fact)
        parameters = replace(parameters, facts=said.pairs)
        sid = new_sid()
        choices = self.settling.begin(show, sid, said.pairs)
        if (neighbourhood := viewer.neighbourhood) is not None:
            self.sessions.admit(neighbourhood, self.clock.now())
        if show.story:
            # Settled once and for all: what plays is in the session from its beginning.
            now, settled = self.clock.now(), NOTHING if choices is None else choices.settled
            answers = SessionAnswers(self.facts.values(show, said.pairs, now), settled)
            known = self.facts.at(show, said.pairs, now, settled=settled)
            told = self.stories.settled(show, answers, known)
            parameters = replace(parameters, manifest=told)
        presentation = await source.get(tenant, show, asset, parameters.manifest)
        # Their players are silent for as long as they play: of VOD, and of what others fetch too.
        is_silent = not presentation.live or self.sharing.may_share(presentation)
        session = await self.sessions.start(
            tenant,
            name,
            asset,
            parameters,
            self.clock.now(),
            idle_s=self.config.sessions.max_s if is_silent else None,
            sid=sid,
            choices=choices,
        )
        return session, presentation

    def show(self, tenant: str, name: str) -> Show:
        """The show of a URL.

        Raises:
            NotConfigured: There is no such tenant, or none of its shows has that name.
        """
        if tenant not in self.config.tenants:
            raise NotConfigured(Reason.TENANT_UNKNOWN)
        shows: Mapping[str, Show] = self.config.shows
        show = shows.get(name)
        if show is None or (show.tenants and tenant not in show.tenants):
            raise NotConfigured(Reason.SHOW_UNKNOWN)
        return show

    def _base(self) -> str:
        return self.config.public_url or "/"


async def _parameters(request: Request, show: Show) -> Parameters:
    """What the viewer sends along, in a body or in the query."""
    strings = show.consent.rules.strings
    if request.method == "POST":
        return read_body(await body_of(request), show.facts, strings)
    query: bytes = request.scope["query_string"]
    return read_query(query.decode("latin-1"), show.facts, strings)


def _require(session: Session, request: Request) -> None:
    path = request.path_params
    session.require(tenant=path["tenant"], show=path["show"], asset=path["asset"])
