"""What has to outlive a power cut: the bytes of a file, and its name in a folder.

The system writes both when it likes, each for itself, unless it is told to. A file that was renamed
to where it counts and not synced may be there afterwards, and be empty.
"""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Return when the bytes of a file, or the names in a folder, are on the disk.

    Raises:
        OSError: They are not.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(folder: Path) -> None:
    """Return when the files right in a folder are on the disk, and their names.

    Raises:
        OSError: They are not.
    """
    for path in folder.iterdir():
        sync(path)
    sync(folder)


def put(path: Path, target: Path) -> None:
    """Rename a file to where it counts; return when it is there for good, whole.

    Raises:
        OSError: It cannot be written there.
    """
    sync(path)
    path.replace(target)
    sync(target.parent)
