"""Init sections by the way of Weft: with parameter sets of our own beside theirs, where need be.

Players of a show with overlays ask for them so from the first answer on, whether anything is drawn
or not, so that what is drawn on decodes whenever it comes. Which content needs it, nobody has to
know by then.
"""

from collections.abc import Iterable, Mapping

from manifests.content_segment import Source
from manifests.hls.model import Segment
from overlays.errors import OverlayError
from overlays.segment.own_sets import augmented_init
from packager.outbound import OutboundError
from packager.paths import is_asset
from packager.rendering.jobs import Piece
from packager.rendering.rendering import Rendering

# Stands in URLs where else a look is named: they stay the same when a viewer gets another look.
WAY = "init"

_FIRST_BYTES = (0, 7)
_KIND = b"ftyp"


def path_of(init: Source | None, origin: str) -> str | None:
    """The path of an init section by the way of Weft; None: it is had from where it is.

    Args:
        init: Of segments that are drawn on.
        origin: Of their show.
    """
    if init is None or init.first_byte is not None or not init.url.startswith(origin):
        return None
    path = init.url.removeprefix(origin)
    return path if is_asset(path) else None


def inits_of(segments: Iterable[Segment], *, origin: str, way: str) -> Mapping[str, str]:
    """By the URI of each init section, that which stands for it.

    Args:
        segments: Of a rendition.
        origin: Of the show.
        way: What URLs by the way of Weft begin with.
    """
    uris = {one.map.uri for one in segments if one.map is not None}
    paths = {uri: path_of(Source(uri), origin) for uri in uris}
    return {uri: way + path for uri, path in paths.items() if path is not None}


class InitSections:
    """Answers for them."""

    def __init__(self, rendering: Rendering) -> None:
        """Take what fetches originals."""
        self._rendering = rendering

    async def augmented(self, url: str) -> bytes | None:
        """The init section that players get; None: the original, or it is none.

        Where it cannot be fetched, no worker has it either, and nothing is drawn.

        Args:
            url: At the origin.
        """
        try:
            if (await self._rendering.original(Piece(url, _FIRST_BYTES)))[4:] != _KIND:
                return None
            return augmented_init(await self._rendering.original(Piece(url)))
        except (OutboundError, OverlayError):
            return None
