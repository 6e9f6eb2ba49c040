"""Where clips are kept, and for how long: a media library of their own.

A clip stays for some time after it was last needed. While there are as many bytes as may be, no
more are made; what somebody may be watching never makes room.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manifests.creative import Creative
from packager.clock import Clock
from packager.packaging.ladder import Ladder
from packager.packaging.library import MediaLibrary
from packager.packaging.store import MediaFile


@dataclass(slots=True, kw_only=True)
class Shelf:
    """The clips that all may see, or those of single viewers."""

    library: MediaLibrary
    clock: Clock
    kept_s: float
    kept_bytes: int
    has_disk: Callable[[], bool]  # others need the rest of it
    key: bytes = b""  # of names that nobody can guess
    size_bytes: int = 0  # at the last look

    @property
    def has_room(self) -> bool:
        """Whether one more may be made."""
        return self.size_bytes < self.kept_bytes and self.has_disk()

    def find(self, digest: str, ladder: Ladder) -> Creative | None:
        """The clip of a film, needed from now on; None: it is not there."""
        creative_id = self.library.drawn_id(digest, ladder)
        if not self.library.touch(creative_id, now=self._now):
            return None
        return self.library.get(creative_id)

    async def make(
        self, digest: str, write: Callable[[Path], dict[str, Any]], ladder: Ladder
    ) -> Creative:
        """Make the clip of a film; `write` as `MediaLibrary.draw` takes it.

        Raises:
            PackagingError: It cannot be made.
        """
        return await self.library.draw(digest, write, ladder, now=lambda: self._now)

    def file(self, digest: str, name: str) -> MediaFile | None:
        """A file of a clip that a player asks for; None: there is none."""
        found = self.library.file(digest, name)
        if found is not None:
            self.library.touch_file(found, now=self._now)
        return found

    async def tidy(self) -> None:
        """Remove what was not needed for so long, and see how much is left."""
        self.size_bytes = await self.library.tidy(before=self._now - self.kept_s)

    @property
    def _now(self) -> float:
        return self.clock.now().timestamp()
