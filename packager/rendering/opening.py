"""From the settings ``rendering:`` to the parts that they mean."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from packager.children import WorkerLimits
from packager.clock import Clock
from packager.config.values import Config
from packager.disk_room import DiskRoom
from packager.metrics import Metrics
from packager.outbound import GuardedClient
from packager.rendering.addresses import Addresses
from packager.rendering.bell import Bell
from packager.rendering.queue import Queue, QueueRules
from packager.rendering.rendered import Rendered
from packager.rendering.renderer import Renderer
from packager.rendering.rendering import Rendering
from packager.rendering.sources import Sources
from packager.rendering.workers import DRAW, Workers

# More than is kept for beacons: rendering is what stops first (failures.md, row 33).
RESERVE_BYTES = 256 * 1024**2

_MIB = 1024**2


async def open_rendering(
    config: Config,
    *,
    secrets: Sequence[str],
    base: str,
    client: GuardedClient,
    templates: Mapping[str, Path],
    stems: Mapping[str, Path] | None = None,
    clock: Clock,
    metrics: Metrics,
    draw: str = DRAW,
) -> Rendering:
    """Open what renders overlays for a configuration.

    Args:
        config: What the operator wants.
        secrets: Sign URLs, newest first.
        base: What URLs begin with.
        client: Fetches segments.
        templates: Folders of templates, by digest.
        stems: Files of music, by digest.
        clock: Says the time.
        metrics: Counts.
        draw: What draws in workers, as ``package.module:function``.

    Raises:
        StoreError: The queue cannot be opened.
        OSError: The media folder cannot be used.
    """
    settings, folder = config.rendering, config.media.folder
    rendered = Rendered(folder)
    has_room = DiskRoom(folder, clock, reserve_bytes=RESERVE_BYTES)
    rules = QueueRules(
        workers=settings.workers,
        waiting=settings.waiting,
        kept_bytes=settings.kept_mib * _MIB,
        private_bytes=settings.private_mib * _MIB,
        private_s=settings.private_s,
        private_per_minute=settings.private_per_minute,
    )
    queue = await Queue.open(folder / "rendering.db", clock=clock, rules=rules, has_room=has_room)
    limits = WorkerLimits(timeout_s=settings.segment_s, memory_bytes=settings.memory_mib * _MIB)
    sources, put, settled = Sources(client), Bell(), Bell()
    renderer = Renderer(
        queue,
        lock=folder / "rendering.lock",
        rendered=rendered,
        sources=sources,
        workers=Workers(settings.workers, limits=limits, draw=draw),
        count=settings.workers,
        templates=templates,
        stems=stems or {},
        put=put,
        settled=settled,
        metrics=metrics,
    )
    return Rendering(
        queue,
        renderer,
        addresses=Addresses(secrets, base=base),
        rendered=rendered,
        sources=sources,
        wait_s=settings.wait_s,
        put=put,
        settled=settled,
        clock=clock,
        metrics=metrics,
    )
