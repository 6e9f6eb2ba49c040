"""The configuration: one YAML file, checked whole at start, as frozen values.

`packager.config.values` has every setting.
"""

from packager.config.ad_settings import VastServer
from packager.config.document import ConfigError, Place, Problem
from packager.config.file import load
from packager.config.scalars import Secret
from packager.config.table import settings_table
from packager.config.values import (
    Admin,
    Asset,
    AssetFill,
    Beacons,
    BreakRule,
    Config,
    CueBreaks,
    Cues,
    Fill,
    Limits,
    Listen,
    Log,
    Media,
    Outbound,
    ScheduledBreak,
    Segments,
    Sessions,
    Show,
    SlateFill,
    Store,
    Timeouts,
    VastFill,
    VmapBreaks,
)

__all__ = [
    "Admin",
    "Asset",
    "AssetFill",
    "Beacons",
    "BreakRule",
    "Config",
    "ConfigError",
    "CueBreaks",
    "Cues",
    "Fill",
    "Limits",
    "Listen",
    "Log",
    "Media",
    "Outbound",
    "Place",
    "Problem",
    "ScheduledBreak",
    "Secret",
    "Segments",
    "Sessions",
    "Show",
    "SlateFill",
    "Store",
    "Timeouts",
    "VastFill",
    "VastServer",
    "VmapBreaks",
    "load",
    "settings_table",
]
