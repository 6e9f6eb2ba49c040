"""What of a channel outlives a process, as plain data for a store."""

from decimal import Decimal
from typing import Any

from manifests.break_log import BreakLog
from manifests.dash.channel import DashChannel, DashRules
from manifests.errors import ManifestError

VERSION = 1


def write_state(channel: DashChannel) -> dict[str, Any]:
    """Give a channel's memory: breaks, and where the content was cut for them."""
    seen = channel.seen_edge
    return {
        "version": VERSION,
        "log": channel.log.to_state(),
        "seen_edge": None if seen is None else str(seen),
        "published_at": None if channel.published_at is None else str(channel.published_at),
        "forgotten": channel.forgotten,
        "makes_periods": channel.makes_periods,
        "cuts": [[str(wanted), str(cut)] for wanted, cut in channel.cuts.items()],
        "cut_in": [[str(cut), str(start)] for cut, start in channel.cut_in.items()],
        "late": [
            [str(cut), [[name, str(until)] for name, until in late]]
            for cut, late in channel.late.items()
        ],
    }


def read_state(state: dict[str, Any], *, rules: DashRules) -> DashChannel:
    """Make the channel again that `write_state` was given, without its MPD.

    Raises:
        ManifestError: The data is of another version or malformed.
    """
    try:
        if state["version"] != VERSION:
            raise ManifestError(f"channel state of unknown version {state['version']!r}")
        seen, published = state["seen_edge"], state["published_at"]
        return DashChannel(
            rules=rules,
            log=BreakLog.from_state(state["log"]),
            seen_edge=None if seen is None else Decimal(seen),
            published_at=None if published is None else Decimal(published),
            forgotten=int(state["forgotten"]),
            makes_periods=bool(state["makes_periods"]),
            cuts={Decimal(wanted): Decimal(cut) for wanted, cut in state["cuts"]},
            cut_in={Decimal(cut): Decimal(start) for cut, start in state["cut_in"]},
            late={
                Decimal(cut): tuple([(str(name), Decimal(until)) for name, until in late])
                for cut, late in state["late"]
            },
        )
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ManifestError(f"channel state cannot be read: {error!r}") from error
