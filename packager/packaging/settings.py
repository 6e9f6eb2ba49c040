"""How sources are conditioned; plain values, so that a worker process can be told."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class EncodeSettings:
    """How hard the encoder tries."""

    preset: str = "superfast"  # of libx264
    crf: int = 22  # of libx264: quality where the bit rate of the rung allows it
    threads: int = 0  # per video rung; 0: libx264's choice


@dataclass(frozen=True, slots=True)
class SourceLimits:
    """What is not even tried."""

    duration_s: int = 900
    pixels: int = 4096 * 2304


@dataclass(frozen=True, slots=True)
class ConditionSettings:
    """How sources are conditioned."""

    loudness_lufs: float | None = None  # EBU R 128 target, such as -23; None: as it is
    encode: EncodeSettings = field(default_factory=EncodeSettings)
    limits: SourceLimits = field(default_factory=SourceLimits)


def settings_to_json(settings: ConditionSettings) -> dict[str, Any]:
    """Return the settings as JSON values."""
    return asdict(settings)


def settings_from_json(value: dict[str, Any]) -> ConditionSettings:
    """Return the settings that `settings_to_json` wrote."""
    return ConditionSettings(
        loudness_lufs=value["loudness_lufs"],
        encode=EncodeSettings(**value["encode"]),
        limits=SourceLimits(**value["limits"]),
    )
