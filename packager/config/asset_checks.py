"""What must hold of assets: each is in one place."""

from collections.abc import Iterator

from packager.config.document import Entries, Problem


def is_somewhere(asset: Entries) -> Iterator[Problem]:
    """An asset is a file, or at a URL, or it is there in cuts alone."""
    if "file" in asset.keys and "origin" in asset.keys:
        yield Problem(asset.keys["origin"], "it is a file already; remove one of them")
    elif not asset.keys.keys() & {"file", "origin", "cuts"}:
        reason = "is nowhere; add `file: FILE.mp4`, `origin: https://host/path/`, or a `template`"
        yield Problem(asset.place, reason)
    if "path" in asset.keys and "origin" not in asset.keys:
        yield Problem(asset.keys["path"], "is below `origin`, which is missing")
