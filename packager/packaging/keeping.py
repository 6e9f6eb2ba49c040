"""How long a folder of packaged media keeps an asset: for some time after it was last needed.

Times of files say when that was, so that all processes that share the folder know. Instants are
seconds since 1970. All methods block for as long as the disk takes.
"""

import os
import shutil
from contextlib import suppress
from pathlib import Path

from packager.packaging.assets import Asset
from packager.packaging.store import MediaFolder

_FRESH_S = 60.0  # between two notes of the same


class Keeping:
    """Takes down what is needed, and removes what is not."""

    def __init__(self, folder: MediaFolder) -> None:
        self._folder = folder

    def touch(self, asset_id: str, *, now: float) -> bool:
        """Take down that an asset is needed; False: it is not there any more."""
        return _touch(self._folder.index_of(asset_id), now)

    def touch_all(self, asset: Asset, *, now: float) -> None:
        """Take down that an asset was made, whatever the disk's own clock says."""
        folders = map(self._folder.rendition_folder, _digests(asset))
        for path in (self._folder.index_of(asset.id), *folders):
            _touch(path, now)

    def touch_rendition(self, path: Path, *, now: float) -> None:
        """Take down that a file of a rendition was asked for."""
        _touch(path.parent, now)

    def tidy(self, *, before: float) -> tuple[list[str], int]:
        """Remove assets that were last needed before an instant.

        Only for folders whose assets share no renditions.

        Returns:
            The ids of those that are gone, and the bytes of the others.
        """
        gone, size_bytes = [], 0
        for asset in self._folder.assets():
            folders = [self._folder.rendition_folder(digest) for digest in _digests(asset)]
            index = self._folder.index_of(asset.id)
            if max(map(_used_at, (index, *folders))) >= before:
                size_bytes += sum(map(_bytes_of, folders))
                continue
            with suppress(OSError):  # another process removes it, too
                index.unlink()
                for folder in folders:
                    self._remove(folder)
                gone.append(asset.id)
        return gone, size_bytes

    def _remove(self, folder: Path) -> None:
        """Move a rendition out of sight in one step, then remove it."""
        with self._folder.work_folder() as work, suppress(FileNotFoundError):
            folder.rename(work / "gone")
            shutil.rmtree(work / "gone")


def _digests(asset: Asset) -> set[str]:
    return {segment.digest for one in asset.renditions for segment in one.segments}


def _touch(path: Path, now: float) -> bool:
    try:
        if abs(path.stat().st_mtime - now) > _FRESH_S:
            os.utime(path, (now, now))
    except FileNotFoundError:
        return False
    except OSError:  # a disk that takes no notes has it all the same
        return True
    return True


def _used_at(path: Path) -> float:
    with suppress(OSError):
        return path.stat().st_mtime
    return 0.0


def _bytes_of(folder: Path) -> int:
    with suppress(OSError):
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0
