"""An HLS or DASH creative becomes one of the library: as it is, or made of its best rendition."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import anyio.to_thread

from manifests.creative import Creative
from packager.outbound import GuardedClient, Limits, Policy
from packager.packaging.errors import StreamRefused, StreamUnmatched
from packager.packaging.ladder import Ladder, Rung
from packager.packaging.library import MediaLibrary
from packager.packaging.read_cmaf import MediaUnreadable
from packager.packaging.read_ts import read_packed_aac_segment
from packager.packaging.ready.fetching import StreamFetcher
from packager.packaging.ready.matching import Look, best, match
from packager.packaging.ready.stream import SUFFIXES, ReadyRendition
from packager.packaging.settings import SourceLimits
from packager.packaging.streams import container_of
from packager.packaging.write import INIT_NAME

_AT_A_TIME = 4  # the beginnings of all renditions of one are in memory while they are looked at


class ReadyCreatives:
    """Takes creatives that are HLS or DASH into a library."""

    def __init__(
        self, library: MediaLibrary, *, client: GuardedClient, policy: Policy, limits: Limits
    ) -> None:
        """Join a library and what downloads for it.

        Args:
            library: Keeps and packages.
            client: Fetches manifests and segments.
            policy: Which hosts they may come from.
            limits: Of one creative, all its files together.
        """
        self._library = library
        self._client = client
        self._policy = policy
        self._limits = limits
        self._slots = asyncio.Semaphore(_AT_A_TIME)

    async def creative(self, url: str, ladder: Ladder, *, otherwise_convert: bool) -> Creative:
        """Return a creative's segments as they are; or, if they do not match, what is made of them.

        Args:
            url: Of the multivariant playlist or the MPD.
            ladder: Of the show.
            otherwise_convert: Condition its best rendition where it does not match.

        Raises:
            OutboundError: Something of it cannot be had.
            StreamUnmatched: It does not match, and is not converted.
            PackagingError: It is not one that is used, or cannot be packaged.
            OSError: The media folder does not take it.
        """
        async with self._slots:
            fetcher = StreamFetcher(
                self._client,
                policy=self._policy,
                limits=self._limits,
                duration_s=SourceLimits().duration_s,
            )
            with self._library.work_folder() as work:
                found = _Found(fetcher, work, await fetcher.renditions(url))
                looks = await self._look(found)
                try:
                    return await self._as_it_is(found, looks, ladder)
                except StreamUnmatched:
                    if not otherwise_convert:
                        raise
                return await self._converted(found, looks, ladder)

    async def _look(self, found: "_Found") -> list[Look]:
        beginnings = [await found.begin(number) for number in range(len(found.renditions))]
        streams = await self._library.look_at(beginnings)
        return [
            Look(container_of(init or media), of, one.spoken)
            for (init, media), of, one in zip(beginnings, streams, found.renditions, strict=True)
        ]

    async def _as_it_is(self, found: "_Found", looks: Sequence[Look], ladder: Ladder) -> Creative:
        matched = match(ladder, looks)
        for number in dict.fromkeys(matched.values()):
            if found.renditions[number].offset_s:
                raise StreamUnmatched("its media begin before the Period does")
            await found.complete(number)
        folders: dict[Rung, Path] = {rung: found.folder(n) for rung, n in matched.items()}
        wanted = [rung for rung in ladder.rungs if rung.kind == "subtitles"]
        if wanted:
            folders |= await found.subtitles(wanted)
        return await self._library.take(folders, ladder)

    async def _converted(self, found: "_Found", looks: Sequence[Look], ladder: Ladder) -> Creative:
        parts = []
        for number in best(looks, max_height=ladder.max_height):
            await found.complete(number)
            path = await anyio.to_thread.run_sync(found.in_one_file, number)
            start = found.renditions[number].offset_s
            container = looks[number].container or ""
            if container == "packed-aac":  # G-09: only a tag tells its time
                start = -_tagged_start(found.first(number))
            parts.append((path, container, start))
        source = found.work / "source"
        await self._library.join(parts, source)
        return await self._library.condition(source, ladder)


@dataclass(frozen=True, slots=True)
class _Found:
    """A creative's renditions, and the folder that their files come to."""

    fetcher: StreamFetcher
    work: Path
    renditions: tuple[ReadyRendition, ...]

    def folder(self, number: int) -> Path:
        return self.work / str(number)

    async def begin(self, number: int) -> tuple[bytes, bytes]:
        """Fetch the init section and the first segment of a rendition."""
        init, media = await self.fetcher.beginning(self.renditions[number])
        container = container_of(init or media)
        if container not in SUFFIXES:
            raise StreamRefused("its segments are neither MP4, MPEG-TS nor AAC")
        folder = anyio.Path(self.folder(number))
        await folder.mkdir()
        if init:
            await (folder / INIT_NAME).write_bytes(init)
        await (folder / f"1{SUFFIXES[container]}").write_bytes(media)
        return init, media

    def first(self, number: int) -> bytes:
        return next(self.folder(number).glob("1.*")).read_bytes()

    async def complete(self, number: int) -> None:
        """Fetch the other segments of a rendition, unless they are there."""
        folder, rendition = self.folder(number), self.renditions[number]
        suffix = next(folder.glob("1.*")).suffix
        paths = [folder / f"{n}{suffix}" for n in range(2, len(rendition.segments) + 1)]
        if not paths or paths[-1].is_file():
            return
        await self.fetcher.rest(rendition, paths)

    async def subtitles(self, rungs: Sequence[Rung]) -> dict[Rung, Path]:
        """Fetch the subtitles that are of a rung's language, all segments of them."""
        folders: dict[Rung, Path] = {}
        for number, rendition in enumerate(await self.fetcher.subtitles()):
            open_rungs = [rung for rung in rungs if rung not in folders]
            rung = next((one for one in open_rungs if one.spoken in (*rendition.spoken, "")), None)
            if rung is None:
                continue
            folder = folders[rung] = self.work / f"text{number}"
            await anyio.Path(folder).mkdir()
            for name, piece in enumerate(rendition.segments, 1):
                data = await self.fetcher.piece(piece)
                await anyio.Path(folder / f"{name}.vtt").write_bytes(data)
        return folders

    def in_one_file(self, number: int) -> Path:
        """Write the files of a rendition one after the other to one."""
        folder, path = self.folder(number), self.work / f"{number}.joined"
        suffix = next(folder.glob("1.*")).suffix
        with path.open("wb") as file:
            if (init := folder / INIT_NAME).is_file():
                file.write(init.read_bytes())
            for n in range(1, len(self.renditions[number].segments) + 1):
                file.write((folder / f"{n}{suffix}").read_bytes())
        return path


def _tagged_start(media: bytes) -> Fraction:
    try:
        return read_packed_aac_segment(media).start
    except MediaUnreadable as error:
        raise StreamRefused(str(error)) from error
