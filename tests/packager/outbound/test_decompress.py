import gzip
import random
import zlib

import brotli
import pytest

from packager.outbound.decompress import PIECE_BYTES, decoder
from packager.outbound.errors import RatioExceeded, Truncated

TEXT = b"#EXTM3U\n" + b"".join(b"#EXTINF:6.000,\nseg%05d.ts\n" % n for n in range(20_000))
NOISE = random.Random(1).randbytes(300_000)


def brotli_compress(data: bytes) -> bytes:
    return brotli.compress(data, quality=4)


def raw_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return stream.compress(data) + stream.flush()


ENCODERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "br": brotli_compress,
    "deflate": zlib.compress,
    "identity": bytes,
    "": bytes,
}


def inflate(coding: str, data: bytes, chunk: int) -> list[bytes]:
    decode = decoder(coding)
    pieces: list[bytes] = []
    for i in range(0, len(data), chunk):
        pieces += decode.feed(b"")
        pieces += decode.feed(data[i : i + chunk])
    decode.finish()
    return pieces


@pytest.mark.parametrize("chunk", [1, 7, 4096, 10_000_000])
@pytest.mark.parametrize("coding", ENCODERS)
def test_a_body_in_any_pieces_inflates_to_what_was_meant(coding: str, chunk: int) -> None:
    body = TEXT[:3000] if chunk == 1 else TEXT + NOISE
    assert b"".join(inflate(coding, ENCODERS[coding](body), chunk)) == body


@pytest.mark.parametrize("coding", ENCODERS)
def test_an_empty_body_is_an_empty_body_in_every_coding(coding: str) -> None:
    assert b"".join(inflate(coding, b"", 10)) == b""
    assert b"".join(inflate(coding, ENCODERS[coding](b""), 10)) == b""


def test_deflate_is_also_read_without_its_zlib_header() -> None:
    assert b"".join(inflate("deflate", raw_deflate(TEXT), 1000)) == TEXT


def test_gzip_members_follow_each_other_and_zeros_pad_the_last() -> None:
    data = gzip.compress(b"one,") + gzip.compress(b"two") + b"\0" * 100
    for chunk in (1, 5, 1000):
        assert b"".join(inflate("gzip", data, chunk)) == b"one,two"


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
def test_no_piece_of_a_bomb_is_large(coding: str) -> None:
    bomb = ENCODERS[coding](bytes(20_000_000))
    pieces = inflate(coding, bomb, 1_000_000)
    assert sum(map(len, pieces)) == 20_000_000
    # The C code of brotli may go to nearly twice the limit that it is given.
    assert max(map(len, pieces)) <= 2 * PIECE_BYTES


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
@pytest.mark.parametrize("cut", [1, 4, 9, 500])
def test_a_compressed_body_that_ends_early_is_truncated(coding: str, cut: int) -> None:
    data = ENCODERS[coding](TEXT)
    with pytest.raises(Truncated):
        inflate(coding, data[:-cut], 1000)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])  # brotli has no checksum
def test_a_compressed_body_that_is_damaged_is_truncated(coding: str) -> None:
    data = bytearray(ENCODERS[coding](TEXT + NOISE))
    data[len(data) // 3 : len(data) // 3 + 50] = bytes(50)
    with pytest.raises(Truncated):
        inflate(coding, bytes(data), 1000)


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate"])
def test_a_body_that_is_not_compressed_as_it_says_is_truncated(coding: str) -> None:
    with pytest.raises(Truncated):
        inflate(coding, b"<html>captive portal</html>" * 20, 1000)


def test_garbage_after_a_gzip_member_is_damage() -> None:
    with pytest.raises(Truncated):
        inflate("gzip", gzip.compress(b"one") + b"garbage", 1000)


@pytest.mark.parametrize("coding", ["zstd", "compress", "aes128gcm"])
def test_a_coding_that_was_not_asked_for_is_not_read(coding: str) -> None:
    with pytest.raises(Truncated):
        decoder(coding)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br,gzip", "identity, br", ", gzip,, gzip"])
def test_stacked_codings_are_not_read(coding: str) -> None:
    with pytest.raises(RatioExceeded):
        decoder(coding)
