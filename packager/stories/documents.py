"""Documents of stories beside those of origins: whoever asks by URL need not know which is which.

``https://story.invalid/{show}/index.m3u8?story={outcome}`` is a story as it was settled. Its URL
after the redirect, as it were, is ``…/{show}/{outcome}/index.m3u8``, and its media playlists are
beside that.
"""

from typing import Any, TypeVar

from cachetools import LRUCache

from packager.config.show_settings import STORIES
from packager.origin import Document, OriginCache, Parse, Seconds, parsed
from packager.outbound import Fetched
from packager.stories.stories import Stories

KEPT = 4096  # playlists and MPDs

V = TypeVar("V")


class StoryDocuments:
    """Documents of stories and of origins."""

    def __init__(self, stories: Stories, origin: OriginCache) -> None:
        """Take both; what is made of stories is kept, as it never changes."""
        self._stories = stories
        self._origin = origin
        self._made: LRUCache[tuple[str, object], Document[Any]] = LRUCache(KEPT)

    async def get(self, url: str, *, max_age_s: Seconds[V], parse: Parse[V]) -> Document[V]:
        """The document at a URL.

        Raises:
            OutboundError: There is none.
        """
        if not url.startswith(STORIES):
            return await self._origin.get(url, max_age_s=max_age_s, parse=parse)
        found: Document[V] | None = self._made.get((url, parse))
        if found is None:
            at, body = self._stories.document(url)
            value = await parsed(Fetched(url=at, status=200, headers={}, body=body), parse)
            found = self._made.setdefault(
                (url, parse), Document(url=at, value=value, changed_at=0.0, confirmed_at=0.0)
            )
        return found

    def follow(self, url: str, *, interval_s: Seconds[V], parse: Parse[V]) -> None:
        """Keep a document fresh while somebody asks for it; stories do not change."""
        if not url.startswith(STORIES):
            self._origin.follow(url, interval_s=interval_s, parse=parse)
