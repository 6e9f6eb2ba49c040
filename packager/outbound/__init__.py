"""Outbound HTTP: one guarded client, where it may go, and what can go wrong."""

from packager.outbound.client import (
    CREATIVE_LIMITS,
    MANIFEST_LIMITS,
    Downloaded,
    Fetched,
    GuardedClient,
    Limits,
)
from packager.outbound.errors import (
    BadStatus,
    NotManifest,
    NotWhole,
    OutboundError,
    Oversize,
    RatioExceeded,
    Refused,
    TimedOut,
    Truncated,
    Unreachable,
)
from packager.outbound.guard import PUBLIC, Policy

__all__ = [
    "CREATIVE_LIMITS",
    "MANIFEST_LIMITS",
    "PUBLIC",
    "BadStatus",
    "Downloaded",
    "Fetched",
    "GuardedClient",
    "Limits",
    "NotManifest",
    "NotWhole",
    "OutboundError",
    "Oversize",
    "Policy",
    "RatioExceeded",
    "Refused",
    "TimedOut",
    "Truncated",
    "Unreachable",
]
