"""From the settings of shows and ``clips:`` to the parts that they mean."""

from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path

from overlays.templates.model import Template
from packager.clips.clips import Clips
from packager.clips.film import Media
from packager.clips.shelf import Shelf
from packager.clock import Clock
from packager.config.clip_settings import Clip
from packager.config.values import Config
from packager.disk_room import DiskRoom
from packager.metrics import Metrics
from packager.packaging.library import MediaLibrary
from packager.packaging.settings import ConditionSettings
from packager.packaging.store import digest_of_source
from packager.pictures.pictures import Pictures
from packager.rendering.opening import RESERVE_BYTES
from packager.templates.folder import load_template

PRIVATE = "v1/private"  # what URLs of viewers' own clips begin with
_MIB = 1024**2


def open_clips(
    config: Config,
    *,
    secret: str,
    base: str,
    settings: ConditionSettings,
    pictures: Pictures,
    clock: Clock,
    metrics: Metrics,
) -> Clips:
    """Open what makes and keeps clips; nothing of it is begun.

    Args:
        config: What the operator wants.
        secret: Makes names that nobody can guess; the same in all processes.
        base: What URLs begin with.
        settings: How media are packaged.
        pictures: Gives those that data asks for; they stay the caller's.
        clock: Says the time.
        metrics: Is told of degradations.

    Raises:
        OverlayError: A template has become unusable since the configuration was read.
        OSError: A file cannot be read, or the media folder cannot be used.
    """
    found = [
        asset
        for show in config.shows.values()
        for asset in show.assets.values()
        if isinstance(asset, Clip)
    ]
    limits, folder = config.clips, config.media.folder
    (folder / "clips-private").mkdir(parents=True, exist_ok=True, mode=0o700)
    has_disk = DiskRoom(folder, clock, reserve_bytes=RESERVE_BYTES)

    def library(name: str, prefix: str) -> MediaLibrary:
        return MediaLibrary(
            folder / name,
            uri_prefix=f"{base}{prefix}",
            settings=settings,
            workers=config.media.workers,
        )

    return Clips(
        public=Shelf(
            library=library("clips", "tm"),
            clock=clock,
            kept_s=limits.kept_s,
            kept_bytes=limits.kept_mib * _MIB,
            has_disk=has_disk,
        ),
        private=Shelf(
            library=library("clips-private", PRIVATE),
            clock=clock,
            kept_s=limits.private_s,
            kept_bytes=limits.private_mib * _MIB,
            has_disk=has_disk,
            key=blake2b(secret.encode(), digest_size=32, person=b"weft-clip-key").digest(),
        ),
        templates=_templates(found),
        media={path: Media(path=path, digest=digest_of_source(path)) for path in _files(found)},
        pictures=pictures,
        per_minute=limits.per_minute,
        clock=clock,
        metrics=metrics,
    )


def _templates(clips: list[Clip]) -> Mapping[Clip, Template]:
    by_folder = {folder: load_template(folder) for folder in {clip.template for clip in clips}}
    return {clip: by_folder[clip.template] for clip in clips}


def _files(clips: list[Clip]) -> set[Path]:
    named = [one for clip in clips for one in (clip.background, clip.audio)]
    return {one for one in named if isinstance(one, Path)}
