"""MPDs read off the event loop, each in a thread of its own (see `packager.xml_thread`)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial

from manifests.dash.model import Mpd
from manifests.dash.reading.document import read_tree
from manifests.dash.reading.reader import read_mpd, read_mpd_tree
from manifests.dash.reading.xlink import (
    REMOTE_LIMITS,
    embed_periods,
    read_remote_periods,
    remote_periods,
)
from manifests.errors import ManifestError, RemoteElementError
from packager.config.show_settings import Show
from packager.origin import Document, OriginCache
from packager.outbound import NotWhole, OutboundError
from packager.xml_thread import XmlThread

REMOTE_BYTES = REMOTE_LIMITS.bytes
REMOTE_FRESH_S = 30.0  # how long what a remote Period stands for is not asked for again

ReadMpd = Callable[[bytes, str], Awaitable[Mpd]]


class MpdReading:
    """Reads MPDs as the origin's cache wants them read."""

    def __init__(self, remote: OriginCache) -> None:
        """Start no thread yet.

        Args:
            remote: What remote Periods stand for: from the same hosts as MPDs.
        """
        self._remote = remote
        self._thread = XmlThread("mpd")

    def of(self, show: Show) -> ReadMpd:
        """What reads the MPDs of a show: the same each time."""
        return self.read_resolved if show.xlink == "resolve" else self.read

    async def read(self, body: bytes, url: str) -> Mpd:
        """Read an MPD that is whole.

        Raises:
            ManifestError: It cannot be read.
            NotWhole: Parts of it are elsewhere.
        """
        try:
            return await self._thread.run(partial(read_mpd, url=url), body)
        except RemoteElementError as error:
            raise NotWhole(str(error)) from error

    async def read_resolved(self, body: bytes, url: str) -> Mpd:
        """Read an MPD with what its remote Periods stand for (B-47).

        Raises:
            ManifestError: It cannot be read.
            NotWhole: Parts of it cannot be had.
        """
        try:
            found = await self._thread.run(partial(_whole_or_remote, url=url), body)
            if isinstance(found, Mpd):
                return found
            remote = await self._fetched(found)
            return await self._thread.run(partial(_read_with, remote=remote, url=url), body)
        except RemoteElementError as error:
            raise NotWhole(str(error)) from error

    async def _fetched(self, urls: tuple[str, ...]) -> dict[str, bytes]:
        documents = await asyncio.gather(*map(self._document, urls), return_exceptions=True)
        bodies = {}
        for number, (one, document) in enumerate(zip(urls, documents, strict=True), 1):
            if isinstance(document, OutboundError):
                raise NotWhole(f"remote Period {number} of {len(urls)}: {document}") from document
            if isinstance(document, BaseException):
                raise document
            bodies[one] = document.value
        return bodies

    async def _document(self, url: str) -> Document[bytes]:
        return await self._remote.get(url, max_age_s=REMOTE_FRESH_S, parse=self._checked)

    async def _checked(self, body: bytes, url: str) -> bytes:
        """The bytes as they are, if they can be put in: else those before stay good."""
        try:
            return await self._thread.run(_check, body)
        except ManifestError as error:
            raise NotWhole(str(error)) from error


def _check(body: bytes) -> bytes:
    read_remote_periods(body)
    return body


def _whole_or_remote(body: bytes, *, url: str) -> Mpd | tuple[str, ...]:
    """Read an MPD that is whole; of another one, where its parts are."""
    root = read_tree(body)
    remote = remote_periods(root, url=url)
    if remote:
        return tuple(dict.fromkeys(remote.values()))
    return replace(read_mpd_tree(root, url=url), size_bytes=len(body))


def _read_with(body: bytes, *, remote: Mapping[str, bytes], url: str) -> Mpd:
    """Read an MPD, given its parts. All trees are made in one thread: their names are its own."""
    root = read_tree(body)
    embed_periods(root, url=url, remote=remote)
    size_bytes = len(body) + sum(map(len, remote.values()))
    return replace(read_mpd_tree(root, url=url), size_bytes=size_bytes)
