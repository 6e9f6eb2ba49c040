"""Settings of rendering: what overlays may take of the machine, and how long anybody waits."""

from dataclasses import dataclass

from packager.config import scalars
from packager.config.settings import setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderingSettings:
    """How overlays are drawn into segments."""

    workers: int = setting(
        1,
        "processes that draw overlays, of all serving processes together",
        read=scalars.whole(1, 64),
    )
    memory_mib: int = setting(
        2048, "most mebibytes of address space of one of them", read=scalars.whole(256, 65_536)
    )
    segment_s: float = setting(
        30.0,
        "longest time to draw on one segment, before the process is ended",
        read=scalars.seconds("1", "600"),
    )
    wait_s: float = setting(
        4.0,
        "of a player for a segment that is being drawn on; then it is sent to the original",
        read=scalars.seconds("0", "30"),
    )
    waiting: int = setting(
        4096,
        "most segments that wait for a worker; for what is more, originals are named",
        read=scalars.whole(1, 1_000_000),
    )
    kept_mib: int = setting(
        4096,
        "most mebibytes of segments with overlays that are kept; what was asked for longest ago"
        " goes first",
        read=scalars.whole(1, 16_777_216),
    )
    private_mib: int = setting(
        256, "the same for those with one person's pixels", read=scalars.whole(1, 1_048_576)
    )
    private_s: int = setting(
        300, "seconds for which such a segment is kept", read=scalars.whole(60, 86_400)
    )
    private_per_minute: int = setting(
        60,
        "most such segments a minute, of all viewers together; the others get the original",
        read=scalars.whole(0, 1_000_000),
    )
