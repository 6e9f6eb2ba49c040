"""Paths that viewers send: what may name an asset (threats 1, 6 and 23)."""

import re
from typing import Literal

from packager.reasons import Reason

Ending = Literal["m3u8", "mpd"]  # of what players open, which tells the format

MAX_CHARACTERS = 1024
_SEGMENT = r"(?!\.{1,2}(?:/|$))[A-Za-z0-9._~+@-]+"
_ASSET = re.compile(rf"{_SEGMENT}(?:/{_SEGMENT})*")
_RAW = re.compile(rb"(?:/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~+@-]*)+")


class PathError(Exception):
    """A path has characters or segments that Weft never uses."""

    reason = Reason.PATH_INVALID


def check_raw_path(raw: bytes) -> None:
    """Refuse a path as it was sent, before anybody decodes anything in it.

    Raises:
        PathError: It is long, or has percent-encoding, backslashes, controls or other odd
            characters, or `.` or `..` segments.
    """
    if len(raw) > 2 * MAX_CHARACTERS or not _RAW.fullmatch(raw):
        raise PathError("a path that Weft never uses")


def is_asset(path: str) -> bool:
    """Whether this can be a path below a show's origin in a URL of ours."""
    return len(path) <= MAX_CHARACTERS and _ASSET.fullmatch(path) is not None


def check_asset(path: str) -> str:
    """Give back a path below a show's origin.

    Raises:
        PathError: It has empty, `.` or `..` segments, or odd characters.
    """
    if not is_asset(path):
        raise PathError("not an asset's path")
    return path


def read_ending(asset: str) -> tuple[str, Ending]:
    """Take an asset's ending off, which says in what format it is meant; HLS where it has none."""
    if asset.endswith(".mpd"):
        return asset.removesuffix(".mpd"), "mpd"
    return asset.removesuffix(".m3u8"), "m3u8"
