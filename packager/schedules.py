"""The breaks of a session as a VMAP has them: asked for once, stored, the same in every process.

What stands is kept beside the session's decisions, as if it were one of a break called `vmap`, so
that the first answer stands whoever has it (A-02, A-03).
"""

from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial

from cachetools import LRUCache

from manifests.breaks import AdBreak
from manifests.splicing.content import Content
from packager.config.break_settings import VmapBreaks
from packager.config.show_settings import Show
from packager.decisions.request import DecisionRequest
from packager.decisions.vmap import (
    Place,
    Placement,
    ScheduleError,
    Vmap,
    VmapBreak,
    VmapCode,
    VmapError,
    place_breaks,
    read_schedule,
    write_schedule,
)
from packager.decisions.vmap.asking import VmapAnswer, VmapServer
from packager.decisions.vmap.breaks import CODES
from packager.log import report
from packager.metrics import Metrics
from packager.openings import Opening, is_live
from packager.presentation import Presentation
from packager.reasons import Reason
from packager.reporting.errors import Errors
from packager.session import Session
from packager.sessions import Sessions
from packager.single_flight import FlightError, SingleFlight
from packager.stores import MAX_ADS_BYTES, StoreError
from packager.stores.records import Decision
from packager.viewer import Viewer

BREAK_ID = "vmap"  # of what stands for all of them in the store
KNOWN = 65_536  # sessions whose places are known
READ = 256  # documents that are kept as they were read
FLIGHTS = 16_384

# Gives the request that asks for a session's breaks.
MakeRequest = Callable[[Session, Presentation, Opening, Viewer], DecisionRequest]
Places = tuple[Place, ...]

_ZERO = Decimal(0)
_NOTHING = write_schedule((), b"")


