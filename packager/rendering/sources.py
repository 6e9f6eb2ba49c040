"""The origin's init sections and segments: fetched once, kept for a while, bounded.

Workers have no network: what they draw on is fetched here, by the guarded client. A segment is
needed once for each picture on it, and its init section for every segment.
"""

from collections import OrderedDict

from packager.outbound import GuardedClient, Limits, Policy, Truncated, Unreachable
from packager.rendering.jobs import Piece
from packager.single_flight import FlightError, SingleFlight

SEGMENT_LIMITS = Limits(total_s=10.0, max_bytes=32 * 1024 * 1024)
KEPT_BYTES = 64 * 1024 * 1024
AT_ONCE = 64  # fetches


class Sources:
    """Bytes by URL and range."""

    def __init__(
        self,
        client: GuardedClient,
        *,
        limits: Limits = SEGMENT_LIMITS,
        kept_bytes: int = KEPT_BYTES,
    ) -> None:
        """Keep nothing yet.

        Args:
            client: Fetches; it stays the caller's.
            limits: Of one fetch.
            kept_bytes: Of all that is kept; what was asked for longest ago goes first.
        """
        self._client = client
        self._limits = limits
        self._kept_bytes = kept_bytes
        self._bytes = 0
        self._kept: OrderedDict[Piece, bytes] = OrderedDict()
        self._flights: SingleFlight[bytes] = SingleFlight(limit=AT_ONCE)

    async def get(self, piece: Piece) -> bytes:
        """Return the bytes.

        Raises:
            OutboundError: They cannot be had.
        """
        if piece in self._kept:
            self._kept.move_to_end(piece)
            return self._kept[piece]
        try:
            return await self._flights.run(piece, lambda: self._fetch(piece))
        except FlightError as error:
            raise Unreachable(f"not fetched: {error}") from error

    async def aclose(self) -> None:
        """End what is being fetched."""
        await self._flights.aclose()

    async def _fetch(self, piece: Piece) -> bytes:
        headers = {"Accept-Encoding": "identity"}
        if piece.byte_range is not None:
            headers["Range"] = "bytes={}-{}".format(*piece.byte_range)
        # Segments may be anywhere: an origin's manifests name the hosts of its CDN.
        fetched = await self._client.fetch(
            piece.url, policy=Policy(), limits=self._limits, headers=headers
        )
        data = fetched.body
        if piece.byte_range is not None:
            first, last = piece.byte_range
            if fetched.status != 206:  # a server that takes no notice of Range
                data = data[first : last + 1]
            if len(data) != last + 1 - first:
                raise Truncated(f"{len(data)} bytes of {last + 1 - first}")
        self._keep(piece, data)
        return data

    def _keep(self, piece: Piece, data: bytes) -> None:
        self._kept[piece] = data
        self._bytes += len(data)
        while self._bytes > self._kept_bytes:
            _, gone = self._kept.popitem(last=False)
            self._bytes -= len(gone)
