"""A creative, slate or other asset as packaged for one show: what a splice needs to know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CreativeSegment:
    """One segment of a packaged asset."""

    uri: str  # as it is to stand in a playlist
    duration: Decimal  # seconds, as it is to stand in EXTINF


@dataclass(frozen=True, slots=True)
class CreativeRendition:
    """One rendition of a packaged asset: what goes into one media playlist."""

    segments: tuple[CreativeSegment, ...]
    init_uri: str | None = None  # for EXT-X-MAP; None where the container has none


@dataclass(frozen=True, slots=True, kw_only=True)
class Creative:
    """A packaged asset; every rendition has the same number of segments and the same borders.

    `duration` is the video's, measured (rule D-50). `renditions` maps the key of a rung of the
    show's ladder (`packager.packaging.ladder.Rung.key`) to the rendition made for it.
    """

    id: str  # content digest: the same bytes and cut have the same id
    duration: Decimal
    renditions: Mapping[str, CreativeRendition]
    kind: str = "ad"  # "ad", "slate", "bumper"
