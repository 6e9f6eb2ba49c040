"""Makes renditions: has a worker process encode them, and takes them into the media folder.

What is already there is not made again: a rendition's digest follows from its source, its rung and
how it is conditioned.
"""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import anyio.to_thread

from packager.children import WorkerLimits
from packager.packaging.assets import Asset, StoredRendition, stored
from packager.packaging.encoded import encoded_from_json
from packager.packaging.jobs import run_job
from packager.packaging.ladder import Ladder, Rung, rung_to_json
from packager.packaging.segmentation import nearest
from packager.packaging.settings import ConditionSettings, settings_to_json
from packager.packaging.store import MediaFolder, digest_of

Progress = Callable[[float], None]  # called with the share that is done, 0 to 1

# Part of every digest: raise it when the same source and rung give other bytes or another index.
PROFILE_VERSION = 2


class Maker:
    """Turns sources into assets of a folder."""

    def __init__(
        self,
        folder: MediaFolder,
        settings: ConditionSettings,
        *,
        limits: WorkerLimits,
        command: Sequence[str],
    ) -> None:
        """Take the folder, how sources are conditioned, and how a worker is started."""
        self.folder = folder
        self._settings = settings
        self._limits = limits
        self._command = command

    @property
    def profile(self) -> list[Any]:
        """What beside source and rung decides the bytes."""
        settings = settings_to_json(self._settings)
        del settings["limits"]  # they decide whether, not how
        return [PROFILE_VERSION, settings]

    def rendition_digest(self, source_digest: str, rung: Rung) -> str:
        """The name of a source's rendition."""
        return digest_of(source_digest, rung.key, self.profile)

    async def condition(
        self,
        source: bytes | Path,
        source_digest: str,
        ladder: Ladder,
        kind: str,
        creative_id: str,
        progress: Progress,
    ) -> Asset:
        """Make the asset of a whole source; slates keep their source, to be cut later."""
        digests = {rung: self.rendition_digest(source_digest, rung) for rung in ladder.rungs}
        found = {rung: self.folder.rendition(digest, rung) for rung, digest in digests.items()}
        missing = [rung for rung, rendition in found.items() if rendition is None]
        with self.folder.work_folder() as work:
            path = await anyio.to_thread.run_sync(_local, source, work)
            if missing:
                found.update(await self.encode(path, missing, digests, work, progress))
            if kind == "slate":
                await anyio.to_thread.run_sync(self.folder.keep_source, path, source_digest)
        renditions = tuple(rendition for rendition in found.values() if rendition is not None)
        return Asset(
            id=creative_id,
            kind=kind,
            source=source_digest,
            frames=_frames(renditions),
            renditions=renditions,
        )

    async def draw(
        self,
        write: Callable[[Path], dict[str, Any]],
        source_digest: str,
        ladder: Ladder,
        kind: str,
        creative_id: str,
        progress: Progress,
    ) -> Asset:
        """Make the asset of a source that a worker draws first; the arguments as in `condition`.

        Args:
            write: Gives the worker's job, but for its ``target``; gets a folder for what it reads.
            source_digest: Of all that decides what is drawn.
            ladder: Of the show.
            kind: What it is for.
            creative_id: Of the creative.
            progress: Told of the share that is done.

        Raises:
            CreativeRefused: It cannot be drawn.
        """
        with self.folder.work_folder() as work:
            target = work / "drawn.mp4"
            job = await anyio.to_thread.run_sync(write, work)
            await run_job(
                {**job, "target": str(target)},
                work,
                limits=self._limits,
                progress=lambda share: None,
                command=self._command,
            )
            return await self.condition(target, source_digest, ladder, kind, creative_id, progress)

    async def take(
        self,
        renditions: Mapping[Rung, Path],
        source_digest: str,
        ladder: Ladder,
        kind: str,
        creative_id: str,
        progress: Progress,
    ) -> Asset:
        """Make the asset of renditions that are there already; the arguments as in `condition`.

        Args:
            renditions: The folders of init section and segments, named as they are here. Rungs of
                subtitles may have none.
            source_digest: Of all of them.
            ladder: Of the show.
            kind: What it is for.
            creative_id: Of the creative.
            progress: Told of the share that is done.

        Raises:
            StreamUnmatched: A rendition cannot be used as it is.
        """
        profile = ["as it is", PROFILE_VERSION]
        digests = {rung: digest_of(source_digest, rung.key, profile) for rung in ladder.rungs}
        with self.folder.work_folder() as work:
            folders = [str(renditions[r]) if r in renditions else None for r in ladder.rungs]
            job = {
                "do": "take",
                "rungs": [rung_to_json(rung) for rung in ladder.rungs],
                "folders": folders,
                "out": str(work / "out"),
            }
            found = await self._renditions(job, ladder.rungs, digests, work, progress)
        return Asset(
            id=creative_id,
            kind=kind,
            source=source_digest,
            frames=_frames(tuple(found.values())),
            renditions=tuple(found.values()),
        )

    async def encode(
        self,
        source: Path,
        rungs: Sequence[Rung],
        digests: dict[Rung, str],
        work: Path,
        progress: Progress,
        part: dict[str, Any] | None = None,
    ) -> dict[Rung, StoredRendition]:
        """Have a worker make renditions, and take them into the folder."""
        job = {
            "do": "condition",
            "source": str(source),
            "rungs": [rung_to_json(rung) for rung in rungs],
            "out": str(work / "out"),
            "settings": settings_to_json(self._settings),
            "part": part,
        }
        return await self._renditions(job, rungs, digests, work, progress, is_part=part is not None)

    async def _renditions(
        self,
        job: dict[str, Any],
        rungs: Sequence[Rung],
        digests: Mapping[Rung, str],
        work: Path,
        progress: Progress,
        *,
        is_part: bool = False,
    ) -> dict[Rung, StoredRendition]:
        """Have a worker do a job that makes a folder for each rung, and keep what it has made."""
        answer = await run_job(
            job, work, limits=self._limits, progress=progress, command=self._command
        )
        made = {}
        for rung, item in zip(rungs, answer["renditions"], strict=True):
            digest, encoded = digests[rung], encoded_from_json(rung, item)
            made[rung] = stored(encoded, digest, is_part=is_part)
            await anyio.to_thread.run_sync(
                self.folder.add_rendition, encoded.folder, digest, made[rung]
            )
        return made

    async def join(self, parts: Sequence[tuple[Path, str, Fraction]], target: Path) -> None:
        """Join pictures and sound that are in files of their own to a progressive file.

        Args:
            parts: Of each the file, its container as in `Rung`, and the seconds on its own clock
                at which it is to begin.
            target: The file that is made.

        Raises:
            CreativeRefused: One of them cannot be read.
        """
        with self.folder.work_folder() as work:
            await run_job(
                {
                    "do": "join",
                    "parts": [[str(path), kind, str(start)] for path, kind, start in parts],
                    "target": str(target),
                },
                work,
                limits=self._limits,
                progress=lambda share: None,
                command=self._command,
            )


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
