"""The ladder of an MPD: that of the same asset in HLS where it fits, or one of its own.

One of its own comes from a look at a little of every Representation's media, and is then kept
(`packager.ladder_memory`).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256

from manifests.dash.content_clock import origin_of
from manifests.dash.model import AdaptationSet, Mpd, Period, Representation
from manifests.errors import ManifestError
from packager.clock import Clock
from packager.config.show_settings import Show
from packager.ladder_memory import LadderMemory
from packager.log import report
from packager.metrics import Metrics
from packager.outbound import GuardedClient, Limits, OutboundError, Policy
from packager.packaging.errors import PackagingError
from packager.packaging.ladder import Ladder
from packager.packaging.library import MediaLibrary
from packager.packaging.mpd_excerpt import Excerpt, ExcerptPlace, excerpt_place
from packager.packaging.mpd_ladder import (
    MpdLadder,
    RepresentationKey,
    key_of,
    match_ladder,
    media_representations,
    mpd_ladder_from_json,
    mpd_ladder_to_json,
    refusal_of,
)
from packager.reasons import Reason
from packager.stores import Store

MEDIA_BYTES = 64 * 1024 * 1024  # of one segment


@dataclass(frozen=True, slots=True, kw_only=True)
class MpdFitting:
    """What can stand in an MPD's breaks."""

    ladder: Ladder
    reference: str  # key of the rung whose segments are the clock of pods
    rung_of: Callable[[AdaptationSet, Representation], str | None]


class MpdLadders:
    """Finds ladders, and tells why there is none."""

    def __init__(
        self,
        *,
        client: GuardedClient,
        library: MediaLibrary,
        store: Store,
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        """Join what finding a ladder needs.

        Args:
            client: Fetches media for a look at it.
            library: Looks at media.
            store: Keeps ladders.
            clock: Says the time.
            metrics: Is told of degradations.
        """
        self._client = client
        self._library = library
        self._clock = clock
        self._metrics = metrics
        self._memory = LadderMemory(
            store, clock, metrics, write=mpd_ladder_to_json, read=mpd_ladder_from_json
        )

    async def fit(self, show: Show, key: str, mpd: Mpd, hls: Ladder | None) -> MpdFitting | None:
        """What breaks can be filled with in a presentation; None: nothing.

        Args:
            show: Its show.
            key: Names the presentation in the store.
            mpd: The origin's.
            hls: Ladder of the same asset as HLS.
        """
        period = _typical(mpd)
        found = None if hls is None else match_ladder(hls, period)
        if found is None:
            found = await self._own(show, key, mpd, period)
        if found is None:
            return None
        reference = _reference(found, period)
        if reference is None or not found.covers(period):
            self._report("show_without_breaks", show, "; ".join(found.reasons))
            return None
        return MpdFitting(ladder=found.ladder, reference=reference, rung_of=found.rung_of)

    async def _own(self, show: Show, key: str, mpd: Mpd, period: Period) -> MpdLadder | None:
        digest = shape_of(mpd)
        found = await self._memory.get(key, digest)
        if found is not None:
            return found
        try:
            excerpts = await self._excerpts(mpd, period)
            found = await self._library.derive_mpd_ladder(period, excerpts)
        except (OutboundError, PackagingError, ManifestError) as error:
            self._report("ladder_not_derived", show, str(error))
            return None
        if found.covers(period):
            await self._memory.keep(key, digest, found)
        return found

    async def _excerpts(self, mpd: Mpd, period: Period) -> dict[RepresentationKey, Excerpt]:
        """Look at every Representation: its init section and a segment."""
        at = Fraction(0)
        if mpd.is_dynamic:
            now = Decimal(str(self._clock.now().timestamp()))
            at = max(Fraction(now - origin_of(mpd) - period.start), Fraction(0))
        places = {
            key: place
            for key, (one, representation) in media_representations(period).items()
            if not refusal_of(representation)
            if (place := excerpt_place(one, representation, at=at)) is not None
        }
        found = await asyncio.gather(*map(self._excerpt, places.values()))
        return dict(zip(places, found, strict=True))

    async def _excerpt(self, place: ExcerptPlace) -> Excerpt:
        init = b"" if place.init is None else await self._fetch(place.init, None)
        media = b"" if place.media is None else await self._fetch(place.media, place.first_bytes)
        return Excerpt(init=init, media=media)

    async def _fetch(self, url: str, first_bytes: int | None) -> bytes:
        headers = {} if first_bytes is None else {"range": f"bytes=0-{first_bytes - 1}"}
        # Segments may be anywhere: an origin's MPD names the hosts of its CDN.
        fetched = await self._client.fetch(
            url, policy=Policy(), limits=Limits(max_bytes=MEDIA_BYTES), headers=headers
        )
        return fetched.body

    def _report(self, event: str, show: Show, detail: str) -> None:
        report(Reason.LADDER_UNMATCHED, event, self._metrics, show=show.name, detail=detail)


def shape_of(mpd: Mpd) -> str:
    """A digest of what an MPD's ladder follows from: what it says of its Representations."""
    keys = {
        key_of(one, representation)
        for period in mpd.periods
        for one, representation in period.representations()
    }
    return sha256(repr(sorted(map(repr, keys))).encode()).hexdigest()


def _typical(mpd: Mpd) -> Period:
    """The last Period of a live MPD, the longest of a static one."""
    if mpd.is_dynamic:
        return mpd.periods[-1]
    return max(mpd.periods, key=lambda one: (one.end or one.start) - one.start)


def _reference(found: MpdLadder, period: Period) -> str | None:
    """The rung of the first video Representation, else of the first audio one."""
    media = sorted(media_representations(period).values(), key=lambda of: of[0].kind != "video")
    return next((rung for of in media if (rung := found.rung_of(*of)) is not None), None)
