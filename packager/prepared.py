"""Presentations kept ready: made once for each version of what the origin says."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import urlencode

from cachetools import LRUCache

from packager.clock import Clock
from packager.config.show_settings import Show
from packager.outbound import Unreachable
from packager.parameters import Pairs
from packager.presentation import Presentation
from packager.single_flight import FlightError, SingleFlight

LADDER_RETRY_S = 30.0
PRESENTATIONS = 1000  # kept ready

P = TypeVar("P", bound=Presentation)
Key = tuple[str, str, str, str]  # tenant, show, asset, query to the origin


def key_of(tenant: str, show: Show, asset: str, parameters: Pairs) -> Key:
    """What a presentation is kept by."""
    return tenant, show.name, asset, urlencode(parameters)


@dataclass(frozen=True, slots=True)
class _Made(Generic[P]):
    version: Hashable
    presentation: P
    retry_at: float  # when its ladder is looked for again, if it has none


class Prepared(Generic[P]):
    """The presentations of one format."""

    def __init__(self, clock: Clock) -> None:
        """Keep none yet; the clock says when a missing ladder is looked for again."""
        self._clock = clock
        self._made: LRUCache[Key, _Made[P]] = LRUCache(PRESENTATIONS)
        self._flights: SingleFlight[P] = SingleFlight()

    def made(self, key: Key) -> P | None:
        """A presentation if it was made before, of whatever version."""
        found = self._made.get(key)
        return None if found is None else found.presentation

    async def get(
        self, key: Key, show: Show, version: Hashable, make: Callable[[], Awaitable[P]]
    ) -> P:
        """The presentation of a version; made anew where it has breaks and no ladder.

        Raises:
            OutboundError: As `make` does, or there is too much to make.
        """
        found = self._made.get(key)
        if found is not None and found.version == version:
            lacks_ladder = found.presentation.ladder is None and bool(show.breaks)
            if not lacks_ladder or self._clock.monotonic() < found.retry_at:
                return found.presentation

        async def keep() -> P:
            presentation = await make()
            retry_at = self._clock.monotonic() + LADDER_RETRY_S
            self._made[key] = _Made(version, presentation, retry_at)
            return presentation

        try:
            return await self._flights.run((key, version), keep)
        except FlightError as error:
            raise Unreachable(f"not prepared: {error}") from error

    async def aclose(self) -> None:
        """End what is being made."""
        await self._flights.aclose()
