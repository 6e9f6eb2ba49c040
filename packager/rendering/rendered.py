"""Results as files: what everybody may see in one folder, what is somebody's own in another.

Files are written beside their place and renamed, so what has its name is whole. Which of them are
to stay is the queue's to say.
"""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from packager.rendering.rows import Kept

_DRAFT = "."  # what names of drafts begin with


class Rendered:
    """Reads and writes the folders. All methods block for as long as the disk takes."""

    def __init__(self, folder: Path) -> None:
        """Make the folders where they are missing.

        Raises:
            OSError: They cannot be made.
        """
        self._folders = {False: folder / "rendered", True: folder / "rendered-private"}
        for private, path in self._folders.items():
            path.mkdir(parents=True, exist_ok=True, mode=0o700 if private else 0o755)

    def find(self, id: str, *, private: bool) -> Path | None:
        """Return where a result is; None where it is not."""
        path = self._folders[private] / id
        return path if path.is_file() else None

    def keep(self, id: str, data: bytes, *, private: bool) -> None:
        """Write a result.

        Raises:
            OSError: The disk does not take it; nothing is left behind.
        """
        path = self._folders[private] / id
        draft = path.with_name(f"{_DRAFT}{id[:16]}.{secrets.token_hex(4)}")
        try:
            descriptor = os.open(
                draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if private else 0o644
            )
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise

    def remove(self, gone: Iterable[Kept]) -> None:
        """Remove results.

        Raises:
            OSError: The disk does not let go of one.
        """
        for one in gone:
            (self._folders[one.private] / one.id).unlink(missing_ok=True)

    def tidy(self, kept: Iterable[Kept]) -> list[str]:
        """Remove what a crash left behind; return the ids of those that are not whole.

        Only for the one process that writes.

        Args:
            kept: All that should be there.

        Raises:
            OSError: The folders cannot be read or written.
        """
        expected = {(one.private, one.id): one.size_bytes for one in kept}
        for private, folder in self._folders.items():
            for path in folder.iterdir():
                size_bytes = expected.get((private, path.name))
                if size_bytes == path.stat().st_size:
                    del expected[private, path.name]
                else:
                    path.unlink()
        return [id for _, id in expected]
