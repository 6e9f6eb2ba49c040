"""What an operator may say of the cues of a channel."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Meaning = Literal["out", "cont", "in"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CueRules:
    """Which signals count."""

    # C-08: the segmentation types that open a break, most important first
    start_types: tuple[int, ...] = (0x22, 0x30, 0x32, 0x34, 0x36, 0x44, 0x46)
    overlays: bool = False  # C-06: those for overlays count too; they do not replace content
    splice_insert: bool = True  # it opens breaks too
    honour_restrictions: bool = True  # C-09: leave alone what must not be replaced
    tags: Mapping[str, Meaning] = field(default_factory=dict)  # by name, without `#`
    classes: Mapping[str, Meaning] = field(default_factory=dict)  # of EXT-X-DATERANGE
    schemes: tuple[str, ...] = ()  # of Events in MPDs that open a break, whatever is in them
