"""What of a channel outlives a process, as plain data for a store.

Text for every Decimal, so that JSON keeps it exact. Unknown versions are refused: a channel that
is read wrongly would number its playlists wrongly.
"""

from decimal import Decimal
from typing import Any

from manifests.break_log import BreakLog
from manifests.errors import ManifestError
from manifests.hls.channel import Channel, ChannelRules
from manifests.hls.numbering import Shadow
from manifests.hls.track import Shift, TrackMemory

VERSION = 2


def write_state(channel: Channel) -> dict[str, Any]:
    """Give a channel's memory: breaks, shadows and where each rendition's numbering stands."""
    memories = dict(channel.memories)
    memories |= {n: TrackMemory.of(t) for n, t in channel.tracks.items() if t.segments}
    return {
        "version": VERSION,
        "log": channel.log.to_state(),
        "seen_edge": _text(channel.seen_edge),
        "memories": {name: _write_memory(memory) for name, memory in memories.items()},
        "shadows": [[*key, *_write_shadow(shadow)] for key, shadow in channel.shadows.items()],
    }


def read_state(state: dict[str, Any], *, reference: str, rules: ChannelRules) -> Channel:
    """Make the channel again that `write_state` was given, without its windows.

    Raises:
        ManifestError: The data is of another version or malformed.
    """
    try:
        if state["version"] != VERSION:
            raise ManifestError(f"channel state of unknown version {state['version']!r}")
        seen = state["seen_edge"]
        return Channel(
            reference=reference,
            rules=rules,
            log=BreakLog.from_state(state["log"]),
            seen_edge=None if seen is None else Decimal(seen),
            memories={name: _read_memory(value) for name, value in state["memories"].items()},
            shadows={(row[0], row[1]): _read_shadow(row[2:]) for row in state["shadows"]},
        )
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError) as error:
        raise ManifestError(f"channel state cannot be read: {error!r}") from error


def _text(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _write_memory(memory: TrackMemory) -> list[Any]:
    shift = memory.shift
    return [
        [shift.msn, shift.dsn, str(shift.time_s), shift.restarts, shift.since_msn],
        memory.next_msn,
        memory.last_dsn,
        str(memory.edge),
        str(memory.window_start),
        memory.last_path,
        memory.utc,
    ]


def _read_memory(value: list[Any]) -> TrackMemory:
    (msn, dsn, time_s, restarts, since), next_msn, last_dsn, edge, start, path, utc = value
    return TrackMemory(
        shift=Shift(msn, dsn, Decimal(time_s), restarts, since),
        next_msn=next_msn,
        last_dsn=last_dsn,
        edge=Decimal(edge),
        window_start=Decimal(start),
        last_path=path,
        utc=utc,
    )


def _write_shadow(shadow: Shadow) -> list[Any]:
    return [
        shadow.first_msn,
        shadow.dsn_before,
        [str(start) for start in shadow.starts],
        [str(middle) for middle in shadow.middles],
        list(shadow.dsns),
        shadow.complete,
    ]


def _read_shadow(value: list[Any]) -> Shadow:
    first_msn, dsn_before, starts, middles, dsns, complete = value
    return Shadow(
        first_msn=first_msn,
        dsn_before=dsn_before,
        starts=tuple(Decimal(start) for start in starts),
        middles=tuple(Decimal(middle) for middle in middles),
        dsns=tuple(dsns),
        complete=complete,
    )
