"""Changing what a viewer said of facts, while the session goes on (design, section 5.2)."""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from packager.clock import Clock
from packager.facts.said import take
from packager.handlers.bodies import body_of
from packager.handlers.sessions import SessionDesk
from packager.parameters import ParameterError, read_changes
from packager.reasons import Reason
from packager.responses import json_response
from packager.sessions import Sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class FactHandlers:
    """What the route of a session calls."""

    desk: SessionDesk
    sessions: Sessions
    clock: Clock

    async def change(self, request: Request) -> Response:
        """``PATCH /v1/session/{tenant}/{show}/{session}``: `{"facts": {...}}`, what is new alone.

        Here, other than where a session starts, what cannot be is refused: nobody's playback
        depends on it, and who changes something wants to know.
        """
        path = request.path_params
        token, now = path["session"], self.clock.now()
        show = self.desk.show(path["tenant"], path["show"])
        session = self.sessions.lookup(token, now) or await self.sessions.resume(token, now)
        session.require(tenant=path["tenant"], show=path["show"])
        changes = read_changes(await body_of(request))
        for name, _ in changes:
            if name not in show.facts or show.facts[name].shared:
                raise ParameterError("no fact that viewers say has that name", Reason.FACT_INVALID)
        rules = show.consent.rules
        permits = rules.permitted(self.desk.viewer(request), session.record.parameters.ads)
        pairs = tuple((name, value) for name, value in changes if value is not None)
        said = take(show.facts, pairs, permits=permits)
        if said.refused:
            problem = f"{', '.join(said.refused)} cannot have such a value"
            raise ParameterError(problem, Reason.FACT_INVALID)
        unsaid = tuple((name, None) for name, value in changes if value is None)
        if said.pairs or unsaid:
            settle = self.desk.settling.settle(show)
            changed = (*said.pairs, *unsaid)
            session = await self.sessions.change_facts(session, changed, now, settle)
        return json_response({"facts": dict(session.record.facts)})
