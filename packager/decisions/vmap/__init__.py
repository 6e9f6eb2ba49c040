"""VMAP 1.0.1: when a show's breaks are, and where their ads come from (D-40 to D-43)."""

from packager.decisions.vmap.breaks import AdSource, Offset, Vmap, VmapBreak, VmapCode
from packager.decisions.vmap.document import MAX_BREAKS, VmapError, read_offset, read_vmap
from packager.decisions.vmap.places import MAX_PLACES, Place, PlaceKind, Placement, place_breaks
from packager.decisions.vmap.record import ScheduleError, read_schedule, write_schedule

__all__ = [
    "MAX_BREAKS",
    "MAX_PLACES",
    "AdSource",
    "Offset",
    "Place",
    "PlaceKind",
    "Placement",
    "ScheduleError",
    "Vmap",
    "VmapBreak",
    "VmapCode",
    "VmapError",
    "place_breaks",
    "read_offset",
    "read_schedule",
    "read_vmap",
    "write_schedule",
]
