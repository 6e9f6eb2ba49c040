"""The clips of a process: made in the background, once for each data, within a budget.

Nothing here waits on a request's behalf. A clip that is not there is begun, and what the asset's
`or:` names is shown meanwhile; a decision that was taken stays (A-03).
"""

import traceback
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from functools import partial

import anyio
from cachetools import LRUCache, TTLCache

from manifests.creative import Creative
from overlays.errors import DataError
from overlays.templates.model import Template
from packager.budget import Budget
from packager.clips.film import Film, Media
from packager.clips.shelf import Shelf
from packager.clips.variants import variants
from packager.clock import Clock
from packager.config.clip_settings import Clip
from packager.config.show_settings import Show
from packager.log import report
from packager.looks.binding import Facts, facts_of
from packager.looks.privacy import is_private
from packager.metrics import Metrics
from packager.packaging.errors import PackagingError
from packager.packaging.ladder import Ladder
from packager.packaging.store import MediaFile
from packager.pictures.filling import Filled, Seek, filled, own_facts
from packager.pictures.getting import Picture
from packager.pictures.pictures import Pictures
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight

FAILED_S = 600.0  # for how long a clip that failed is not tried again
FAILED = 10_000  # that are remembered
JOBS = 256  # at a time
TIDY_S = 60.0
WARMED = 64  # ladders


