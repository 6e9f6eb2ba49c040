"""The media library: creatives, slates and bumpers, packaged once per source and ladder.

The server's side of packaging. It never reads media itself: worker processes do, and one that dies
takes nothing with it. A source that was refused is refused again at once, and one that killed two
workers is not tried a third time.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
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
from manifests.hls.model import MediaPlaylist, MultivariantPlaylist
from packager.packaging.errors import (
    CreativeFailed,
    CreativeRefused,
    LadderUnmatched,
    MediaWriteFailed,
    PackagingError,
    WorkerCrashed,
)
from packager.packaging.jobs import WORKER, WorkerLimits, run_job
from packager.packaging.ladder import Ladder, Rung, rung_to_json
from packager.packaging.mux_ts import counters_after
from packager.packaging.probe import Probe, ladder_from_streams
from packager.packaging.segmentation import nearest
from packager.packaging.settings import ConditionSettings, settings_to_json
from packager.packaging.store import (
    Asset,
    MediaFile,
    MediaFolder,
    StoredRendition,
    StoredSegment,
    digest_of,
    digest_of_source,
)
from packager.packaging.streams import stream_from_json
from packager.single_flight import SingleFlight

Kind = Literal["ad", "slate", "bumper"]
Progress = Callable[[float], None]  # called with the share that is done, 0 to 1

# Part of every digest: raise it when the same source and rung give other bytes than before.
PROFILE_VERSION = 1

_REMEMBERED = 4096  # sources that failed
_SHORTEST_CUT = Fraction(1, 10)  # seconds
_PROBE_LIMITS = WorkerLimits(timeout_s=30)

_Make = Callable[[str], Awaitable[Asset]]  # takes the id of the creative


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
        self._settings = settings or ConditionSettings()
        self._limits = limits or WorkerLimits()
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
        async with self._probe_slots:
            with self._folder.work_folder() as work:
                pairs = await anyio.to_thread.run_sync(_write_probes, probes, work)
                answer = await run_job(
                    {"do": "streams", "media": pairs},
                    work,
                    limits=_PROBE_LIMITS,
                    progress=_unheard,
                    command=self._command,
                )
        streams = [tuple(map(stream_from_json, found)) for found in answer["streams"]]
        return ladder_from_streams(source, probes, streams)

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
        creative_id = digest_of(digest, ladder.key, kind, self._profile())
        if creative := self.get(creative_id):
            return creative
        make = partial(self._condition, source, digest, ladder, kind, progress or _unheard)
        return await self._once(creative_id, kind, make)

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
        grid = asset.plan.grid
        frames = nearest(Fraction(duration) * grid)
        loops, rest = divmod(frames, asset.frames)
        shortest = _SHORTEST_CUT * grid
        if loops and 0 < rest < shortest:  # a blink; two parts of about the same length instead
            together = asset.frames + rest
            parts = [together - together // 2, together // 2]
            return (slate,) * (loops - 1) + tuple([await self._cut(asset, n) for n in parts])
        if not loops and rest < shortest:
            raise CreativeFailed(f"{float(duration):.3f} s of slate are too short to play")
        return (slate,) * loops + ((await self._cut(asset, rest),) if rest else ())

    def cut_if_ready(self, slate: Creative, duration: Fraction | Decimal) -> Creative | None:
        """Return the one creative that `cut` gives for less than the whole slate, if it is made."""
        asset = self._assets[slate.id]
        return self.get(_cut_id(asset, nearest(Fraction(duration) * asset.plan.grid)))

    async def _cut(self, asset: Asset, frames: int) -> Creative:
        creative_id = _cut_id(asset, frames)
        if creative := self.get(creative_id):
            return creative
        make = partial(self._make_cut, asset, frames)
        return await self._once(creative_id, asset.kind, make)

    async def _once(self, creative_id: str, kind: str, make: _Make) -> Creative:
        """Make a creative, unless that is under way or has failed for good."""
        if failure := self._failures.get(creative_id):
            raise type(failure)(str(failure))
        return await self._flights.run(creative_id, partial(self._watch, creative_id, kind, make))

    async def _watch(self, creative_id: str, kind: str, make: _Make) -> Creative:
        self._jobs[creative_id] = PackagingJob(creative_id, kind)
        try:
            async with self._slots:
                asset = await self._persist(make, creative_id)
                await anyio.to_thread.run_sync(self._folder.add_asset, asset)
        except (CreativeRefused, CreativeFailed, WorkerCrashed) as error:
            self._failures[creative_id] = error
            raise
        except OSError as error:
            raise MediaWriteFailed(str(error)) from error
        finally:
            del self._jobs[creative_id]
        return self._remember(asset)

    async def _persist(self, make: _Make, creative_id: str) -> Asset:
        """Try once more where a worker died: it may have been the machine, not the source."""
        try:
            return await make(creative_id)
        except WorkerCrashed:
            return await make(creative_id)

    async def _condition(
        self,
        source: bytes | Path,
        source_digest: str,
        ladder: Ladder,
        kind: Kind,
        progress: Progress,
        creative_id: str,
    ) -> Asset:
        digests = {rung: self._rendition_digest(source_digest, rung) for rung in ladder.rungs}
        stored = {rung: self._folder.rendition(digest, rung) for rung, digest in digests.items()}
        missing = [rung for rung, rendition in stored.items() if rendition is None]
        with self._folder.work_folder() as work:
            path = await anyio.to_thread.run_sync(_local, source, work)
            if missing:
                made = await self._encode(
                    path, missing, digests, work, self._share(creative_id, progress)
                )
                stored.update(made)
            if kind == "slate":
                await anyio.to_thread.run_sync(
                    _keep, path, self._folder.source(source_digest), work
                )
        renditions = tuple(rendition for rendition in stored.values() if rendition is not None)
        return Asset(
            id=creative_id,
            kind=kind,
            source=source_digest,
            frames=_frames(renditions),
            renditions=renditions,
        )

    async def _make_cut(self, asset: Asset, frames: int, creative_id: str) -> Asset:
        plan = asset.plan
        kept = 0  # whole segments
        while plan.border(kept + 1) <= frames:
            kept += 1
        tail = frames - plan.border(kept)
        if kept and 0 < 4 * tail < plan.step:
            kept -= 1  # a very short segment; two of about the same length instead
        first = plan.border(kept)
        renditions = [replace(r, segments=r.segments[:kept]) for r in asset.renditions]
        if tail:
            made = await self._encode_tail(asset, kept, first, frames, creative_id)
            renditions = [
                replace(head, segments=head.segments + made[head.rung].segments)
                for head in renditions
            ]
        return Asset(
            id=creative_id,
            kind=asset.kind,
            source=asset.source,
            frames=frames,
            renditions=tuple(renditions),
        )

    async def _encode_tail(
        self, asset: Asset, kept: int, first: int, end: int, creative_id: str
    ) -> dict[Rung, StoredRendition]:
        """Encode grid frames `first` to `end` of an asset, to follow its first `kept` segments."""
        digests = {
            r.rung: digest_of(self._rendition_digest(asset.source, r.rung), "part", first, end)
            for r in asset.renditions
        }
        counters = [
            counters_after(self._folder.segment(r.segments[kept - 1]).read_bytes())
            if kept and r.rung.container == "ts"
            else {}
            for r in asset.renditions
        ]
        part = {"first": first, "end": end, "first_number": kept + 1, "counters": counters}
        with self._folder.work_folder() as work:
            made = await self._encode(
                self._folder.source(asset.source),
                [r.rung for r in asset.renditions],
                digests,
                work,
                self._share(creative_id, _unheard),
                part=part,
            )
        for whole in asset.renditions:
            before, after = self._folder.init(whole), self._folder.init(made[whole.rung])
            if before and after and before.read_bytes() != after.read_bytes():
                raise CreativeFailed("the cut slate needs another init section (G-02)")
        return made

    async def _encode(
        self,
        source: Path,
        rungs: Sequence[Rung],
        digests: dict[Rung, str],
        work: Path,
        progress: Progress,
        part: dict[str, Any] | None = None,
    ) -> dict[Rung, StoredRendition]:
        """Have a worker make renditions, and take them into the folder."""
        answer = await run_job(
            {
                "do": "condition",
                "source": str(source),
                "rungs": [rung_to_json(rung) for rung in rungs],
                "out": str(work / "out"),
                "settings": settings_to_json(self._settings),
                "part": part,
            },
            work,
            limits=self._limits,
            progress=progress,
            command=self._command,
        )
        made = {}
        for rung, item in zip(rungs, answer["renditions"], strict=True):
            digest = digests[rung]
            rendition = StoredRendition(
                rung,
                None if item["init"] is None else (digest, item["init"]),
                tuple(StoredSegment(digest, name, Fraction(s)) for name, s, _ in item["segments"]),
            )
            self._folder.add_rendition(Path(item["folder"]), digest, rendition)
            made[rung] = rendition
        return made

    def _share(self, creative_id: str, progress: Progress) -> Progress:
        def report(share: float) -> None:
            self._jobs[creative_id] = replace(self._jobs[creative_id], share=share)
            progress(share)

        return report

    def _remember(self, asset: Asset) -> Creative:
        self._assets[asset.id] = asset
        creative = self._creatives[asset.id] = asset.creative(self._uri_prefix)
        return creative

    def _profile(self) -> list[Any]:
        settings = settings_to_json(self._settings)
        del settings["limits"]  # they decide whether, not how
        return [PROFILE_VERSION, settings]

    def _rendition_digest(self, source_digest: str, rung: Rung) -> str:
        return digest_of(source_digest, rung.key, self._profile())


def _cut_id(asset: Asset, frames: int) -> str:
    return digest_of(asset.id, "cut", frames)


def _frames(renditions: Sequence[StoredRendition]) -> int:
    """Return the frames of the grid that an asset lasts."""
    longest = max(renditions, key=lambda r: r.rung.video is not None)  # audio is less exact
    seconds = sum((segment.duration for segment in longest.segments), Fraction(0))
    return nearest(seconds * longest.rung.frame_grid)


def _local(source: bytes | Path, work: Path) -> Path:
    if isinstance(source, Path):
        return source
    path = work / "source"
    path.write_bytes(source)
    return path


def _keep(source: Path, target: Path, work: Path) -> None:
    """Copy a source to where it stays."""
    copy = work / "kept"
    shutil.copyfile(source, copy)
    copy.replace(target)


def _write_probes(probes: Sequence[Probe], work: Path) -> list[tuple[str, str]]:
    pairs = []
    for number, probe in enumerate(probes):
        init, media = work / f"{number}.init", work / f"{number}.media"
        init.write_bytes(probe.init)
        media.write_bytes(probe.media)
        pairs.append((str(init), str(media)))
    return pairs


def _unheard(share: float) -> None:
    """Progress that nobody asked for."""
