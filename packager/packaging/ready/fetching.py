"""Fetching an HLS or DASH creative: its manifests, the beginning of each rendition, the rest.

Every playlist, init section and segment goes through the guarded client, which judges each host
and redirect for itself. All of them together have the time and the bytes of one creative.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread

from manifests.dash.reading.reader import read_mpd
from manifests.errors import ManifestError
from manifests.hls.multivariant import is_multivariant, read_multivariant_playlist
from manifests.hls.reader import read_media_playlist
from packager.outbound import Fetched, GuardedClient, Limits, Oversize, Policy, TimedOut
from packager.packaging.errors import StreamRefused
from packager.packaging.ready.from_dash import renditions_of_mpd
from packager.packaging.ready.from_hls import (
    rendition_of_playlist,
    rendition_uris,
    subtitle_uris,
)
from packager.packaging.ready.stream import Piece, ReadyRendition

_MANIFEST_BYTES = 1024 * 1024
_PIECE_BYTES = 64 * 1024 * 1024


class StreamFetcher:
    """Fetches one creative."""

    def __init__(
        self, client: GuardedClient, *, policy: Policy, limits: Limits, duration_s: int
    ) -> None:
        """Begin to count.

        Args:
            client: Fetches.
            policy: Where everything of it may be.
            limits: Of all calls together.
            duration_s: Seconds that the creative may last.
        """
        self._client = client
        self._policy = policy
        self._limits = limits
        self._duration_s = duration_s
        self._bytes = limits.max_bytes
        self._subtitles: Mapping[str, tuple[str, ...]] = {}
        self._deadline = anyio.current_time() + limits.total_s

    async def renditions(self, url: str) -> tuple[ReadyRendition, ...]:
        """Return what a creative's manifest has, by what it begins with: XML is an MPD.

        Raises:
            OutboundError: A manifest cannot be had.
            StreamRefused: Nothing is made of such a creative.
        """
        fetched = await self._fetch(Piece(url), max_bytes=_MANIFEST_BYTES)
        try:
            if fetched.body.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<"):
                return await anyio.to_thread.run_sync(self._read_mpd, fetched)
            if not is_multivariant(fetched.body):
                return (await anyio.to_thread.run_sync(self._read_playlist, fetched),)
            multivariant = read_multivariant_playlist(fetched.body, url=fetched.url)
            self._subtitles = subtitle_uris(multivariant)
            return await self._of(rendition_uris(multivariant))
        except (ManifestError, ValueError) as error:
            raise StreamRefused(f"it cannot be read: {error}") from error

    async def subtitles(self) -> tuple[ReadyRendition, ...]:
        """Return the subtitles in the playlist that `renditions` fetched.

        Raises:
            OutboundError: A playlist of theirs cannot be had.
            StreamRefused: It is not of one piece.
        """
        try:
            return await self._of(self._subtitles)
        except (ManifestError, ValueError) as error:
            raise StreamRefused(f"its subtitles cannot be read: {error}") from error

    async def _of(self, uris: Mapping[str, tuple[str, ...]]) -> tuple[ReadyRendition, ...]:
        found = []
        for uri, spoken in uris.items():
            playlist = await self._fetch(Piece(uri), max_bytes=_MANIFEST_BYTES)
            rendition = await anyio.to_thread.run_sync(self._read_playlist, playlist)
            found.append(replace(rendition, spoken=spoken))
        return tuple(found)

    async def beginning(self, rendition: ReadyRendition) -> tuple[bytes, bytes]:
        """Return the init section of a rendition, or nothing, and its first segment.

        Raises:
            OutboundError: One cannot be had.
        """
        init = b"" if rendition.init is None else await self.piece(rendition.init)
        return init, await self.piece(rendition.segments[0])

    async def rest(self, rendition: ReadyRendition, paths: Sequence[Path]) -> None:
        """Write the segments of a rendition but the first one, each to a file.

        Raises:
            OutboundError: One cannot be had.
            OSError: A file cannot be written.
        """
        for piece, path in zip(rendition.segments[1:], paths, strict=True):
            await anyio.Path(path).write_bytes(await self.piece(piece))

    async def piece(self, piece: Piece) -> bytes:
        """Return an init section or a segment.

        Raises:
            OutboundError: It cannot be had.
        """
        fetched = await self._fetch(piece, max_bytes=_PIECE_BYTES)
        part = piece.byterange
        if part is None:
            return fetched.body
        # A server may send the whole file instead (RFC 9110, section 14.2).
        offset = 0 if fetched.status == 206 else part.offset
        data = fetched.body[offset : offset + part.length]
        if len(data) != part.length:
            raise StreamRefused("a byte range is not all there")
        return data

    async def _fetch(self, piece: Piece, *, max_bytes: int) -> Fetched:
        left_s = self._deadline - anyio.current_time()
        if left_s <= 0:
            raise TimedOut(f"not complete in {self._limits.total_s:g} s")
        if self._bytes <= 0:
            raise Oversize(f"more than {self._limits.max_bytes} bytes in all")
        limits = replace(self._limits, total_s=left_s, max_bytes=min(max_bytes, self._bytes))
        headers = None
        if (part := piece.byterange) is not None:
            headers = {"Range": f"bytes={part.offset}-{part.offset + part.length - 1}"}
        fetched = await self._client.fetch(
            piece.url, policy=self._policy, limits=limits, headers=headers
        )
        self._bytes -= len(fetched.body)
        return fetched

    def _read_mpd(self, fetched: Fetched) -> tuple[ReadyRendition, ...]:
        mpd = read_mpd(fetched.body, url=fetched.url)
        return renditions_of_mpd(mpd, limit_s=self._duration_s)

    def _read_playlist(self, fetched: Fetched) -> ReadyRendition:
        playlist = read_media_playlist(fetched.body, url=fetched.url)
        return rendition_of_playlist(playlist, limit_s=self._duration_s)
