"""Reading a template's folder, and what Weft brings along: fonts and a library of templates."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import overlays
from overlays.errors import TemplateError
from overlays.templates.model import Template
from overlays.templates.reader import FILE, read_template
from overlays.text.shelf import Shelf, read_shelf

MAX_FILES = 2000
MAX_BYTES = 256 << 20
_BUNDLED = Path(overlays.__file__).parent


@cache
def shelf() -> Shelf:
    """The bundled fonts, read once per process.

    Raises:
        EngineMissing: Pillow cannot shape text here.
    """
    return read_shelf({path.name: path.read_bytes() for path in (_BUNDLED / "fonts").iterdir()})


def library() -> tuple[str, ...]:
    """Names of the templates that Weft brings along."""
    return tuple(sorted(path.parent.name for path in (_BUNDLED / "library").glob(f"*/{FILE}")))


def find_folder(name: str, *, beside: Path) -> Path:
    """The folder of a template.

    Args:
        name: A path, or the name of one that Weft brings along; a folder of that name wins.
        beside: What a relative path is relative to.

    Raises:
        TemplateError: There is none.
    """
    folder = beside / name
    if (folder / FILE).is_file():
        return folder
    if name.strip("/") in library():
        return _BUNDLED / "library" / name.strip("/")
    ours = ", ".join(library())
    raise TemplateError(name, "", f"there is no folder with a {FILE}; Weft brings along: {ours}")


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files of a template: path below the folder to bytes.

    Files whose name begins with a dot are left aside.

    Raises:
        TemplateError: Too many or too large, or a link leads out of the folder.
        OSError: One cannot be read.
    """
    found: dict[str, bytes] = {}
    total = 0
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        if not path.resolve().is_relative_to(folder.resolve()):
            raise TemplateError(name, "", "is a link out of the template's folder: copy the file")
        total += path.stat().st_size
        if len(found) >= MAX_FILES or total > MAX_BYTES:
            raise TemplateError(
                str(folder), "", f"has more than {MAX_FILES} files or {MAX_BYTES >> 20} MiB"
            )
        found[name] = path.read_bytes()
    return found


def load_template(folder: Path) -> Template:
    """Read the template of a folder.

    Raises:
        OverlayError: It cannot be used; the text says file, place and what to do.
        OSError: A file cannot be read.
    """
    return read_template(read_folder(folder), shelf())


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            yield path
