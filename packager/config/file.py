"""Reading the configuration file."""

from dataclasses import replace
from pathlib import Path
from typing import cast

from packager.config.document import ConfigError, Place, below, read_document
from packager.config.values import CONFIG, Config


def load(path: Path) -> Config:
    """Read and check the whole configuration in `path`.

    Raises:
        ConfigError: It cannot be used; the error has everything that is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ConfigError.at(Place(str(path)), "there is no such file") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError.at(Place(str(path), line), "is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError.at(Place(str(path)), f"cannot be read: {error.strerror}") from error
    document = read_document(text, file=str(path))
    config = cast(Config, CONFIG(document))
    if below(document, "media", "folder") is None:  # the default is relative to the file as well
        media = replace(config.media, folder=path.parent / config.media.folder)
        return replace(config, media=media)
    return config
