"""The configuration: one YAML file, checked whole at start, as frozen values.

`packager.config.values` is the whole file; the modules called `..._settings` have its parts.
"""

from packager.config.ad_settings import VastServer
from packager.config.asset_settings import Asset, HouseFile
from packager.config.break_settings import (
    AssetFill,
    BreakRule,
    CueBreaks,
    Fill,
    ScheduledBreak,
    SlateFill,
    VastFill,
    VmapBreaks,
)
from packager.config.document import ConfigError, Place, Problem
from packager.config.file import load
from packager.config.process_settings import (
    Admin,
    Beacons,
    Listen,
    Log,
    Media,
    Outbound,
    Sessions,
    Store,
    Timeouts,
)
from packager.config.scalars import Secret
from packager.config.show_settings import Cues, Limits, Segments, Show
from packager.config.table import settings_table
from packager.config.values import Config

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
    "HouseFile",
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
