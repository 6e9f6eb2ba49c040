"""How long the files are that a story plays, before any of them is packaged: for its picture."""

import asyncio
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from packager.config.clip_settings import Clip as Made
from packager.config.show_settings import Show
from packager.packaging.errors import PackagingError
from packager.packaging.files import look_at_files
from packager.stories.clips import ways_to_show


def lengths_of(show: Show) -> dict[str, Decimal]:
    """Seconds that a show's files last, by the name of an asset or of its cut.

    What is at a URL is not asked for here. Nothing is known without PyAV.
    """
    files = {
        f"{name}:{cut}" if cut else name: playable.file
        for name, asset in show.assets.items()
        for cut, playable, _ in ways_to_show(asset)
        if playable.file is not None
    }
    made = {name: asset.seconds for name, asset in show.assets.items() if isinstance(asset, Made)}
    if not files:
        return made
    with TemporaryDirectory() as folder:
        try:
            found = asyncio.run(look_at_files(list(files.values()), Path(folder)))
        except PackagingError:
            return made
    return made | {
        name: round(Decimal(one.seconds.numerator) / one.seconds.denominator, 1)
        for name, one in zip(files, found, strict=True)
        if one is not None
    }
