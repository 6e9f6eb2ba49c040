"""The operator's media and the ads' creatives, as packaged: what is ready, and what is on its way.

Nothing here waits on a request's behalf. What is not ready is started in the background and is
ready for a later break (rule D-57); what failed is not tried again for a while.
"""

from collections.abc import Callable, Coroutine, MutableMapping
from contextlib import suppress
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

from cachetools import TTLCache

from manifests.creative import Creative
from packager.config.asset_settings import Asset
from packager.config.show_settings import Show
from packager.decisions.ads import Ad, MediaFile
from packager.decisions.media_files import nature, rank_media_files
from packager.decisions.slates import SlateOption
from packager.log import report
from packager.metrics import Metrics
from packager.outbound import GuardedClient, Limits, OutboundError, Oversize, Policy, RatioExceeded
from packager.packaging.errors import PackagingError, StreamUnmatched
from packager.packaging.ladder import Ladder
from packager.packaging.library import Kind, MediaLibrary
from packager.packaging.ready.creatives import ReadyCreatives
from packager.reasons import Reason
from packager.single_flight import FlightError, SingleFlight
from packager.stories.clips import Clip, clips_of, finite_names

FAILED_S = 600.0  # for how long a creative that failed is not tried again
KNOWN = 10_000  # media files of which the creative is remembered
JOBS = 256  # at a time


