"""What must hold of assets: each is in one place, and what stands in for it is another asset."""

from collections.abc import Iterator

from packager.config.document import Entries, Problem, Scalar, below
from packager.config.settings import suggestion


def is_somewhere(asset: Entries) -> Iterator[Problem]:
    """An asset is a file, or at a URL, or it is there in cuts alone."""
    if "file" in asset.keys and "origin" in asset.keys:
        yield Problem(asset.keys["origin"], "it is a file already; remove one of them")
    elif not asset.keys.keys() & {"file", "origin", "cuts"}:
        reason = "is nowhere; add `file: FILE.mp4`, or `origin: https://host/path/`"
        yield Problem(asset.place, reason)
    if "path" in asset.keys and "origin" not in asset.keys:
        yield Problem(asset.keys["path"], "is below `origin`, which is missing")


def stand_ins_exist(show: Entries) -> Iterator[Problem]:
    """What plays instead of an asset is one, and does not lead back to it."""
    assets = below(show, "assets")
    if not isinstance(assets, Entries):
        return
    for name in assets.keys:
        first = instead = below(assets, name, "or")
        seen = [name]
        while isinstance(instead, Scalar):
            if instead.text not in assets.keys:
                if len(seen) == 1:
                    hint = suggestion(instead.text, assets.keys)
                    yield Problem(instead.place, f"no asset {instead.text!r}; {hint}")
                break
            seen.append(instead.text)
            if instead.text in seen[:-1]:
                if first is not None and instead.text == name:
                    reason = f"{' or '.join(seen)} and so on: a loop without an exit"
                    yield Problem(first.place, reason)
                break
            instead = below(assets, instead.text, "or")
