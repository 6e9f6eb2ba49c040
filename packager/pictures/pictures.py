"""The pictures of a process: whoever asks has one at once or not yet, and never waits.

What is not there is fetched in the background, once for all who want it, and kept in memory within
bounds. What failed is not tried again for a while. After some time a picture is got anew; until
then the old one is shown, and not any more where that fails.
"""

import traceback
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple

from cachetools import LRUCache

from packager.budget import Budget
from packager.log import report
from packager.metrics import Metrics
from packager.pictures.errors import PictureError
from packager.pictures.getting import Getter, Picture
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight

KEPT_BYTES = 64 * 1024 * 1024
KEEP_S = 600.0  # then it is looked at again
FAILED_S = 60.0  # for which what failed is not tried again
REMEMBERED = 10_000  # URLs that failed
FLIGHTS = 64


class _Place(NamedTuple):
    url: str
    own: bool  # so what was got for another purpose passes no moderation


class _Kept(NamedTuple):
    picture: Picture
    since: datetime


class Pictures:
    """Pictures by URL."""

    def __init__(
        self,
        getter: Getter,
        metrics: Metrics,
        *,
        budget: Budget,
        kept_bytes: int = KEPT_BYTES,
        keep_s: float = KEEP_S,
    ) -> None:
        """Keep none yet.

        Args:
            getter: Gets one.
            metrics: Is told of those that cannot be had.
            budget: Of fetches.
            kept_bytes: Of all that are kept; what was asked for longest ago goes first.
            keep_s: Seconds after which one is got anew.
        """
        self._getter = getter
        self._metrics = metrics
        self._budget = budget
        self._keep = timedelta(seconds=keep_s)
        size: Callable[[_Kept], int] = lambda kept: len(kept.picture.data)  # noqa: E731
        self._kept: LRUCache[_Place, _Kept] = LRUCache(kept_bytes, size)
        self._failed: LRUCache[_Place, datetime] = LRUCache(REMEMBERED)
        self._flights: SingleFlight[Picture | None] = SingleFlight(limit=FLIGHTS)

    def get(self, url: str, *, now: datetime, own: bool = False) -> Picture | None:
        """The picture of a URL; None: it is not there, perhaps not yet.

        Args:
            url: Absolute. Where it may lead is the guarded client's to say.
            now: The present instant.
            own: A viewer spells a part of the URL: only what the operator permits is fetched, and
                it is moderated.
        """
        place = _Place(url, own)
        kept = self._kept.get(place)
        if kept is None or now - kept.since >= self._keep:
            self._begin(place, now)
        return None if kept is None else kept.picture

    async def fetched(self, url: str, *, now: datetime, own: bool = False) -> Picture | None:
        """As `get`, but waits for what is on its way: for what is made in the background."""
        found = self.get(url, now=now, own=own)
        place = _Place(url, own)
        if found is None and place in self._flights:
            with suppress(FlightError):
                return await self._flights.run(place, partial(self._get, place, now))
        return found

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        await self._flights.landed()

    async def aclose(self) -> None:
        """End what is on its way."""
        await self._flights.aclose()

    def _begin(self, place: _Place, now: datetime) -> None:
        failed_until = self._failed.get(place)
        if place in self._flights or (failed_until is not None and failed_until > now):
            return
        if not self._budget.take():
            report(Reason.PICTURE_BUDGET, "picture_not_fetched", self._metrics)
            return
        with suppress(FlightError):  # full, or closing: it is asked for again
            self._flights.start(place, partial(self._get, place, now))

    async def _get(self, place: _Place, now: datetime) -> Picture | None:
        try:
            picture = await self._getter.get(place.url, own=place.own)
        except PictureError as error:
            self._fail(place, now, error.reason, str(error))
            return None
        except Exception:  # viewers are to be served, whatever becomes of pictures
            self._fail(place, now, Reason.INTERNAL_ERROR, traceback.format_exc())
            return None
        self._failed.pop(place, None)
        if len(picture.data) <= self._kept.maxsize:
            self._kept[place] = _Kept(picture, now)
        return picture

    def _fail(self, place: _Place, now: datetime, reason: Reason, detail: str) -> None:
        self._kept.pop(place, None)
        self._failed[place] = now + timedelta(seconds=FAILED_S)
        report(reason, "picture_not_had", self._metrics, detail=detail)
