"""A decider behind the gates of its ad servers: asked as often as each can take."""

import asyncio
from collections.abc import Awaitable, Callable

from packager.decisions.decider import AdDecider
from packager.decisions.gate import Gate, Shed, draw_of
from packager.decisions.offers import Decided
from packager.decisions.request import DecisionRequest
from packager.packaging.ladder import Ladder
from packager.reasons import Reason

# What a server is to blame for; an answer without ads is an answer.
FAILURES = frozenset({Reason.AD_STATUS, Reason.AD_TIMEOUT, Reason.AD_UNREACHABLE})


class GatedDecider:
    """Asks another decider, if the gate lets it."""

    def __init__(
        self,
        decider: AdDecider,
        gate_of: Callable[[DecisionRequest], Gate | None],
        *,
        viewers: Callable[[], int],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Put a decider behind gates.

        Args:
            decider: Who asks the server.
            gate_of: Gives that of the server which a request goes to; None: it goes to none.
            viewers: How many viewers there are at present.
            sleep: Waits so many seconds.
        """
        self._decider = decider
        self._gate_of = gate_of
        self._viewers = viewers
        self._sleep = sleep

    async def decide(self, request: DecisionRequest) -> Decided:
        """Ask, or say why the server was not asked.

        What is wanted only later is asked for at a moment of the viewer's own within that time, so
        that the server hears of a break of many viewers little by little.
        """
        gate = self._gate_of(request)
        if gate is None:
            return await self._decider.decide(request)
        names = (request.ad_break.id, request.session)
        wait_s = draw_of("when", *names) * request.spread_s
        if wait_s:
            await self._sleep(wait_s)
        passage = gate.passage(
            draw=draw_of("whether", *names),
            viewers=self._viewers(),
            within_s=request.spread_s - wait_s,
        )
        try:
            async with passage as attempt:
                decided = await self._decider.decide(request)
                attempt.failed = not FAILURES.isdisjoint(decided.reasons)
                return decided
        except Shed as shed:
            return Decided(reasons=(shed.reason,), detail=str(shed))

    async def renewed(self, decided: Decided, ladder: Ladder) -> Decided:
        """As the decider has it: its server is not asked."""
        return await self._decider.renewed(decided, ladder)
