"""VMAP 1.0.1: when a show's breaks are, and where their ads come from (D-40 to D-43)."""

from packager.decisions.vmap.breaks import AdSource, Offset, Vmap, VmapBreak, VmapCode
from packager.decisions.vmap.document import MAX_BREAKS, VmapError, read_offset, read_vmap

__all__ = [
    "MAX_BREAKS",
    "AdSource",
    "Offset",
    "Vmap",
    "VmapBreak",
    "VmapCode",
    "VmapError",
    "read_offset",
    "read_vmap",
]
