"""Why a session saw what it did: for operators here, or with the secret (design, section 5.2)."""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import partial
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

from manifests.creative import Creative
from packager.clock import Clock
from packager.config.scalars import Secret
from packager.config.show_settings import Show
from packager.decisions.ad_record import NO_POD
from packager.explaining import breaks_shown, record_in_force, why_document
from packager.handlers.sessions import SessionDesk
from packager.metrics import Metrics
from packager.outbound import OutboundError
from packager.parameters import ParameterError
from packager.personalization.record import DecisionRecord, RecordUnreadable, read_record
from packager.pods import Pods
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.responses import PERSONAL, refusal
from packager.session import Session
from packager.sessions import Sessions

_FORWARDED = ("forwarded", "x-forwarded-for", "via")
_LONGEST_TIME = 20  # characters
_LATEST_S = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class WhyHandlers:
    """What the route of explanations calls."""

    desk: SessionDesk
    sessions: Sessions
    pods: Pods
    creative: Callable[[str], Creative | None]
    name_of: Callable[[Show, str], str | None]  # of the show's asset that a creative is
    begin_of: Callable[[Presentation], Decimal | None]  # of its content, where that is known here
    secret: Secret | None
    clock: Clock
    metrics: Metrics

    async def why(self, request: Request) -> Response:
        """``GET /v1/why/{tenant}/{show}/{session}?t=SECONDS``."""
        if not self._may_ask(request):
            return refusal(Reason.WHY_REFUSED, self.metrics)
        path, now = request.path_params, self.clock.now()
        show = self.desk.show(path["tenant"], path["show"])
        at_s = _read_seconds(request.query_params.get("t"))
        session = self.sessions.lookup(path["session"], now)
        session = session or await self.sessions.resume(path["session"], now)
        session.require(tenant=path["tenant"], show=path["show"])
        session = await self._with_shared(session, show)
        decisions = tuple(session.decisions.values())
        pods = {
            one.break_id: await self.pods.of(session.sid, one.break_id) or NO_POD
            for one in decisions
        }
        shown = breaks_shown(
            decisions,
            pods,
            self._seconds,
            partial(self.name_of, show),
            zero=self._zero(session, show),
        )
        stored = await self._records(session)
        began_at = session.record.created_at
        live = session.started_at_edge is not None
        records = [record for record, _ in stored]
        record = record_in_force(records, live=live, began_at=began_at, at_s=at_s)
        data = next((data for one, data in stored if one is record), b"")
        policy = self.desk.settling.policy(session.record.show)
        story = self._story(session, show)
        body = why_document(record, data, policy, shown, at_s=at_s, story=story)
        headers = {"cache-control": PERSONAL}
        return Response(body, headers=headers, media_type="application/json")

    async def _with_shared(self, session: Session, show: Show) -> Session:
        """The session with what was decided for all with whom it shares timelines."""
        record, decisions = session.record, session.decisions
        for ending, source in self.desk.by_format.items():
            made = source.made(record.tenant, show, record.asset, record.parameters.manifest)
            if made is not None:
                seen = await self.desk.sharing.of(session, made, ending)
                decisions = {**decisions, **seen.decisions}
        return replace(session, decisions=decisions)

    def _may_ask(self, request: Request) -> bool:
        """Whether somebody has the secret, or is on this machine and no proxy for others."""
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        if self.secret is not None and scheme.lower() == "bearer":
            return hmac.compare_digest(given.encode(), self.secret.reveal.encode())
        try:
            peer = ip_address(request.client.host if request.client else "")
        except ValueError:
            return False
        return peer.is_loopback and not any(name in request.headers for name in _FORWARDED)

    async def _records(self, session: Session) -> list[tuple[DecisionRecord, bytes]]:
        found: list[tuple[DecisionRecord, bytes]] = []
        for data in await self.sessions.choices(session):
            try:
                found.append((read_record(data), data))
            except RecordUnreadable:
                continue  # of another release
        return found

    def _story(self, session: Session, show: Show) -> tuple[tuple[str, Decimal], ...]:
        """What its story plays; nothing where that is not here any more."""
        if not show.story:
            return ()
        try:
            return self.desk.stories.played(show, session.record.parameters.manifest)
        except OutboundError:
            return ()

    def _seconds(self, creative_id: str) -> Decimal | None:
        creative = self.creative(creative_id)
        return None if creative is None else creative.duration

    def _zero(self, session: Session, show: Show) -> Decimal:
        if session.started_at_edge is not None:
            return session.started_at_edge
        record = session.record
        for source in self.desk.by_format.values():
            made = source.made(record.tenant, show, record.asset, record.parameters.manifest)
            begin = None if made is None else self.begin_of(made)
            if begin is not None:
                return begin
        return min((one.out_at for one in session.decisions.values()), default=Decimal(0))


def _read_seconds(text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        found = Decimal(text) if len(text) <= _LONGEST_TIME else None
    except InvalidOperation:
        found = None
    if found is None or not found.is_finite() or not 0 <= found <= _LATEST_S:
        raise ParameterError("t is no number of seconds")
    return found
