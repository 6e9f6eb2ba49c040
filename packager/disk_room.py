"""Whether a disk has room: what may be left undone is not written where others need the rest.

Failures.md, row 33: caching and rendering stop first, then new beacons.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

from packager.clock import Clock

_LOOK_S = 1.0  # between two looks


class DiskRoom:
    """Says whether more than a reserve is free; asks the system at most once a second."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        reserve_bytes: int,
        free_bytes: Callable[[], int] | None = None,
    ) -> None:
        """Watch the disk of a folder.

        Args:
            folder: Any on that disk.
            clock: Says when to look again.
            reserve_bytes: What others are to have.
            free_bytes: What is free; None asks the system.
        """
        self._clock = clock
        self._reserve_bytes = reserve_bytes
        self._free_bytes = free_bytes or (lambda: shutil.disk_usage(folder).free)
        self._looked_at: float | None = None
        self._has_room = True

    def __call__(self) -> bool:
        """Whether there is room, as of a second ago at most."""
        now = self._clock.monotonic()
        if self._looked_at is None or now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            self._has_room = self._free_bytes() > self._reserve_bytes
        return self._has_room
