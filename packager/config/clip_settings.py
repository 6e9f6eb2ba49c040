"""Settings of clips: assets that are made of a template and data, and what they may take.

Times of content are Decimal seconds.
"""
# ruff: noqa: RUF009 - `setting` and its like make fields, as `dataclasses.field` does

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from overlays.drawing.colours import is_colour
from packager.config import scalars
from packager.config.asset_settings import OR
from packager.config.document import ConfigError, Node
from packager.config.overlay_settings import data, template_folder
from packager.config.rights_settings import Terms
from packager.config.settings import required, setting


def background(node: Node) -> str | Path:
    """Read a colour, or the path of a file that is there."""
    value = scalars.text(node)
    if is_colour(value):
        if len(value) > len("#rrggbb"):
            raise ConfigError.at(node.place, "nothing is below a background; write #rrggbb")
        return value.lower()
    return scalars.file(node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip(Terms):
    """An asset that is made of a template with data, once for each data."""

    template: Path = required(
        "in the place of `file`: a template of which a clip is made, once for each data; folder, or"
        " the name of one that Weft brings along: `card`",
        read=template_folder,
    )
    data: Mapping[str, Any] = setting({}, "what the template asks for, as for overlays", read=data)
    seconds: Decimal = setting(Decimal(6), "how long the clip is", read=scalars.number("0.5", "60"))
    background: str | Path = setting(
        "#000000",
        "what the template is laid over: a colour, a picture or a film, which is cut to the frame",
        read=background,
    )
    audio: Path | None = setting(
        None,
        "file with the clip's sound, such as MP3, WAV or MP4; without it, silence",
        read=scalars.file,
    )
    otherwise: str | None = setting(
        None,
        OR,
        read=scalars.name,
        key="or",
    )
    private: bool = setting(
        False,
        "whether it is one viewer's own: kept a short time, at URLs nobody can guess",
        read=scalars.flag,
    )
    warm: bool = setting(
        False,
        "make the clips of all data as soon as the show's ladder is known; its facts have `of`",
        read=scalars.flag,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipLimits:
    """What all clips together may take."""

    per_minute: int = setting(
        60,
        "most clips a minute that a process begins to make, beside warm ones; instead of others,"
        " what `or` names is shown",
        read=scalars.whole(0, 100_000),
    )
    kept_s: int = setting(
        86_400,
        "seconds for which a clip is kept after it was last needed",
        read=scalars.whole(600, 2_592_000),
    )
    kept_mib: int = setting(
        2048,
        "most mebibytes of clips that are kept; with so many, no more are made",
        read=scalars.whole(1, 16_777_216),
    )
    private_s: int = setting(
        3600, "as `kept_s`, for clips of one viewer's own", read=scalars.whole(60, 2_592_000)
    )
    private_mib: int = setting(512, "as `kept_mib`, for those", read=scalars.whole(1, 1_048_576))
