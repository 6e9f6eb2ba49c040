"""Inflating bodies piece by piece, so that a bomb is stopped before it is large.

No piece is larger than about `PIECE_BYTES`, whatever the coding makes of its input; who consumes
them counts, and stops (failures.md, threat 17).
"""

import zlib
from collections.abc import Iterator
from typing import Protocol

import brotli

from packager.outbound.errors import RatioExceeded, Truncated

ACCEPTED = "gzip, br"
PIECE_BYTES = 64 * 1024

_GZIP_BITS = 16 + zlib.MAX_WBITS


class Decoder(Protocol):
    """Turns the bytes of a body, as they came, into the bytes that were meant."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what `data` adds, in small pieces; it must be consumed before the next call.

        Raises:
            Truncated: The bytes are damaged.
        """
        ...

    def finish(self) -> None:
        """Say that there is no more.

        Raises:
            Truncated: There should have been more.
        """
        ...


def decoder(content_encoding: str) -> Decoder:
    """Return the decoder for the value of a Content-Encoding header; empty: there was none.

    Raises:
        RatioExceeded: Codings are stacked. Nobody compresses twice but to hide a bomb.
        Truncated: It is a coding that was not asked for.
    """
    codings = [coding.strip().lower() for coding in content_encoding.split(",") if coding.strip()]
    match codings:
        case [] | ["identity"]:
            return _Identity()
        case ["gzip" | "x-gzip"]:
            return _Gzip()
        case ["deflate"]:
            return _Deflate()
        case ["br"]:
            return _Brotli()
        case [_]:
            raise Truncated("unknown content coding")
        case _:
            raise RatioExceeded(f"{len(codings)} content codings")


class _Identity:
    def feed(self, data: bytes) -> Iterator[bytes]:
        yield data

    def finish(self) -> None:
        pass


class _Gzip:
    """Gzip members, one after another (RFC 1952, section 2.2); zeros after the last are padding."""

    def __init__(self) -> None:
        self._member = zlib.decompressobj(_GZIP_BITS)
        self._any = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        while data:
            if self._member.eof:
                data = data.lstrip(b"\0")
                if not data:
                    return
                self._member = zlib.decompressobj(_GZIP_BITS)
            self._any = True
            yield from _inflate(self._member, data)
            data = self._member.unused_data

    def finish(self) -> None:
        if self._any and not self._member.eof:
            raise Truncated("gzip body ends early")


class _Deflate:
    """Deflate with its zlib header (RFC 9110, section 8.4.1.2), or, as some send it, without."""

    def __init__(self) -> None:
        self._stream: zlib._Decompress | None = None

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        if self._stream is None:
            wrapped = data[0] & 0x0F == 8  # RFC 1950: compression method deflate
            self._stream = zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
        yield from _inflate(self._stream, data)

    def finish(self) -> None:
        if self._stream is not None and not self._stream.eof:
            raise Truncated("deflate body ends early")


def _inflate(stream: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
    try:
        while not stream.eof:
            piece = stream.decompress(data, PIECE_BYTES)
            if piece:
                yield piece
            data = stream.unconsumed_tail
            if not data and len(piece) < PIECE_BYTES:  # else zlib may hold more in its window
                return
    except zlib.error as error:
        raise Truncated("damaged compressed body") from error


class _Brotli:
    def __init__(self) -> None:
        self._stream = brotli.Decompressor()
        self._any = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        if not data:
            return
        self._any = True
        try:
            piece = self._stream.process(data, output_buffer_limit=PIECE_BYTES)
            while piece:
                yield piece
                piece = self._stream.process(b"", output_buffer_limit=PIECE_BYTES)
        except brotli.error as error:
            raise Truncated("damaged compressed body") from error

    def finish(self) -> None:
        if self._any and not self._stream.is_finished():
            raise Truncated("brotli body ends early")
