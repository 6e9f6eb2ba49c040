"""A patch between two MPDs of a session, with holes for what is the session's own (B-48).

Sessions with equal timelines have MPDs that differ in publishTime and in their URLs alone. So the
patch is made once, between two MPDs in which marks stand for these, and filled in for each.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from manifests.dash.durations import write_instant
from manifests.dash.header import PatchLocation
from manifests.dash.patching.patch import make_patch
from manifests.dash.periods.period_tag import escape
from manifests.dash.rendering import MpdText

Hole = Literal["original", "published", "location"]

# Instants that no MPD has, in the order that `make_patch` asks for.
_ORIGINAL = Decimal("1.000000000000000271")
_PUBLISHED = Decimal("2.000000000000000271")
_LOCATION = "weft:patch-location"
_MARKS: dict[bytes, Hole] = {
    write_instant(_ORIGINAL).encode(): "original",
    write_instant(_PUBLISHED).encode(): "published",
    _LOCATION.encode(): "location",
}
_MARK = re.compile(b"|".join(map(re.escape, _MARKS)))
# Patch@originalPublishTime; Patch@publishTime and its operation; PatchLocation and its operation.
_EXPECTED: tuple[Hole, ...] = ("original", "published", "published", "location")


@dataclass(frozen=True, slots=True)
class PatchText:
    """The text of a patch; between two pieces there is one hole."""

    pieces: tuple[bytes, ...]
    holes: tuple[Hole, ...]

    @property
    def size(self) -> int:
        """Bytes of the text."""
        return sum(map(len, self.pieces))

    def filled(self, *, original: Decimal, publish_time: Decimal, patch_url: str) -> bytes:
        """The patch of a session.

        Args:
            original: publishTime of the MPD that the client has, seconds since 1970.
            publish_time: And of the later one.
            patch_url: Where the patch of the later one is.
        """
        values: dict[Hole, bytes] = {
            "original": write_instant(original).encode(),
            "published": write_instant(publish_time).encode(),
            "location": escape(patch_url).encode(),
        }
        filled = [self.pieces[0]]
        for hole, piece in zip(self.holes, self.pieces[1:], strict=True):
            filled += (values[hole], piece)
        return b"".join(filled)


def before(mpd: MpdText) -> bytes:
    """The earlier MPD, with marks."""
    return _marked(mpd, _ORIGINAL, PatchLocation("weft:earlier-patch-location"))


def after(mpd: MpdText, *, ttl_s: Decimal) -> bytes:
    """The later MPD, with marks.

    Args:
        mpd: But for what is a session's own.
        ttl_s: PatchLocation@ttl in it.
    """
    return _marked(mpd, _PUBLISHED, PatchLocation(_LOCATION, ttl_s))


def patch_text(old: bytes, new: bytes) -> PatchText | None:
    """Make the patch between two MPDs that have marks.

    Args:
        old: As `before` gives it.
        new: As `after` gives it.

    Returns:
        The patch; None: there is none (`make_patch`), or what players are to get has such marks
        of its own.
    """
    patch = make_patch(old, new)
    if patch is None:
        return None
    found = tuple(_MARKS[mark] for mark in _MARK.findall(patch))
    return PatchText(tuple(_MARK.split(patch)), found) if found == _EXPECTED else None


def _marked(mpd: MpdText, at: Decimal, patch_location: PatchLocation) -> bytes:
    return mpd.filled(location="weft:mpd", publish_time=at, patch_location=patch_location)
