"""A film that a template makes of data, as a value: equal films have equal digests."""

from dataclasses import dataclass
from fractions import Fraction
from hashlib import blake2b
from pathlib import Path
from typing import Any

import orjson

from overlays.templates.model import Size
from overlays.templates.schema import Canonical

_FORMAT = "weft-film-1"  # goes up when the same parts come to make another film


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """A file of the operator's."""

    path: Path
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Film:
    """All that decides the pixels and the sound of a clip."""

    template: str  # digest
    folder: Path  # of the template
    data: Canonical
    seconds: Fraction
    size: Size
    fps: Fraction
    background: str | Media  # colour, `#rrggbb`, or a picture or film
    audio: Media | None = None

    def digest(self, key: bytes = b"") -> str:
        """The film's name.

        Args:
            key: Of 64 bytes at most; with one, nobody without it can guess the name.

        Returns:
            64 hexadecimal digits.
        """
        background = self.background
        parts = [
            _FORMAT,
            self.template,
            blake2b(self.data.text).hexdigest(),
            str(self.seconds),
            self.size,
            str(self.fps),
            background if isinstance(background, str) else background.digest,
            None if self.audio is None else self.audio.digest,
        ]
        return blake2b(
            orjson.dumps(parts), digest_size=32, key=key, person=b"weft-film"
        ).hexdigest()

    def job(self, folder: Path) -> dict[str, Any]:
        """What a worker is told; the data's pictures are written into a folder."""
        images = []
        for number, (name, data) in enumerate(sorted(self.data.images.items())):
            path = folder / f"picture-{number}"
            path.write_bytes(data)
            images.append([name, str(path)])
        background = self.background
        return {
            "do": "film",
            "template": self.template,
            "folder": str(self.folder),
            "data": orjson.dumps(self.data.data).decode(),
            "images": images,
            "seconds": str(self.seconds),
            "size": self.size,
            "fps": str(self.fps),
            "background": background if isinstance(background, str) else str(background.path),
            "audio": None if self.audio is None else str(self.audio.path),
        }
