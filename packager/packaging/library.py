"""The media library: creatives, slates and bumpers, packaged once per source and ladder.

The server's side of packaging. It never reads media itself: worker processes do, and one that dies
takes nothing with it. A source that was refused is refused again at once, and one that killed two
workers is not tried a third time.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any, Literal

import anyio.to_thread
from cachetools import LRUCache

from manifests.creative import Creative
from manifests.dash.model import Period
from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from packager.children import WorkerLimits
from packager.packaging.assets import Asset
from packager.packaging.cutting import cut, cut_id, cut_lengths
from packager.packaging.errors import (
    CreativeFailed,
    CreativeRefused,
    LadderUnmatched,
    MediaWriteFailed,
    PackagingError,
    StreamUnmatched,
    WorkerCrashed,
)
from packager.packaging.files import look_at_files
from packager.packaging.jobs import WORKER, run_job
from packager.packaging.keeping import Keeping
from packager.packaging.ladder import Ladder, Rung
from packager.packaging.making import Maker, Progress
from packager.packaging.mpd_excerpt import Excerpt
from packager.packaging.mpd_ladder import MpdLadder, RepresentationKey, mpd_ladder
from packager.packaging.probe import Probe, ladder_from_streams
from packager.packaging.segmentation import nearest
from packager.packaging.settings import ConditionSettings
from packager.packaging.store import MediaFile, MediaFolder, digest_of, digest_of_source
from packager.packaging.streams import Stream, stream_from_json
from packager.single_flight import SingleFlight

Kind = Literal["ad", "slate", "bumper"]

_REMEMBERED = 4096  # sources that failed
_PROBE_LIMITS = WorkerLimits(timeout_s=30)

_Make = Callable[[str, Progress], Awaitable[Asset]]  # takes the id of the creative


@dataclass(frozen=True, slots=True)
class PackagingJob:
    """Something that is being packaged."""

    id: str  # of the creative that it will be
    kind: str
    share: float = 0.0  # done, 0 to 1; 0 also while it waits for a worker


class MediaLibrary:
    """The packaged media of a server, in a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        uri_prefix: str = "/tm",
        settings: ConditionSettings | None = None,
        workers: int = 1,
        limits: WorkerLimits | None = None,
        command: Sequence[str] = WORKER,
    ) -> None:
        """Open the library and read what is in it.

        Args:
            folder: Made if it is missing.
            uri_prefix: What stands before ``/{digest}/{name}`` in playlists.
            settings: How sources are conditioned.
            workers: How many are conditioned at a time.
            limits: What a worker may use.
            command: Starts a worker.
        """
        self._folder = MediaFolder(folder)
        self._uri_prefix = uri_prefix.rstrip("/")
        self._maker = Maker(
            self._folder,
            settings or ConditionSettings(),
            limits=limits or WorkerLimits(),
            command=command,
        )
        self._keeping = Keeping(self._folder)
        self._command = command
        self._slots = asyncio.Semaphore(workers)
        self._probe_slots = asyncio.Semaphore(workers)
        self._flights: SingleFlight[Creative] = SingleFlight()
        self._jobs: dict[str, PackagingJob] = {}
        self._failures: LRUCache[str, PackagingError] = LRUCache(_REMEMBERED)
        self._assets: dict[str, Asset] = {}
        self._creatives: dict[str, Creative] = {}
        for asset in self._folder.assets():
            self._remember(asset)

    @property
    def base(self) -> str:
        """What URIs of all its media begin with."""
        return f"{self._uri_prefix}/"

    @property
    def jobs(self) -> tuple[PackagingJob, ...]:
        """What is being packaged now."""
        return tuple(self._jobs.values())

    def get(self, creative_id: str) -> Creative | None:
        """Return a creative that is packaged, by this process or by one that shares the folder."""
        creative = self._creatives.get(creative_id)
        if creative is None and (asset := self._folder.asset(creative_id)) is not None:
            return self._remember(asset)
        return creative

    def file(self, digest: str, name: str) -> MediaFile | None:
        """Return the file at ``/tm/{digest}/{name}``; None if there is none."""
        return self._folder.file(digest, name)

    def work_folder(self) -> AbstractContextManager[Path]:
        """Give a folder for what is on its way here; it is removed afterwards."""
        return self._folder.work_folder()

    async def aclose(self) -> None:
        """End the jobs that are running; their workers are killed."""
        await self._flights.aclose()
        self._folder.close()

    async def derive_ladder(
        self, source: MultivariantPlaylist | MediaPlaylist, probes: Sequence[Probe]
    ) -> Ladder:
        """As `probe.derive_ladder`, but the media are read by a worker.

        Raises:
            MediaMissing: PyAV is not installed.
            WorkerCrashed: The worker died or took too long.
        """
        streams = await self.look_at([(probe.init, probe.media) for probe in probes])
        return ladder_from_streams(source, probes, streams)

    async def derive_mpd_ladder(
        self, period: Period, probes: Mapping[RepresentationKey, Excerpt]
    ) -> MpdLadder:
        """As `mpd_ladder`; the media are read by a worker.

        Args:
            period: Of the MPD.
            probes: Of its `media_representations`; those that `refusal_of` refuses may be missing.

        Raises:
            MediaMissing: PyAV is not installed.
            WorkerCrashed: The worker died or took too long.
        """
        found = await self.look_at([(probe.init, probe.media) for probe in probes.values()])
        return mpd_ladder(period, probes, dict(zip(probes, found, strict=True)))

    async def look_at(self, media: Sequence[tuple[bytes, bytes]]) -> list[tuple[Stream, ...]]:
        """Have a worker read the streams of pairs of an init section and a segment.

        Raises:
            MediaMissing: PyAV is not installed.
            WorkerCrashed: The worker died or took too long.
        """
        async with self._probe_slots:
            with self._folder.work_folder() as work:
                paths = await anyio.to_thread.run_sync(_write_media, media, work)
                answer = await run_job(
                    {"do": "streams", "media": paths},
                    work,
                    limits=_PROBE_LIMITS,
                    progress=_unheard,
                    command=self._command,
                )
        return [tuple(map(stream_from_json, found)) for found in answer["streams"]]

    async def sizes(self, sources: Sequence[Path]) -> list[tuple[int, int, Fraction]]:
        """Have a worker say width, height and frames per second of the sources that it can read.

        Raises:
            MediaMissing: PyAV is not installed.
            WorkerCrashed: The worker died or took too long.
        """
        async with self._probe_slots:
            with self._folder.work_folder() as work:
                found = await look_at_files(sources, work, command=self._command)
        return [(one.width, one.height, one.frame_rate) for one in found if one is not None]

    async def condition(
        self,
        source: bytes | Path,
        ladder: Ladder,
        *,
        kind: Kind = "ad",
        progress: Progress | None = None,
    ) -> Creative:
        """Return the creative made of `source` for `ladder`; packages it if it is not there yet.

        Args:
            source: A progressive MP4, MOV or WebM file, or its bytes.
            ladder: Of the show.
            kind: What it is for. Slates can be cut.
            progress: Told how far it is, unless another call has started it.

        Raises:
            PackagingError: It cannot be packaged.
        """
        if not ladder.rungs:
            raise LadderUnmatched("no playlist of the show can be matched")
        digest = await anyio.to_thread.run_sync(digest_of_source, source)
        creative_id = digest_of(digest, ladder.key, kind, self._maker.profile)
        if creative := self.get(creative_id):
            return creative
        make = partial(self._maker.condition, source, digest, ladder, kind)
        return await self._once(creative_id, kind, make, progress or _unheard)

    def drawn_id(self, digest: str, ladder: Ladder) -> str:
        """Return the id that the creative of `draw` has, or will have."""
        return digest_of("drawn", digest, ladder.key, self._maker.profile)

    async def draw(
        self,
        digest: str,
        write: Callable[[Path], dict[str, Any]],
        ladder: Ladder,
        *,
        now: Callable[[], float],
    ) -> Creative:
        """Return the creative of what a worker draws for `ladder`; made if it is not there yet.

        Args:
            digest: Of all that decides what is drawn.
            write: As `Maker.draw` takes it.
            ladder: Of the show.
            now: Says the instant at which it was made.

        Raises:
            PackagingError: It cannot be drawn or packaged.
        """
        if not ladder.rungs:
            raise LadderUnmatched("no playlist of the show can be matched")
        creative_id = self.drawn_id(digest, ladder)
        if creative := self.get(creative_id):
            return creative
        make = partial(self._maker.draw, write, digest, ladder, "bumper")
        creative = await self._once(creative_id, "bumper", make, _unheard)
        self._keeping.touch_all(self._assets[creative_id], now=now())
        return creative

    def touch(self, creative_id: str, *, now: float) -> bool:
        """Take down that a creative is needed at an instant; False: it was removed."""
        is_there = self._keeping.touch(creative_id, now=now)
        if not is_there:
            self._forget(creative_id)
        return is_there

    def touch_file(self, file: MediaFile, *, now: float) -> None:
        """Take down that a file was asked for."""
        self._keeping.touch_rendition(file.path, now=now)

    async def tidy(self, *, before: float) -> int:
        """Remove what was last needed before an instant; return the bytes of what stays."""
        gone, size_bytes = await anyio.to_thread.run_sync(lambda: self._keeping.tidy(before=before))
        for creative_id in gone:
            self._forget(creative_id)
        return size_bytes

    def _forget(self, creative_id: str) -> None:
        self._assets.pop(creative_id, None)
        self._creatives.pop(creative_id, None)

    async def take(self, renditions: Mapping[Rung, Path], ladder: Ladder) -> Creative:
        """Return the creative of an ad whose renditions are those of `ladder` already.

        Args:
            renditions: For each rung a folder with ``init.mp4``, where there is one, and segments,
                ``1.m4s`` and so on. It may be one folder for several rungs; those of subtitles may
                have none.
            ladder: Of the show.

        Raises:
            StreamUnmatched: They are not.
            PackagingError: They cannot be taken.
        """
        digest = await anyio.to_thread.run_sync(_digest_of_folders, renditions)
        creative_id = digest_of("as it is", digest, ladder.key, self._maker.profile[0])
        if creative := self.get(creative_id):
            return creative
        make = partial(self._maker.take, renditions, digest, ladder, "ad")
        return await self._once(creative_id, "ad", make, _unheard)

    async def join(self, parts: Sequence[tuple[Path, str, Fraction]], target: Path) -> None:
        """As `Maker.join`, in its turn.

        Raises:
            PackagingError: They cannot be joined.
        """
        async with self._slots:
            await self._maker.join(parts, target)

    async def cut(self, slate: Creative, duration: Fraction | Decimal) -> tuple[Creative, ...]:
        """Return creatives that together show `slate` for `duration` seconds (D-53).

        The whole slate as often as it fits, then a part of it; only the last segment of that is
        encoded anew. A discontinuity belongs between them.

        Args:
            slate: Conditioned as "slate" by this library.
            duration: To the nearest frame.

        Raises:
            CreativeFailed: It is shorter than a tenth of a second.
            PackagingError: The last segment cannot be made.
        """
        asset = self._assets[slate.id]
        frames = nearest(Fraction(duration) * asset.plan.grid)
        lengths = cut_lengths(asset, frames)
        return tuple([await self._cut(slate, asset, length) for length in lengths])

    def cut_if_ready(self, slate: Creative, duration: Fraction | Decimal) -> Creative | None:
        """Return the one creative that `cut` gives for less than the whole slate, if it is made."""
        asset = self._assets[slate.id]
        return self.get(cut_id(asset, nearest(Fraction(duration) * asset.plan.grid)))

    async def _cut(self, slate: Creative, asset: Asset, frames: int) -> Creative:
        if frames == asset.frames:
            return slate
        creative_id = cut_id(asset, frames)
        if creative := self.get(creative_id):
            return creative
        make = partial(cut, self._maker, asset, frames)
        return await self._once(creative_id, asset.kind, make, _unheard)

    async def _once(self, creative_id: str, kind: str, make: _Make, progress: Progress) -> Creative:
        """Make a creative, unless that is under way or has failed for good."""
        if failure := self._failures.get(creative_id):
            raise type(failure)(str(failure))
        watched = partial(self._watch, creative_id, kind, make, progress)
        return await self._flights.run(creative_id, watched)

    async def _watch(
        self, creative_id: str, kind: str, make: _Make, progress: Progress
    ) -> Creative:
        self._jobs[creative_id] = PackagingJob(creative_id, kind)
        try:
            async with self._slots:
                asset = await _persist(make, creative_id, self._share(creative_id, progress))
                await anyio.to_thread.run_sync(self._folder.add_asset, asset)
        except (CreativeRefused, CreativeFailed, StreamUnmatched, WorkerCrashed) as error:
            self._failures[creative_id] = error
            raise
        except OSError as error:
            raise MediaWriteFailed(str(error)) from error
        finally:
            del self._jobs[creative_id]
        return self._remember(asset)

    def _share(self, creative_id: str, progress: Progress) -> Progress:
        def report(share: float) -> None:
            self._jobs[creative_id] = replace(self._jobs[creative_id], share=share)
            progress(share)

        return report

    def _remember(self, asset: Asset) -> Creative:
        self._assets[asset.id] = asset
        creative = self._creatives[asset.id] = asset.creative(self._uri_prefix)
        return creative


async def _persist(make: _Make, creative_id: str, progress: Progress) -> Asset:
    """Try once more where a worker died: it may have been the machine, not the source."""
    try:
        return await make(creative_id, progress)
    except WorkerCrashed:
        return await make(creative_id, progress)


def _write_media(media: Sequence[tuple[bytes, bytes]], work: Path) -> list[tuple[str, ...]]:
    pairs = []
    for number, pair in enumerate(media):
        paths = (work / f"{number}.init", work / f"{number}.media")
        for path, data in zip(paths, pair, strict=True):
            path.write_bytes(data)
        pairs.append(tuple(map(str, paths)))
    return pairs


def _digest_of_folders(folders: Mapping[Rung, Path]) -> str:
    files = {
        folder: [[path.name, digest_of_source(path)] for path in sorted(folder.iterdir())]
        for folder in set(folders.values())
    }
    return digest_of(*sorted([rung.key, files[folder]] for rung, folder in folders.items()))


def _unheard(share: float) -> None:
    """Progress that nobody asked for."""
