"""One decision per session and break, however many playlists wait for it (rules A-02, D-57).

A caller that runs out of patience leaves; the call goes on, and its answer is there when the caller
asks again. Published decisions are the store's to keep; here they only bridge the gap until then.
"""

from cachetools import LRUCache

from packager.decisions.decider import AdDecider, Decided
from packager.decisions.request import DecisionRequest
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight


class Decisions:
    """Answers of one decider, each asked for once."""

    def __init__(
        self, decider: AdDecider, flights: SingleFlight[Decided], *, keep: int = 4096
    ) -> None:
        """Keep the newest `keep` answers; `flights`, closed by its owner, makes the calls."""
        self._decider = decider
        self._flights = flights
        self._decided: LRUCache[tuple[str, str, str], Decided] = LRUCache(keep)

    async def decide(self, request: DecisionRequest, *, patience_s: float | None = None) -> Decided:
        """Return the decision for the session and break of `request`.

        Raises:
            TimeoutError: It takes longer than `patience_s`; ask again later.
        """
        key = (request.show, request.session, request.ad_break.id)
        decided = self._decided.get(key)
        if decided is not None:
            return decided

        async def ask() -> Decided:
            self._decided[key] = answer = await self._decider.decide(request)
            return answer

        try:
            task = self._flights.start((self, key), ask)
            return await self._flights.wait(task, patience_s=patience_s)
        except FlightError as error:  # shed, not kept: the next playlist tries again
            return Decided(reasons=(Reason.AD_UNREACHABLE,), detail=str(error))
