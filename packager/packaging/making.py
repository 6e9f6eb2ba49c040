"""Makes renditions: has a worker process encode them, and takes them into the media folder.

What is already there is not made again: a rendition's digest follows from its source, its rung and
how it is conditioned.
"""

import shutil
from collections.abc import Callable, Sequence
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
                await anyio.to_thread.run_sync(_keep, path, self.folder.source(source_digest), work)
        renditions = tuple(rendition for rendition in found.values() if rendition is not None)
        return Asset(
            id=creative_id,
            kind=kind,
            source=source_digest,
            frames=_frames(renditions),
            renditions=renditions,
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
            digest, encoded = digests[rung], encoded_from_json(rung, item)
            made[rung] = stored(encoded, digest, is_part=part is not None)
            self.folder.add_rendition(encoded.folder, digest, made[rung])
        return made


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