class PackagedHouse:
    """House media and creatives of one process."""

    def __init__(
        self,
        library: MediaLibrary,
        *,
        client: GuardedClient,
        policy: Policy,
        metrics: Metrics,
        limits: Limits,
    ) -> None:
        """Join a library, which stays its owner's, and what downloads creatives for it.

        Args:
            library: Packages and keeps.
            client: Downloads.
            policy: Which hosts creatives may come from.
            metrics: Is told of degradations.
            limits: Of one download.
        """
        self._library = library
        self._client = client
        self._policy = policy
        self._metrics = metrics
        self._limits = limits
        self._ready_creatives = ReadyCreatives(library, client=client, policy=policy, limits=limits)
        self._flights: SingleFlight[None] = SingleFlight(limit=JOBS)
        # (file or URL of the operator's, ladder) -> creative id
        self._ready: dict[tuple[str, str], str] = {}
        self._known: TTLCache[tuple[str, str], str] = TTLCache(KNOWN, 24 * 3600)
        self._failed: TTLCache[tuple[str, str], Reason] = TTLCache(KNOWN, FAILED_S)

    @property
    def jobs(self) -> int:
        """How many creatives wait or are being packaged."""
        return len(self._flights)

    async def aclose(self) -> None:
        """End what is under way."""
        await self._flights.aclose()

    async def settled(self) -> None:
        """Wait until nothing is under way."""
        await self._flights.landed()

    def prepare(self, show: Show, ladder: Ladder) -> None:
        """Start packaging every file that a show may need for a ladder."""
        if show.slate is not None:
            self._house(show.slate.file, ladder, "slate")
        for name, asset in show.assets.items():
            if isinstance(asset, Asset):
                self.asset(name, asset, show, ladder)

    def asset(
        self, name: str, asset: Asset, show: Show, ladder: Ladder
    ) -> Creative | Reason | None:
        """A configured asset as breaks show it; a reason where it cannot be packaged."""
        clip = next(clips_of(name, asset, finite_names(show)), None)
        return Reason.MEDIA_MISSING if clip is None else self.clip(clip, ladder)

    def clip(self, clip: Clip, ladder: Ladder) -> Creative | Reason | None:
        """One of the clips that an asset can be; None while it is being packaged."""
        if isinstance(clip.source, Path):
            return self._house(clip.source, ladder, "bumper")
        key = (clip.source, ladder.key)
        ready = self._ready.get(key)
        if ready is not None:
            return self._library.get(ready)
        if (failure := self._failed.get(key)) is not None:
            return failure
        get = partial(self._linked, clip, ladder)
        self._begin(key, partial(self._acquire, key, get, self._ready, clip.name))
        return None

    def creative(self, creative_id: str) -> Creative | None:
        """What is packaged, by its id."""
        return self._library.get(creative_id)

    def name_of(self, show: Show, creative_id: str) -> str | None:
        """Which of a show's assets a creative was made of; None: none that is known here."""
        files = {file for (file, _), known in self._ready.items() if known == creative_id}
        for name, asset in show.assets.items():
            if isinstance(asset, Asset) and str(asset.file) in files:
                return name
        return None

    def slate(self, show: Show, ladder: Ladder) -> SlateOption | None:
        """The show's slate, which can also be cut to what remains of a break."""
        if show.slate is None:
            return None
        slate = self._house(show.slate.file, ladder, "slate")
        if not isinstance(slate, Creative):
            return None

        def cut(remaining: Fraction) -> tuple[str, Fraction] | None:
            piece = self._library.cut_if_ready(slate, remaining)
            if piece is None:
                key = (f"{slate.id} {remaining}", ladder.key)
                if key not in self._failed:
                    self._begin(key, partial(self._cut_slate, key, slate, remaining))
                return None
            return piece.id, Fraction(piece.duration)

        return SlateOption(id=slate.id, duration=Fraction(slate.duration), cut=cut)

    async def condition(
        self, media_file: MediaFile, ad: Ad, ladder: Ladder
    ) -> Creative | Reason | None:
        """The creative of an ad's media file; None while it is being packaged (D-57).

        A stream that does not match the ladder is converted only if the ad has no file.
        """
        key = (media_file.url, ladder.key)
        known = self._known.get(key)
        if known is not None and (creative := self._library.get(known)) is not None:
            return creative
        if (failure := self._failed.get(key)) is not None:
            return failure
        get = partial(self._downloaded, media_file.url, ladder)
        if nature(media_file) == "stream":
            get = partial(self._streamed, media_file.url, ad, ladder)
        self._begin(key, partial(self._acquire, key, get, self._known))
        return None

    def _house(self, file: Path, ladder: Ladder, kind: Kind) -> Creative | Reason | None:
        key = (str(file), ladder.key)
        ready = self._ready.get(key)
        if ready is not None:
            return self._library.get(ready)
        if (failure := self._failed.get(key)) is not None:
            return failure
        self._begin(key, partial(self._package, key, file, ladder, kind))
        return None

    def _begin(self, key: tuple[str, str], job: Callable[[], Coroutine[Any, Any, None]]) -> None:
        with suppress(FlightError):  # full, or closing: a later break asks again
            self._flights.start(key, job)

    async def _package(
        self, key: tuple[str, str], source: Path, ladder: Ladder, kind: Kind
    ) -> None:
        try:
            creative = await self._library.condition(source, ladder, kind=kind)
        except (PackagingError, OSError) as error:
            self._fail(key, _reason(error), str(error), source.name)
        else:
            self._ready[key] = creative.id

    async def _cut_slate(self, key: tuple[str, str], slate: Creative, length: Fraction) -> None:
        try:
            await self._library.cut(slate, length)
        except (PackagingError, OSError) as error:
            self._fail(key, _reason(error), str(error), "slate")

    async def _downloaded(self, url: str, ladder: Ladder) -> Creative:
        with self._library.work_folder() as folder:
            path = folder / "creative"
            await self._client.download(url, path, policy=self._policy, limits=self._limits)
            return await self._library.condition(path, ladder, kind="ad")

    async def _streamed(self, url: str, ad: Ad, ladder: Ladder) -> Creative:
        files = rank_media_files(ad, ladder_max_height=ladder.max_height)
        try:
            return await self._ready_creatives.creative(url, ladder, otherwise_convert=not files)
        except StreamUnmatched:
            for file in files[:1]:
                await self.condition(file, ad, ladder)  # starts; the next break may have it
            raise

    async def _linked(self, clip: Clip, ladder: Ladder) -> Creative:
        """What is HLS or DASH: as it is, or packaged anew where nothing stands in for it."""
        url = str(clip.source)
        try:
            return await self._ready_creatives.creative(url, ladder, otherwise_convert=False)
        except StreamUnmatched as error:
            if not clip.converts:
                raise
            report(
                error.reason, "asset_converted", self._metrics, media=clip.name, detail=str(error)
            )
        return await self._ready_creatives.creative(url, ladder, otherwise_convert=True)

    async def _acquire(
        self,
        key: tuple[str, str],
        get: Callable[[], Coroutine[Any, Any, Creative]],
        known: MutableMapping[tuple[str, str], str],
        what: str = "creative",
    ) -> None:
        try:
            creative = await get()
        except OutboundError as error:
            oversize = isinstance(error, Oversize | RatioExceeded)
            reason = Reason.CREATIVE_OVERSIZE if oversize else Reason.CREATIVE_UNREACHABLE
            self._fail(key, reason, str(error), what)
        except (PackagingError, OSError) as error:
            self._fail(key, _reason(error), str(error), what)
        else:
            known[key] = creative.id

    def _fail(self, key: tuple[str, str], reason: Reason, detail: str, what: str) -> None:
        self._failed[key] = reason
        report(reason, "media_not_packaged", self._metrics, media=what, detail=detail)


def _reason(error: PackagingError | OSError) -> Reason:
    return Reason.MEDIA_WRITE_FAILED if isinstance(error, OSError) else error.reason
