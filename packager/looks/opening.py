"""From the settings of shows to the templates and the music that they name."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from overlays.templates.model import Template
from packager.config.values import Config
from packager.templates.folder import load_template


def read_templates(config: Config) -> Mapping[str, Mapping[str, Template]]:
    """The templates of all overlays, by show and overlay.

    Raises:
        OverlayError: One has become unusable since the configuration was read.
        OSError: A file cannot be read.
    """
    by_folder: dict[Path, Template] = {}
    for show in config.shows.values():
        for overlay in show.overlays.values():
            if overlay.template not in by_folder:
                by_folder[overlay.template] = load_template(overlay.template)
    return {
        name: {one.name: by_folder[one.template] for one in show.overlays.values()}
        for name, show in config.shows.items()
    }


def folders_of(
    config: Config, templates: Mapping[str, Mapping[str, Template]]
) -> Mapping[str, Path]:
    """Where workers find templates, by digest."""
    return {
        templates[name][overlay.name].digest: overlay.template
        for name, show in config.shows.items()
        for overlay in show.overlays.values()
    }


def read_stems(config: Config) -> Mapping[str, Mapping[str, str]]:
    """The digests of all music, by show and its name in it.

    Raises:
        OSError: A file cannot be read.
    """
    digests: dict[Path, str] = {}
    for show in config.shows.values():
        for music in show.music.values():
            if music.file not in digests:
                with music.file.open("rb") as file:
                    digests[music.file] = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        name: {one.name: digests[one.file] for one in show.music.values()}
        for name, show in config.shows.items()
    }


def files_of(config: Config, stems: Mapping[str, Mapping[str, str]]) -> Mapping[str, Path]:
    """Where workers find music, by digest."""
    return {
        stems[name][music.name]: music.file
        for name, show in config.shows.items()
        for music in show.music.values()
    }
