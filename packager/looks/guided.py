"""Looks that players draw themselves: pictures of what would be drawn, and when each is shown.

A session chooses it (`insertionMode`). Its segments are the origin's; its manifests tell of one
picture for each stretch of content that looks alike, of all overlays together, for players show one
thing at a time. Live, each segment is a stretch where nobody knows how long its picture will last;
else all segments of a stretch tell of it, so that who comes later hears of it too.
"""

import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

import anyio.lowlevel
import orjson
from cachetools import LRUCache

from manifests.guided_overlay import GuidedOverlay, Rectangle
from overlays.templates.still import STILL, film_box
from packager.clock import Clock
from packager.looks.look import Choice
from packager.looks.orders import PROFILE, drawing_at_rest
from packager.looks.steps import NEAR_S, Drawn
from packager.rendering.jobs import Job, Work
from packager.rendering.rendering import Rendering
from packager.single_flight import FlightError, SingleFlight

OFFERED = 16_384
OFFERS = 256  # at a time
READY_S = 30.0  # in which a picture is of use; players fetch it when they come to it
AGAIN_S = 60.0  # after which a picture that is still told of is asked for again
_MEGAPIXELS = 20.0  # of film, which takes as long to draw on as a picture takes with its PNG
_FORMAT = "weft-still-1"  # goes up when the same parts come to mean another picture


class GuidedLooks:
    """The pictures of a process's guided sessions."""

    def __init__(self, rendering: Rendering, *, clock: Clock) -> None:
        """Join what draws, and a clock."""
        self._rendering = rendering
        self._clock = clock
        self._offers: SingleFlight[object] = SingleFlight(limit=OFFERS)
        self._offered: LRUCache[str, float] = LRUCache(OFFERED)  # when, by the clock

    async def aclose(self) -> None:
        """End what is being offered."""
        await self._offers.aclose()

    async def offered(self, id: str) -> None:
        """Wait until it is known whether a picture is drawn, where that is being found out here.

        Args:
            id: Of its job.
        """
        if id in self._offers:
            with suppress(FlightError):
                await self._offers.run(id, anyio.lowlevel.checkpoint)  # the one in flight

    def told(
        self, choices: Iterable[Choice], *, live: bool
    ) -> tuple[tuple[str, GuidedOverlay], ...]:
        """What players are told of segments, and have it drawn without waiting for it.

        Args:
            choices: What would be drawn onto segments that follow each other.
            live: Each is told of by itself; else those that look alike are one stretch, of which
                the first one tells.

        Returns:
            The names of segments, and what is told before them.
        """
        found: list[tuple[str, GuidedOverlay]] = []
        for one in choices:
            shown = self._shown(one)
            if shown is None:
                continue
            if found and not live and _goes_on(found[-1][1], shown):
                name, before = found[-1]
                found[-1] = name, replace(before, ends=max(before.ends, shown.ends))
            else:
                found.append((one.segment.name, shown))
        return tuple(found)

    def _shown(self, choice: Choice) -> GuidedOverlay | None:
        segment = choice.segment
        drawn = tuple(one for one in choice.drawn if isinstance(one, Drawn))
        if not drawn:
            return None
        begins, ends = min(one.begins for one in drawn), segment.end
        if all(one.ends is not None for one in drawn):
            ends = max(one.ends for one in drawn if one.ends is not None)
        if len(drawn) > 1 or not drawn[0].fixed or drawn[0].ends is None:
            begins, ends = max(begins, segment.start), min(ends, segment.end)
        url = self._url(drawn)
        if url is None or ends - begins <= NEAR_S:
            return None
        return GuidedOverlay(begins=begins, ends=ends, url=url, size=STILL, film=_film(drawn))

    def _url(self, drawn: tuple[Drawn, ...]) -> str | None:
        """Of the picture; it is drawn from now on if it was not."""
        now = self._clock.now()
        job = Job(
            key=_key(drawn),
            work=Work(
                segment=None,
                drawings=tuple(drawing_at_rest(one) for one in drawn),
                profile=PROFILE,
                ending="png",
            ),
            megapixels=_MEGAPIXELS,
            deadline=now + timedelta(seconds=READY_S),
            private=any(one.private for one in drawn),
        )
        addresses, at = self._rendering.addresses, self._clock.monotonic()
        id = addresses.id_of(job)
        if at - self._offered.get(id, -AGAIN_S) >= AGAIN_S:
            with suppress(FlightError):  # the next manifest asks again
                self._offers.start(id, partial(self._rendering.offer, job))
                self._offered[id] = at
        return addresses.url_of(job)


def _goes_on(before: GuidedOverlay, after: GuidedOverlay) -> bool:
    same = (before.url, before.film) == (after.url, after.film)
    return same and after.begins <= before.ends + NEAR_S


def _film(drawn: Iterable[Drawn]) -> Rectangle | None:
    """Where the content goes: as the topmost overlay that moves it wants it."""
    boxes = [box for one in drawn if (box := film_box(one.template, STILL)) is not None]
    return boxes[-1] if boxes else None


def _key(drawn: Iterable[Drawn]) -> str:
    parts = [[one.template.digest, hashlib.sha256(one.text).hexdigest()] for one in drawn]
    return hashlib.sha256(orjson.dumps([_FORMAT, parts, STILL])).hexdigest()
