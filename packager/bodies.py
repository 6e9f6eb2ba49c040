"""Answers' bodies: made once, and compressed once somebody asks for that."""

import hashlib
import zlib
from dataclasses import dataclass, field

GZIP_MIN_BYTES = 860  # below, a packet is a packet
GZIP_LEVEL = 4


@dataclass(slots=True)
class Body:
    """An answer's bytes, and compressed once somebody asks."""

    plain: bytes
    _gzip: bytes | None = field(default=None, repr=False)
    _etag: str | None = field(default=None, repr=False)

    @property
    def gzip(self) -> bytes:
        """One gzip member (RFC 1952) without a time, so that equal bodies are equal bytes."""
        if self._gzip is None:
            deflate = zlib.compressobj(GZIP_LEVEL, zlib.DEFLATED, 31)
            self._gzip = deflate.compress(self.plain) + deflate.flush()
        return self._gzip

    @property
    def etag(self) -> str:
        """What caches know it by (RFC 9110, 8.8.3): weak, for it is the same text compressed."""
        if self._etag is None:
            self._etag = f'W/"{hashlib.blake2b(self.plain, digest_size=12).hexdigest()}"'
        return self._etag

    @property
    def compresses(self) -> bool:
        """Whether it is worth compressing."""
        return len(self.plain) >= GZIP_MIN_BYTES

    @property
    def size(self) -> int:
        """Bytes that it counts for in a cache."""
        return len(self.plain) + len(self.plain) // 4 + 512
