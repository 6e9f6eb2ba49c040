"""Font files: which are read, what they cover, and their metrics (OpenType 1.9).

Only TrueType and OpenType outlines and colour bitmaps: bitmap fonts of the X Window System (BDF,
PCF), Type 1 and compressed fonts (WOFF) are refused by their first bytes, before any library sees
them.
"""

import struct
from dataclasses import dataclass, field
from io import BytesIO
from typing import Final

from PIL import ImageFont, features

from overlays.errors import EngineMissing, FontError

MAX_FONT_BYTES: Final = 32 << 20
MEASURE_SIZE: Final = 200.0  # pixels: lengths are measured here and scaled, so that all sizes agree
_SFNT = (b"\x00\x01\x00\x00", b"OTTO", b"true")


@dataclass(frozen=True, slots=True, eq=False)
class Font:
    """One font file, ready to be asked and drawn with."""

    name: str  # of its file, for reports
    data: bytes
    coverage: frozenset[int]  # code points
    cap_height: float  # these three in em, upwards
    ascent: float
    descent: float  # below the baseline: positive
    strike: int | None  # pixels per em of its colour bitmaps, which exist in this size only
    _sizes: dict[float, ImageFont.FreeTypeFont] = field(default_factory=dict, repr=False)

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        """The font at a size in pixels; colour bitmaps always at their own."""
        size = float(self.strike or size)
        found = self._sizes.get(size)
        if found is None:
            if len(self._sizes) >= 16:
                self._sizes.clear()
            found = ImageFont.truetype(
                BytesIO(self.data), size, layout_engine=ImageFont.Layout.RAQM
            )
            self._sizes[size] = found
        return found

    def length(self, text: str, *, rtl: bool) -> float:
        """How far a run moves the pen, in em."""
        font = self.at(MEASURE_SIZE)
        return font.getlength(text, direction="rtl" if rtl else "ltr") / font.size


def read_font(name: str, data: bytes) -> Font:
    """Read a font file.

    Args:
        name: For errors and reports.
        data: The whole file.

    Raises:
        FontError: Not TrueType or OpenType, too large, or broken.
        EngineMissing: Pillow cannot shape text here.
    """
    if not features.check_feature("raqm"):
        raise EngineMissing(
            "Pillow cannot shape text here: install FriBiDi (apt-get install libfribidi0)"
        )
    if len(data) > MAX_FONT_BYTES:
        raise FontError(f"{name}: a font may have {MAX_FONT_BYTES >> 20} MiB at most")
    if data[:4] not in _SFNT:
        raise FontError(f"{name}: not TrueType or OpenType; give a .ttf or .otf file")
    try:
        tables = _tables(data)
        per_em = _unsigned16(tables["head"], 18)
        ascent, descent = struct.unpack_from(">hh", tables["hhea"], 4)
        font = Font(
            name=name,
            data=data,
            coverage=_coverage(tables["cmap"]),
            cap_height=_cap_height(tables.get("OS/2", b"")) / per_em or 0.7,
            ascent=ascent / per_em,
            descent=-descent / per_em,
            strike=_strike(tables),
        )
        font.at(MEASURE_SIZE)  # FreeType's own opinion
    except (KeyError, struct.error, ZeroDivisionError, OSError, ValueError) as error:
        raise FontError(f"{name}: a broken font ({error})") from error
    return font


def _tables(data: bytes) -> dict[str, bytes]:
    found = {}
    for number in range(_unsigned16(data, 4)):
        tag, _, offset, length = struct.unpack_from(">4sLLL", data, 12 + 16 * number)
        found[tag.decode("latin-1")] = data[offset : offset + length]
    return found


def _unsigned16(data: bytes, offset: int) -> int:
    return int(struct.unpack_from(">H", data, offset)[0])


def _cap_height(os2: bytes) -> int:
    return int(struct.unpack_from(">h", os2, 88)[0]) if len(os2) >= 90 else 0


def _strike(tables: dict[str, bytes]) -> int | None:
    """Pixels per em of the first colour bitmaps: ppemY of a BitmapSize record."""
    return tables["CBLC"][8 + 45] if "CBDT" in tables else None


def _coverage(cmap: bytes) -> frozenset[int]:
    covered: set[int] = set()
    for number in range(_unsigned16(cmap, 2)):
        platform, _, offset = struct.unpack_from(">HHL", cmap, 4 + 8 * number)
        if platform not in (0, 3):
            continue
        match _unsigned16(cmap, offset):
            case 4:
                covered.update(_format_4(cmap, offset))
            case 12:
                covered.update(_format_12(cmap, offset))
            case _:  # older ones say nothing that these do not
                pass
    return frozenset(covered)


def _format_12(cmap: bytes, offset: int) -> set[int]:
    found: set[int] = set()
    before = -1
    (groups,) = struct.unpack_from(">L", cmap, offset + 12)
    for group in range(groups):
        first, last, _ = struct.unpack_from(">LLL", cmap, offset + 16 + 12 * group)
        if not before < first <= last <= 0x10FFFF:
            raise ValueError("its cmap is out of order")  # and could cost without bound
        found.update(range(first, last + 1))
        before = last
    return found


def _format_4(cmap: bytes, offset: int) -> set[int]:
    count = _unsigned16(cmap, offset + 6) // 2
    ends, starts, deltas, ranges = (
        struct.unpack_from(f">{count}H", cmap, offset + 14 + 2 * count * row + (2 if row else 0))
        for row in range(4)
    )
    ranges_at = offset + 16 + 6 * count
    found = set()
    before = -1
    for number, (first, last, delta, shift) in enumerate(
        zip(starts, ends, deltas, ranges, strict=True)
    ):
        if not before < first <= last:
            raise ValueError("its cmap is out of order")
        before = last
        for code in range(first, last + 1):
            glyph = code
            if shift:
                glyph = _unsigned16(cmap, ranges_at + 2 * number + shift + 2 * (code - first))
                if not glyph:
                    continue
            if (glyph + delta) % 0x10000 and code != 0xFFFF:
                found.add(code)
    return found