class Clips:
    """Makes and finds clips."""

    def __init__(
        self,
        *,
        public: Shelf,
        private: Shelf,
        templates: Mapping[Clip, Template],
        media: Mapping[object, Media],
        pictures: Pictures,
        per_minute: int,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Join the parts.

        Args:
            public: Keeps what all may see.
            private: Keeps what is one viewer's own.
            templates: Of the clips.
            media: Backgrounds and sounds, by their path.
            pictures: Gives those that data asks for.
            per_minute: Clips that may be begun.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self._public = public
        self._private = private
        self._templates = templates
        self._media = media
        self._pictures = pictures
        self._clock = clock
        self._metrics = metrics
        self._budget = Budget(clock, per_minute=per_minute)
        self._warmed: LRUCache[tuple[str, str], tuple[Show, Ladder]] = LRUCache(WARMED)
        self._failed: TTLCache[tuple[str, str], Reason] = TTLCache(FAILED, FAILED_S)
        self._flights: SingleFlight[None] = SingleFlight(limit=JOBS)

    def find(
        self, show: Show, clip: Clip, ladder: Ladder, facts: Facts
    ) -> Creative | Reason | None:
        """The clip for some facts, begun if it is not there.

        Args:
            show: Whose asset it is.
            clip: What is made.
            ladder: Of the presentation.
            facts: What is known of viewer and moment.

        Returns:
            None while it is being made; a reason where it cannot be.
        """
        film = self._film(show, clip, ladder, facts, self._filled(show, clip, facts, self._seek))
        if isinstance(film, Reason):
            return film
        shelf = self._shelf(show, clip)
        digest = film.digest(shelf.key)
        creative = shelf.find(digest, ladder)
        if creative is not None:
            return creative
        place = (digest, ladder.key)
        if (failure := self._failed.get(place)) is not None:
            return failure
        if place in self._flights:
            return None
        if not shelf.has_room or not (clip.warm or self._budget.take()):
            report(Reason.CLIP_BUDGET, "clip_not_begun", self._metrics, show=show.name)
            return Reason.CLIP_BUDGET
        with suppress(FlightError):  # full, or closing: a later break asks again
            self._flights.start(place, partial(self._make, place, show, clip, ladder, facts))
        return None

    def warm(self, show: Show, ladder: Ladder) -> None:
        """Begin the clips of all data that warm ones can have; from now on they stay."""
        self._warmed[show.name, ladder.key] = (show, ladder)
        for clip in show.assets.values():
            if isinstance(clip, Clip) and clip.warm:
                for values in variants(clip, show.facts):
                    self.find(show, clip, ladder, values.get)

    def get(self, creative_id: str) -> Creative | None:
        """A clip by its id."""
        return self._public.library.get(creative_id) or self._private.library.get(creative_id)

    def file(self, digest: str, name: str, *, private: bool) -> MediaFile | None:
        """A file of a clip; None: there is none, or none of this kind."""
        return (self._private if private else self._public).file(digest, name)

    async def run(self) -> None:
        """Remove what is not needed any more, for ever."""
        while True:
            try:
                for show, ladder in [*self._warmed.values()]:
                    self.warm(show, ladder)
                for shelf in (self._public, self._private):
                    await shelf.tidy()
            except OSError as error:
                report(Reason.MEDIA_WRITE_FAILED, "clips_kept", self._metrics, detail=str(error))
            except Exception:  # viewers are to be served, whatever becomes of clips
                detail = traceback.format_exc()
                report(Reason.INTERNAL_ERROR, "clips_kept", self._metrics, detail=detail)
            await anyio.sleep(TIDY_S)

    async def settled(self) -> None:
        """Wait until nothing is being made."""
        await self._flights.landed()

    async def aclose(self) -> None:
        """End what is being made."""
        await self._flights.aclose()
        for shelf in (self._public, self._private):
            await shelf.library.aclose()

    def _shelf(self, show: Show, clip: Clip) -> Shelf:
        own = clip.private or is_private(show.facts, clip.data, self._templates[clip])
        return self._private if own else self._public

    def _seek(self, url: str, own: bool) -> Picture | None:
        return self._pictures.get(url, now=self._clock.now(), own=own)

    def _filled(self, show: Show, clip: Clip, facts: Facts, seek: Seek) -> Filled:
        return filled(clip.data, facts, seek, own=own_facts(show.facts))

    def _film(
        self, show: Show, clip: Clip, ladder: Ladder, facts: Facts, data: Filled
    ) -> Film | Reason:
        videos = [rung.video for rung in ladder.rungs if rung.video is not None]
        if not videos:
            return Reason.LADDER_UNMATCHED
        template = self._templates[clip]
        try:
            canonical = template.canonical(data.data, data.images)
        except DataError as error:
            # Of whom too little is known, nothing is wrong with.
            if all(facts(name) is not None for name in facts_of(clip.data)):
                self._report(Reason.OVERLAY_DATA_INVALID, show, str(error))
            return Reason.OVERLAY_DATA_INVALID
        largest = max(videos, key=lambda video: video.width * video.height)
        background = clip.background
        return Film(
            template=template.digest,
            folder=clip.template,
            data=canonical,
            seconds=Fraction(clip.seconds),
            size=(largest.width, largest.height),
            fps=max(video.frame_rate for video in videos),
            background=background if isinstance(background, str) else self._media[background],
            audio=None if clip.audio is None else self._media[clip.audio],
        )

    async def _make(
        self, place: tuple[str, str], show: Show, clip: Clip, ladder: Ladder, facts: Facts
    ) -> None:
        """Make a clip with the pictures that can be had."""
        try:
            data = await self._complete(show, clip, facts)
            film = self._film(show, clip, ladder, facts, data)
            if isinstance(film, Reason):
                self._failed[place] = film
                return
            shelf = self._shelf(show, clip)
            await shelf.make(film.digest(shelf.key), film.job, ladder)
        except PackagingError as error:
            self._fail(place, show, error.reason, str(error))
        except OSError as error:
            self._fail(place, show, Reason.MEDIA_WRITE_FAILED, str(error))
        except Exception:  # viewers are to be served, whatever becomes of clips
            self._fail(place, show, Reason.INTERNAL_ERROR, traceback.format_exc())

    async def _complete(self, show: Show, clip: Clip, facts: Facts) -> Filled:
        """The data with its pictures, when all are there or are known not to come."""
        wanted: list[tuple[str, bool]] = []

        def note(url: str, own: bool) -> None:
            wanted.append((url, own))

        self._filled(show, clip, facts, note)
        now = self._clock.now()
        found = {
            (url, own): await self._pictures.fetched(url, now=now, own=own) for url, own in wanted
        }
        return self._filled(show, clip, facts, lambda url, own: found.get((url, own)))

    def _fail(self, place: tuple[str, str], show: Show, reason: Reason, detail: str) -> None:
        self._failed[place] = reason
        self._report(reason, show, detail)

    def _report(self, reason: Reason, show: Show, detail: str) -> None:
        report(reason, "clip_not_made", self._metrics, show=show.name, detail=detail)
