"""Which font files are read, and what happens to the others (failures.md, attacks, no. 19)."""

import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overlays.errors import FontError
from overlays.text.fonts import read_font
from overlays.text.shelf import read_shelf
from packager.templates.folder import shelf

LATIN = shelf().families["bold"][0]
REFUSED = {
    "BDF": b"STARTFONT 2.1\nFONT -misc-fixed\n",
    "PCF": b"\x01fcp" + bytes(64),
    "compressed PCF": b"\x1f\x8b\x08" + bytes(64),
    "WOFF": b"wOFF" + bytes(64),
    "WOFF 2": b"wOF2" + bytes(64),
    "Type 1": b"%!PS-AdobeFont-1.0: x",
    "a collection": b"ttcf" + bytes(64),
    "nothing": b"",
    "only a header": b"\x00\x01\x00\x00" + bytes(8),
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_other_kinds_of_fonts_are_refused(data: bytes) -> None:
    with pytest.raises(FontError):
        read_font("x.ttf", data)


def test_coverage_is_what_the_font_draws() -> None:
    assert LATIN.coverage >= {ord(character) for character in "AzÄłΩж€…"}
    assert not LATIN.coverage & {ord("א"), ord("日"), 0x1F525}


def with_cmap(cmap: bytes) -> bytes:
    """A font file whose character map is another one."""
    data = bytearray(LATIN.data)
    for number in range(struct.unpack_from(">H", data, 4)[0]):
        if data[12 + 16 * number : 16 + 16 * number] == b"cmap":
            struct.pack_into(">LL", data, 12 + 16 * number + 8, len(data), len(cmap))
    return bytes(data) + cmap


def test_a_map_that_claims_everything_again_and_again_costs_nothing() -> None:
    groups = b"".join(struct.pack(">LLL", 0, 0x10FFFF, 0) for _ in range(2000))
    table = struct.pack(">HHLLL", 12, 0, 16 + len(groups), 0, 2000) + groups
    with pytest.raises(FontError, match="out of order"):
        read_font("x.ttf", with_cmap(struct.pack(">HHHHL", 0, 1, 3, 10, 12) + table))


@given(st.binary(max_size=200))
def test_any_character_map_is_read_or_refused(cmap: bytes) -> None:
    with suppress(FontError):
        read_font("x.ttf", with_cmap(cmap))


def test_a_missing_bundled_font_is_named() -> None:
    with pytest.raises(FontError, match="NotoSans is missing"):
        read_shelf({})