class Schedules:
    """The schedules of a process's sessions."""

    def __init__(
        self,
        sessions: Sessions,
        *,
        server_for: Callable[[Show], VmapServer],
        request_for: MakeRequest,
        errors: Errors,
        metrics: Metrics,
    ) -> None:
        """Know none yet.

        Args:
            sessions: Store them.
            server_for: Who is asked, for a show that has a VMAP.
            request_for: Makes what it is asked with.
            errors: Tells of breaks that cannot be had.
            metrics: Is told of degradations.
        """
        self._sessions = sessions
        self._server_for = server_for
        self._request_for = request_for
        self._errors = errors
        self._metrics = metrics
        self._flights: SingleFlight[Places] = SingleFlight(limit=FLIGHTS)
        self._places: LRUCache[str, Places] = LRUCache(KNOWN)
        self._documents: LRUCache[str, Vmap] = LRUCache(READ)

    async def aclose(self) -> None:
        """End what is being asked for."""
        await self._flights.aclose()

    def known(self, session: Session, presentation: Presentation) -> Places | None:
        """The session's places, at once; None: they are to be settled first."""
        if vmap_rule(presentation.show) is None or is_live(session, presentation):
            return ()
        found: Places | None = self._places.get(session.sid)
        return found

    async def settle(
        self,
        session: Session,
        presentation: Presentation,
        channel: Content,
        viewer: Viewer,
        *,
        patience_s: float | None = None,
    ) -> Session:
        """Have the places known; where that takes too long, there are none for good (A-05)."""
        if self.known(session, presentation) is not None or channel.window is None:
            return session
        try:
            task = self._flights.start(
                session.sid, partial(self._settle, session, presentation, channel, viewer)
            )
            await self._flights.wait(task, patience_s=patience_s)
        except (TimeoutError, FlightError):
            report(Reason.AD_TIMEOUT, "vmap_call_failed", self._metrics, session_id=session.sid)
            await self._stand(session, _NOTHING)
        except Exception as error:  # P1: whatever is wrong with it, the content plays
            report(Reason.INTERNAL_ERROR, "vmap_failed", self._metrics, exc_info=error)
            await self._stand(session, _NOTHING)
        return self._sessions.latest(session)

    async def break_of(self, session: Session, show: Show, break_id: str) -> VmapBreak | None:
        """What the VMAP says of a break of the session; None where that cannot be had any more."""
        place = next((p for p in self._places.get(session.sid, ()) if p.break_id == break_id), None)
        if place is None:
            return None
        vmap: Vmap | None = self._documents.get(session.sid)
        if vmap is None:  # another process asked for it
            try:
                _, document = read_schedule(await self._sessions.ads(session, BREAK_ID))
                vmap = await self._server_for(show).read(document)
            except (StoreError, ScheduleError, VmapError) as error:
                report(Reason.STORE_FAILED, "schedule_not_read", self._metrics, detail=str(error))
                return None
            self._documents[session.sid] = vmap
        return vmap.breaks[place.number] if place.number < len(vmap.breaks) else None

    async def gave_up(
        self, session: Session, show: Show, decisions: Iterable[Decision], viewer: Viewer
    ) -> None:
        """Tell of breaks that were left to the content before their ads were decided (D-42)."""
        for decision in decisions:
            if session.decisions.get(decision.break_id) != decision:
                continue  # it was decided after all
            one = await self.break_of(session, show, decision.break_id)
            if one is not None:
                code = CODES.get(Reason[decision.reason.upper()], VmapCode.UNDEFINED)
                self._errors.tell(session, show, decision.break_id, one.errors(code), viewer)

    async def _settle(
        self, session: Session, presentation: Presentation, channel: Content, viewer: Viewer
    ) -> Places:
        if BREAK_ID in self._sessions.latest(session).decisions:
            return await self._stand(session, None)
        rule = vmap_rule(presentation.show)
        if rule is None or channel.window is None or presentation.ladder is None:
            reason = Reason.LADDER_UNMATCHED
            report(reason, "vmap_not_asked", self._metrics, session_id=session.sid)
            return await self._stand(session, _NOTHING)
        opening = Opening(AdBreak(id=BREAK_ID, start=_ZERO, out_at=_ZERO, planned_end=_ZERO), rule)
        request = self._request_for(session, presentation, opening, viewer)
        answer = await self._server_for(presentation.show).ask(request)
        begin, end = channel.window
        cues = [(one.id, one.out_at - begin) for one in channel.log.breaks]
        by_player = session.record.parameters.reporting == "client"
        placement = place_breaks(answer.vmap, end - begin, cues, by_player=by_player)
        data = write_schedule(placement.places, answer.document) if placement.places else _NOTHING
        if len(data) > MAX_ADS_BYTES:
            answer = VmapAnswer(reason=Reason.AD_OVERSIZE, detail=f"{len(data)} bytes to be kept")
            placement, data = Placement(), _NOTHING
        self._documents[session.sid] = answer.vmap
        places = await self._stand(session, data)
        if places == placement.places:
            self._report(session, answer, placement.flaws)
            calls = (*answer.vmap.errors, *placement.errors)
            self._errors.tell(session, presentation.show, BREAK_ID, calls, viewer)
        return places

    async def _stand(self, session: Session, data: bytes | None) -> Places:
        """Store a schedule unless there is one (or there is none to store); know what stands."""
        try:
            if data is not None:
                await self._sessions.settle(session, _DECISION, ads={BREAK_ID: data})
            standing = await self._sessions.ads(session, BREAK_ID)
            places, _ = read_schedule(standing)
        except (StoreError, ScheduleError) as error:  # P1: content plays on, and stays here
            report(Reason.STORE_FAILED, "schedule_not_stored", self._metrics, detail=str(error))
            places, standing = (), b""
        if standing != data:
            self._documents.pop(session.sid, None)  # another answer stands
        # What was planned with once is never changed, also where it could not be stored.
        known: Places = self._places.setdefault(session.sid, places)
        return known

    def _report(self, session: Session, answer: VmapAnswer, flaws: tuple[str, ...]) -> None:
        """Everything that a viewer got less than planned has its reason (P9)."""
        if answer.reason is not None:
            report(
                answer.reason,
                "vmap_call_failed",
                self._metrics,
                session_id=session.sid,
                detail=answer.detail,
            )
        for flaw in (*answer.vmap.flaws, *flaws):
            report(
                Reason.VMAP_BREAK_SKIPPED,
                "vmap_break_skipped",
                self._metrics,
                session_id=session.sid,
                detail=flaw,
            )


_DECISION = Decision(break_id=BREAK_ID, out_at=_ZERO, in_at=_ZERO, outcome="content")


def vmap_rule(show: Show) -> VmapBreaks | None:
    """The rule that says whose VMAP a show's breaks are from."""
    return next((rule for rule in show.breaks if isinstance(rule, VmapBreaks)), None)
