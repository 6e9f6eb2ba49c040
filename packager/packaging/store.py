"""The folder of packaged media: renditions by content digest, assets that are made of them.

``renditions/{digest}/`` holds a rendition's files and its index, ``assets/{id}.json`` says which
segments of which renditions an asset shows, ``sources/{digest}`` keeps what slates are cut from.
Everything is made in ``work/``, synced and renamed, so what is there is whole, after a power cut,
too. Several processes may share the folder.
"""

import fcntl
import hashlib
import json
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from packager.durable import put, sync, sync_files
from packager.packaging.assets import (
    Asset,
    StoredRendition,
    StoredSegment,
    asset_from_json,
    asset_to_json,
    rendition_from_json,
    rendition_to_json,
)
from packager.packaging.ladder import Rung

_DIGEST = re.compile(r"[0-9a-f]{32}")
_NAME = re.compile(r"init\.mp4|[1-9][0-9]{0,5}\.(?:m4s|ts|aac|vtt)")
CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".m4s": "video/iso.segment",
    ".ts": "video/mp2t",
    ".aac": "audio/aac",
    ".vtt": "text/vtt",
}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """A file that players may have."""

    path: Path
    content_type: str


class MediaFolder:
    """Reads and writes the folder. All methods block for as long as the disk takes."""

    def __init__(self, folder: Path) -> None:
        """Make the folder where it is missing, and remove what dead processes left half-made."""
        self._renditions = folder / "renditions"
        self._assets = folder / "assets"
        self._sources = folder / "sources"
        self._work = folder / "work"
        is_new = not folder.exists()
        for path in (self._renditions, self._assets, self._sources, self._work):
            path.mkdir(parents=True, exist_ok=True)
        sync(folder)
        if is_new:
            sync(folder.parent)
        lock = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o644)
        self._unlock = weakref.finalize(self, os.close, lock)
        with suppress(BlockingIOError):  # held by another process, whose work this may be
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for left in self._work.iterdir():
                shutil.rmtree(left, ignore_errors=True)
        fcntl.flock(lock, fcntl.LOCK_SH)

    def assets(self) -> Iterator[Asset]:
        """Yield every asset whose index can be read."""
        for path in self._assets.glob("*.json"):
            if asset := _read_asset(path):
                yield asset

    def asset(self, asset_id: str) -> Asset | None:
        """Return an asset, also one that another process has made meanwhile."""
        return _read_asset(self.index_of(asset_id))

    def index_of(self, asset_id: str) -> Path:
        """Return where an asset's index is, or would be."""
        return self._assets / f"{asset_id}.json"

    def rendition_folder(self, digest: str) -> Path:
        """Return where the files of a rendition are, or would be."""
        return self._renditions / digest

    def add_asset(self, asset: Asset) -> None:
        """Write an asset's index; its renditions are there already."""
        with self.work_folder() as work:
            path = work / "asset.json"
            path.write_text(json.dumps(asset_to_json(asset)), "utf-8")
            put(path, self.index_of(asset.id))

    def rendition(self, digest: str, rung: Rung) -> StoredRendition | None:
        """Return a whole rendition that was made before, by whatever asset."""
        with suppress(ValueError, KeyError, TypeError, FileNotFoundError):
            value = json.loads((self._renditions / digest / "index.json").read_text("utf-8"))
            return rendition_from_json(rung, value)
        return None

    def add_rendition(self, made: Path, digest: str, rendition: StoredRendition) -> None:
        """Take over a folder of files that a worker has made."""
        (made / "index.json").write_text(json.dumps(rendition_to_json(rendition)), "utf-8")
        sync_files(made)
        target = self._renditions / digest
        try:
            made.rename(target)
        except OSError:
            if not target.is_dir():
                raise
            # Another process made the same bytes first, and ours go with the work folder; or what
            # is there is damaged, and goes with one.
            if self.rendition(digest, rendition.rung) is None:
                with self.work_folder() as work:
                    target.rename(work / "damaged")
                    made.rename(target)
        sync(self._renditions)

    def keep_source(self, source: Path, digest: str) -> None:
        """Copy a source to where it stays, for what will be cut from it."""
        with self.work_folder() as work:
            copy = work / "kept"
            shutil.copyfile(source, copy)
            put(copy, self.source(digest))

    def source(self, digest: str) -> Path:
        """Return where the source with this digest is, or would be."""
        return self._sources / digest

    def segment(self, segment: StoredSegment) -> Path:
        """Return where a segment is."""
        return self._renditions / segment.digest / segment.name

    def init(self, rendition: StoredRendition) -> Path | None:
        """Return where a rendition's init section is."""
        if rendition.init is None:
            return None
        digest, name = rendition.init
        return self._renditions / digest / name

    def file(self, digest: str, name: str) -> MediaFile | None:
        """Return the file at ``/tm/{digest}/{name}``; None if there is none (threat 6)."""
        if not _DIGEST.fullmatch(digest) or not _NAME.fullmatch(name):
            return None
        path = self._renditions / digest / name
        return MediaFile(path, CONTENT_TYPES[path.suffix]) if path.is_file() else None

    @contextmanager
    def work_folder(self) -> Iterator[Path]:
        """Give a folder that is gone afterwards; after a crash, with the next start."""
        with tempfile.TemporaryDirectory(dir=self._work, ignore_cleanup_errors=True) as name:
            yield Path(name)

    def close(self) -> None:
        """Let another process clean up."""
        self._unlock()


def _read_asset(path: Path) -> Asset | None:
    with suppress(ValueError, KeyError, TypeError, OSError):
        return asset_from_json(json.loads(path.read_text("utf-8")))
    return None


def digest_of(*parts: object) -> str:
    """Return the digest of JSON values."""
    text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def digest_of_source(source: bytes | Path) -> str:
    """Return the digest of a source's bytes."""
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
